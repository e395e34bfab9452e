"""Events: made by those who may, answered in one press, never fuller than they are, and changed aloud."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from handlers.event_actions import (
    AnnounceEvent,
    AnswerEvent,
    CancelEvent,
    EditEvent,
    ListEvents,
    ListReplies,
    ShowEvent,
)
from handlers.kit.form_flow import ContinueDraft
from handlers.kit.messages import Action, Message
from handlers.kit.replies import FormView, Outcome
from handlers.kit.updates import RawAnswer, RawAnswers
from store import choices, groups, replies
from store.events import Event
from store.group_channels import GroupChannel
from store.groups import Group
from store.memberships import Admission, How, admit
from store.replies import Answer, EventReply
from store.roles import Role
from tests.bot import TestBot, form_of, message_of
from tests.network import add_group, add_organisation, add_person

LINK = "https://meet.example.org/secret"
ANSWERS: RawAnswers = {
    "title": "Annual conference",
    "kind": "conference",
    "description": "Two days of ideas.",
    "organiser": "events@example.org",
    "event_language": "en",
    "starts_on": "2027-02-18",
    "starts_time": "10:00",
    "ends_on": "",
    "ends_time": "16:00",
    "zone": "Europe/London",
    "place": "Town Hall",
    "link": LINK,
    "capacity": "",
    "reply_on": "",
    "everyone": "yes",
    "public": "no",
}


async def fill(bot: TestBot, who: str, opened: Any, **changed: RawAnswer) -> Message:
    view = form_of(opened)
    kept, problems = view.answers | changed, view.problems
    for _time in range(len(view.form.steps) + 1):
        answers = {one.name: kept.get(one.name, "") for one in view.form.steps[view.step].fields}
        handled = await bot.submit(who, view, answers)
        if isinstance(handled.reply, Message):
            return handled.reply
        view = form_of(handled)
        problems = view.problems or problems
    raise AssertionError(problems)


async def make(bot: TestBot, who: str = "ada", *, announce: bool = True, **changed: RawAnswer) -> Event:
    await fill(bot, who, await bot.command(who, "events", "new"), **(ANSWERS | changed))
    async with bot.database.read() as session:
        event = (await session.scalars(select(Event).order_by(Event.id.desc()).limit(1))).one()
    if announce:
        await bot.press(who, AnnounceEvent(event_id=event.id))
    return event


async def change(bot: TestBot, event: Event, who: str = "ada", **changed: RawAnswer) -> Message:
    return await fill(bot, who, await bot.press(who, EditEvent(event_id=event.id)), **changed)


async def say(bot: TestBot, who: str, event: Event, answer: str) -> Message:
    return message_of(await bot.press(who, AnswerEvent(event_id=event.id, answer=answer)))


async def answers(bot: TestBot, event: Event) -> dict[int, str]:
    async with bot.database.read() as session:
        rows = await session.scalars(select(EventReply).where(EventReply.event_id == event.id))
        return {row.member_id: row.answer for row in rows}


async def network(bot: TestBot) -> None:
    await add_person(bot, "ada", Role.ADMINISTRATOR)
    for who in ("ann", "bob", "cat"):
        await add_person(bot, who)
    async with bot.database.write() as session:
        await choices.put(session, choices.ANNOUNCEMENT_CHANNEL, "test:C9", now=bot.clock())


async def led_group(bot: TestBot, lead: str, name: str = "Housing") -> Group:
    group = await add_group(bot, name)
    member = await add_person(bot, lead)
    async with bot.database.write() as session:
        session.add(GroupChannel(group_id=group.id, platform="test", external_id=f"C-{name}", joined=True))
        await groups.make_lead(session, group.id, member.id, now=bot.clock())
    return group


def labels(message: Message) -> list[str]:
    return [button.label for button in message.buttons]


async def settle(bot: TestBot) -> None:
    """Let the edits of posts go out."""
    bot.clock.advance(seconds=10)
    await bot.deliver()


async def test_an_event_is_a_draft_until_it_is_announced_once(bot: TestBot) -> None:
    await network(bot)
    event = await make(bot, announce=False)
    assert "Nothing is planned" in message_of(await bot.command("ann", "events")).text
    assert (await bot.press("ann", ShowEvent(event_id=event.id))).outcome is Outcome.REFUSED
    for _time in range(2):
        await bot.press("ada", AnnounceEvent(event_id=event.id))
    posts = bot.platform.said_to("C9")
    assert len(posts) == 1
    assert labels(posts[0]) == ["I am going", "I join online", "Maybe", "I cannot come", "More"]
    listed = message_of(await bot.command("ann", "events"))
    assert listed.items[0].text.startswith("Thursday 18 February 2027, 10:00 (UK time) to 16:00 · Town Hall")


async def test_the_link_is_told_to_those_who_said_yes_alone(bot: TestBot) -> None:
    await network(bot)
    event = await make(bot)
    for answer in ("maybe", "cannot"):
        assert LINK not in (await say(bot, "ann", event, answer)).model_dump_json()
    for answer in ("going", "online"):
        assert LINK in (await say(bot, "bob", event, answer)).plain()
    assert LINK in message_of(await bot.press("bob", ShowEvent(event_id=event.id))).plain()
    await change(bot, event, starts_time="11:00")
    await settle(bot)
    others = [
        *bot.platform.said_to("C9"),
        *bot.platform.said_to("ann"),
        *(one for _at, one in bot.platform.edits),
    ]
    assert not [one for one in others if LINK in one.model_dump_json()]
    assert not [one for one in bot.platform.said_to("ada")[-1:] if LINK in one.model_dump_json()]


async def test_the_post_shows_the_numbers_as_they_stand(bot: TestBot) -> None:
    await network(bot)
    event = await make(bot, capacity="5")
    await say(bot, "ann", event, "going")
    await say(bot, "bob", event, "online")
    await settle(bot)
    _reference, edited = bot.platform.edits[-1]
    assert "1 going · 1 online · 4 places left" in edited.plain()
    await say(bot, "ann", event, "cannot")
    await settle(bot)
    _reference, edited = bot.platform.edits[-1]
    assert "1 online · 5 places left" in edited.plain()


async def test_a_full_event_has_a_waiting_list_that_moves_up_by_itself(bot: TestBot) -> None:
    await network(bot)
    event = await make(bot, capacity="1")
    await say(bot, "ann", event, "going")
    assert "waiting list" in (await say(bot, "bob", event, "going")).text
    bot.clock.advance(minutes=1)
    await say(bot, "cat", event, "going")
    await say(bot, "bob", event, "going")
    await say(bot, "ann", event, "maybe")
    assert sorted((await answers(bot, event)).values()) == ["going", "maybe", "waiting"]
    assert "A place has become free" in bot.platform.said_to("bob")[-1].text
    assert "A place has become free" not in bot.platform.said_to("cat")[-1].text
    await change(bot, event, capacity="2")
    assert "A place has become free" in bot.platform.said_to("cat")[-1].text


async def test_the_card_of_a_draft_shows_what_became_of_it(bot: TestBot) -> None:
    await network(bot)
    event = await make(bot, announce=False)
    shown = message_of(await bot.press("ada", ShowEvent(event_id=event.id)))
    assert "Announce" in labels(shown)
    await bot.press("ada", AnnounceEvent(event_id=event.id))
    await settle(bot)
    # Both cards that offered it: the one on saving, and the one that was asked for.
    settled = [card for _reference, card in bot.platform.edits]
    assert [card.heading for card in settled] == ["Annual conference"] * 2
    for card in settled:
        assert "This is a draft" not in card.text
        assert "Announce" not in labels(card)
        assert {"I am going", "Who comes", "Change", "Call off"} <= set(labels(card))
    now = message_of(await bot.press("ada", ShowEvent(event_id=event.id)))
    assert settled[0].model_dump() == now.model_dump()
    other = await make(bot, announce=False)
    await fill(bot, "ada", await bot.press("ada", CancelEvent(event_id=other.id)), reason="Too few")
    await settle(bot)
    off = bot.platform.edits[-1][1]
    assert (off.text, labels(off)) == (
        "This event has been called off.\n\nToo few", ["Who comes", "All events"],
    )  # fmt: skip


async def test_a_new_event_is_asked_for_by_either_word(bot: TestBot) -> None:
    await network(bot)
    new, add = [form_of(await bot.command("ada", "events", word)) for word in ("new", "add")]
    assert add.form == new.form
    shown = message_of(await bot.command("ada", "ccin")).text
    assert ("/events new" in shown, "/events add" in shown) == (True, False)


async def test_a_full_event_offers_to_wait(bot: TestBot) -> None:
    await network(bot)
    event = await make(bot, capacity="1")
    await say(bot, "ann", event, "going")
    assert labels(message_of(await bot.press("bob", ShowEvent(event_id=event.id))))[0] == "Wait for a place"
    await settle(bot)
    assert bot.platform.edits[-1][1].buttons[0].label == "Wait for a place"


async def test_of_two_who_take_the_last_place_one_wins(bot: TestBot) -> None:
    await network(bot)
    event = await make(bot, capacity="1")
    await asyncio.gather(*(say(bot, who, event, "going") for who in ("ann", "bob", "cat")))
    assert sorted((await answers(bot, event)).values()) == ["going", "waiting", "waiting"]


async def test_moving_tells_those_concerned_once(bot: TestBot) -> None:
    await network(bot)
    event = await make(bot)
    await say(bot, "ann", event, "going")
    await say(bot, "bob", event, "cannot")
    before = len(bot.platform.said_to("bob"))
    await change(bot, event, starts_on="2027-02-19")
    told = [one for one in bot.platform.said_to("ann") if one.heading.startswith("Changed")]
    assert [one.text for one in told] == [
        "It is now Friday 19 February 2027, 10:00 (UK time) to 16:00, "
        "not Thursday 18 February 2027, 10:00 (UK time) to 16:00."
    ]
    assert len(bot.platform.said_to("bob")) == before
    assert bot.platform.said_to("C9")[-1].heading == "Changed: Annual conference"
    posts = len(bot.platform.said_to("C9"))
    await change(bot, event, organiser="Somebody else")
    assert len(bot.platform.said_to("C9")) == posts


async def test_another_link_is_told_to_those_who_said_yes(bot: TestBot) -> None:
    await network(bot)
    event = await make(bot)
    await say(bot, "ann", event, "going")
    await say(bot, "bob", event, "maybe")
    posts, told = len(bot.platform.said_to("C9")), len(bot.platform.said_to("bob"))
    await change(bot, event, link="https://meet.example.org/other")
    assert "link has changed" in bot.platform.said_to("ann")[-1].text
    assert (len(bot.platform.said_to("C9")), len(bot.platform.said_to("bob"))) == (posts, told)


async def test_calling_off_tells_those_concerned_once(bot: TestBot) -> None:
    await network(bot)
    event = await make(bot)
    await say(bot, "ann", event, "maybe")
    for _time in range(2):
        opened = await bot.press("ada", CancelEvent(event_id=event.id))
        await fill(bot, "ada", opened, reason="The hall is flooded.")
    told = [one for one in bot.platform.said_to("ann") if one.heading.startswith("Called off")]
    assert [one.quote for one in told] == ["The hall is flooded."]
    await settle(bot)
    assert bot.platform.edits[-1][1].buttons == ()
    handled = await bot.press("bob", AnswerEvent(event_id=event.id, answer="going"))
    assert handled.outcome is Outcome.REFUSED
    assert "Nothing is planned" in message_of(await bot.command("ann", "events")).text


async def test_after_the_last_day_people_can_only_say_that_they_cannot(bot: TestBot) -> None:
    await network(bot)
    event = await make(bot, reply_on="2026-11-21")
    await say(bot, "ann", event, "going")
    bot.clock.advance(days=1)
    assert (await bot.press("bob", AnswerEvent(event_id=event.id, answer="going"))).outcome is Outcome.REFUSED
    assert labels(message_of(await bot.press("ann", ShowEvent(event_id=event.id))))[:2] == [
        "Join online", "I cannot come",
    ]  # fmt: skip
    await say(bot, "ann", event, "cannot")


async def test_events_are_seen_by_those_they_are_for(bot: TestBot) -> None:
    await network(bot)
    group = await add_group(bot, "Housing")
    full = await add_organisation(bot, "Oldham Council")
    inside = await add_person(bot, "ina")
    await add_person(bot, "olga", organisation=full)
    async with bot.database.write() as session:
        await admit(session, [Admission(group.id, inside.id, "web")], How.OWN, bot.clock())
    await make(bot, title="For the group", everyone="no", groups=[str(group.id)])
    await make(bot, title="For full members", everyone="no", categories=["full"])
    seen = {
        who: [i.title for i in message_of(await bot.command(who, "events")).items]
        for who in ("ina", "olga", "ann")
    }
    assert seen == {"ina": ["For the group"], "olga": ["For full members"], "ann": []}


async def test_a_lead_adds_events_for_their_own_group_alone(bot: TestBot) -> None:
    await network(bot)
    group = await led_group(bot, "lea")
    other = await add_group(bot, "Health")
    foreign = ANSWERS | {"groups": [str(other.id)]}
    view = form_of(await bot.command("lea", "events", "new"))
    assert {one.name for one in view.form.steps[2].fields} == {"groups"}
    with pytest.raises(AssertionError, match="groups"):
        await fill(bot, "lea", await bot.press("lea", ContinueDraft(draft_id=view.draft_id)), **foreign)
    own = ANSWERS | {"groups": [str(group.id)]}
    await fill(bot, "lea", await bot.press("lea", ContinueDraft(draft_id=view.draft_id)), **own)
    async with bot.database.read() as session:
        event = (await session.scalars(select(Event))).one()
    await bot.press("lea", AnnounceEvent(event_id=event.id))
    assert len(bot.platform.said_to("C-Housing")) == 1
    await change(bot, event, "lea", title="Another title")
    for_all = await make(bot, groups=[str(group.id)])
    assert (await bot.press("lea", EditEvent(event_id=for_all.id))).outcome is Outcome.REFUSED


@pytest.mark.parametrize("action", [EditEvent, AnnounceEvent, CancelEvent, ListReplies])
async def test_a_member_cannot_run_an_event(bot: TestBot, action: type[Action]) -> None:
    await network(bot)
    event = await make(bot)
    forged = action.model_validate({"event_id": event.id})
    assert (await bot.press("ann", forged)).outcome is Outcome.REFUSED
    for word in ("new", "add"):
        assert (await bot.command("ann", "events", word)).outcome is Outcome.REFUSED
    assert "New event" not in labels(message_of(await bot.command("ann", "events")))


@pytest.mark.parametrize("answer", ["waiting", "dancing", ""])
async def test_an_answer_that_nobody_offered_is_refused(bot: TestBot, answer: str) -> None:
    await network(bot)
    event = await make(bot)
    assert (await bot.press("ann", AnswerEvent(event_id=event.id, answer=answer))).outcome is Outcome.REFUSED
    assert await answers(bot, event) == {}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"starts_on": "2027-03-28", "starts_time": "01:30"}, "starts_time"),
        ({"ends_time": "09:00"}, "ends_time"),
        ({"zone": "Nowhere/Land"}, "zone"),
        ({"reply_on": "2027-03-01"}, "reply_on"),
        ({"everyone": "no"}, "groups"),
    ],
)
async def test_what_cannot_be_is_refused_beside_its_field(
    bot: TestBot, changed: RawAnswers, field: str
) -> None:
    await network(bot)
    with pytest.raises(AssertionError, match=field):
        await fill(bot, "ada", await bot.command("ada", "events", "new"), **(ANSWERS | changed))


@pytest.mark.parametrize(
    ("step", "wrong", "right", "field"),
    [
        (1, {"ends_time": "09:00"}, {"ends_time": "16:00"}, "ends_time"),
        (1, {"reply_on": "2027-03-01"}, {"reply_on": ""}, "reply_on"),
        (2, {"everyone": "no"}, {"everyone": "yes"}, "groups"),
    ],
)
async def test_what_does_not_agree_is_said_at_its_step(
    bot: TestBot, step: int, wrong: RawAnswers, right: RawAnswers, field: str
) -> None:
    await network(bot)
    view = form_of(await bot.command("ada", "events", "new"))

    async def go_on(changed: RawAnswers) -> FormView:
        kept = view.answers | ANSWERS | changed
        typed = {one.name: kept.get(one.name, "") for one in view.form.steps[view.step].fields}
        return form_of(await bot.submit("ada", view, typed))

    while view.step < step:
        view = await go_on({})
    view = await go_on(wrong)
    assert (view.step, list(view.problems)) == (step, [field])
    assert {name: view.answers[name] for name in wrong} == wrong
    view = await go_on(right)
    assert (view.step, view.problems) == (step + 1, {})


async def test_an_event_abroad_keeps_the_clocks_of_its_place(bot: TestBot) -> None:
    await network(bot)
    event = await make(bot, zone="Europe/Madrid", kind="study_visit", place="Mondragon")
    shown = message_of(await bot.press("ann", ShowEvent(event_id=event.id)))
    assert "10:00 (Madrid time) to 16:00" in shown.plain()
    assert f"{event.starts_at:%H:%M}" == "09:00"


async def test_ones_own_events_and_who_comes_are_listed(bot: TestBot) -> None:
    await network(bot)
    event = await make(bot)
    assert "not said yes" in message_of(await bot.command("ann", "events", "mine")).text
    await say(bot, "ann", event, "going")
    await say(bot, "bob", event, "cannot")
    mine = message_of(await bot.command("ann", "events", "mine"))
    assert mine.items[0].text.endswith("You are going.")
    who = message_of(await bot.press("ada", ListReplies(event_id=event.id)))
    assert [(item.title, item.text) for item in who.items] == [
        ("Going (1)", "Ann"),
        ("Cannot come (1)", "Bob"),
    ]
    assert message_of(await bot.press("ann", ListEvents(kind="webinar"))).items == ()
    assert len(message_of(await bot.command("ann", "events", "conference")).items) == 1


async def test_the_sequence_rises_with_what_a_calendar_shows(bot: TestBot) -> None:
    await network(bot)
    event = await make(bot)
    await change(bot, event, organiser="Another")
    await change(bot, event, place="Library")
    async with bot.database.read() as session:
        held = await session.get_one(Event, event.id)
        assert (held.sequence, held.uid) == (1, event.uid)
        assert (await replies.counts(session, [event.id]))[event.id][Answer.GOING] == 0


async def test_a_yes_or_maybe_comes_with_a_file_for_ones_calendar(bot: TestBot) -> None:
    await network(bot)
    event = await make(bot)
    for answer, offered in (("going", True), ("online", True), ("maybe", True), ("cannot", False)):
        shown = await say(bot, "ann", event, answer)
        paths = [one.path or "" for one in shown.buttons if one.label == "Put it in my calendar"]
        assert len(paths) == offered
        assert all(path.startswith(f"/events/{event.slug}.ics?for=") for path in paths)
    # A post is read by everybody, and such an address is one person's.
    assert not [one for post in bot.platform.said_to("C9") for one in post.buttons if one.path]


async def test_sixty_events_are_shown_page_by_page(bot: TestBot) -> None:
    await network(bot)
    event = await make(bot)
    async with bot.database.write() as session:
        held = await session.get_one(Event, event.id)
        for number in range(59):
            session.add(copy_of(held, number))
    page = message_of(await bot.command("ann", "events"))
    assert page.text == "60 events are coming up · page 1 of 8"
    assert labels(page)[0] == "Next page"
    last = message_of(await bot.press("ann", ListEvents(page=7)))
    assert (len(last.items), labels(last)[0]) == (4, "Page before")
    # The last page is shown where what stood on a later one is over.
    assert message_of(await bot.press("ann", ListEvents(page=9))) == last


def copy_of(event: Event, number: int) -> Event:
    values = {one.key: getattr(event, one.key) for one in Event.__table__.columns if one.key != "id"}
    return Event(**(values | {"uid": f"copy-{number}", "slug": f"copy-{number}"}))
