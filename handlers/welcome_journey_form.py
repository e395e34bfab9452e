"""The form that writes a message of the welcome journey."""

from __future__ import annotations

from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import ChoiceField, Form, NumberField, Option, Step, TextField, YesNoField
from handlers.kit.messages import Action, Button, Item, Message, Style
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import Router, RunCommand, Submitted, only
from handlers.kit.updates import RawAnswers
from handlers.kit.words import LOCALES, N_, Words
from handlers.texts import check_placeholders, example_values, fill, placeholder_help
from store import welcome_journey
from store.roles import Role
from store.welcome_journey import JourneyStep, StepCondition

ADMINISTRATORS = only(Role.ADMINISTRATOR)
PLACEHOLDERS = ("name", "organisation", "network")
LONGEST_TEXT = 2_000
LONGEST_OFFSET_DAYS = 365
MOST_STEPS = 12
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

router = Router("welcome_journey_form")


class AddStep(Action, name="journey.add"):
    """Open the form for a new message."""


class EditStep(Action, name="journey.edit"):
    """Open the form that changes a message."""

    step_id: int


class TryStep(Action, name="journey.test"):
    """Send a message to oneself, as it reads."""

    step_id: int


@router.action(AddStep, access=ADMINISTRATORS)
async def add(context: Context, action: AddStep) -> Reply:
    if len(await welcome_journey.steps(context.session)) >= MOST_STEPS:
        text = context._("There are %(count)s messages already. Take one out first.")
        raise UserError(text % {"count": MOST_STEPS})
    return Open("journey.step", initial={"active": "yes", "condition": StepCondition.EVERYBODY.value})


@router.action(EditStep, access=ADMINISTRATORS)
async def edit(context: Context, action: EditStep) -> Reply:
    step = await step_of(context, action.step_id)
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
        await step_of(context, _id(subject))
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
    step = await step_of(context, _id(sent.subject)) if sent.subject else JourneyStep()
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
            see_all(context),
        ),
    )


async def step_of(context: Context, step_id: int) -> JourneyStep:
    step = await welcome_journey.step_by_id(context.session, step_id)
    if step is None:
        raise UserError(context._("That message is no longer there. Nothing was changed."))
    return step


def _id(subject: str) -> int:
    return int(subject) if subject.isascii() and subject.isdigit() and len(subject) <= 10 else 0


def when_and_whom(words: Words, step: JourneyStep) -> str:
    return words._("Day %(days)s: %(whom)s") % {
        "days": step.offset_days,
        "whom": words._(CONDITION_NAMES[StepCondition(step.condition)]),
    }


def see_all(context: Context) -> Button:
    return Button.to(context._("See the journey"), RunCommand(command="ccin", text="journey"))
