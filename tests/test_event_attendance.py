"""After an event: who came, what they thought of it, and thanks with links, once and at a decent hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from handlers.event_actions import (
    CheckIn,
    EditLinks,
    GiveFeedback,
    ListReplies,
    RecordCame,
    ShowCode,
    ShowEvent,
)
from handlers.kit.messages import Action, Message
from handlers.kit.replies import Outcome
from handlers.kit.updates import Lookup, RawAnswers
from scheduled import event_thanks
from store import attendance, audit, feedback, members
from store.attendance import How
from store.events import Event
from store.feedback import EventFeedback
from tests.bot import TestBot, form_of, message_of
from tests.network import add_group, add_person
from tests.test_events import fill, labels, led_group, make, network, say

RUNNING: list[type[Action]] = [RecordCame, ShowCode, EditLinks]


async def member_id(bot: TestBot, who: str) -> int:
    async with bot.database.read() as session:
        found = await members.by_identity(session, "test", who)
    assert found is not None
    return found[0].id


async def came(bot: TestBot, event: Event) -> dict[int, How]:
    async with bot.database.read() as session:
        return await attendance.of_event(session, event.id)


async def code_of(bot: TestBot, event: Event) -> str:
    shown = message_of(await bot.press("ada", ShowCode(event_id=event.id)))
    return shown.text.partition("/events here ")[2].partition(",")[0]


async def tick(bot: TestBot) -> None:
    await event_thanks.job(bot.database, bot.clock, bot.surroundings)()
    await bot.deliver()


async def held(bot: TestBot) -> Event:
    """Ann and Bob said yes, Cat that she cannot; it has begun."""
    await network(bot)
    event = await make(bot)
    await say(bot, "ann", event, "going")
    await say(bot, "bob", event, "online")
    await say(bot, "cat", event, "cannot")
    bot.clock.now = event.starts_at
    return event


async def test_the_organiser_ticks_many_at_once_and_can_take_back(bot: TestBot) -> None:
    event = await held(bot)
    ann, bob, cat = [await member_id(bot, who) for who in ("ann", "bob", "cat")]
    view = form_of(await bot.press("ada", RecordCame(event_id=event.id)))
    assert [one.label for one in view.form.fields[0].options] == ["Ann", "Bob"]  # type: ignore[union-attr]
    saved = await fill(
        bot, "ada", await bot.press("ada", RecordCame(event_id=event.id)),
        came=[str(ann), str(bob)], others=[str(cat), "0"],
    )  # fmt: skip
    assert saved.text == "Saved: 3 people came to “Annual conference”."
    again = form_of(await bot.press("ada", RecordCame(event_id=event.id)))
    assert sorted(again.answers["came"]) == sorted(str(one) for one in (ann, bob, cat))
    await bot.submit("ada", again, {"came": [str(bob)], "others": []})
    assert await came(bot, event) == {bob: How.ORGANISER}
    async with bot.database.read() as session:
        assert "event.came" in [one.act for one in await audit.recent(session)]


async def test_who_came_is_noted_once_it_has_begun(bot: TestBot) -> None:
    await network(bot)
    event = await make(bot)
    assert (await bot.press("ada", RecordCame(event_id=event.id))).outcome is Outcome.REFUSED
    assert "Who came" not in labels(message_of(await bot.press("ada", ShowEvent(event_id=event.id))))
    bot.clock.now = event.starts_at - timedelta(minutes=30)
    assert "Who came" in labels(message_of(await bot.press("ada", ShowEvent(event_id=event.id))))


@pytest.mark.parametrize("action", RUNNING)
async def test_members_do_none_of_this(bot: TestBot, action: type[Action]) -> None:
    event = await held(bot)
    forged = action.model_validate({"event_id": event.id})
    assert (await bot.press("ann", forged)).outcome is Outcome.REFUSED
    found = await bot.handle("ann", Lookup("events.came", "others", "a"))
    assert found.options == ()


async def test_a_lead_notes_who_was_expected_and_searches_nobody(bot: TestBot) -> None:
    await network(bot)
    group = await led_group(bot, "lea")
    event = await make(bot, everyone="no", groups=[str(group.id)])
    bot.clock.now = event.starts_at
    handled = await bot.press("lea", RecordCame(event_id=event.id))
    assert (handled.outcome, "nobody to tick" in message_of(handled).text) == (Outcome.REFUSED, True)
    bot.clock.now = event.starts_at - timedelta(days=1)
    await say(bot, "lea", event, "going")
    bot.clock.now = event.starts_at
    view = form_of(await bot.press("lea", RecordCame(event_id=event.id)))
    assert [one.name for one in view.form.fields] == ["came"]


@pytest.mark.parametrize(
    ("minutes", "works"), [(-31, False), (-30, True), (0, True), (6 * 60 + 120, True), (6 * 60 + 121, False)]
)
async def test_a_code_works_around_the_event(bot: TestBot, minutes: int, works: bool) -> None:
    await network(bot)
    event = await make(bot)
    code = await code_of(bot, event)
    bot.clock.now = event.starts_at + timedelta(minutes=minutes)
    handled = await bot.command("bob", "events", f"here {code.lower()}")
    assert (handled.outcome is Outcome.HANDLED) is works
    assert set((await came(bot, event)).values()) == ({How.SELF} if works else set())


async def test_a_code_is_hard_to_guess_and_for_those_invited(bot: TestBot) -> None:
    await network(bot)
    group = await add_group(bot, "Housing")
    event = await make(bot, everyone="no", groups=[str(group.id)])
    code = await code_of(bot, event)
    assert await code_of(bot, event) == code
    assert len({attendance.new_code() for _time in range(200)}) == 200
    bot.clock.now = event.starts_at
    told = [message_of(await bot.press("ann", CheckIn(code=one))).text for one in (code, "WRONG234", "", "é")]
    assert len(set(told)) == 1
    assert await came(bot, event) == {}
    assert "is checked in" not in message_of(await bot.command("ann", "events", "here")).text


async def test_who_checks_in_is_not_unticked(bot: TestBot) -> None:
    event = await held(bot)
    code = await code_of(bot, event)
    for said in ("You are checked in. Welcome.", "You are checked in already."):
        assert message_of(await bot.press("cat", CheckIn(code=code))).text.startswith(said)
    view = form_of(await bot.press("ada", RecordCame(event_id=event.id)))
    assert view.form.steps[0].help.startswith("1 person has checked in")
    await bot.submit("ada", view, {"came": [], "others": []})
    assert list((await came(bot, event)).values()) == [How.SELF]


async def test_feedback_with_a_name_and_without(bot: TestBot) -> None:
    event = await held(bot)
    assert (await bot.press("ann", GiveFeedback(event_id=event.id))).outcome is Outcome.REFUSED
    bot.clock.now = event.ends_at
    assert "Say how it was" in labels(message_of(await bot.press("ann", ShowEvent(event_id=event.id))))
    for who, nameless in (("ann", "no"), ("bob", "yes")):
        right: RawAnswers = {
            "score": "4",
            "useful": f"Useful to {who}",
            "to_change": "",
            "nameless": nameless,
        }
        done = await fill(bot, who, await bot.press(who, GiveFeedback(event_id=event.id)), **right)
        assert done.text.startswith("Thank you.")
        assert (await bot.press(who, GiveFeedback(event_id=event.id))).outcome is Outcome.REFUSED
    assert (await bot.press("cat", GiveFeedback(event_id=event.id))).outcome is Outcome.REFUSED
    async with bot.database.read() as session:
        said = {one.useful: one.member_id for one in await session.scalars(select(EventFeedback))}
        assert await feedback.score_of(session, event.id) == feedback.Score(2, 4.0)
    assert said == {"Useful to ann": await member_id(bot, "ann"), "Useful to bob": None}


async def test_a_form_that_is_sent_twice_counts_once(bot: TestBot) -> None:
    event = await held(bot)
    bot.clock.now = event.ends_at
    views = [form_of(await bot.press("ann", GiveFeedback(event_id=event.id))) for _time in range(2)]
    outcomes = []
    for view in views:
        right: RawAnswers = {"score": "5", "useful": "", "to_change": "", "nameless": "yes"}
        outcomes.append((await bot.submit("ann", view, right)).outcome)
    assert outcomes == [Outcome.HANDLED, Outcome.REFUSED]


async def test_thanks_go_out_on_the_next_working_morning_once(bot: TestBot) -> None:
    await network(bot)
    await add_person(bot, "megan", locale="cy")
    # A Friday afternoon.
    event = await make(bot, starts_on="2026-11-27")
    for who in ("ann", "megan"):
        await say(bot, who, event, "going")
    await say(bot, "bob", event, "cannot")
    bot.clock.now = event.starts_at
    await bot.press("megan", CheckIn(code=await code_of(bot, event)))
    await tick(bot)
    bot.clock.now = event.ends_at
    for _time in range(2):
        await tick(bot)
    asked = [said for said in bot.platform.said_to("ada") if said.heading == "Over: Annual conference"]
    assert [one.text for one in asked] == [
        "Who came? On Monday 30 November 2026, 09:00 (UK time) I thank them, and those who said yes, "
        "with the links that you add by then."
    ]
    links: RawAnswers = {"url_1": "https://slides.example.org/1", "title_1": "The slides"}
    await fill(bot, "ada", await bot.press("ada", EditLinks(event_id=event.id)), **links)
    bot.clock.now = datetime(2026, 11, 30, 8, 59, tzinfo=UTC)
    await tick(bot)
    assert not [said for said in bot.platform.said_to("ann") if said.text.startswith("Thank you for your")]
    bot.clock.advance(minutes=1)
    for _time in range(2):
        await tick(bot)
    told: dict[str, list[Message]] = {
        who: [
            said
            for said in bot.platform.said_to(who)
            if "Say how it was" in labels(said) or "Dweud sut oedd hi" in labels(said)
        ]
        for who in ("ann", "megan", "bob")
    }
    assert [one.text.partition(".")[0] for one in told["ann"]] == [
        "Thank you for your interest, whether or not you made it"
    ]
    assert labels(told["ann"][0]) == ["Say how it was", "The slides"]
    assert [one.text.partition(".")[0] for one in told["megan"]] == ["Diolch am ddod"]
    assert told["bob"] == []
    shown = message_of(await bot.press("bob", ShowEvent(event_id=event.id)))
    assert "The slides" in labels(shown)


@pytest.mark.parametrize(("late", "sent"), [(timedelta(days=7), True), (timedelta(days=8), False)])
async def test_thanks_that_come_too_late_are_left_out(bot: TestBot, late: timedelta, sent: bool) -> None:
    event = await held(bot)
    bot.clock.now = datetime(2027, 2, 19, 9, 0, tzinfo=UTC) + late
    for _time in range(2):
        await tick(bot)
    assert bool([one for one in bot.platform.said_to("ann") if "How was it?" in one.text]) is sent
    async with bot.database.read() as session:
        assert (await session.get_one(Event, event.id)).thanked_at is not None


async def test_a_name_without_a_link_is_refused(bot: TestBot) -> None:
    event = await held(bot)
    with pytest.raises(AssertionError, match="url_2"):
        await fill(bot, "ada", await bot.press("ada", EditLinks(event_id=event.id)), title_2="Slides")


async def test_past_events_are_found_with_what_came_of_them(bot: TestBot) -> None:
    event = await held(bot)
    assert "No event is over" in message_of(await bot.command("ann", "events", "past")).text
    bot.clock.now = event.ends_at
    assert message_of(await bot.command("ann", "events")).items == ()
    past = message_of(await bot.command("ann", "events", "past"))
    assert [one.title for one in past.items] == ["Annual conference"]
    shown = message_of(await bot.press("ada", ShowEvent(event_id=event.id)))
    assert shown.text.startswith("This event is over.")
    assert "Who came" in labels(shown)
    assert (await bot.press("ada", ListReplies(event_id=event.id))).outcome is Outcome.HANDLED
