"""A bot with authors and reviewers of case studies, and the ways they take, for tests of that feature."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from handlers.case_study_actions import AskForChanges, Decline
from handlers.kit.messages import Button, Message
from handlers.kit.replies import FormView, Handled
from handlers.kit.updates import Press, RawAnswers
from store import case_studies, organisations
from store.case_studies import CaseStudy
from store.database import Database
from store.organisations import Organisation
from store.roles import Role
from store.seed import tags
from store.tags import TagKind
from tests.bot import ROOT, TestBot, TestClock, form_of, message_of

HOSTILE = "<!channel> <@U123> <script>alert(1)</script> [x](javascript:alert(1)) *bold* & %(title)s"
ABOUT: RawAnswers = {
    "title": "A library of things",
    "themes": ["housing", "food"],
    "principles": ["learning"],
    "year": "2025",
}
STORY: RawAnswers = {
    "challenge": "Tools are dear, and flats are small.",
    "done": "We lent tools from three libraries.",
    "outcomes": "300 households borrowed 1,200 things.",
    "learning": "Ask first what people need.",
}
LAST: RawAnswers = {
    "link_1": "https://example.org/report",
    "link_2": "",
    "link_3": "",
    "contact": "Ann, ann@example.org",
    "consent": "yes",
}
REASON = "Please say how many people borrowed something."


async def council_bot(database: Database, clock: TestClock) -> TestBot:
    """Ann of Oldham writes, Rita of no council and Ravi of Cardiff review, Olive owns the bot."""
    async with database.write() as session:
        for kind in TagKind:
            await tags(session, ROOT / "data", clock(), kind=kind)
        for name in ("Cardiff Council", "Kirklees Council", "Oldham Council"):
            session.add(Organisation(name=name, category="full", kind="council", region=""))
    bot = TestBot(database, clock)
    await bot.add_member("ann", name="Ann Archer", organisation_id=await council(bot, "Oldham"))
    await bot.add_member("rita", Role.REVIEWER, name="Rita Rees")
    await bot.add_member(
        "ravi", Role.REVIEWER, name="Ravi Rao", organisation_id=await council(bot, "Cardiff")
    )
    await bot.add_member("olive", Role.OWNER, name="Olive Owen")
    return bot


async def council(bot: TestBot, name: str) -> int:
    async with bot.database.read() as session:
        return (await organisations.search(session, name))[0].id


async def only_study(bot: TestBot) -> CaseStudy:
    async with bot.database.read() as session:
        study_id = (await session.scalars(select(CaseStudy.id))).one()
        study = await case_studies.by_id(session, study_id)
    assert study is not None
    return study


async def fill_in(
    bot: TestBot,
    who: str,
    view: FormView,
    *,
    lead: str = "Oldham",
    partners: tuple[str, ...] = (),
    **values: Any,
) -> Handled:
    """Go through the three steps with answers that are right unless ``values`` say otherwise."""
    about: dict[str, Any] = {
        **ABOUT,
        "organisation": str(await council(bot, lead)),
        "partners": [str(await council(bot, name)) for name in partners],
    }
    handled = await bot.submit(who, view, _with(about, values))
    handled = await bot.submit(who, form_of(handled), _with(dict(STORY), values))
    return await bot.submit(who, form_of(handled), _with(dict(LAST), values))


def _with(answers: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    return {name: values.get(name, answer) for name, answer in answers.items()}


async def submit(bot: TestBot, who: str = "ann", **values: Any) -> CaseStudy:
    view = form_of(await bot.command(who, "case-study"))
    handled = await fill_in(bot, who, view, **values)
    assert message_of(handled).text.startswith("Thank you")
    return await only_study(bot)


async def decide(bot: TestBot, who: str, action: AskForChanges | Decline, note: str = REASON) -> Handled:
    view = form_of(await bot.press(who, action))
    return await bot.submit(who, view, {"note": note})


def labels(message: Message) -> list[str]:
    return [button.label for button in message.buttons]


def facts(message: Message) -> dict[str, str]:
    return {fact.label: fact.value for fact in message.facts}


def press(buttons: tuple[Button, ...], label: str) -> Press:
    action = next(button.action for button in buttons if button.label == label)
    assert action is not None
    return Press(action.name, dict(action.data))
