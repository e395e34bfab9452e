"""Groups as pages: the list, and each group with what it is for, its rules and what the bot posted there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from bot.web.calendar import viewer_of
from bot.web.presses import press
from bot.web.public import LONGEST_QUERY, page_of
from bot.web.site import Site
from bot.web.visits import Visit
from handlers.event_actions import ShowEvent
from handlers.group_actions import AskToJoin, JoinGroup, LeaveGroup
from handlers.group_cards import KIND_NAMES, entry_buttons, facts_of
from handlers.group_entry import INSIDE, may_see
from handlers.kit.messages import Action, Button, Message
from handlers.round_actions import ShowRound
from handlers.rules_of_engagement import AcceptRules
from store import events, group_posts, groups, memberships, rules_of_engagement
from store.groups import Group, GroupKind, GroupState, Visibility
from store.memberships import Membership, MembershipState

GROUPS_A_PAGE = 20
POSTS_A_PAGE = 10
# What a member may do on these pages, by what the button sends.
_ENTRY: dict[str, type[JoinGroup] | type[AskToJoin] | type[LeaveGroup]] = {
    one.wire_name: one for one in (JoinGroup, AskToJoin, LeaveGroup)
}


class GroupPages:
    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[web.RouteDef]:
        serve = self._site.serve
        return [
            web.get("/groups", serve(self.list)),
            web.get("/groups/{slug}", serve(self.show)),
            web.post("/groups/{slug}", serve(self.act)),
        ]

    async def list(self, visit: Visit) -> web.Response:
        """Searched and filtered by the address. Who is not signed in sees the open groups."""
        query = visit.request.query
        words = query.get("q", "").strip()[:LONGEST_QUERY]
        kind = GroupKind(query["kind"]) if query.get("kind") in set(GroupKind) else None
        mine = visit.member is not None and query.get("mine") == "yes"
        page = page_of(query.get("page", ""))
        member_id = visit.member.id if visit.member else None
        async with self._site.services.database.read() as session:
            held = await memberships.of_member(session, member_id) if member_id else {}
            if mine and member_id:
                found = [group for group, _membership in await groups.of_member(session, member_id)]
                total = len(found)
            else:
                found, total = await groups.listed(
                    session,
                    member_id,
                    limit=GROUPS_A_PAGE,
                    offset=(page - 1) * GROUPS_A_PAGE,
                    kind=kind,
                    query=words,
                    everything=visit.administers,
                )
            sizes = await groups.sizes(session, [group.id for group in found])
        pages = 1 if mine else max(1, math.ceil(total / GROUPS_A_PAGE))
        kept = {"q": words, "kind": kind.value if kind else ""}

        def address(number: int) -> str:
            chosen = {name: value for name, value in kept.items() if value}
            return f"/groups?{urlencode({**chosen, 'page': number})}"

        return self._site.page(
            visit,
            "groups.html",
            groups=[
                (group, sizes.get(group.id, 0), _state_line(visit, held.get(group.id)),
                 _entry(visit, group, held.get(group.id)))
                for group in found
            ],
            kinds=KIND_NAMES,
            kept=kept,
            mine=mine,
            total=total,
            page=page,
            pages=pages,
            filtered=any(kept.values()),
            older=address(page + 1) if page < pages else "",
            newer=address(page - 1) if page > 1 else "",
        )  # fmt: skip

    async def show(self, visit: Visit) -> web.Response:
        page = page_of(visit.request.query.get("page", ""))
        async with self._site.services.database.read() as session:
            group, held, led = await self._group(session, visit)
            leads = await groups.leads(session, group.id) if visit.member else []
            facts = await facts_of(session, visit.words, group, held, leads=leads)
            reads = _reads_posts(visit, group, held, led=led)
            posts, total = await group_posts.of_group(
                session, group.id, limit=POSTS_A_PAGE, offset=(page - 1) * POSTS_A_PAGE
            )
            said = [Message.model_validate(one.message) for one in posts] if reads else []
            pages_of = await self._pages_of(session, visit, said)
            rules = await rules_of_engagement.current(session) if group.requires_rules else None
            accepted = (
                await rules_of_engagement.accepted(session, visit.member.id, rules.version)
                if rules and visit.member
                else None
            )
        pages = max(1, math.ceil(total / POSTS_A_PAGE))
        address = f"/groups/{group.slug}?page="
        inside = held is not None and held.state in INSIDE
        return self._site.page(
            visit,
            "group.html",
            group=group,
            facts=facts,
            archived=group.state == GroupState.ARCHIVED,
            led=led,
            inside=inside,
            state=_state_line(visit, held),
            entry=_entry(visit, group, held, primary=True),
            rules=rules,
            rules_text=rules.text(visit.words.locale) if rules else ("en", ""),
            accepted=accepted,
            reads=reads,
            posts=[(one, _readable(message, pages_of)) for one, message in zip(posts, said, strict=False)],
            older=f"{address}{page + 1}" if reads and page < pages else "",
            newer=f"{address}{page - 1}" if reads and page > 1 else "",
        )

    async def act(self, visit: Visit) -> web.Response:
        """Join, ask, leave or accept the rules, by the same actions as in the chat."""
        async with self._site.services.database.read() as session:
            group, _held, _led = await self._group(session, visit)
        if visit.member is None:
            raise web.HTTPForbidden
        wanted = visit.typed.get("do", "")
        action: Action
        if wanted == AcceptRules.wire_name:
            version = visit.typed.get("version", "")
            if not version.isdecimal() or len(version) > 9:
                raise web.HTTPNotFound
            action = AcceptRules(version=int(version), group_id=group.id)
        elif wanted in _ENTRY:
            action = _ENTRY[wanted](group_id=group.id)
        else:
            raise web.HTTPNotFound
        return await press(self._site, visit, action, f"/groups/{group.slug}")

    async def _pages_of(
        self, session: AsyncSession, visit: Visit, said: Sequence[Message]
    ) -> dict[tuple[str, int], str]:
        """The pages that buttons of posts lead to here, by what the button does and to what."""
        shown = {
            int(str(one.action.data["event_id"]))
            for message in said
            for one in message.buttons
            if one.action is not None and one.action.name == ShowEvent.wire_name
        }
        slugs = await events.visible_slugs(session, await viewer_of(session, visit), shown)
        return {(ShowEvent.wire_name, event_id): f"/events/{slug}" for event_id, slug in slugs.items()}

    async def _group(self, session: AsyncSession, visit: Visit) -> tuple[Group, Membership | None, bool]:
        """The group of the address, the visitor's membership, and whether they lead it. What they may not
        know of looks as if it were not there."""
        group = await groups.by_slug(session, visit.request.match_info["slug"])
        if group is None:
            raise web.HTTPNotFound
        if visit.member is None:
            if group.visibility != Visibility.OPEN or group.state != GroupState.ACTIVE:
                raise web.HTTPNotFound
            return group, None, False
        held = await memberships.of_pair(session, group.id, visit.member.id)
        led = group.id in await groups.leads_of(session, visit.member.id)
        if not may_see(group, held, led=led, administers=visit.administers):
            raise web.HTTPNotFound
        return group, held, led


def _entry(
    visit: Visit, group: Group, held: Membership | None, *, primary: bool = False
) -> tuple[Button, ...]:
    if visit.member is None:
        return ()
    return entry_buttons(visit.words, group, held.state if held else None, primary=primary)


def _state_line(visit: Visit, held: Membership | None) -> str:
    _ = visit.words._
    match held.state if held else None:
        case MembershipState.REQUESTED:
            return _("You have asked to join.")
        case MembershipState.WANTED:
            return _("You are being added.")
        case MembershipState.CONFIRMED:
            return _("You are in.")
    return ""


def _reads_posts(visit: Visit, group: Group, held: Membership | None, *, led: bool) -> bool:
    """What the bot posts to an open group every member may read; elsewhere its own people."""
    if visit.member is None:
        return False
    inside = held is not None and held.state in INSIDE
    return group.visibility == Visibility.OPEN or inside or led or visit.administers


def _readable(message: Message, pages_of: dict[tuple[str, int], str]) -> Message:
    """A post without the buttons that act, which belong to a conversation; those that lead to a page of ours
    lead there, and links stay."""
    buttons = []
    for one in message.buttons:
        if one.action is None:
            buttons += [] if one.sign_in else [one]
        elif one.action.name == ShowRound.wire_name:
            buttons.append(Button(label=one.label, path="/funding"))
        elif path := pages_of.get((one.action.name, int(str(one.action.data.get("event_id", 0))))):
            buttons.append(Button(label=one.label, path=path))
    return message.model_copy(
        update={
            "buttons": tuple(buttons),
            "items": tuple(item.model_copy(update={"buttons": ()}) for item in message.items),
        }
    )
