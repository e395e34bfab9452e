"""Guests count as people do, and what somebody needs is read by the organiser alone and soon forgotten."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from handlers.event_actions import AnswerEvent, CancelEvent, EditDetails, ListReplies, ShowEvent
from handlers.kit.form_flow import ContinueDraft
from handlers.kit.messages import Message
from handlers.kit.replies import FormView, Outcome
from handlers.kit.updates import Edited, Press, RawAnswer, RawAnswers
from scheduled import retention
from store import members, personal_data, schema
from store.database import Database
from store.drafts import Draft
from store.events import Event
from store.replies import EventReply
from store.sealing import Vault, new_key
from tests.bot import TestBot, form_of, message_of
from tests.test_events import answers, change, fill, labels, make, network, say, settle

ASKING: RawAnswers = {"asks_guests": "yes", "asks_needs": "yes"}
NEEDS = "Coeliac, and a seat near the door"


async def go(bot: TestBot, who: str, event: Event, answer: str = "going") -> FormView:
    """Say yes; the form that it opens."""
    return form_of(await bot.press(who, AnswerEvent(event_id=event.id, answer=answer)))


async def tell(bot: TestBot, who: str, event: Event, **typed: RawAnswer) -> Message:
    """Fill in the form anew, whatever was typed into it before."""
    opened = await bot.press(who, EditDetails(event_id=event.id))
    if isinstance(opened.reply, Message):
        payload = opened.reply.buttons[-1].action
        assert payload is not None
        opened = await bot.handle(who, Press(payload.name, dict(payload.data)))
    return await fill(bot, who, opened, **typed)


async def reply_of(bot: TestBot, who: str, event: Event) -> EventReply:
    async with bot.database.read() as session:
        found = await members.by_identity(session, "test", who)
        assert found is not None
        return await session.get_one(EventReply, (event.id, found[0].id))


async def everything(database: Database) -> str:
    """All that is stored, of every table."""
    held = []
    async with database.read() as session:
        for table in schema.METADATA.sorted_tables:
            held += [f"{table.name}: {row}" for row in (await session.execute(select(table))).all()]
    return "\n".join(held)


async def asking(bot: TestBot, **changed: RawAnswer) -> Event:
    await network(bot)
    return await make(bot, "ada", announce=True, **(ASKING | changed))


async def test_a_yes_opens_a_form_and_says_who_reads_it_and_until_when(bot: TestBot) -> None:
    event = await asking(bot)
    view = await go(bot, "ann", event)
    assert [one.name for one in view.form.fields] == ["guests", "guest_names", "needs"]
    assert view.form.steps[0].help.startswith("You are going. Your answer is saved.")
    assert "Only Ada, who organises this event" in view.form.fields[2].help
    assert "deleted on Saturday 20 March 2027" in view.form.fields[2].help
    assert list((await answers(bot, event)).values()) == ["going"]
    saved = message_of(
        await bot.submit("ann", view, {"guests": "2", "guest_names": "Kim, Lee", "needs": NEEDS})
    )
    assert "Saved." in saved.text
    assert ("With you", "2 guests") in [(one.label, one.value) for one in saved.facts]
    assert "Guests and needs" in labels(saved)
    assert NEEDS not in saved.model_dump_json()


async def test_only_what_the_organiser_wants_is_asked(bot: TestBot) -> None:
    await network(bot)
    plain = await make(bot)
    assert "You are going." in (await say(bot, "ann", plain, "going")).text
    handled = await bot.press("ann", EditDetails(event_id=plain.id))
    assert handled.outcome is Outcome.REFUSED
    for switch, fields in (("asks_guests", ["guests", "guest_names"]), ("asks_needs", ["needs"])):
        event = await make(bot, "ada", announce=True, **{switch: "yes"})
        assert [one.name for one in (await go(bot, "bob", event)).form.fields] == fields
    online = await make(bot, asks_guests="yes")
    assert "You are joining online." in (await say(bot, "cat", online, "online")).text
    assert (await bot.press("bob", EditDetails(event_id=10**6))).outcome is Outcome.REFUSED


async def test_guests_take_places_and_the_post_counts_them(bot: TestBot) -> None:
    event = await asking(bot, capacity="4")
    await go(bot, "ann", event)
    await tell(bot, "ann", event, guests="2")
    await settle(bot)
    assert "3 going · 1 place left" in bot.platform.edits[-1][1].plain()
    await go(bot, "bob", event)
    with pytest.raises(AssertionError, match="There is no place left for a guest"):
        await tell(bot, "bob", event, guests="1")
    with pytest.raises(AssertionError, match="room for you and 2 guests"):
        await tell(bot, "ann", event, guests="3")
    listed = message_of(await bot.press("ada", ListReplies(event_id=event.id)))
    assert [(one.title, one.text) for one in listed.items] == [("Going (4)", "Ann (with 2 guests) and Bob")]
    await tell(bot, "ann", event, guests="")
    assert (await reply_of(bot, "ann", event)).guest_names == ""


async def test_the_waiting_list_moves_up_who_fits(bot: TestBot) -> None:
    event = await asking(bot, capacity="3")
    await go(bot, "ann", event)
    await tell(bot, "ann", event, guests="2")
    for who, guests in (("bob", "1"), ("cat", "")):
        view = await go(bot, who, event)
        assert view.form.steps[0].help.startswith("You are on the waiting list")
        with pytest.raises(AssertionError, match="room for you and 2 guests"):
            await fill(bot, who, await bot.press(who, EditDetails(event_id=event.id)), guests="3")
        await tell(bot, who, event, guests=guests)
        bot.clock.advance(minutes=1)
    # One place: Bob waits longest, and does not fit with his guest.
    await tell(bot, "ann", event, guests="1")
    assert [(await reply_of(bot, who, event)).answer for who in ("bob", "cat")] == ["waiting", "going"]
    assert "A place has become free" in bot.platform.said_to("cat")[-1].text
    await say(bot, "ann", event, "cannot")
    assert (await reply_of(bot, "bob", event)).answer == "going"
    gone = await reply_of(bot, "ann", event)
    assert (gone.guests, gone.guest_names) == (0, "")


async def test_of_two_who_bring_a_guest_to_the_last_place_one_does(bot: TestBot) -> None:
    event = await asking(bot, capacity="3")
    views = {who: await go(bot, who, event) for who in ("ann", "bob")}
    await asyncio.gather(*(bot.submit(who, view, {"guests": "1"}) for who, view in views.items()))
    brought = [(await reply_of(bot, who, event)).guests for who in ("ann", "bob")]
    assert sorted(brought) == [0, 1]
    free = await make(bot, asks_guests="yes", capacity="1")
    await asyncio.gather(*(go(bot, who, free) for who in ("ann", "bob", "cat")))
    assert sorted((await answers(bot, free)).values()) == ["going", "waiting", "waiting"]


async def test_more_guests_are_too_late_after_the_last_day_and_fewer_are_not(bot: TestBot) -> None:
    event = await asking(bot, reply_on="2026-11-21")
    await go(bot, "ann", event)
    await tell(bot, "ann", event, guests="2")
    bot.clock.advance(days=1)
    with pytest.raises(AssertionError, match="too late to bring more"):
        await tell(bot, "ann", event, guests="3")
    await tell(bot, "ann", event, guests="1", needs=NEEDS)
    assert (await reply_of(bot, "ann", event)).guests == 1


async def test_needs_stand_nowhere_in_plain_words(bot: TestBot, capsys: pytest.CaptureFixture[str]) -> None:
    event = await asking(bot)
    view = await go(bot, "ann", event)
    await bot.handle("ann", Edited(view.form.name, view.draft_id, {"needs": NEEDS}, 0))
    wrong = form_of(await bot.submit("ann", view, {"guests": "many", "needs": NEEDS}))
    assert wrong.answers["needs"] == NEEDS
    assert NEEDS not in await everything(bot.database)
    again = await bot.press("ann", EditDetails(event_id=event.id))
    assert message_of(again).buttons[0].action is not None
    kept = form_of(await bot.press("ann", ContinueDraft(draft_id=view.draft_id)))
    assert kept.answers["needs"] == NEEDS
    await bot.submit("ann", kept, {"guests": "1", "guest_names": "Kim", "needs": NEEDS})
    await bot.press("ada", ListReplies(event_id=event.id))
    assert NEEDS not in await everything(bot.database)
    assert NEEDS not in "".join(capsys.readouterr())
    assert not [said for _place, said in bot.platform.delivered if NEEDS in said.model_dump_json()]


async def test_ones_own_data_shows_them_and_nobody_elses_does(bot: TestBot) -> None:
    event = await asking(bot)
    await go(bot, "ann", event)
    await tell(bot, "ann", event, needs=NEEDS)
    held = await reply_of(bot, "ann", event)
    async with bot.database.read() as session:
        own = await personal_data.of_member(session, held.member_id, bot.surroundings.vault)
        ada = await members.by_identity(session, "test", "ada")
        assert ada is not None
        others = await personal_data.of_member(session, ada[0].id, bot.surroundings.vault)
        keyless = await personal_data.of_member(session, held.member_id, Vault([new_key()]))
    assert own["event_replies"][0]["needs"] == NEEDS
    assert NEEDS not in str(others)
    assert NEEDS not in str(keyless)


@pytest.mark.parametrize("way", ["cannot", "emptied", "called off", "switched off", "a month after"])
async def test_needs_are_forgotten(bot: TestBot, way: str) -> None:
    event = await asking(bot)
    await go(bot, "ann", event)
    await tell(bot, "ann", event, guests="1", guest_names="Kim", needs=NEEDS)
    draft = form_of(await bot.press("ann", EditDetails(event_id=event.id)))
    await bot.handle("ann", Edited(draft.form.name, draft.draft_id, {"needs": NEEDS + "!"}, 0))
    match way:
        case "cannot":
            await say(bot, "ann", event, "cannot")
        case "emptied":
            await bot.submit("ann", draft, {"guests": "1", "guest_names": "Kim", "needs": ""})
        case "called off":
            await fill(bot, "ada", await bot.press("ada", CancelEvent(event_id=event.id)))
        case "switched off":
            await change(bot, event, asks_needs="no")
        case "a month after":
            run = retention.job(bot.database, bot.clock, vault=bot.surroundings.vault)
            bot.clock.now = event.ends_at + timedelta(days=30)
            await run()
            assert (await reply_of(bot, "ann", event)).needs is not None
            bot.clock.advance(seconds=1)
            await run()
            kept = await reply_of(bot, "ann", event)
            assert (kept.guests, kept.guest_names) == (1, "")
    assert (await reply_of(bot, "ann", event)).needs is None
    async with bot.database.read() as session:
        drafts = await session.scalars(select(Draft).where(Draft.form == "events.details"))
        typed = [one.answers.get("needs") for one in drafts if one.answers]
    assert not any(typed)
    assert "sealed:" not in await everything(bot.database)


async def test_after_the_event_they_can_still_be_taken_back(bot: TestBot) -> None:
    event = await asking(bot)
    await go(bot, "ann", event)
    await tell(bot, "ann", event, needs=NEEDS)
    bot.clock.now = event.ends_at + timedelta(days=1)
    view = form_of(await bot.press("ann", EditDetails(event_id=event.id)))
    assert [one.name for one in view.form.fields] == ["needs"]
    message_of(await bot.submit("ann", view, {"needs": ""}))
    assert "Guests and needs" not in labels(message_of(await bot.press("ann", ShowEvent(event_id=event.id))))
    assert (await bot.press("ann", EditDetails(event_id=event.id))).outcome is Outcome.REFUSED


async def test_an_older_key_gives_way_to_the_newest(bot: TestBot) -> None:
    event = await asking(bot)
    await go(bot, "ann", event)
    old, new = new_key(), new_key()
    async with bot.database.write() as session:
        held = (await session.scalars(select(EventReply))).one()
        held.needs = Vault([old]).seal(NEEDS)
    await retention.job(bot.database, bot.clock, vault=Vault([new, old]))()
    needs = (await reply_of(bot, "ann", event)).needs
    assert needs is not None
    assert Vault([new]).open(needs) == NEEDS


async def test_without_a_key_needs_are_not_asked(bot: TestBot) -> None:
    object.__setattr__(bot.surroundings, "vault", Vault())
    event = await asking(bot)
    assert [one.name for one in (await go(bot, "ann", event)).form.fields] == ["guests", "guest_names"]
    opened = form_of(await bot.command("ada", "events", "new"))
    assert "has to give it a key" in opened.form.steps[3].help
