"""What the buttons of groups say on the wire."""

from __future__ import annotations

from handlers.kit.messages import Action


class ListGroups(Action, name="groups.list"):
    """A page of the list; ``kind`` is empty for every kind."""

    kind: str = ""
    query: str = ""
    page: int = 0


class ShowGroup(Action, name="groups.show"):
    group_id: int


class JoinGroup(Action, name="groups.join"):
    group_id: int


class LeaveGroup(Action, name="groups.leave"):
    group_id: int


class AskToJoin(Action, name="groups.ask"):
    group_id: int


class AcceptRequest(Action, name="groups.accept_request"):
    """Let somebody in who asked at this time; another time is another request."""

    group_id: int
    member_id: int
    asked_at: int


class DeclineRequest(Action, name="groups.decline_request"):
    group_id: int
    member_id: int
    asked_at: int


class ApproveSuggestion(Action, name="groups.approve_suggestion"):
    suggestion_id: int


class DeclineSuggestion(Action, name="groups.decline_suggestion"):
    suggestion_id: int


class EditGroup(Action, name="groups.edit"):
    group_id: int


class EditChange(Action, name="groups.edit_change"):
    """Open the form again as it was before the preview."""

    change_id: str


class SaveChange(Action, name="groups.save_change"):
    """Do what the preview showed; ``remove`` also takes out whom the rule no longer fits."""

    change_id: str
    remove: bool = False


class ShowChange(Action, name="groups.show_change"):
    """The preview once more."""

    change_id: str


class ShowBlock(Action, name="groups.show_block"):
    """A group of conditions of a rule that is being written; 0 is the whole rule."""

    change_id: str
    block_id: int = 0
    page: int = 0


class EditBlock(Action, name="groups.edit_block"):
    change_id: str
    block_id: int


class AddBlock(Action, name="groups.add_block"):
    """Put a new group of conditions inside another."""

    change_id: str
    into: int


class RemoveBlock(Action, name="groups.remove_block"):
    change_id: str
    block_id: int


class ArchiveGroup(Action, name="groups.archive"):
    group_id: int


class ReopenGroup(Action, name="groups.reopen"):
    group_id: int


class MergeGroup(Action, name="groups.merge"):
    group_id: int


class OfferAnswers(Action, name="groups.offer_answers"):
    """Have the bot answer clear questions in the group's channels that nobody put to it."""

    group_id: int


class StopOffering(Action, name="groups.stop_offering"):
    group_id: int


class ListPeople(Action, name="groups.people"):
    group_id: int
    page: int = 0


class AddPeople(Action, name="groups.add_people"):
    group_id: int


class RemovePerson(Action, name="groups.remove_person"):
    group_id: int
    member_id: int


class MakeLead(Action, name="groups.make_lead"):
    group_id: int
    member_id: int


class EndLead(Action, name="groups.end_lead"):
    group_id: int
    member_id: int


class ListFailures(Action, name="groups.failures"):
    """Whom a platform would not let in or out, with its reasons."""

    group_id: int


class ListGroupChannels(Action, name="groups.channels"):
    page: int = 0


class ChooseChannel(Action, name="groups.choose_channel"):
    """Say which channel a group has."""

    group_id: int


class MakeChannel(Action, name="groups.make_channel"):
    """Have a channel made for a group."""

    group_id: int


class MakeMissingChannels(Action, name="groups.make_missing_channels"):
    """Have a channel made for every group that has none."""


class RetryFailures(Action, name="groups.retry_failures"):
    group_id: int
