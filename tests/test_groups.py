"""Finding groups, joining and leaving them, and what happens in their channels by hand."""

from __future__ import annotations

from handlers.group_actions import (
    AddPeople,
    AskToJoin,
    JoinGroup,
    LeaveGroup,
    ListGroups,
    ListPeople,
    MakeLead,
    ShowGroup,
)
from handlers.kit.messages import Message
from handlers.kit.replies import Outcome
from handlers.kit.updates import Changed, Joined, Left, Place, PlaceKind, Profile
from handlers.rules_of_engagement import AcceptRules
from store import group_channels, groups, memberships, profiles, roles
from store.groups import Group, GroupKind, GroupState, Visibility
from store.members import Member
from store.memberships import MembershipState
from store.roles import Role
from tests.bot import TestBot, form_of, message_of
from tests.network import (
    EVERYONE,
    add_group,
    add_organisation,
    add_person,
    membership_of,
    names_of_groups,
    publish_rules,
    state_of,
)

WORKSPACE = Place("test", PlaceKind.WORKSPACE, "W1")
CHANNEL = Place("slack", PlaceKind.CHANNEL, "C1")


def labels(message: Message) -> list[str]:
    return [button.label for button in message.buttons]


def titles(message: Message) -> list[str]:
    return [item.title for item in message.items]


async def make_lead(bot: TestBot, group: Group, member: Member) -> None:
    async with bot.database.write() as session:
        await groups.make_lead(session, group.id, member.id, now=bot.clock())


async def test_the_list_shows_what_each_group_is_for_and_what_to_do(bot: TestBot) -> None:
    ann = await add_person(bot, "ann")
    food = await add_group(bot, "Food")
    await add_group(bot, "Councillors", visibility=Visibility.BY_REQUEST)
    await add_group(bot, "Secret", visibility=Visibility.INVITATION)
    await bot.press("ann", JoinGroup(group_id=food.id))
    said = message_of(await bot.command("ann", "groups"))
    assert titles(said) == ["Councillors", "Food"]
    assert said.items[1].text == "All about food.\n1 person · You are in."
    assert [button.label for button in said.items[0].buttons] == ["Ask to join", "More"]
    assert [button.label for button in said.items[1].buttons] == ["Leave", "More"]
    assert await state_of(bot, food, ann) == "confirmed"


async def test_the_list_is_filtered_by_kind_searched_and_paged(bot: TestBot) -> None:
    await add_person(bot, "ann")
    await add_group(bot, "Wales", kind=GroupKind.REGIONAL)
    for number in range(9):
        await add_group(bot, f"Theme {number}")
    first = message_of(await bot.command("ann", "groups"))
    assert len(first.items) == 8
    second = message_of(await bot.press("ann", ListGroups(page=1)))
    assert titles(second) == ["Theme 8", "Wales"]
    assert "Page before" in labels(second)
    assert titles(message_of(await bot.command("ann", "groups", "regions"))) == ["Wales"]
    assert titles(message_of(await bot.command("ann", "groups", "all about WALES"))) == ["Wales"]
    nothing = message_of(await bot.command("ann", "groups", "100%"))
    assert (titles(nothing), nothing.text) == ([], "No group fits that. You can suggest one.")
    assert titles(message_of(await bot.press("ann", ListGroups(kind="odd", page=-3)))) == titles(first)


async def test_a_group_by_invitation_is_seen_by_its_own_people_and_administrators_alone(bot: TestBot) -> None:
    await add_person(bot, "ann")
    bob = await add_person(bot, "bob")
    await add_person(bot, "ada", Role.ADMINISTRATOR)
    secret = await add_group(bot, "Secret", visibility=Visibility.INVITATION)
    async with bot.database.write() as session:
        await memberships.admit(
            session, [memberships.Admission(secret.id, bob.id, "web")], memberships.How.LEAD, bot.clock()
        )
    for action in (ShowGroup(group_id=secret.id), JoinGroup(group_id=secret.id)):
        assert (await bot.press("ann", action)).outcome is Outcome.REFUSED
    assert titles(message_of(await bot.command("ann", "groups"))) == []
    for known in ("bob", "ada"):
        assert titles(message_of(await bot.command(known, "groups"))) == ["Secret"]
        assert message_of(await bot.press(known, ShowGroup(group_id=secret.id))).heading == "Secret"


async def test_joining_twice_and_leaving_twice_are_harmless(bot: TestBot) -> None:
    ann = await add_person(bot, "ann")
    food = await add_group(bot, "Food")
    assert "in now" in message_of(await bot.press("ann", JoinGroup(group_id=food.id))).text
    assert "already" in message_of(await bot.press("ann", JoinGroup(group_id=food.id))).text
    assert await names_of_groups(bot, ann) == ["Food"]
    assert "have left" in message_of(await bot.press("ann", LeaveGroup(group_id=food.id))).text
    assert "not in" in message_of(await bot.press("ann", LeaveGroup(group_id=food.id))).text
    assert await state_of(bot, food, ann) == "left"


async def test_leaving_sticks_until_the_person_comes_back_by_choice(bot: TestBot) -> None:
    ann = await add_person(bot, "ann")
    news = await add_group(bot, "News", rule=EVERYONE)
    await bot.handle("ann", Joined(WORKSPACE), place=WORKSPACE)
    assert await state_of(bot, news, ann) == "confirmed"
    await bot.press("ann", LeaveGroup(group_id=news.id))
    await bot.handle("ann", Joined(WORKSPACE), place=WORKSPACE)
    await bot.handle("ann", Changed(Profile(name="Ann")))
    assert await state_of(bot, news, ann) == "left"
    await bot.press("ann", JoinGroup(group_id=news.id))
    held = await membership_of(bot, news, ann)
    assert held is not None
    assert (held.state, held.how) == ("confirmed", "own")


async def test_a_group_with_rules_asks_for_them_first_and_then_lets_in(bot: TestBot) -> None:
    version = await publish_rules(bot)
    ann = await add_person(bot, "ann")
    debate = await add_group(bot, "Debate", requires_rules=True)
    asked = message_of(await bot.press("ann", JoinGroup(group_id=debate.id)))
    assert asked.heading == "Rules of engagement"
    assert await state_of(bot, debate, ann) is None
    assert asked.buttons[0].action is not None
    assert asked.buttons[0].action.data == {"version": version.version, "group_id": debate.id}
    said = message_of(await bot.press("ann", AcceptRules(version=version.version, group_id=debate.id)))
    assert "Debate" in said.text
    assert await state_of(bot, debate, ann) == "confirmed"


async def test_somebody_with_an_unproved_organisation_joins_open_groups_only(bot: TestBot) -> None:
    cardiff = await add_organisation(bot, "Cardiff Council")
    mal = await add_person(bot, "mal")
    async with bot.database.write() as session:
        (await profiles.start(session, mal.id, now=bot.clock())).pending_organisation_id = cardiff.id
    closed = await add_group(bot, "Closed", visibility=Visibility.BY_REQUEST)
    food = await add_group(bot, "Food")
    refused = await bot.press("mal", AskToJoin(group_id=closed.id))
    assert refused.outcome is Outcome.REFUSED
    assert "open groups only" in message_of(refused).text
    await bot.press("mal", JoinGroup(group_id=food.id))
    assert await names_of_groups(bot, mal) == ["Food"]


async def test_who_was_taken_out_cannot_join_by_themselves(bot: TestBot) -> None:
    ann = await add_person(bot, "ann")
    food = await add_group(bot, "Food")
    await bot.press("ann", JoinGroup(group_id=food.id))
    async with bot.database.write() as session:
        held = await memberships.of_pair(session, food.id, ann.id)
        assert held is not None
        held.end(MembershipState.REMOVED, bot.clock(), "Selling")
    assert (await bot.press("ann", JoinGroup(group_id=food.id))).outcome is Outcome.REFUSED
    assert await state_of(bot, food, ann) == "removed"


async def test_what_happens_in_a_channel_by_hand_is_written_down(bot: TestBot) -> None:
    await publish_rules(bot)
    ann = await add_person(bot, "ann")
    await add_person(bot, "ada", Role.ADMINISTRATOR)
    debate = await add_group(bot, "Debate", requires_rules=True, channel="C1")
    await bot.handle("ann", Joined(CHANNEL), place=CHANNEL)
    assert await state_of(bot, debate, ann) == "confirmed"
    # They are asked to accept, and not thrown out.
    assert bot.platform.said_to("ann")[-1].heading == "Rules of engagement"
    await bot.handle("ann", Left(CHANNEL), place=CHANNEL)
    assert await state_of(bot, debate, ann) == "left"
    async with bot.database.write() as session:
        held = await memberships.of_pair(session, debate.id, ann.id)
        assert held is not None
        held.end(MembershipState.REMOVED, bot.clock())
    await bot.handle("ann", Joined(CHANNEL), place=CHANNEL)
    assert "has come back" in bot.platform.said_to("ada")[-1].text


async def test_the_bot_notices_that_it_was_taken_out_of_a_channel(bot: TestBot) -> None:
    debate = await add_group(bot, "Debate", channel="C1")
    await bot.handle("bot", Left(CHANNEL, by_bot=True), place=CHANNEL)
    async with bot.database.read() as session:
        assert not (await group_channels.of_group(session, debate.id))[0].joined
    await bot.handle("bot", Joined(CHANNEL, by_bot=True), place=CHANNEL)
    async with bot.database.read() as session:
        assert (await group_channels.of_group(session, debate.id))[0].joined


async def test_a_channel_of_no_group_is_none_of_our_business(bot: TestBot) -> None:
    ann = await add_person(bot, "ann")
    other = Place("slack", PlaceKind.CHANNEL, "C9")
    for content in (Joined(other), Left(other)):
        assert (await bot.handle("ann", content, place=other)).reply is None
    assert await names_of_groups(bot, ann) == []


async def test_my_groups_are_those_i_am_in_or_coming_into(bot: TestBot) -> None:
    ann = await add_person(bot, "ann", platforms=("slack",))
    assert "no group yet" in message_of(await bot.command("ann", "groups", "mine")).text
    food = await add_group(bot, "Food", channel="C1")
    await add_group(bot, "Housing")
    said = message_of(await bot.press("ann", JoinGroup(group_id=food.id)))
    assert "being added" in said.text
    mine = message_of(await bot.command("ann", "groups", "mine"))
    assert titles(mine) == ["Food"]
    assert "You are being added." in mine.items[0].text
    assert await state_of(bot, food, ann) == "wanted"


async def test_a_lead_sees_the_people_and_a_member_does_not(bot: TestBot) -> None:
    await add_person(bot, "ann")
    lou = await add_person(bot, "lou")
    food = await add_group(bot, "Food")
    await bot.press("ann", JoinGroup(group_id=food.id))
    assert (await bot.press("ann", ListPeople(group_id=food.id))).outcome is Outcome.REFUSED
    await make_lead(bot, food, lou)
    said = message_of(await bot.press("lou", ListPeople(group_id=food.id)))
    assert said.items[0].text == "joined by themselves on Saturday 21 November 2026"
    assert said.items[0].buttons == ()
    card = message_of(await bot.press("lou", ShowGroup(group_id=food.id)))
    assert "People" in labels(card)
    assert "Edit" not in labels(card)


async def test_the_card_says_everything_about_a_group(bot: TestBot) -> None:
    await add_person(bot, "ann")
    lou = await add_person(bot, "lou")
    food = await add_group(bot, "Food", rule=EVERYONE, requires_rules=True)
    await make_lead(bot, food, lou)
    card = message_of(await bot.press("ann", ShowGroup(group_id=food.id)))
    assert {fact.label: fact.value for fact in card.facts} == {
        "Kind": "Theme",
        "Who may join": "Open: anybody may join",
        "Language": "English",
        "People": "0",
        "Added without asking": "Everyone.",
        "Leads": "Lou",
    }
    assert "accept the rules" in card.small_print[0]


async def test_an_archived_group_takes_nobody(bot: TestBot) -> None:
    await add_person(bot, "ann")
    food = await add_group(bot, "Food")
    async with bot.database.write() as session:
        held = await groups.by_id(session, food.id)
        assert held is not None
        held.state = GroupState.ARCHIVED
    assert (await bot.press("ann", JoinGroup(group_id=food.id))).outcome is Outcome.REFUSED
    assert (await bot.press("ann", JoinGroup(group_id=10**15))).outcome is Outcome.REFUSED


async def test_a_deactivated_person_no_longer_counts(bot: TestBot) -> None:
    ann = await add_person(bot, "ann")
    food = await add_group(bot, "Food")
    await bot.press("ann", JoinGroup(group_id=food.id))
    async with bot.database.write() as session:
        member = await session.get(Member, ann.id)
        assert member is not None
        member.active = False
    async with bot.database.read() as session:
        assert await groups.sizes(session, [food.id]) == {}
        assert await roles.administrators(session) == []


async def test_a_fact_that_changes_is_followed_by_its_groups_at_once(bot: TestBot) -> None:
    cardiff = await add_organisation(bot, "Cardiff Council")
    ann = await add_person(bot, "ann")
    await add_person(bot, "ada", Role.ADMINISTRATOR)
    await add_group(bot, "Wales", rule={"region": ["wales-midlands"]})
    await add_group(bot, "Cymraeg", rule={"language": ["cy"]})
    view = form_of(await bot.command("ada", "ccin", "organisation"))
    await bot.submit("ada", view, {"member": str(ann.id), "organisation": str(cardiff.id)})
    assert await names_of_groups(bot, ann) == ["Wales"]
    await bot.command("ann", "ccin", "language cymraeg")
    assert await names_of_groups(bot, ann) == ["Cymraeg", "Wales"]


async def test_readers_of_welsh_are_told_of_a_group_by_its_welsh_name(bot: TestBot) -> None:
    await add_person(bot, "ada", Role.ADMINISTRATOR)
    ann = await add_person(bot, "ann", locale="cy")
    group = await add_group(bot, "Housing")
    async with bot.database.write() as session:
        held = await session.get_one(Group, group.id)
        held.name_cy, held.purpose_cy = "Tai", "Popeth am dai."
    named = [
        message_of(await bot.press("ann", action(group_id=group.id))).plain()
        for action in (JoinGroup, LeaveGroup)
    ]
    form = form_of(await bot.press("ada", AddPeople(group_id=group.id)))
    assert form.form.steps[0].title == "Add people to “Housing”"
    await bot.submit("ada", form, {"people": [str(ann.id)]})
    await bot.press("ada", MakeLead(group_id=group.id, member_id=ann.id))
    named += [message.plain() for message in bot.platform.said_to("ann")]
    named += [
        message_of(await bot.press("ann", ListPeople(group_id=group.id))).plain(),
        message_of(await bot.command("ann", "groups", "mine")).plain(),
        message_of(await bot.command("ann", "groups", "tai")).plain(),
    ]
    assert len(named) == 9
    for said in named:
        assert "Tai" in said
        assert "Housing" not in said
    edited = await bot.command("ada", "groups", "edit tai")
    assert form_of(edited).answers["name"] == "Housing"
