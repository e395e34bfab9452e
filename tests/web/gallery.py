"""A feature that shows every kind of message and asks for every kind of field."""

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
from handlers.kit.messages import Action, Button, Confirm, Fact, Item, Message, Style
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import EVERYONE, Router, Source, Submitted
from handlers.kit.updates import Command
from store import choices, organisations

router = Router("gallery")


class Remove(Action, name="gallery.remove"):
    what: str


@router.command("gallery", summary="See every part of a message", access=EVERYONE)
async def show(context: Context, command: Command) -> Reply:
    confirm = Confirm(title="Remove it?", text="It cannot come back.", yes="Remove it", no="Keep it")
    return Message(
        heading="A heading",
        text=f"Said: {command.text}\n\n- one thing\n- another thing\n\nA last paragraph.",
        quote="Words of somebody else.",
        facts=(Fact(label="Lead", value="Demo Borough Council"), Fact(label="Year", value="2026")),
        items=(
            Item(title="An entry", text="With a text.", buttons=(Button.to("Remove", Remove(what="entry")),)),
        ),
        buttons=(
            Button.to("Remove all", Remove(what="all"), style=Style.DANGER, confirm=confirm),
            Button(label="Case studies", path="/case-studies", style=Style.PRIMARY),
            Button(label="Elsewhere", url="https://www.example.org/"),
            *((Button(label="Sign in here", sign_in=True),) if context.member else ()),
        ),
        small_print=("The small print.",),
    )


@router.action(Remove, access=EVERYONE)
async def remove(context: Context, action: Remove) -> Reply:
    held = await choices.get(context.session, "removed") or ""
    await choices.put(context.session, "removed", f"{held}{action.what} ", now=context.now)
    return Message(text=f"Removed {action.what}.")


@router.command("everything", summary="Fill in every kind of field", usage="[title]")
async def open_everything(context: Context, command: Command) -> Reply:
    return Open("gallery.everything", initial={"title": command.text})


async def build(context: Context, subject: str) -> Form:
    council = SearchField(name="council", label="Council", source="gallery.council", help="Type a part.")
    return Form(
        name="gallery.everything",
        title="Everything",
        submit="Send everything",
        steps=(
            Step(
                title="Words",
                help="The first step.",
                fields=(
                    TextField(name="title", label="Title", max_length=40),
                    TextField(name="story", label="Story", long=True, max_length=400, help="In short."),
                    EmailField(name="mail", label="E-mail", required=False),
                    LinkField(name="link", label="Link", required=False),
                ),
            ),
            Step(
                title="Figures",
                fields=(
                    NumberField(name="year", label="Year", minimum=2000, maximum=2100),
                    MoneyField(name="amount", label="Amount", placeholder="1,500"),
                    DateField(name="day", label="Day"),
                    TimeField(name="hour", label="Hour"),
                    DateTimeField(name="moment", label="Moment", help="The deadline."),
                ),
            ),
            Step(
                title="Choices",
                fields=(
                    YesNoField(name="sure", label="Are you sure?"),
                    ChoiceField(
                        name="colour",
                        label="Colour",
                        required=False,
                        options=(
                            Option(value="r", label="Red", help="Like bricks"),
                            Option(value="b", label="Blue"),
                        ),
                    ),
                    ChoiceField(
                        name="themes",
                        label="Themes",
                        multiple=True,
                        options=tuple(Option(value=str(one), label=f"Theme {one}") for one in range(4)),
                    ),
                    council,
                    council.model_copy(
                        update={"name": "others", "label": "Others", "multiple": True, "required": False}
                    ),
                    YesNoField(name="consent", label="I agree to publication", must_accept=True),
                ),
            ),
        ),
    )


@router.form("gallery.everything", build)
async def take(context: Context, sent: Submitted) -> Result:
    count = int(await choices.get(context.session, "sent") or 0) + 1
    await choices.put(context.session, "sent", str(count), now=context.now)
    moment = sent.answers.moment("moment")
    assert moment is not None
    return Message(text=f"Thank you for “{sent.answers.text('title')}”, due {context.words.moment(moment)}.")


async def find(context: Context, query: str) -> list[Option]:
    found = await organisations.search(context.session, query)
    return [Option(value=str(one.id), label=one.name, help=one.category) for one in found]


async def name(context: Context, values: tuple[str, ...]) -> list[Option]:
    found = await organisations.by_ids(context.session, [int(one) for one in values if one.isdecimal()])
    return [Option(value=str(one.id), label=one.name) for one in found]


router.lookup("gallery.council", Source(find, name))
