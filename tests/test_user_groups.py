"""User groups: offered where a platform allows them, and kept equal to the people in the group."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from handlers.group_actions import (
    ArchiveGroup,
    EditGroup,
    ListFailures,
    MergeGroup,
    ReopenGroup,
    RetryFailures,
    SaveChange,
    ShowGroup,
)
from handlers.kit.errors import DeliveryError
from handlers.kit.messages import Message
from handlers.kit.updates import RawAnswers
from handlers.user_groups import FIELD
from scheduled import user_groups as scheduled_user_groups
from store import channels, memberships, user_groups
from store.groups import Group
from store.members import Member
from store.memberships import Admission, How
from store.user_groups import UserGroup
from tests.bot import TestBot, form_of, message_of
from tests.fakes.user_groups import FakeUserGroups
from tests.group_channel_jobs import told
from tests.group_keepers import acts, ada
from tests.network import add_group, add_person, membership_of

__all__ = ["ada"]

Tick = Callable[[], Awaitable[None]]


@pytest.fixture
def slack() -> FakeUserGroups:
    return FakeUserGroups()


@pytest.fixture
def tick(ada: TestBot, slack: FakeUserGroups) -> Tick:
    """The job, in a process that has just started."""
    return scheduled_user_groups.job(ada.database, ada.clock, {"slack": slack}, ada.surroundings)


async def admit(bot: TestBot, group: Group, *people: Member) -> None:
    async with bot.database.write() as session:
        pairs = [Admission(group.id, one.id, "slack") for one in people]
        await memberships.admit(session, pairs, How.OWN, bot.clock())


async def in_slack(bot: TestBot, *names: str) -> list[Member]:
    return [await add_person(bot, name, platforms=("slack",)) for name in names]


async def housing(bot: TestBot, *people: Member, handle: str = "housing") -> Group:
    """A group with a user group."""
    group = await add_group(bot, "Housing")
    await admit(bot, group, *people)
    async with bot.database.write() as session:
        await user_groups.put(session, group.id, "slack", handle, bot.clock())
    return group


async def held(bot: TestBot, group: Group) -> UserGroup | None:
    async with bot.database.read() as session:
        return next(iter(await user_groups.of_group(session, group.id)), None)


def fact(message: Message, label: str = "User group in Slack") -> str:
    return next((one.value for one in message.facts if one.label == label), "")


async def edit(bot: TestBot, group: Group, handle: str) -> Message | dict[str, str]:
    """Type a handle into a group's form and save; the problems where it is not taken."""
    view = form_of(await bot.press("ada", EditGroup(group_id=group.id)))
    answers: RawAnswers = {**view.answers, FIELD: handle}
    for _step in view.form.steps:
        handled = await bot.submit("ada", view, answers)
        if isinstance(handled.reply, Message):
            break
        view = form_of(handled)
        if view.problems:
            return dict(view.problems)
    preview = message_of(handled)
    save = next(
        one.action for one in preview.buttons if one.action and one.action.name == "groups.save_change"
    )
    return message_of(await bot.press("ada", SaveChange.model_validate(save.data)))


async def test_a_handle_is_asked_for_only_where_it_was_found_to_be_allowed(
    ada: TestBot, slack: FakeUserGroups, tick: Tick
) -> None:
    group = await add_group(ada, "Housing")
    slack.denied = "paid_teams_only"
    for allowed in (False, True):
        await tick()
        view = form_of(await ada.press("ada", EditGroup(group_id=group.id)))
        assert (FIELD in {one.name for one in view.form.steps[0].fields}) is allowed
        slack.denied = ""
        ada.clock.advance(minutes=61)
    assert slack.calls == []


async def test_a_handle_is_chosen_changed_and_given_up(
    ada: TestBot, slack: FakeUserGroups, tick: Tick
) -> None:
    ann, bob = await in_slack(ada, "ann", "bob")
    group = await add_group(ada, "Housing")
    await admit(ada, group, ann, bob)
    await tick()
    card = await edit(ada, group, "@Housing")
    assert isinstance(card, Message)
    assert "The user group is there in a minute." in card.text
    assert fact(card) == "@housing: is being made"
    await tick()
    assert slack.calls == ["create housing", "fill U-ann U-bob"]
    assert fact(message_of(await ada.press("ada", ShowGroup(group_id=group.id)))) == "@housing"
    assert fact(message_of(await ada.press("ann", ShowGroup(group_id=group.id)))) == "@housing"
    assert isinstance(await edit(ada, group, "@homes"), Message)
    await tick()
    assert slack.calls[2:] == ["change homes Housing"]
    assert isinstance(await edit(ada, group, ""), Message)
    assert fact(message_of(await ada.press("ada", ShowGroup(group_id=group.id)))) == ""
    await tick()
    assert slack.calls[3:] == ["off"]
    assert await held(ada, group) is None
    # It is the bot's own, so that it can be had again.
    await edit(ada, group, "@homes")
    await tick()
    assert slack.calls[4:] == ["on", "change homes Housing"]
    assert await acts(ada) == ["group.edit"] * 4


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (
            "@tai cymru",
            "A handle is at most 21 small letters, figures, hyphens and dots, such as @housing-group.",
        ),
        ("tŷ", "A handle is at most 21 small letters, figures, hyphens and dots, such as @housing-group."),
        ("@here", "@here means something else. Choose another."),
        ("@Food", "@food is the handle of “Food” already."),
        ("staff", "There is a user group @staff in Slack already. Choose another."),
        (
            "@general",
            "A channel in Slack is called #general, so no user group can be. "
            "Choose another, such as @general-group.",
        ),
    ],
)
async def test_a_handle_that_cannot_be_is_said_beside_the_field(
    ada: TestBot, slack: FakeUserGroups, tick: Tick, typed: str, said: str
) -> None:
    food, group = await add_group(ada, "Food"), await add_group(ada, "Housing")
    slack.add("staff", "Staff")
    async with ada.database.write() as session:
        await user_groups.put(session, food.id, "slack", "food", ada.clock())
        await channels.save(session, "slack", "C1", name="general")
    await tick()
    assert await edit(ada, group, typed) == {FIELD: said}


async def test_it_follows_the_people_in_the_group_and_calls_nothing_otherwise(
    ada: TestBot, slack: FakeUserGroups, tick: Tick
) -> None:
    ann, bob, cas = await in_slack(ada, "ann", "bob", "cas")
    group = await housing(ada, ann, bob)
    await tick()
    for _time in range(3):
        await tick()
    assert (slack.calls, slack.looks) == (["create housing", "fill U-ann U-bob"], 1)
    await admit(ada, group, cas)
    await tick()
    assert slack.calls[2:] == ["fill U-ann U-bob U-cas"]
    async with ada.database.write() as session:
        gone = await session.get(Member, bob.id)
        assert gone is not None
        gone.active = False
    await tick()
    assert slack.named("housing").people == {"U-ann", "U-cas"}
    # What somebody changes there by hand is put right within the hour.
    await slack.fill_user_group(slack.named("housing").id, ["U-bob"])
    ada.clock.advance(minutes=61)
    await tick()
    assert slack.named("housing").people == {"U-ann", "U-cas"}
    calls = list(slack.calls)
    ada.clock.advance(minutes=61)
    await tick()
    assert slack.calls == calls


async def test_an_empty_one_is_switched_off_and_on_again(
    ada: TestBot, slack: FakeUserGroups, tick: Tick
) -> None:
    (ann,) = await in_slack(ada, "ann")
    group = await housing(ada)
    await tick()
    assert slack.calls == []
    card = message_of(await ada.press("ada", ShowGroup(group_id=group.id)))
    assert fact(card) == "@housing: switched off until there is somebody in it"
    await admit(ada, group, ann)
    await tick()
    async with ada.database.write() as session:
        membership = await memberships.of_pair(session, group.id, ann.id)
        assert membership is not None
        membership.end(memberships.MembershipState.LEFT, ada.clock())
    await tick()
    await admit(ada, group, ann)
    await tick()
    await ada.press("ada", ArchiveGroup(group_id=group.id))
    await tick()
    await ada.press("ada", ReopenGroup(group_id=group.id))
    await tick()
    assert slack.calls == ["create housing", "fill U-ann", "off", "on", "off", "on"]
    assert await membership_of(ada, group, ann) is not None


async def test_a_merged_group_gives_its_handle_up_to_the_other(
    ada: TestBot, slack: FakeUserGroups, tick: Tick
) -> None:
    (ann,) = await in_slack(ada, "ann")
    housing_group = await housing(ada, ann)
    homes = await add_group(ada, "Homes")
    await tick()
    view = form_of(await ada.press("ada", MergeGroup(group_id=housing_group.id)))
    await ada.submit("ada", view, {"into": str(homes.id)})
    assert isinstance(await edit(ada, homes, "@housing"), Message)
    await tick()
    await tick()
    assert await held(ada, housing_group) is None
    assert (slack.named("housing").name, slack.named("housing").enabled) == ("Homes", True)


async def test_guests_are_listed_and_keep_nobody_out(ada: TestBot, slack: FakeUserGroups, tick: Tick) -> None:
    names = [f"p{number}" for number in range(9)]
    people = await in_slack(ada, *names)
    slack.guests = {"U-p2", "U-p7"}
    group = await housing(ada, *people)
    await tick()
    assert slack.named("housing").people == {f"U-{name}" for name in names} - slack.guests
    calls = len(slack.calls)
    ada.clock.advance(minutes=61)
    await tick()
    assert len(slack.calls) == calls
    card = message_of(await ada.press("ada", ShowGroup(group_id=group.id)))
    assert "2 problems" in [one.label for one in card.buttons]
    listed = message_of(await ada.press("ada", ListFailures(group_id=group.id)))
    assert [one.text for one in listed.items] == [
        "Is not in the user group in Slack. "
        "Guests, bots and accounts that are switched off cannot be in a user group."
    ] * 2
    slack.guests = {"U-p7"}
    await ada.press("ada", RetryFailures(group_id=group.id))
    await tick()
    assert "U-p2" in slack.named("housing").people
    listed = message_of(await ada.press("ada", ListFailures(group_id=group.id)))
    assert len(listed.items) == 1


async def test_who_cannot_be_in_any_more_is_not_taken_for_the_newcomers(
    ada: TestBot, slack: FakeUserGroups, tick: Tick
) -> None:
    ann, bob = await in_slack(ada, "ann", "bob")
    group = await housing(ada, ann)
    await tick()
    slack.guests = {"U-ann"}
    await admit(ada, group, bob)
    await tick()
    async with ada.database.read() as session:
        assert await user_groups.refusals(session, group.id) == []
    assert "1 problem" in [
        one.label for one in message_of(await ada.press("ada", ShowGroup(group_id=group.id))).buttons
    ]


async def test_when_only_guests_are_in_it_is_switched_off(
    ada: TestBot, slack: FakeUserGroups, tick: Tick
) -> None:
    (ann,) = await in_slack(ada, "ann")
    slack.guests = {"U-ann"}
    await housing(ada, ann)
    await tick()
    assert slack.calls[-1] == "off"


@pytest.mark.parametrize("reason", ["handle_already_exists", "name_already_exists"])
async def test_what_only_a_person_can_mend_is_told_once_listed_and_tried_every_hour(
    ada: TestBot, slack: FakeUserGroups, tick: Tick, reason: str
) -> None:
    (ann,) = await in_slack(ada, "ann")
    slack.add("housing" if reason.startswith("handle") else "homes", "Housing")
    group = await housing(ada, ann)
    for _time in range(3):
        await tick()
        ada.clock.advance(minutes=61)
    (said,) = await told(ada)
    assert said.startswith("I cannot keep the user group @housing of “Housing” in Slack. ")
    listed = message_of(await ada.press("ada", ListFailures(group_id=group.id)))
    assert listed.text.startswith("@housing: ")
    slack.made.clear()
    await tick()
    assert slack.named("housing").people == {"U-ann"}
    card = message_of(await ada.press("ada", ShowGroup(group_id=group.id)))
    assert fact(card) == "@housing"


async def test_a_limit_is_waited_for_and_is_no_failure(
    ada: TestBot, slack: FakeUserGroups, tick: Tick
) -> None:
    (ann,) = await in_slack(ada, "ann")
    slack.fails["fill"] = [DeliveryError("ratelimited", retry_after=30)]
    group = await housing(ada, ann)
    await tick()
    await tick()
    assert slack.calls == ["create housing"]
    one = await held(ada, group)
    assert one is not None
    assert (one.problem, one.external_id) == ("", "S1")
    ada.clock.advance(seconds=31)
    await tick()
    assert slack.calls[-1] == "fill U-ann"
    assert await told(ada) == []


async def test_one_that_was_made_before_the_process_died_is_found_again(
    ada: TestBot, slack: FakeUserGroups, tick: Tick
) -> None:
    (ann,) = await in_slack(ada, "ann")
    slack.add("housing", "Housing", own=True)
    group = await housing(ada, ann)
    await tick()
    one = await held(ada, group)
    assert one is not None
    assert one.external_id == "S1"
    assert "create housing" not in slack.calls


async def test_a_plan_that_loses_them_is_said_on_the_card(
    ada: TestBot, slack: FakeUserGroups, tick: Tick
) -> None:
    ann, bob = await in_slack(ada, "ann", "bob")
    group = await housing(ada, ann)
    await tick()
    slack.denied = "plan_upgrade_required"
    await admit(ada, group, bob)
    await tick()
    ada.clock.advance(minutes=61)
    await tick()
    card = message_of(await ada.press("ada", ShowGroup(group_id=group.id)))
    assert fact(card) == "@housing: The plan of the workspace has no user groups."
    slack.denied = ""
    ada.clock.advance(minutes=61)
    await tick()
    assert slack.named("housing").people == {"U-ann", "U-bob"}
    card = message_of(await ada.press("ada", ShowGroup(group_id=group.id)))
    assert fact(card) == "@housing"


async def test_two_processes_do_it_once(ada: TestBot, slack: FakeUserGroups, tick: Tick) -> None:
    (ann,) = await in_slack(ada, "ann")
    await housing(ada, ann)
    other = scheduled_user_groups.job(ada.database, ada.clock, {"slack": slack}, ada.surroundings)
    await tick()
    await other()
    assert slack.calls == ["create housing", "fill U-ann"]
