"""Groups: finding them, joining, leaving, and hearing of who comes and goes by hand."""

from __future__ import annotations

from handlers import enrolment, enrolment_channels, group_requests, people, rules_of_engagement
from handlers.group_actions import AskToJoin, JoinGroup, LeaveGroup, ListGroups, ShowGroup
from handlers.group_cards import ADMINISTRATORS, KIND_NAMES, group_card, list_item
from handlers.group_channel_cards import lost
from handlers.group_entry import EntryOutcome, ExitOutcome, entry, join, leave, may_see
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.messages import Button, Message, Style
from handlers.kit.replies import Open, Reply
from handlers.kit.router import Router, RunCommand
from handlers.kit.updates import Changed, Command, Joined, Left, PlaceKind
from handlers.kit.words import N_, Words
from store import group_channels, groups, memberships, roles
from store.groups import Group, GroupKind
from store.members import Member

# Few enough for one message on every surface.
GROUPS_A_PAGE = 8
LONGEST_QUERY = 80
# What people may type after /groups for a kind.
KINDS_TYPED = {
    "theme": GroupKind.THEMATIC,
    "themes": GroupKind.THEMATIC,
    "thematic": GroupKind.THEMATIC,
    "sector": GroupKind.SECTORAL,
    "sectors": GroupKind.SECTORAL,
    "sectoral": GroupKind.SECTORAL,
    "region": GroupKind.REGIONAL,
    "regions": GroupKind.REGIONAL,
    "regional": GroupKind.REGIONAL,
    "body": GroupKind.BODY,
    "bodies": GroupKind.BODY,
    "announcements": GroupKind.ANNOUNCEMENTS,
}

router = Router("groups")


@router.command(
    "groups", summary=N_("Find, join and leave groups"), usage=N_("[themes, regions, bodies or words]")
)
async def list_groups(context: Context, command: Command) -> Reply:
    kind = KINDS_TYPED.get(command.text.strip().lower())
    query = "" if kind else command.text[:LONGEST_QUERY]
    return await _page(context, ListGroups(kind=kind.value if kind else "", query=query))


@router.action(ListGroups)
async def turn_page(context: Context, action: ListGroups) -> Reply:
    return await _page(context, action)


@router.command("groups mine", summary=N_("See which groups you are in"))
async def list_mine(context: Context, command: Command) -> Reply:
    _ = context._
    held = await groups.of_member(context.session, context.person.id)
    find = Button.to(_("Find groups"), RunCommand(command="groups"), style=Style.PRIMARY)
    if not held:
        return Message(text=_("You are in no group yet."), buttons=(find,))
    sizes = await groups.sizes(context.session, [group.id for group, _membership in held])
    items = tuple(
        list_item(context.words, group, sizes.get(group.id, 0), membership) for group, membership in held
    )
    return Message(
        heading=_("Your groups"), text=_people_are_in(context.words, len(held)), items=items, buttons=(find,)
    )


@router.action(ShowGroup)
async def show(context: Context, action: ShowGroup) -> Reply:
    return await group_card(context, await visible_group(context, action.group_id))


@router.action(JoinGroup)
async def join_group(context: Context, action: JoinGroup) -> Reply:
    return await _enter(context, await visible_group(context, action.group_id))


@router.action(AskToJoin)
async def ask_to_join(context: Context, action: AskToJoin) -> Reply:
    return await _enter(context, await visible_group(context, action.group_id))


@router.action(LeaveGroup)
async def leave_group(context: Context, action: LeaveGroup) -> Reply:
    _ = context._
    group = await _known_group(context, action.group_id)
    outcome, membership = await leave(context, group)
    named = {"group": group.name_for(context.words.locale)}
    back = Button.to(_("All groups"), RunCommand(command="groups"))
    match outcome:
        case ExitOutcome.LEFT:
            return Message(
                text=_("You have left “%(group)s”. Nothing but your own choice puts you back.") % named,
                buttons=(back,),
            )
        case ExitOutcome.WITHDRAWN:
            if membership is not None:
                await group_requests.withdraw(context, group, membership)
            return Message(text=_("You no longer ask to join “%(group)s”.") % named, buttons=(back,))
    return Message(text=_("You are not in “%(group)s”. Nothing was changed.") % named, buttons=(back,))


@router.joined
async def see_joined(context: Context, joined: Joined) -> Reply:
    """Somebody came to the workspace: they come into the groups that the rules name. Or they went into
    a group's channel by hand: that is written down, and where the rules of engagement are required they
    are asked, never thrown out."""
    if joined.place.kind is PlaceKind.WORKSPACE:
        if not joined.by_bot and context.member is not None and context.member.active:
            await enrolment.evaluate(context.session, context.member.id, context.now)
            await rules_of_engagement.ask_once(context, context.member)
        return None
    found = await group_channels.by_channel(context.session, joined.place.platform, joined.place.id)
    if found is None:
        return None
    group, channel = found
    if joined.by_bot:
        await enrolment_channels.back_in(context.session, channel, context.now)
    elif context.member is not None:
        returned = await enrolment_channels.seen_in(
            context.session, group, channel.platform, [context.member.id], context.now
        )
        if returned:
            await _tell_of_return(context, group, context.member)
        if group.requires_rules:
            await rules_of_engagement.ask_once(context, context.member)
    return None


@router.left
async def see_left(context: Context, left: Left) -> Reply:
    """Somebody went out of a group's channel by hand, which is their choice."""
    found = await group_channels.by_channel(context.session, left.place.platform, left.place.id)
    if found is None:
        return None
    group, channel = found
    if left.by_bot:
        if await enrolment_channels.shut_out(context.session, channel, "not_in_channel", context.now):
            for administrator in await roles.administrators(context.session):
                await context.send(
                    administrator,
                    lambda words: lost(words, group, channel.platform, channel.problem, private=True),
                    key=f"group.bot_removed:{group.id}:{context.update.id}",
                )
    elif context.member is not None:
        await enrolment_channels.gone_from(
            context.session, group, channel.platform, [context.member.id], context.now
        )
    return None


@router.changed
async def see_changed(context: Context, changed: Changed) -> Reply:
    """What a platform says of somebody may have changed the facts that rules look at."""
    if context.member is not None:
        await enrolment.evaluate(context.session, context.member.id, context.now)
    return None


async def visible_group(context: Context, group_id: int) -> Group:
    """A group that the sender may know of.

    :raises UserError: there is none, or it is by invitation and they have nothing to do with it.
    """
    group = await _known_group(context, group_id)
    held = await memberships.of_pair(context.session, group.id, context.person.id)
    led = group.id in await groups.leads_of(context.session, context.person.id)
    if not may_see(group, held, led=led, administers=ADMINISTRATORS.allows(context.roles)):
        raise UserError(context._("That group is no longer there. Type /groups to see what there is."))
    return group


async def _known_group(context: Context, group_id: int) -> Group:
    group = await groups.by_id(context.session, group_id)
    if group is None:
        raise UserError(context._("That group is no longer there. Type /groups to see what there is."))
    return group


async def _page(context: Context, asked: ListGroups) -> Message:
    _ = context._
    words = context.words
    kind = GroupKind(asked.kind) if asked.kind in set(GroupKind) else None
    query = asked.query[:LONGEST_QUERY]
    page = max(0, min(asked.page, 1_000))
    member_id = context.person.id
    found, total = await groups.listed(
        context.session,
        member_id,
        limit=GROUPS_A_PAGE,
        offset=page * GROUPS_A_PAGE,
        kind=kind,
        query=query,
        everything=ADMINISTRATORS.allows(context.roles),
    )
    sizes = await groups.sizes(context.session, [group.id for group in found])
    held = await memberships.of_member(context.session, member_id)
    items = tuple(list_item(words, group, sizes.get(group.id, 0), held.get(group.id)) for group in found)
    return Message(
        heading=_("Groups"),
        text=_found_line(words, total, kind, query),
        items=items,
        buttons=_list_buttons(context, asked.kind, query, page, total),
    )


def _found_line(words: Words, total: int, kind: GroupKind | None, query: str) -> str:
    _ = words._
    if not total:
        return _("No group fits that. You can suggest one.")
    count = {"count": words.number(total)}
    said = words.ngettext("There is %(count)s group", "There are %(count)s groups", total) % count
    if kind is not None:
        said += " · " + _(KIND_NAMES[kind])
    if query:
        said += " · “" + query + "”"
    return said + ("" if kind or query else ".")


def _list_buttons(context: Context, kind: str, query: str, page: int, total: int) -> tuple[Button, ...]:
    _ = context._
    buttons = []
    if (page + 1) * GROUPS_A_PAGE < total:
        more = ListGroups(kind=kind, query=query, page=page + 1)
        buttons.append(Button.to(_("Next page"), more, style=Style.PRIMARY))
    if page:
        buttons.append(Button.to(_("Page before"), ListGroups(kind=kind, query=query, page=page - 1)))
    if kind or query:
        buttons.append(Button.to(_("All groups"), ListGroups()))
    elif not page:
        buttons += [
            Button.to(_("Themes"), ListGroups(kind=GroupKind.THEMATIC)),
            Button.to(_("Regions"), ListGroups(kind=GroupKind.REGIONAL)),
            Button.to(_("My groups"), RunCommand(command="groups", text="mine")),
        ]
    buttons.append(Button.to(_("Suggest a group"), RunCommand(command="groups", text="suggest")))
    if ADMINISTRATORS.allows(context.roles):
        buttons.append(Button.to(_("New group"), RunCommand(command="groups", text="new")))
    return tuple(buttons)


async def _enter(context: Context, group: Group) -> Reply:
    """Join, or whatever has to come before it."""
    _ = context._
    named = {"group": group.name_for(context.words.locale)}
    outcome = await entry(context, group)
    if outcome is EntryOutcome.IN:
        outcome = await join(context, group)
    match outcome:
        case EntryOutcome.IN:
            return await group_card(context, group, note=_("You are in now."))
        case EntryOutcome.COMING:
            return Message(text=_("You are being added to “%(group)s”. It takes a minute or so.") % named)
        case EntryOutcome.ALREADY:
            return Message(text=_("You are in “%(group)s” already.") % named)
        case EntryOutcome.WAITING:
            return Message(
                text=_("You have asked to join “%(group)s”. You hear from me as soon as somebody answers.")
                % named
            )
        case EntryOutcome.ASK:
            return Open("groups.ask", subject=str(group.id))
        case EntryOutcome.RULES:
            asked = await rules_of_engagement.card_for(context, group_id=group.id)
            if asked is not None:
                return asked
        case EntryOutcome.REMOVED:
            raise UserError(
                _("You were taken out of “%(group)s”, so you cannot join it by yourself.") % named
                + " "
                + _("Write to %(mail)s if you think that is wrong.") % {"mail": context.network.general_mail}
            )
        case EntryOutcome.UNPROVED:
            raise UserError(
                _("Until an administrator has confirmed your organisation, you can join open groups only.")
            )
    raise UserError(_("That group is no longer there. Type /groups to see what there is."))


async def _tell_of_return(context: Context, group: Group, member: Member) -> None:
    for administrator in await roles.administrators(context.session):
        await context.send(
            administrator,
            lambda words: _came_back(words, group, member),
            key=f"group.returned:{group.id}:{member.id}:{context.update.id}",
        )


def _came_back(words: Words, group: Group, member: Member) -> Message:
    _ = words._
    named = {"name": people.name_of(member, words), "group": group.name_for(words.locale)}
    return Message(
        text=_("%(name)s, whom somebody took out of “%(group)s”, has come back by themselves.") % named,
        buttons=(Button.to(_("See the group"), ShowGroup(group_id=group.id)),),
    )


def _people_are_in(words: Words, count: int) -> str:
    return words.ngettext(
        "You are in %(count)s group, or on your way into it.",
        "You are in %(count)s groups, or on your way into them.",
        count,
    ) % {"count": words.number(count)}
