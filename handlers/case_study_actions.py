"""The buttons of a case study. A decision names the version it was taken on, which may be an old one."""

from __future__ import annotations

from handlers.kit.messages import Action


class Publish(Action, name="case_study.publish"):
    study_id: int
    version: int


class AskForChanges(Action, name="case_study.ask_for_changes"):
    study_id: int
    version: int


class Decline(Action, name="case_study.decline"):
    study_id: int
    version: int


class Read(Action, name="case_study.read"):
    study_id: int


class ShowCard(Action, name="case_study.card"):
    study_id: int


class Revise(Action, name="case_study.revise"):
    study_id: int


class Withdraw(Action, name="case_study.withdraw"):
    study_id: int
