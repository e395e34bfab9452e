"""The welcome journey: its messages some days after joining, and the list of them for administrators."""

from __future__ import annotations

from handlers.kit.context import Context
from handlers.kit.messages import Action, Button, Confirm, Item, Message, Style
from handlers.kit.network import Network
from handlers.kit.replies import Reply
from handlers.kit.router import Router, RunCommand, only
from handlers.kit.updates import Command
from handlers.kit.words import N_, Words
from handlers.texts import fill
from handlers.welcome_journey_backfill import PreviewBackfill
from handlers.welcome_journey_form import (
    COMMANDS,
    AddStep,
    EditStep,
    TryStep,
    see_all,
    step_of,
    when_and_whom,
)
from store import organisations, profiles, welcome_journey
from store.members import Member
from store.profiles import MessageKind
from store.roles import Role
from store.welcome_journey import JourneyStep

ADMINISTRATORS = only(Role.ADMINISTRATOR)

router = Router("welcome_journey")


class RemoveStep(Action, name="journey.remove"):
    step_id: int


class StopJourney(Action, name="journey.stop"):
    """Get no more of these messages."""


def message(words: Words, step: JourneyStep, member: Member, organisation: str, network: Network) -> Message:
    """A step as somebody reads it."""
    values = {"name": member.name, "organisation": organisation, "network": network.name}
    buttons = [
        Button.to(words._(COMMANDS[typed]), _run(typed), style=Style.PRIMARY if first else Style.PLAIN)
        for first, typed in zip([True] + [False] * len(step.commands), step.commands, strict=False)
        if typed in COMMANDS
    ]
    return Message(
        text=fill(step.text(words.locale), values),
        buttons=(*buttons, Button.to(words._("Stop these tips"), StopJourney())),
    )


@router.action(StopJourney)
async def stop(context: Context, action: StopJourney) -> Reply:
    _ = context._
    profile = await profiles.start(context.session, context.person.id, now=context.now)
    profile.wants = {**profile.wants, MessageKind.WELCOME.value: False}
    return Message(
        text=_("I send you no more of these. Everything else stays as it is."),
        buttons=(Button.to(_("Change my profile"), RunCommand(command="ccin", text="profile")),),
    )


@router.command(
    "ccin journey", summary=N_("See and change what newcomers are told, and when"), access=ADMINISTRATORS
)
async def list_steps(context: Context, command: Command) -> Reply:
    _ = context._
    held = await welcome_journey.steps(context.session)
    sent = await welcome_journey.sent_counts(context.session)
    first = Item(
        title=_("At once"),
        text=_("The greeting. You change it under “Texts”."),
        buttons=(Button.to(_("See all texts"), RunCommand(command="ccin", text="texts")),),
    )
    buttons = [Button.to(_("Add a message"), AddStep(), style=Style.PRIMARY)]
    if held and await welcome_journey.count_left_out(context.session):
        buttons.append(Button.to(_("Write to people who were here before"), PreviewBackfill()))
    return Message(
        heading=_("Welcome journey"),
        text=_(
            "These messages go to newcomers, on weekdays between 9:00 and 17:00. Nobody gets two on one day."
        ),
        items=(first, *(_item(context.words, step, sent.get(step.id, 0)) for step in held)),
        buttons=tuple(buttons),
        small_print=(_("Whoever presses “Stop these tips” gets no more of them."),),
    )


@router.action(TryStep, access=ADMINISTRATORS)
async def test(context: Context, action: TryStep) -> Reply:
    step = await step_of(context, action.step_id)
    person = context.person
    organisation = await organisations.by_id(context.session, person.organisation_id or 0)
    said = message(context.words, step, person, organisation.name if organisation else "", context.network)
    await context.send(person, said)
    return Message(
        text=context._("I have sent it to you alone, as a newcomer gets it."), buttons=(see_all(context),)
    )


@router.action(RemoveStep, access=ADMINISTRATORS)
async def remove(context: Context, action: RemoveStep) -> Reply:
    step = await step_of(context, action.step_id)
    await context.audit("journey.remove", "journey_step", step.id, dict(step.texts))
    await welcome_journey.remove(context.session, step)
    return Message(text=context._("It is taken out. Nobody gets it any more."), buttons=(see_all(context),))


def _run(typed: str) -> RunCommand:
    name, _blank, rest = typed.partition(" ")
    return RunCommand(command=name, text=rest)


def _item(words: Words, step: JourneyStep, sent: int) -> Item:
    _ = words._
    said = [step.text(words.locale)]
    if sent:
        counted = words.ngettext("Sent to %(count)s person.", "Sent to %(count)s people.", sent)
        said.append(counted % {"count": words.number(sent)})
    if not step.active:
        said.append(_("Switched off: nobody gets it."))
    return Item(
        title=when_and_whom(words, step),
        text="\n\n".join(said),
        buttons=(
            Button.to(_("Edit"), EditStep(step_id=step.id)),
            Button.to(_("Send it to me"), TryStep(step_id=step.id)),
            Button.to(
                _("Take out"),
                RemoveStep(step_id=step.id),
                style=Style.DANGER,
                confirm=Confirm(
                    title=_("Take this message out?"),
                    text=_("Nobody gets it any more. Its words stay in the record of what was done."),
                    yes=_("Take it out"),
                    no=_("Keep it"),
                ),
            ),
        ),
    )
