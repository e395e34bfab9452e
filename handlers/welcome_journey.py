"""The welcome journey: its messages some days after joining, and how administrators write them."""

from __future__ import annotations

from datetime import datetime, timedelta

from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import ChoiceField, Form, NumberField, Option, Step, TextField, YesNoField
from handlers.kit.messages import Action, Button, Confirm, Item, Message, Style
from handlers.kit.network import Network
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import Router, RunCommand, Submitted, only
from handlers.kit.updates import Command, RawAnswers
from handlers.kit.words import LOCALES, LONDON, N_, Words
from handlers.texts import check_placeholders, example_values, fill, placeholder_help
from store import organisations, profiles, welcome_journey
from store.members import Member
from store.profiles import MessageKind
from store.roles import Role
from store.welcome_journey import JourneyStep, StepCondition

ADMINISTRATORS = only(Role.ADMINISTRATOR)
PLACEHOLDERS = ("name", "organisation", "network")
LONGEST_TEXT = 2_000
LONGEST_OFFSET_DAYS = 365
MOST_STEPS = 12
# People who were here before are written to so many a working day, so that nobody has to answer hundreds.
BACKFILLED_A_DAY = 50
FIRST_HOUR = 9
LAST_HOUR = 17
SATURDAY = 5
CONDITION_NAMES = {
    StepCondition.EVERYBODY: N_("Everybody"),
    StepCondition.NO_THEME: N_("People who are in no theme's group yet"),
    StepCondition.NO_PROFILE: N_("People who have not filled in their profile"),
    StepCondition.COUNCILLORS: N_("Councillors"),
    StepCondition.OFFICERS: N_("Officers"),
}
# What the buttons of a step may do.
COMMANDS = {
    "ccin profile": N_("Fill in my profile"),
    "groups themes": N_("See the themes"),
    "groups": N_("See all groups"),
    "ccin welcome": N_("Open the welcome pack"),
    "ccin leads": N_("See leads and champions"),
    "case-study": N_("Write a case study"),
    "ccin": N_("See what I can do"),
}

router = Router("welcome_journey")


class AddStep(Action, name="journey.add"):
    """Open the form for a new message."""


class EditStep(Action, name="journey.edit"):
    """Open the form that changes a message."""

    step_id: int


class TryStep(Action, name="journey.test"):
    """Send a message to oneself, as it reads."""

    step_id: int


class RemoveStep(Action, name="journey.remove"):
    step_id: int


class PreviewBackfill(Action, name="journey.preview_backfill"):
    """Count what writing to people who were here before would come to."""


class Backfill(Action, name="journey.backfill"):
    """Put people who were here before on the journey."""


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


def is_open(now: datetime) -> bool:
    """Whether messages that nobody asked for may go out: on weekdays from nine to five in London."""
    local = now.astimezone(LONDON)
    return local.weekday() < SATURDAY and FIRST_HOUR <= local.hour < LAST_HOUR


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


@router.action(AddStep, access=ADMINISTRATORS)
async def add(context: Context, action: AddStep) -> Reply:
    if len(await welcome_journey.steps(context.session)) >= MOST_STEPS:
        text = context._("There are %(count)s messages already. Take one out first.")
        raise UserError(text % {"count": MOST_STEPS})
    return Open("journey.step", initial={"active": "yes", "condition": StepCondition.EVERYBODY.value})


@router.action(EditStep, access=ADMINISTRATORS)
async def edit(context: Context, action: EditStep) -> Reply:
    step = await _step(context, action.step_id)
    initial: RawAnswers = {
        "offset_days": str(step.offset_days),
        "condition": step.condition,
        "en": step.texts.get("en", ""),
        "cy": step.texts.get("cy", ""),
        "commands": list(step.commands),
        "active": "yes" if step.active else "no",
    }
    return Open("journey.step", initial=initial, subject=str(step.id))


async def build_step(context: Context, subject: str) -> Form:
    _ = context._
    if subject:
        await _step(context, _id(subject))
    help_text = placeholder_help(context, PLACEHOLDERS)
    return Form(
        name="journey.step",
        title=_("A welcome message"),
        submit=_("Save"),
        steps=(
            Step(
                title=_("When, and to whom"),
                fields=(
                    NumberField(
                        name="offset_days",
                        label=_("How many days after joining?"),
                        help=_("On a weekend it waits for Monday."),
                        minimum=1,
                        maximum=LONGEST_OFFSET_DAYS,
                    ),
                    ChoiceField(
                        name="condition",
                        label=_("To whom?"),
                        options=tuple(
                            Option(value=condition.value, label=_(name))
                            for condition, name in CONDITION_NAMES.items()
                        ),
                    ),
                    YesNoField(name="active", label=_("Send it")),
                ),
            ),
            Step(
                title=_("In which words"),
                fields=(
                    TextField(name="en", label="English", help=help_text, long=True, max_length=LONGEST_TEXT),
                    TextField(
                        name="cy",
                        label="Cymraeg",
                        help=_("Welsh speakers read the English where this is empty."),
                        long=True,
                        required=False,
                        max_length=LONGEST_TEXT,
                    ),
                    ChoiceField(
                        name="commands",
                        label=_("Which buttons?"),
                        required=False,
                        multiple=True,
                        options=tuple(
                            Option(value=typed, label=_(label)) for typed, label in COMMANDS.items()
                        ),
                    ),
                ),
            ),
        ),
    )


@router.form("journey.step", build_step, access=ADMINISTRATORS)
async def save_step(context: Context, sent: Submitted) -> Result:
    _ = context._
    answers = sent.answers
    texts = {locale: answers.text(locale) for locale in LOCALES}
    for locale, body in texts.items():
        check_placeholders(context, PLACEHOLDERS, locale, body)
    step = await _step(context, _id(sent.subject)) if sent.subject else JourneyStep()
    step.offset_days = answers.number("offset_days") or 1
    step.condition = answers.text("condition")
    step.texts = {locale: body for locale, body in texts.items() if body}
    step.commands = [typed for typed in COMMANDS if typed in answers.several("commands")]
    step.active = answers.yes("active")
    context.session.add(step)
    await context.session.flush()
    await context.audit(
        "journey.edit", "journey_step", step.id, {"days": str(step.offset_days), **step.texts}
    )
    values = await example_values(context)
    return Message(
        text=_("Saved. This is how it reads for somebody like you."),
        items=tuple(
            Item(title=LOCALES[locale], text=fill(body, values)) for locale, body in step.texts.items()
        ),
        buttons=(
            Button.to(_("Send it to me"), TryStep(step_id=step.id), style=Style.PRIMARY),
            Button.to(_("Edit it again"), EditStep(step_id=step.id)),
            _see_all(context),
        ),
    )


@router.action(TryStep, access=ADMINISTRATORS)
async def test(context: Context, action: TryStep) -> Reply:
    step = await _step(context, action.step_id)
    person = context.person
    organisation = await organisations.by_id(context.session, person.organisation_id or 0)
    said = message(context.words, step, person, organisation.name if organisation else "", context.network)
    await context.send(person, said)
    return Message(
        text=context._("I have sent it to you alone, as a newcomer gets it."), buttons=(_see_all(context),)
    )


@router.action(RemoveStep, access=ADMINISTRATORS)
async def remove(context: Context, action: RemoveStep) -> Reply:
    step = await _step(context, action.step_id)
    await context.audit("journey.remove", "journey_step", step.id, dict(step.texts))
    await welcome_journey.remove(context.session, step)
    return Message(text=context._("It is taken out. Nobody gets it any more."), buttons=(_see_all(context),))


@router.action(PreviewBackfill, access=ADMINISTRATORS)
async def preview_backfill(context: Context, action: PreviewBackfill) -> Reply:
    _ = context._
    count = await welcome_journey.count_left_out(context.session)
    steps = [step for step in await welcome_journey.steps(context.session) if step.active]
    if not count or not steps:
        return Message(
            text=_("There is nobody to write to, or no message to send."), buttons=(_see_all(context),)
        )
    text = context.words.ngettext(
        "%(count)s person was here before the journey began.",
        "%(count)s people were here before the journey began.",
        count,
    ) % {"count": context.words.number(count)}
    pace = _("Each gets one message at most: the first below that fits them. I write to %(most)s a day.")
    fitting = [await welcome_journey.count_fitting(context.session, step) for step in steps]
    return Message(
        heading=_("Write to people who were here before"),
        text=f"{text}\n\n" + pace % {"most": BACKFILLED_A_DAY},
        items=tuple(
            Item(
                title=_day(context.words, step),
                text=context.words.ngettext("Fits %(count)s person.", "Fits %(count)s people.", fits)
                % {"count": context.words.number(fits)},
            )
            for step, fits in zip(steps, fitting, strict=True)
        ),
        buttons=(Button.to(_("Write to them"), Backfill(), style=Style.PRIMARY), _see_all(context)),
    )


@router.action(Backfill, access=ADMINISTRATORS)
async def backfill(context: Context, action: Backfill) -> Reply:
    left_out = await welcome_journey.left_out(context.session)
    starts = {}
    day = context.now
    for number, member_id in enumerate(left_out):
        if number and number % BACKFILLED_A_DAY == 0:
            day = _next_working_day(day)
        starts[member_id] = day
    await welcome_journey.backfill(context.session, starts)
    if starts:
        await context.audit("journey.backfill", "journey", "all", {"people": str(len(starts))})
    text = context.words.ngettext(
        "%(count)s person is on the journey now; the last is written to on %(day)s.",
        "%(count)s people are on the journey now; the last are written to on %(day)s.",
        len(starts),
    )
    last = context.words.day(_first_open(day))
    return Message(
        text=text % {"count": context.words.number(len(starts)), "day": last}, buttons=(_see_all(context),)
    )


def _next_working_day(moment: datetime) -> datetime:
    local = moment.astimezone(LONDON) + timedelta(days=1)
    while local.weekday() >= SATURDAY:
        local += timedelta(days=1)
    return local.replace(hour=FIRST_HOUR, minute=0, second=0, microsecond=0)


def _first_open(moment: datetime) -> datetime:
    """The moment itself where messages may go out that day, else the next working day."""
    local = moment.astimezone(LONDON)
    late = local.hour >= LAST_HOUR
    return _next_working_day(moment) if late or local.weekday() >= SATURDAY else moment


async def _step(context: Context, step_id: int) -> JourneyStep:
    step = await welcome_journey.step_by_id(context.session, step_id)
    if step is None:
        raise UserError(context._("That message is no longer there. Nothing was changed."))
    return step


def _id(subject: str) -> int:
    return int(subject) if subject.isascii() and subject.isdigit() and len(subject) <= 10 else 0


def _run(typed: str) -> RunCommand:
    name, _blank, rest = typed.partition(" ")
    return RunCommand(command=name, text=rest)


def _day(words: Words, step: JourneyStep) -> str:
    return words._("Day %(days)s: %(whom)s") % {
        "days": step.offset_days,
        "whom": words._(CONDITION_NAMES[StepCondition(step.condition)]),
    }


def _item(words: Words, step: JourneyStep, sent: int) -> Item:
    _ = words._
    said = [step.text(words.locale)]
    if sent:
        counted = words.ngettext("Sent to %(count)s person.", "Sent to %(count)s people.", sent)
        said.append(counted % {"count": words.number(sent)})
    if not step.active:
        said.append(_("Switched off: nobody gets it."))
    return Item(
        title=_day(words, step),
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


def _see_all(context: Context) -> Button:
    return Button.to(context._("See the journey"), RunCommand(command="ccin", text="journey"))
