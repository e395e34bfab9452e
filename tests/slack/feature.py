"""A small feature that brings every kind of message and form to Slack."""

from __future__ import annotations

from handlers.kit.context import Context
from handlers.kit.forms import (
    ChoiceField,
    DateField,
    DateTimeField,
    EmailField,
    Form,
    LinkField,
    MoneyField,
    NumberField,
    Option,
    SearchField,
    Step,
    TextField,
    TimeField,
    YesNoField,
)
from handlers.kit.messages import Action, Button, Message, Style
from handlers.kit.replies import Open, Rejected, Reply, Result
from handlers.kit.router import EVERYONE, Router, Source, Submitted
from handlers.kit.updates import Changed, Command, Joined, Left, Opened, Place, PlaceKind, Shortcut, Text
from store import members

router = Router("small")

COUNCILS = {"1": "Aberdale Council", "2": "Brookford Council", "3": "Castlemere Council"}


class Wave(Action, name="small.wave"):
    at: str


class Begin(Action, name="small.begin"):
    """Open the form with everything in it."""


@router.command("wave", summary="Wave at somebody", usage="[name]")
async def wave(context: Context, command: Command) -> Reply:
    again = Button.to("Wave again", Wave(at=command.text), style=Style.PRIMARY)
    return Message(text=f"You waved at {command.text}.", buttons=(again, Button.to("Begin", Begin())))


@router.command("wave all", summary="Wave at everybody in a channel")
async def wave_at_all(context: Context, command: Command) -> Reply:
    await context.send(
        Place("slack", PlaceKind.CHANNEL, command.text), Message(text="Hello, all"), key="hello"
    )
    return None


@router.command("change", summary="Change what was said")
async def change(context: Context, command: Command) -> Reply:
    await context.edit("hello", Message(text=command.text))
    return None


@router.command("apply", summary="Fill in a form")
async def apply(context: Context, command: Command) -> Reply:
    return Open("small.application", initial={"title": command.text})


@router.command("everything", summary="See every field")
async def everything(context: Context, command: Command) -> Reply:
    return Open("small.everything")


@router.action(Wave)
async def wave_again(context: Context, action: Wave) -> Reply:
    return Message(text=f"You waved at {action.at} again.")


@router.action(Begin)
async def begin(context: Context, action: Begin) -> Reply:
    return Open("small.application")


@router.shortcut("small.keep", title="Keep this message")
async def keep(context: Context, shortcut: Shortcut) -> Reply:
    return Open("small.application", initial={"story": shortcut.text})


@router.text(access=EVERYONE)
async def answer(context: Context, text: Text) -> Reply:
    return Message(text=f"You said: {text.text}").in_thread()


@router.joined
async def joined(context: Context, arrival: Joined) -> Reply:
    if arrival.by_bot or arrival.place.kind is not PlaceKind.WORKSPACE:
        return None
    if arrival.profile is not None:
        context.person.name = arrival.profile.name
    context.person.greeted_at = context.now
    return Message(text=f"Welcome, {context.person.name}.")


@router.left
async def left(context: Context, departure: Left) -> Reply:
    return None


@router.changed
async def changed(context: Context, change: Changed) -> Reply:
    person = context.person
    person.name, person.active = change.profile.name, change.profile.active
    if change.known and person.greeted_at is None:
        person.greeted_at = context.now
    for identity in await members.identities(context.session, person.id):
        identity.email, identity.profiled = change.profile.email, True
        identity.email_verified = change.profile.email_verified
    return None


@router.opened
async def opened(context: Context, opening: Opened) -> Reply:
    return Message(
        heading="Your page", text="Here is what you can do.", buttons=(Button.to("Begin", Begin()),)
    )


async def build_application(context: Context, subject: str) -> Form:
    return Form(
        name="small.application",
        title="An application for a small grant",
        submit="Send it",
        steps=(
            Step(
                title="Your idea",
                help="Two sentences are enough.",
                fields=(
                    TextField(name="title", label="Title", min_length=3, max_length=60),
                    TextField(name="story", label="Story", long=True, max_length=500, required=False),
                ),
            ),
            Step(
                title="The rest",
                fields=(
                    MoneyField(name="amount", label="Amount", minimum=1, placeholder="1,500"),
                    SearchField(name="council", label="Council", source="small.council"),
                    DateTimeField(name="when", label="When it begins", required=False),
                ),
            ),
        ),
    )


@router.form("small.application", build_application)
async def send(context: Context, sent: Submitted) -> Result:
    if sent.answers.text("title") == "taken":
        return Rejected({"title": "Somebody has this title already."})
    if sent.answers.text("title") == "closed":
        return Rejected({"": "The round is closed."})
    if sent.answers.text("title") == "break":
        raise RuntimeError("a fault of ours")
    return Message(text=f"We have “{sent.answers.text('title')}”.")


async def build_everything(context: Context, subject: str) -> Form:
    few = tuple(Option(value=str(number), label=f"Number {number}") for number in range(4))
    many = tuple(Option(value=str(number), label=f"Number {number}") for number in range(40))
    more = tuple(Option(value=str(number), label=f"Number {number}") for number in range(250))
    return Form(
        name="small.everything",
        title="Everything",
        submit="Send",
        steps=(
            Step(
                title="Everything",
                fields=(
                    TextField(name="text", label="Text", help="A hint", placeholder="Like this"),
                    TextField(name="long", label="Long", long=True, max_length=3000),
                    NumberField(name="number", label="Number"),
                    MoneyField(name="money", label="Money"),
                    EmailField(name="email", label="Mail"),
                    LinkField(name="link", label="Link"),
                    DateField(name="date", label="Date"),
                    TimeField(name="time", label="Time"),
                    DateTimeField(name="moment", label="Moment"),
                    YesNoField(name="yes", label="Yes or no"),
                    YesNoField(name="agree", label="I agree", must_accept=True),
                    ChoiceField(name="one", label="One", options=few),
                    ChoiceField(name="maybe", label="Maybe one", options=few, required=False),
                    ChoiceField(name="some", label="Some", options=few, multiple=True),
                    ChoiceField(name="many", label="Many", options=many, multiple=True, most=3),
                    ChoiceField(name="more", label="More", options=more),
                    SearchField(name="council", label="Council", source="small.council"),
                    SearchField(
                        name="councils", label="Councils", source="small.council", multiple=True, most=2
                    ),
                ),
            ),
        ),
    )


@router.form("small.everything", build_everything)
async def send_everything(context: Context, sent: Submitted) -> Result:
    return Message(text="We have everything.")


async def find_councils(context: Context, query: str) -> list[Option]:
    return [
        Option(value=value, label=label)
        for value, label in COUNCILS.items()
        if query.lower() in label.lower()
    ]


async def name_councils(context: Context, values: tuple[str, ...]) -> list[Option]:
    return [Option(value=value, label=COUNCILS[value]) for value in values if value in COUNCILS]


router.lookup("small.council", Source(find_councils, name_councils))
