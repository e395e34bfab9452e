"""A small feature that uses everything the kit offers, for the kit's own tests."""

from __future__ import annotations

from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import Form, MoneyField, Option, SearchField, Step, SumsTo, TextField
from handlers.kit.messages import Action, Button, Message
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import EVERYONE, Router, Source, Submitted, only
from handlers.kit.updates import Changed, Command, Text
from store import choices, members, organisations
from store.roles import Role

router = Router("feature")


class Praise(Action, name="feature.praise"):
    whom: str


@router.command("praise", summary="Praise somebody", usage="[name]")
async def praise(context: Context, command: Command) -> Reply:
    if command.text == "fail":
        raise RuntimeError("a fault of ours")
    await choices.put(context.session, "praised", command.text, now=context.now)
    if command.text == "nobody":
        raise UserError("Nobody is there to praise.")
    return Message(
        text=f"You praised {command.text}.", buttons=(Button.to("Again", Praise(whom=command.text)),)
    )


@router.command("budget", summary="Propose a budget")
async def budget(context: Context, command: Command) -> Reply:
    return Open("feature.budget", initial={"idea": command.text})


@router.command("close", summary="Close", access=only(Role.ADMINISTRATOR))
async def close(context: Context, command: Command) -> Reply:
    return Message(text="Closed.")


@router.command("close shop", summary="Close the shop", access=EVERYONE)
async def close_shop(context: Context, command: Command) -> Reply:
    return Message(text=f"The shop is closed {command.text}".strip())


@router.action(Praise)
async def praise_again(context: Context, action: Praise) -> Reply:
    for owner in await members.search(context.session, action.whom):
        await context.send(owner, lambda words: Message(text=f"{words.locale}: praised"), key="praise:1")
    return Message(text=f"Praised {action.whom} again.")


async def build_budget(context: Context, subject: str) -> Form:
    return Form(
        name="feature.budget",
        title="A budget",
        submit="Propose",
        steps=(
            Step(
                title="The idea", fields=(TextField(name="idea", label="Idea", min_length=3, max_length=50),)
            ),
            Step(
                title="The money",
                fields=(
                    MoneyField(name="staff", label="Staff"),
                    MoneyField(name="events", label="Events"),
                    MoneyField(name="total", label="Total"),
                    SearchField(name="council", label="Council", source="council", required=False),
                ),
            ),
        ),
        checks=(SumsTo(parts=("staff", "events"), total="total"),),
    )


@router.form("feature.budget", build_budget)
async def propose(context: Context, sent: Submitted) -> Result:
    if sent.answers.text("idea") == "break":
        raise RuntimeError("a fault of ours")
    if sent.answers.text("idea") == "taken":
        raise UserError("Somebody had this idea before.", field="idea")
    await choices.put(context.session, "budget", str(sent.answers.money("total")), now=context.now)
    return Message(text=f"You proposed {context.words.money(sent.answers.money('total') or 0)}.")


async def find_councils(context: Context, query: str) -> list[Option]:
    found = await organisations.search(context.session, query)
    return [Option(value=str(council.id), label=council.name) for council in found]


async def name_councils(context: Context, values: tuple[str, ...]) -> list[Option]:
    found = await organisations.by_ids(context.session, [int(value) for value in values])
    return [Option(value=str(council.id), label=council.name) for council in found]


router.lookup("council", Source(find_councils, name_councils))


@router.text(access=EVERYONE)
async def answer(context: Context, text: Text) -> Reply:
    return Message(text=f"You said: {text.text}").in_thread()


@router.changed
async def changed(context: Context, change: Changed) -> Reply:
    context.person.name = change.profile.name
    return None
