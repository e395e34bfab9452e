"""The stop at case studies: every way that one can take, and every reader of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from handlers.case_study_actions import AskForChanges, Decline, Publish, Read, Revise, ShowCard, Withdraw
from handlers.kit.messages import Action
from handlers.kit.updates import RawAnswers, Shortcut
from store.case_studies import CaseStudy
from store.organisations import Organisation
from tests.surfaces.touring import TouringBot

READERS = ("ann", "rita", "ravi", "ada")


async def review_case_studies(bot: TouringBot) -> None:
    """One goes through changes to its page and back, one is declined, one nobody may decide on."""
    answers = await _answers(bot)
    await bot.fill_in("ann", await bot.command("ann", "case-study"), answers)
    first = await _newest(bot)
    await _everybody_looks(bot, first, version=1)
    note: RawAnswers = {"note": bot.cast.typed("Please say how many people borrowed something.")}
    await bot.fill_in("rita", await bot.press("rita", AskForChanges(study_id=first, version=1)), dict(note))
    await _everybody_looks(bot, first, version=1)
    revised = await bot.fill_in("ann", await bot.press("ann", Revise(study_id=first)), answers)
    assert revised.reply is not None
    await _everybody_looks(bot, first, version=1)
    await bot.press("rita", Publish(study_id=first, version=2))
    await _everybody_looks(bot, first, version=2)
    await bot.press("ann", Withdraw(study_id=first))
    await _everybody_looks(bot, first, version=2)

    opened = await bot.handle(
        "ann", Shortcut("case_study.from_message", bot.cast.typed("We lent tools. ") * 300)
    )
    await bot.fill_in("ann", opened, answers)
    second = await _newest(bot)
    for action in (Publish(study_id=second, version=1), Decline(study_id=second, version=1)):
        await bot.press("ann", action)
        await bot.press("ravi", action)
    await bot.fill_in("ada", await bot.press("ada", Decline(study_id=second, version=1)), dict(note))
    await _everybody_looks(bot, second, version=1)
    await _by_nobody_known(bot, answers)


async def _everybody_looks(bot: TouringBot, study_id: int, *, version: int) -> None:
    """What each sees of it as it stands; what they may not do is refused in words."""
    looked: tuple[Action, ...] = (Read(study_id=study_id), ShowCard(study_id=study_id))
    for who in READERS:
        for text in ("mine", "review"):
            await bot.command(who, "case-study", text)
        for action in looked:
            await bot.press(who, action)
    await bot.press("rita", Revise(study_id=study_id))
    await bot.press("ravi", Publish(study_id=study_id, version=version))
    # An edit of a delivered card waits for others to come along.
    bot.clock.advance(seconds=10)
    await bot.deliver()


async def _by_nobody_known(bot: TouringBot, answers: RawAnswers) -> None:
    """Where its author is of no council, reviewers are told to look twice; a version that is not there
    cannot be published."""
    await bot.fill_in("nameless", await bot.command("nameless", "case-study"), answers)
    third = await _newest(bot)
    await _everybody_looks(bot, third, version=1)
    decided = await bot.press("rita", Publish(study_id=third, version=2))
    assert decided.reply is not None
    await bot.press("nameless", Withdraw(study_id=third))


async def _answers(bot: TouringBot) -> dict[str, Any]:
    cast = bot.cast
    async with bot.database.read() as session:
        names = (cast.named("Oldham Council"), "Cardiff Council", "Kirklees Council")
        found = {
            one.name: str(one.id)
            for one in await session.scalars(select(Organisation).where(Organisation.name.in_(names)))
        }
    return {
        "title": cast.named("A library of things"),
        "organisation": found[names[0]],
        "partners": [found[name] for name in names[1:]],
        "themes": ["housing", "food"],
        "principles": ["social-partnership"],
        "year": "2025",
        "challenge": cast.typed("Tools are dear.\n\n- flats are small\n- drills are loud"),
        "done": cast.typed("We lent tools from three libraries.\n\nPeople came."),
        "outcomes": cast.typed("300 households borrowed 1,200 things.")
        + "\n\n"
        + "Every one came back. " * 100,
        "learning": cast.typed("Ask first what people need."),
        "link_1": "https://example.org/report?a=1&b=2",
        "link_2": "",
        "link_3": "",
        "contact": cast.named("Ann, ann@example.org"),
        "consent": "yes",
    }


async def _newest(bot: TouringBot) -> int:
    async with bot.database.read() as session:
        found = await session.scalar(select(CaseStudy.id).order_by(CaseStudy.id.desc()).limit(1))
    assert found is not None
    return found
