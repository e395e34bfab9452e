"""Funding rounds: what is open to whom, told to those concerned, and told again when dates change."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from handlers.kit.messages import Action, Message
from handlers.kit.replies import Outcome
from handlers.kit.updates import RawAnswers
from handlers.round_actions import AnnounceRound, DecideRound, EditRound, RemindOfRound, ShowRound
from store import choices, rounds
from store.group_channels import GroupChannel
from store.roles import Role
from store.rounds import FundingRound
from tests.bot import TestBot, form_of, message_of
from tests.network import add_group, add_organisation, add_person

ANSWERS: RawAnswers = {
    "name": "Policy Labs 2027",
    "kind": "Policy Lab",
    "description": "Larger work that members do together.",
    "opens_on": "2027-02-10",
    "opens_time": "09:00",
    "closes_on": "2027-03-16",
    "closes_time": "",
    "decision_on": "2027-04-20",
    "maximum": "20,000",
    "pot": "60,000",
    "lead": ["full"],
    "partners": "3",
    "months": "24",
    "contact": "comms@example.org",
    "link_1": "https://example.org/labs",
    "groups": [],
}


async def make(bot: TestBot, who: str = "ada", **changed: str | list[str]) -> Message:
    """Prepare a round; the last reply."""
    view = form_of(await bot.command(who, "funding", "new"))
    for step in view.form.steps:
        answers = {one.name: (ANSWERS | changed).get(one.name, "") for one in step.fields}
        view_or_reply = await bot.submit(who, view, answers)
        if isinstance(view_or_reply.reply, Message):
            return view_or_reply.reply
        view = form_of(view_or_reply)
    raise AssertionError(view.problems)


async def change(bot: TestBot, one: FundingRound, **changed: str | list[str]) -> Message:
    view = form_of(await bot.press("ada", EditRound(round_id=one.id)))
    kept = view.answers
    for step in view.form.steps:
        answers = {field.name: (kept | changed).get(field.name, "") for field in step.fields}
        reply = await bot.submit("ada", view, answers)
        if isinstance(reply.reply, Message):
            return reply.reply
        view = form_of(reply)
    raise AssertionError(view.problems)


async def the_round(bot: TestBot) -> FundingRound:
    async with bot.database.read() as session:
        return (await session.scalars(select(FundingRound))).one()


async def network(bot: TestBot) -> None:
    await add_person(bot, "ada", Role.ADMINISTRATOR)
    full = await add_organisation(bot, "Oldham Council")
    affiliate = await add_organisation(bot, "Mutuo", category="affiliate")
    await add_person(bot, "ann", organisation=full)
    await add_person(bot, "alf", organisation=affiliate)
    await add_person(bot, "stig")
    async with bot.database.write() as session:
        await choices.put(session, choices.ANNOUNCEMENT_CHANNEL, "test:C9", now=bot.clock())


def labels(message: Message) -> list[str]:
    return [button.label for button in message.buttons]


async def test_a_date_alone_closes_it_in_the_last_minute_of_the_day(bot: TestBot) -> None:
    await network(bot)
    said = await make(bot)
    facts = {fact.label: fact.value for fact in said.facts}
    assert facts["Closes"] == "Tuesday 16 March 2027, 23:59 (UK time)"
    assert facts["Most for one project"] == "£20,000"
    assert facts["Who may lead"] == "full members"
    assert facts["Partners"] == "at least 3 other members, recommended"


async def test_a_draft_is_seen_by_administrators_alone(bot: TestBot) -> None:
    await network(bot)
    await make(bot)
    one = await the_round(bot)
    assert "No funding round" in message_of(await bot.command("ann", "funding")).text
    assert [item.title for item in message_of(await bot.command("ada", "funding")).items] == [one.name]
    assert (await bot.press("ann", ShowRound(round_id=one.id))).outcome is Outcome.REFUSED
    assert (await bot.press("ann", RemindOfRound(round_id=one.id))).outcome is Outcome.REFUSED


async def test_each_organisation_reads_what_it_may_do(bot: TestBot) -> None:
    await network(bot)
    await make(bot)
    one = await the_round(bot)
    await bot.press("ada", AnnounceRound(round_id=one.id))
    bot.clock.now = one.opens_at + timedelta(days=1)
    listed = message_of(await bot.command("ann", "funding"))
    assert listed.text == "Oldham Council may lead a project in 1 round that is open."
    assert "Closes Tuesday 16 March 2027, 23:59 (UK time)" in listed.items[0].text
    assert (
        "Ask comms@example.org for the form"
        in message_of(await bot.press("ann", ShowRound(round_id=one.id))).text
    )
    beside = message_of(await bot.press("alf", ShowRound(round_id=one.id))).text
    assert "Mutuo may take part beside one of those who may lead: full members." in beside
    unknown = message_of(await bot.command("stig", "funding"))
    assert labels(unknown) == ["Say which organisation I am here for"]


async def test_the_clock_opens_and_closes_a_round(bot: TestBot) -> None:
    await network(bot)
    await make(bot)
    one = await the_round(bot)
    await bot.press("ada", AnnounceRound(round_id=one.id))
    one = await the_round(bot)
    moments = [bot.clock.now, one.opens_at, one.closes_at, one.closes_at + timedelta(seconds=1)]
    assert [one.state(moment) for moment in moments] == ["announced", "open", "open", "closed"]
    assert (await bot.press("ada", DecideRound(round_id=one.id))).outcome is Outcome.REFUSED
    bot.clock.now = moments[-1]
    assert (await bot.press("ann", RemindOfRound(round_id=one.id))).outcome is Outcome.REFUSED
    await bot.press("ada", DecideRound(round_id=one.id))
    assert (await the_round(bot)).state(bot.clock()) == "decided"


async def test_it_is_announced_once_in_the_channel_for_announcements(bot: TestBot) -> None:
    await network(bot)
    await make(bot)
    one = await the_round(bot)
    for _time in range(2):
        await bot.press("ada", AnnounceRound(round_id=one.id))
    posts = bot.platform.said_to("C9")
    assert [post.text.splitlines()[0] for post in posts] == ["A funding round is coming: Policy Labs 2027."]
    assert labels(posts[0]) == ["What it means for us", "Remind me", "Read more"]


async def test_groups_hear_of_it_in_their_own_channels_and_language(bot: TestBot) -> None:
    await network(bot)
    group = await add_group(bot, "Wales")
    async with bot.database.write() as session:
        session.add(GroupChannel(group_id=group.id, platform="test", external_id="C-wales", joined=True))
        (await session.merge(group)).language = "cy"
    await make(bot, groups=[str(group.id)])
    await bot.press("ada", AnnounceRound(round_id=(await the_round(bot)).id))
    assert bot.platform.said_to("C9") == []
    assert "Mawrth 2027" in bot.platform.said_to("C-wales")[0].plain()


async def test_extending_a_round_tells_those_who_were_told_the_old_date(bot: TestBot) -> None:
    await network(bot)
    await make(bot)
    one = await the_round(bot)
    await change(bot, one, closes_on="2027-03-17")
    assert bot.platform.said_to("C9") == []
    await bot.press("ada", AnnounceRound(round_id=one.id))
    await bot.press("ann", RemindOfRound(round_id=one.id))
    before = len(bot.platform.said_to("alf"))
    await change(bot, one, closes_on="2027-03-24")
    wanted = (
        "It now closes Wednesday 24 March 2027, 23:59 (UK time), "
        "not Wednesday 17 March 2027, 23:59 (UK time)."
    )
    assert bot.platform.said_to("C9")[-1].text == wanted
    assert bot.platform.said_to("ann")[-1].text == wanted
    assert len(bot.platform.said_to("alf")) == before
    bot.clock.advance(seconds=10)
    await bot.deliver()
    _reference, edited = bot.platform.edits[-1]
    assert "24 March 2027" in edited.plain()
    posts = len(bot.platform.said_to("C9"))
    await change(bot, one, contact="hello@example.org")
    assert len(bot.platform.said_to("C9")) == posts


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"opens_on": "2027-03-28", "opens_time": "01:30", "closes_on": "2027-04-20"}, "opens_time"),
        ({"closes_on": "2027-02-09"}, "closes_on"),
        ({"decision_on": "2027-03-01"}, "decision_on"),
        ({"kind": "other"}, "other_kind"),
    ],
)
async def test_dates_that_cannot_be_are_refused_beside_their_field(
    bot: TestBot, changed: dict[str, str], field: str
) -> None:
    await network(bot)
    with pytest.raises(AssertionError, match=field):
        await make(bot, **changed)


async def test_another_kind_can_be_named_and_chosen_again(bot: TestBot) -> None:
    await network(bot)
    await make(bot, kind="other", other_kind="Study visit")
    view = form_of(await bot.command("ada", "funding", "new"))
    field = view.form.field("kind")
    assert "Study visit" in repr(field)


async def test_wishes_are_kept_and_taken_back(bot: TestBot) -> None:
    await network(bot)
    await make(bot)
    one = await the_round(bot)
    await bot.press("ada", AnnounceRound(round_id=one.id))
    for _time in range(2):
        await bot.press("ann", RemindOfRound(round_id=one.id))
    async with bot.database.read() as session:
        assert await rounds.count_wishers(session, one.id) == 1
    assert "Do not remind me" in labels(message_of(await bot.press("ann", ShowRound(round_id=one.id))))
    await bot.press("ann", RemindOfRound(round_id=one.id, on=False))
    async with bot.database.read() as session:
        assert await rounds.count_wishers(session, one.id) == 0


@pytest.mark.parametrize(
    "action", [EditRound(round_id=1), AnnounceRound(round_id=1), DecideRound(round_id=1)]
)
async def test_a_member_cannot_run_a_round(bot: TestBot, action: Action) -> None:
    await network(bot)
    await make(bot)
    assert (await bot.press("ann", action)).outcome is Outcome.REFUSED
    assert (await bot.command("ann", "funding", "new")).outcome is Outcome.REFUSED
    assert (await the_round(bot)).announced_at is None
