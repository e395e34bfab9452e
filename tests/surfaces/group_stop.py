"""The stop at groups: finding, joining, leading and running them, and the rules that they ask for."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from handlers.comparisons import report
from handlers.group_actions import (
    AcceptRequest,
    AddBlock,
    AddPeople,
    ApproveSuggestion,
    ArchiveGroup,
    AskToJoin,
    ChooseChannel,
    DeclineRequest,
    DeclineSuggestion,
    EditBlock,
    EditChange,
    EditGroup,
    EndLead,
    JoinGroup,
    LeaveGroup,
    ListFailures,
    ListGroupChannels,
    ListGroups,
    ListPeople,
    MakeChannel,
    MakeLead,
    MakeMissingChannels,
    MergeGroup,
    RemoveBlock,
    RemovePerson,
    ReopenGroup,
    RetryFailures,
    SaveChange,
    ShowBlock,
    ShowChange,
    ShowGroup,
)
from handlers.group_channel_cards import lost, made, not_made, went_back
from handlers.kit.messages import Action
from handlers.kit.replies import Handled
from handlers.kit.updates import RawAnswers
from handlers.rules_of_engagement import AcceptRules, EditRules, PublishRules
from handlers.user_group_cards import not_kept
from scheduled.telling import tell
from store import comparisons, groups, roles, user_groups
from store.comparisons import Drift, DriftKind
from store.group_suggestions import GroupSuggestion
from store.groups import Group
from store.invitations import Invitation, InvitationAction, InvitationStatus
from store.members import Member
from store.user_groups import UserGroupRefusal
from tests.surfaces.touring import TouringBot


async def look_into_groups(bot: TouringBot) -> None:
    await _write_rules(bot)
    await _find_and_join(bot)
    await _ask_to_join(bot)
    await _suggest(bot)
    await _run(bot)


async def _write_rules(bot: TouringBot) -> None:
    for wording in ("Be kind", "Be kind and brief"):
        right: RawAnswers = {
            "text": bot.cast.typed(f"- {wording}"),
            "text_cy": bot.cast.typed("- Byddwch yn garedig"),
            "grace_days": "14",
        }
        preview = await bot.fill_in("ada", await bot.press("ada", EditRules()), right)
        await bot.follow("ada", preview, PublishRules)
        await bot.follow("ada", preview, PublishRules)
        await bot.fill_in("ada", await bot.press("ada", EditRules()), right)
        await bot.command("ann", "ccin", "rules")


async def _find_and_join(bot: TouringBot) -> None:
    group = await _group(bot, "housing")
    for listed in (ListGroups(), ListGroups(kind="bodies"), ListGroups(query="zzz"), ListGroups(page=1)):
        await bot.press("ann", listed)
    await bot.command("ann", "groups", "housing")
    for who in ("ann", "ada"):
        await bot.press(who, ShowGroup(group_id=group))
    asked = await bot.press("ann", JoinGroup(group_id=group))
    await bot.press("ann", AcceptRules(version=99, group_id=group))
    for _time in range(2):
        await bot.follow("ann", asked, AcceptRules)
    for action in (JoinGroup, ShowGroup, LeaveGroup, LeaveGroup, JoinGroup):
        await bot.press("ann", action(group_id=group))
    await bot.command("ann", "groups", "mine")
    await bot.press("ann", ShowGroup(group_id=10**6))


async def _ask_to_join(bot: TouringBot) -> None:
    """Three ask: one is let in, one is not, and one takes it back."""
    group = await _group(bot, "officer-network")
    why: RawAnswers = {"why": bot.cast.typed("I work on this.")}
    reason: RawAnswers = {"reason": bot.cast.typed("It is for officers.")}
    for who in ("kit", "nameless", "sam"):
        first = await bot.press(who, AskToJoin(group_id=group))
        await bot.follow(who, first, AcceptRules)
        asked_at = int(bot.clock().timestamp())
        member = await _member(bot, who)
        await bot.fill_in(who, await bot.press(who, AskToJoin(group_id=group)), why)
        await bot.press(who, ShowGroup(group_id=group))
        answered = {"group_id": group, "member_id": member, "asked_at": asked_at}
        if who == "kit":
            await bot.press("ada", AcceptRequest(**answered))
        elif who == "nameless":
            await bot.fill_in("ada", await bot.press("ada", DeclineRequest(**answered)), reason)
        else:
            await bot.press(who, LeaveGroup(group_id=group))
        await bot.press("ada", AcceptRequest(**answered))
        bot.clock.advance(seconds=10)
        await bot.deliver()


async def _suggest(bot: TouringBot) -> None:
    reason: RawAnswers = {"reason": bot.cast.typed("There is one already.")}
    for name in ("Fish", "Fowl"):
        right: RawAnswers = {
            "name": bot.cast.named(name),
            "purpose": bot.cast.typed("All about it."),
            "why": bot.cast.typed("Many ask."),
        }
        await bot.fill_in("ann", await bot.command("ann", "groups", "suggest"), right)
        async with bot.database.read() as session:
            suggested = await session.scalar(select(GroupSuggestion.id).order_by(GroupSuggestion.id.desc()))
        assert suggested is not None
        if name == "Fowl":
            declined = await bot.press("ada", DeclineSuggestion(suggestion_id=suggested))
            await bot.fill_in("ada", declined, reason)
        for _time in range(2):
            await bot.press("ada", ApproveSuggestion(suggestion_id=suggested))
        bot.clock.advance(seconds=10)
        await bot.deliver()


async def _run(bot: TouringBot) -> None:
    async with bot.database.write() as session:
        await user_groups.note(session, "test", user_groups.ALLOWED, bot.clock())
    right: RawAnswers = {
        "name": bot.cast.named("Fungi"),
        "purpose": bot.cast.typed("All about them."),
        "kind": "thematic",
        "visibility": "open",
        "group_language": "en",
        "requires_rules": "no",
        "make_channel": "no",
        "user_group": "@fungi",
        "rule": "any",
        "region": ["north"],
        "capacity": ["officer"],
        "except_language": ["cy"],
        "except_joined_before": "2020-01-01",
    }
    preview = await bot.fill_in("ada", await bot.command("ada", "groups", "new"), right)
    preview = await bot.fill_in("ada", await bot.follow("ada", preview, EditChange), right)
    await _put_conditions_inside(bot, preview)
    for _time in range(2):
        await bot.follow("ada", preview, SaveChange)
    async with bot.database.read() as session:
        group = await session.scalar(select(Group.id).where(Group.name == bot.cast.named("Fungi")))
    assert group is not None
    await bot.command("ada", "groups", f"edit {bot.cast.named('Fungi')}")
    nobody: RawAnswers = {**right, "rule": "everybody", "region": [], "capacity": []}
    edited = await bot.fill_in("ada", await bot.press("ada", EditGroup(group_id=group)), nobody)
    await bot.follow("ada", edited, SaveChange)
    await _give_channels(bot, group)
    await _look_after_people(bot, group)
    merged: RawAnswers = {"into": str(await _group(bot, "housing"))}
    for action in (ArchiveGroup, ShowGroup, ReopenGroup, ReopenGroup):
        await bot.press("ada", action(group_id=group))
    await bot.fill_in("ada", await bot.press("ada", MergeGroup(group_id=group)), merged)


async def _put_conditions_inside(bot: TouringBot, preview: Handled) -> None:
    """Groups of conditions are added, changed and taken out, and the form keeps what it cannot show."""
    chosen: RawAnswers = {"mode": "all", "region": ["north"], "language": ["cy"]}
    others: RawAnswers = {"mode": "none", "capacity": ["other"]}
    card = await bot.follow("ada", preview, ShowBlock)
    card = await bot.fill_in("ada", await bot.follow("ada", card, AddBlock), chosen)
    inside = await bot.follow("ada", card, ShowBlock)
    await bot.fill_in("ada", await bot.follow("ada", inside, AddBlock), others)
    inside = await bot.follow("ada", card, ShowBlock)
    inside = await bot.fill_in("ada", await bot.follow("ada", inside, EditBlock), chosen)
    await bot.follow("ada", preview, EditChange)
    for _time in range(2):
        await bot.follow("ada", inside, RemoveBlock)
    await bot.follow("ada", card, ShowChange)


async def _give_channels(bot: TouringBot, group: int) -> None:
    """A channel is chosen for one group, made for another, and for the rest at a stroke."""
    chosen: RawAnswers = {"channel": "test:C1"}
    wished: RawAnswers = {"name": bot.cast.named("fungi"), "private": "no"}
    housing = await _group(bot, "housing")
    await bot.command("ada", "groups", "channels")
    await bot.fill_in("ada", await bot.press("ada", MakeChannel(group_id=group)), wished)
    await bot.press("ada", ShowGroup(group_id=group))
    for one in (group, housing):
        await bot.fill_in("ada", await bot.press("ada", ChooseChannel(group_id=one)), chosen)
    for page in (0, 1):
        await bot.press("ada", ListGroupChannels(page=page))
    for _time in range(2):
        await bot.press("ada", MakeMissingChannels())
    for who in ("ada", "ann"):
        await bot.press(who, ShowGroup(group_id=housing))
    async with bot.database.write() as session:
        fungi = await groups.by_id(session, group)
        assert fungi is not None
        for kind in DriftKind:
            session.add(
                Drift(
                    group_id=group, platform="test", member_id=(await roles.administrators(session))[0].id,
                    kind=kind, found_at=bot.clock(),
                )
            )  # fmt: skip
        (held,) = await user_groups.of_group(session, group)
        held.problem = "handle_already_exists"
        session.add(
            UserGroupRefusal(
                group_id=group, platform="test", member_id=(await roles.administrators(session))[0].id,
                reason="invalid_users", until=bot.clock(),
            )
        )  # fmt: skip
        await session.flush()
        drifts = await comparisons.drifts(session, group, bot.clock())
        for compose in (
            lambda words: made(words, fungi, "fungi"),
            lambda words: went_back(words, fungi, 2),
            lambda words: not_made(words, fungi, "test", "name_taken"),
            lambda words: lost(words, fungi, "test", "odd_word", private=True),
            lambda words: lost(words, fungi, "test", "is_archived", private=False),
            lambda words: report(words, fungi, drifts),
            lambda words: not_kept(words, fungi, held),
        ):
            administrators = await roles.administrators(session)
            await tell(
                session, bot.surroundings, administrators, compose, key=uuid.uuid4().hex, now=bot.clock()
            )
    await bot.deliver()


async def _look_after_people(bot: TouringBot, group: int) -> None:
    ann = await _member(bot, "ann")
    pair = {"group_id": group, "member_id": ann}
    added: RawAnswers = {"people": [str(ann)]}
    await bot.fill_in("ada", await bot.press("ada", AddPeople(group_id=group)), added)
    for action in (MakeLead, MakeLead):
        await bot.press("ada", action(**pair))
    for who in ("ada", "ann"):
        await bot.press(who, ListPeople(group_id=group))
    for _time in range(2):
        await bot.press("ada", EndLead(**pair))
    async with bot.database.write() as session:
        session.add(
            Invitation(
                **pair,
                platform="elsewhere",
                action=InvitationAction.INVITE,
                status=InvitationStatus.FAILED,
                reason="they are a guest",
                due_at=bot.clock(),
            )
        )
    looked: tuple[Action, ...] = (
        ListFailures(group_id=group), ShowGroup(group_id=group), ListFailures(group_id=group),
        RetryFailures(group_id=group),
        ListFailures(group_id=group),
    )  # fmt: skip
    for one in looked:
        await bot.press("ada", one)
    reason: RawAnswers = {"reason": bot.cast.typed("As they asked.")}
    await bot.fill_in("ada", await bot.press("ada", RemovePerson(**pair)), reason)


async def _group(bot: TouringBot, slug: str) -> int:
    async with bot.database.read() as session:
        found = await session.scalar(select(Group.id).where(Group.slug == slug))
    assert found is not None
    return found


async def _member(bot: TouringBot, who: str) -> int:
    name = "" if who == "nameless" else bot.cast.named(who.title())
    async with bot.database.read() as session:
        found = await session.scalar(select(Member.id).where(Member.name == name))
    assert found is not None
    return found
