"""Answers are written, looked over, published, restored, archived and kept up to date by administrators."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from handlers.faq_actions import ShowEntry
from handlers.faq_engine.changes import Case, Findings, Moved, Near, answer, look_over_elsewhere
from handlers.faq_engine.model import Entry
from handlers.faq_entry_actions import (
    ArchiveEntry,
    ConfirmEntry,
    DiscardChange,
    EditEntry,
    ManageEntry,
    PublishChange,
    RestoreVersion,
)
from handlers.kit.messages import Message
from handlers.kit.replies import Handled, Outcome
from handlers.kit.updates import RawAnswers
from scheduled import faq_changes as jobs
from store import faq, faq_changes
from store.audit import AuditRecord
from store.database import Database
from store.faq import FaqEntry, FaqTranslation
from store.faq_changes import Act, FaqChange
from store.roles import Role
from store.seed import seed
from tests.bot import NOW, ROOT, TestBot, TestClock, form_of, message_of

SLUG = "policy-labs"
GOOD: RawAnswers = {
    "title": "Who pays for the tea?",
    "answer": "Every council pays for its own tea.\n\nToday: {member_counts}",
    "source": "The team",
    "reviewed_on": "2026-11-20",
    "review_months": "6",
    "cy_title": "Pwy sy'n talu am y te?",
    "cy_answer": "Mae pob cyngor yn talu am ei de ei hun.",
    "cy_source": "Y tîm",
    "cy_link_labels": "Gwefan y rhwydwaith",
    "cy_reviewed": "no",
    "examples": "who pays for tea\n who  pays for tea\nis the tea free",
    "checks": "do we get free tea",
    "links": "The network's website | https://www.councils.coop",
    "commands": [],
    "pages": [],
    "related": "values",
}


@pytest.fixture
async def bot(database: Database, clock: TestClock) -> TestBot:
    await seed(database, ROOT / "data", clock())
    bot = TestBot(database, clock)
    await bot.add_member("ada", Role.ADMINISTRATOR, name="Ada")
    return bot


async def fill_in(bot: TestBot, opened: Handled, answers: RawAnswers) -> Handled:
    """Step by step to the end, checking page included."""
    handled = opened
    for _step in range(6):
        view = form_of(handled)
        names = () if view.checking else [field.name for field in view.form.steps[view.step].fields]
        said = {name: answers[name] for name in names if name in answers}
        handled = await bot.submit("ada", view, said, send=view.checking)
        if isinstance(handled.reply, Message) or form_of(handled).problems:
            break
    return handled


async def newest_change(bot: TestBot) -> FaqChange:
    async with bot.database.read() as session:
        found = await session.scalar(select(FaqChange).order_by(FaqChange.id.desc()).limit(1))
    assert found is not None
    return found


def finding(found: Findings | None) -> Callable[[Case], Awaitable[Findings | None]]:
    async def look_over(_case: Case) -> Findings | None:
        return found

    return look_over


async def look_over(bot: TestBot, found: Findings | None = None) -> None:
    await jobs.check_job(bot.database, bot.clock, bot.surroundings, finding(found))()
    await bot.deliver()


async def entry_of(bot: TestBot, slug: str) -> FaqEntry | None:
    async with bot.database.read() as session:
        return await faq.by_slug(session, slug)


async def test_a_new_answer_is_seen_checked_published_and_then_answered_with(bot: TestBot) -> None:
    card = message_of(await fill_in(bot, await bot.command("ada", "ccin", "faq-new"), GOOD))
    assert card.items[0].title == "English: Who pays for the tea?"
    assert "{member_counts}" not in card.items[0].text
    assert card.items[1].title == "Cymraeg: Pwy sy'n talu am y te?"
    assert "I am checking it" in card.text
    assert "too few examples. 3 more are enough" in card.small_print[0]
    assert "Publish" not in [button.label for button in card.buttons]
    change = await newest_change(bot)
    early = await bot.press("ada", PublishChange(change_id=change.id))
    assert "still under way" in message_of(early).text
    assert await entry_of(bot, change.slug) is None
    await look_over(bot, Findings(tried=1))
    edited = bot.platform.edits[-1][1]
    assert "No example clashes" in edited.text
    assert edited.buttons[0].label == "Publish"
    bot.clock.advance(minutes=1)
    done = message_of(await bot.press("ada", PublishChange(change_id=change.id)))
    assert "is published" in done.text
    entry = await entry_of(bot, "who-pays-for-the-tea")
    assert entry is not None
    assert entry.examples == ["who pays for tea", "is the tea free"]
    assert (entry.checks, entry.due_on.isoformat()) == (["do we get free tea"], "2027-05-20")
    again = await bot.press("ada", PublishChange(change_id=change.id))
    assert (again.outcome, "no longer open" in message_of(again).text) == (Outcome.REFUSED, True)
    async with bot.database.read() as session:
        record = (await session.scalars(select(AuditRecord))).one()
    assert (record.act, record.subject_id) == ("faq.edited", "who-pays-for-the-tea")


async def test_what_the_check_finds_is_shown_and_needs_a_second_yes(bot: TestBot) -> None:
    await fill_in(bot, await bot.press("ada", EditEntry(slug=SLUG)), {"title": "What are Policy Labs?"})
    change = await newest_change(bot)
    moved = (Moved("what is a lab", SLUG, SLUG, None), Moved("labs", SLUG, "values", SLUG))
    await look_over(bot, Findings(moved, (Near("a lab", "values", "the lab"),), 7))
    card = bot.platform.edits[-1][1]
    values = "“What are the co-operative values?”"
    assert "“what is a lab” would go to no answer instead of “What are Policy Labs?”" in card.plain()
    assert (
        f"“labs” would go to “What are Policy Labs?”, where it belongs, instead of {values}" in card.plain()
    )
    assert f"“a lab” is close to “the lab” of {values}" in card.plain()
    assert card.buttons[0].confirm is not None
    shown = message_of(await bot.press("ada", PublishChange(change_id=change.id)))
    assert shown.heading == "Not published yet"
    bot.clock.advance(minutes=1)
    done = await bot.press("ada", PublishChange(change_id=change.id, despite=True))
    assert "is published" in message_of(done).text


async def test_every_version_is_kept_and_an_old_one_can_be_restored(bot: TestBot) -> None:
    before = await entry_of(bot, SLUG)
    assert before is not None
    await fill_in(bot, await bot.press("ada", EditEntry(slug=SLUG)), {"answer": "Something else."})
    await look_over(bot)
    bot.clock.advance(minutes=1)
    first = await newest_change(bot)
    await bot.press("ada", PublishChange(change_id=first.id, despite=True))
    async with bot.database.read() as session:
        history = await faq_changes.history(session, SLUG)
    assert [(one.number, one.act, bool(one.author_id)) for one in history] == [
        (2, Act.EDITED, True), (1, Act.DELIVERED, False),
    ]  # fmt: skip
    restored = message_of(await bot.press("ada", RestoreVersion(slug=SLUG, number=1)))
    assert restored.heading == "Not published yet"
    await look_over(bot, Findings())
    bot.clock.advance(minutes=1)
    await bot.press("ada", PublishChange(change_id=(await newest_change(bot)).id))
    after = await entry_of(bot, SLUG)
    assert after is not None
    assert faq_changes.content_of(after) == faq_changes.content_of(before)
    gone = await bot.press("ada", RestoreVersion(slug=SLUG, number=99))
    assert gone.outcome is Outcome.REFUSED


async def test_two_editors_do_not_undo_each_other(bot: TestBot) -> None:
    await fill_in(bot, await bot.press("ada", EditEntry(slug=SLUG)), {"answer": "Mine."})
    await look_over(bot, Findings())
    await bot.add_member("olga", Role.OWNER)
    await bot.press("olga", ConfirmEntry(slug=SLUG))
    bot.clock.advance(days=1)
    await bot.press("olga", ConfirmEntry(slug=SLUG))
    refused = await bot.press("ada", PublishChange(change_id=(await newest_change(bot)).id))
    assert "Somebody else changed this answer" in message_of(refused).text
    entry = await entry_of(bot, SLUG)
    assert entry is not None
    assert entry.answer != "Mine."
    see, go_on = (button.action for button in message_of(refused).buttons)
    assert see is not None
    assert go_on is not None
    theirs = message_of(await bot.press("ada", ManageEntry.model_validate(see.data)))
    assert theirs.text == entry.answer
    assert form_of(await bot.press("ada", EditEntry.model_validate(go_on.data))).answers["answer"] == "Mine."
    stolen = await bot.press("olga", DiscardChange(change_id=(await newest_change(bot)).id))
    assert stolen.outcome is Outcome.REFUSED


async def test_an_archived_answer_is_not_given_until_it_is_brought_back(bot: TestBot) -> None:
    await bot.press("ada", ArchiveEntry(slug=SLUG))
    async with bot.database.read() as session:
        assert SLUG not in [entry.slug for entry in await faq.all_entries(session)]
    listed = message_of(await bot.command("ada", "ccin", f"faq {SLUG}"))
    assert "Archived" in listed.items[0].text
    await bot.press("ada", ArchiveEntry(slug=SLUG, archived=False))
    async with bot.database.read() as session:
        assert SLUG in [entry.slug for entry in await faq.all_entries(session)]


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("answer", "Hello {name}", "There is no placeholder {name}"),
        ("cy_answer", "", "or neither"),
        ("cy_link_labels", "Un\nDau", "as many labels in Welsh as there are links"),
        ("cy_link_labels", "x" * 61, "more than 60 characters"),
        ("reviewed_on", "2026-11-22", "has not come yet"),
        ("links", "no address", "an upright stroke"),
        ("links", "Bad | javascript:alert(1)", "an upright stroke"),
        ("related", "nonsense", "There is no answer called “nonsense”"),
        ("checks", "is the tea free", "would test nothing"),
        ("examples", "x" * 201, "more than 200 characters"),
    ],
)
async def test_what_cannot_be_published_is_told_beside_its_field(
    bot: TestBot, field: str, value: str, problem: str
) -> None:
    opened = await bot.command("ada", "ccin", "faq-new")
    wrong = form_of(await fill_in(bot, opened, GOOD | {field: value}))
    assert problem in wrong.problems[field]


@pytest.mark.parametrize(("field", "step"), [("answer", 0), ("cy_answer", 1)])
async def test_an_unknown_placeholder_is_told_at_its_own_step_and_what_was_typed_is_kept(
    bot: TestBot, field: str, step: int
) -> None:
    typed: RawAnswers = {field: "On {next_moon|no day}, and {member_counts}."}
    view = form_of(await fill_in(bot, await bot.command("ada", "ccin", "faq-new"), GOOD | typed))
    assert (view.step, view.checking, view.answers[field]) == (step, False, typed[field])
    assert view.problems[field].startswith("There is no placeholder {next_moon}. You may use {member_counts}")


async def test_a_welsh_card_says_in_welsh_where_it_comes_from_and_where_its_links_lead(bot: TestBot) -> None:
    await fill_in(bot, await bot.press("ada", EditEntry(slug=SLUG)), GOOD)
    change = await newest_change(bot)
    async with bot.database.write() as session:
        (await session.get_one(FaqChange, change.id)).findings = {"moved": [], "near": [], "tried": 1}
    await bot.press("ada", PublishChange(change_id=change.id))
    bot.clock.advance(seconds=1)
    seen = []
    for locale in ("en", "cy"):
        card = message_of(await bot.press("ada", ShowEntry(slug=SLUG, locale=locale)))
        links = [(button.label, button.url) for button in card.buttons if button.url]
        seen.append((links, card.small_print[0].partition(". ")[0]))
    address = "https://www.councils.coop"
    assert seen == [
        ([("The network's website", address)], "Source: The team"),
        ([("Gwefan y rhwydwaith", address)], "Ffynhonnell: Y tîm"),
    ]
    async with bot.database.write() as session:
        (await session.get_one(FaqTranslation, (SLUG, "cy"))).link_labels = []
        entry = await session.get_one(FaqEntry, SLUG)
        entry.updated_at = bot.clock()
    card = message_of(await bot.press("ada", ShowEntry(slug=SLUG, locale="cy")))
    assert "The network's website" in [button.label for button in card.buttons]


async def test_administrators_hear_once_of_answers_that_are_due(bot: TestBot) -> None:
    job = jobs.review_job(bot.database, bot.clock, bot.surroundings)
    await job()
    await bot.deliver()
    assert bot.platform.said_to("ada") == []
    bot.clock.now = NOW + timedelta(days=366)
    for _time in range(2):
        await job()
        await bot.deliver()
    bot.clock.advance(days=1)
    await job()
    await bot.deliver()
    (said,) = bot.platform.said_to("ada")
    assert said.heading == "Please check what I answer"
    assert said.items
    checked = message_of(await bot.press("ada", ConfirmEntry(slug=SLUG)))
    assert "was checked" in checked.text
    entry = await entry_of(bot, SLUG)
    assert entry is not None
    assert entry.reviewed_on == bot.clock.now.date()


async def test_only_administrators_edit_whatever_they_forge(bot: TestBot) -> None:
    await fill_in(bot, await bot.press("ada", EditEntry(slug=SLUG)), {"answer": "Mine."})
    await look_over(bot, Findings())
    change = await newest_change(bot)
    await bot.add_member("ann", Role.REVIEWER)
    forged = [
        await bot.command("ann", "ccin", "faq"),
        await bot.command("ann", "ccin", "faq-new"),
        await bot.press("ann", ManageEntry(slug=SLUG)),
        await bot.press("ann", EditEntry(slug=SLUG)),
        await bot.press("ann", PublishChange(change_id=change.id)),
        await bot.press("ann", DiscardChange(change_id=change.id)),
        await bot.press("ann", ArchiveEntry(slug=SLUG)),
        await bot.press("ann", ConfirmEntry(slug=SLUG)),
        await bot.press("ann", RestoreVersion(slug=SLUG, number=1)),
        await bot.press("ada", ManageEntry(slug="nonsense")),
    ]
    assert {handled.outcome for handled in forged} == {Outcome.REFUSED}


async def test_a_change_is_looked_over_by_another_process() -> None:
    tea = Entry("tea", ("Who pays for tea?",), ("who pays for the tea", "is the tea free"))
    bins = Entry("bins", ("When are bins emptied?",), ("when are the bins emptied", "bin day"))
    stolen = Entry("bins", bins.texts, (*bins.examples, "Who pays for the tea?", "is tea free here"))
    case = Case([bins, tea], [stolen, tea], "bins", [("bin day please", "bins")])
    found = await look_over_elsewhere(case)
    assert found is not None
    assert found.tried == 1
    assert not found.moved
    assert ("Who pays for the tea?", "tea") in [(one.example, one.other) for one in found.near]
    gone = Case([bins, tea], [tea], "bins", [("when are the bins emptied", "bins")]).look_over()
    (moved,) = gone.moved
    assert (moved.expected, moved.before) == ("bins", "bins")
    assert moved.after != "bins"
    assert answer('{"before": [], "after": [], "slug": "x", "questions": [["q", "x"]], "not_ours": []}')
