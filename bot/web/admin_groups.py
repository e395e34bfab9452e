"""Groups on the dashboard: all of them with what is wrong, what waits for a decision, and each with its
people. Leads see their own."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from bot.web.admin import pager, permit
from bot.web.presses import number_of, press
from bot.web.public import LONGEST_QUERY, page_of
from bot.web.site import Site
from bot.web.visits import Visit
from handlers import group_actions as actions
from handlers.comparisons import SHOWN_FOR, drift_list
from handlers.enrolment import rule_of
from handlers.group_cards import KIND_NAMES, VISIBILITY_NAMES, facts_of, how_line, offer_buttons
from handlers.group_channel_cards import card_parts
from handlers.group_entry import INSIDE
from handlers.group_people import failure_line
from handlers.kit.messages import Action, Button
from handlers.kit.router import RunCommand
from handlers.organisation_claims import ConfirmClaim, DeclineClaim
from handlers.rule_sentences import names_for_all, sentence
from handlers.user_group_cards import problem_lines, refusal_line
from store import (
    comparisons,
    group_channels,
    group_suggestions,
    groups,
    invitations,
    members,
    memberships,
    organisations,
    profiles,
    user_groups,
)
from store.groups import Group, GroupState
from store.members import Member
from store.memberships import Membership, MembershipState

ROWS_A_PAGE = 25
# Of what waits for a decision, the oldest so many are shown.
MOST_WAITING = 25
# What the forms of these pages may do, by the name on the wire; anything else is not there.
_OF_GROUP: dict[str, type[Action]] = {
    one.wire_name: one
    for one in (
        actions.EditGroup, actions.MergeGroup, actions.ArchiveGroup, actions.ReopenGroup, actions.AddPeople,
        actions.ChooseChannel, actions.MakeChannel, actions.RetryFailures, actions.OfferAnswers,
        actions.StopOffering,
    )
}  # fmt: skip
_OF_PERSON: dict[str, type[Action]] = {
    one.wire_name: one for one in (actions.MakeLead, actions.EndLead, actions.RemovePerson)
}
_OF_REQUEST: dict[str, type[Action]] = {
    one.wire_name: one for one in (actions.AcceptRequest, actions.DeclineRequest)
}
_OF_SUGGESTION: dict[str, type[Action]] = {
    one.wire_name: one for one in (actions.ApproveSuggestion, actions.DeclineSuggestion)
}
_OF_CLAIM: dict[str, type[Action]] = {one.wire_name: one for one in (ConfirmClaim, DeclineClaim)}


@dataclass(frozen=True, slots=True)
class Person:
    """One row of a group's people."""

    member: Member
    council: str
    how: str
    lead: bool
    asked_at: int
    why: str


class AdminGroupPages:
    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[web.RouteDef]:
        serve = self._site.serve
        return [
            web.get("/admin/groups", serve(self.list)),
            web.post("/admin/groups", serve(self.decide)),
            web.get("/admin/groups/{slug}", serve(self.show)),
            web.post("/admin/groups/{slug}", serve(self.act)),
        ]

    async def list(self, visit: Visit) -> web.Response:
        """What waits for a decision, and every group, archived ones last."""
        permit(visit)
        query = visit.request.query.get("q", "").strip()[:LONGEST_QUERY]
        page = page_of(visit.request.query.get("page", ""))
        words = visit.words
        async with self._site.services.database.read() as session:
            suggestions = await group_suggestions.waiting(session, limit=MOST_WAITING)
            claims = await profiles.claims(session, limit=MOST_WAITING)
            emails = await members.verified_emails_of(session, [member.id for _, member, _ in claims])
            found, total = await groups.every(
                session, query, limit=ROWS_A_PAGE, offset=(page - 1) * ROWS_A_PAGE
            )
            ids = [group.id for group in found]
            sizes = await groups.sizes(session, ids)
            failed = await invitations.count_failed(session, ids)
            broken = await group_channels.broken(session, ids)
            unkept = await user_groups.broken(session, ids)
            rules = {group.id: rule_of(group) for group in found}
            names = await names_for_all(session, rules.values(), words.locale)
        older, newer = pager(f"/admin/groups?{urlencode({'q': query})}&", page, total)
        return self._site.page(
            visit,
            "admin_groups.html",
            suggestions=suggestions,
            claims=[
                (member, organisation, emails.get(member.id, []), int(profile.updated_at.timestamp()))
                for profile, member, organisation in claims
            ],
            groups=[
                (group, sizes.get(group.id, 0), failed.get(group.id, 0), group.id in broken,
                 group.id in unkept, sentence(rules[group.id], words, names))
                for group in found
            ],
            kinds=KIND_NAMES,
            visibilities=VISIBILITY_NAMES,
            query=query,
            total=total,
            older=older,
            newer=newer,
        )  # fmt: skip

    async def decide(self, visit: Visit) -> web.Response:
        """Answer a suggestion or a claim; after a claim there may be a domain to learn."""
        permit(visit)
        wanted = visit.typed.get("do", "")
        if wanted == "new":
            return await press(self._site, visit, RunCommand(command="groups", text="new"), "/admin/groups")
        if wanted in _OF_SUGGESTION:
            data = {"suggestion_id": number_of(visit, "suggestion")}
        else:
            fields = {"member_id": "member", "organisation_id": "organisation", "claimed_at": "claimed_at"}
            data = {name: number_of(visit, typed) for name, typed in fields.items()}
        kind = (_OF_SUGGESTION | _OF_CLAIM).get(wanted)
        if kind is None:
            raise web.HTTPNotFound
        action = kind.model_validate(data)
        return await press(self._site, visit, action, "/admin/groups")

    async def show(self, visit: Visit) -> web.Response:
        """One group: what it is, who waits, what went wrong, and its people."""
        query = visit.request.query.get("q", "").strip()[:LONGEST_QUERY]
        page = page_of(visit.request.query.get("page", ""))
        words = visit.words
        async with self._site.services.database.read() as session:
            group = await self._managed(session, visit)
            leads = await groups.leads(session, group.id)
            own = await memberships.of_pair(session, group.id, visit.member.id) if visit.member else None
            facts = await facts_of(session, words, group, own, leads=leads)
            of_channels, channel_buttons = await card_parts(
                session, words, group, administrator=visit.administers, inside=own is not None
            )
            switches = await offer_buttons(session, words, group)
            failed = await invitations.failed(session, group.id) if visit.administers else []
            left_out = await user_groups.refusals(session, group.id) if visit.administers else []
            unkept = problem_lines(words, await user_groups.of_group(session, group.id))
            drifts = (
                await comparisons.drifts(session, group.id, visit.now - SHOWN_FOR)
                if visit.administers
                else []
            )
            asking, _count = await memberships.people(
                session, group.id, [MembershipState.REQUESTED], limit=MOST_WAITING
            )
            held, total = await memberships.people(
                session,
                group.id,
                INSIDE,
                limit=ROWS_A_PAGE,
                offset=(page - 1) * ROWS_A_PAGE,
                query=query,
            )
            shown = [*asking, *held]
            ids = {member.organisation_id for _, member in shown if member.organisation_id}
            councils = {one.id: one.name for one in await organisations.by_ids(session, sorted(ids))}
        led = {lead.id for lead in leads}
        address = f"/admin/groups/{group.slug}?{urlencode({'q': query})}&"
        older, newer = pager(address, page, total)

        def person(membership: Membership, member: Member) -> Person:
            return Person(
                member=member,
                council=councils.get(member.organisation_id or 0, ""),
                how=how_line(words, membership),
                lead=member.id in led,
                asked_at=int(membership.since.timestamp()),
                why=membership.reason,
            )

        return self._site.page(
            visit,
            "admin_group.html",
            group=group,
            active=group.state == GroupState.ACTIVE,
            facts=[*facts, *of_channels],
            channel_buttons=_without_data(channel_buttons),
            switches=switches,
            asking=[person(*one) for one in asking],
            people=[person(*one) for one in held],
            failed=[
                *((member, failure_line(words, row)) for row, member in failed[:MOST_WAITING]),
                *((member, refusal_line(words, row)) for row, member in left_out[:MOST_WAITING]),
            ],
            failed_count=len(failed) + len(left_out),
            unkept=unkept if visit.administers else [],
            drifts=drift_list(words, drifts) if drifts else "",
            query=query,
            total=total,
            older=older,
            newer=newer,
        )

    async def act(self, visit: Visit) -> web.Response:
        """Do something to the group or to somebody in it, by the same actions as in the chat; they check
        once more that the sender may."""
        async with self._site.services.database.read() as session:
            group = await self._managed(session, visit)
        wanted = visit.typed.get("do", "")
        data = {"group_id": group.id}
        if wanted in _OF_PERSON or wanted in _OF_REQUEST:
            data["member_id"] = number_of(visit, "member")
        if wanted in _OF_REQUEST:
            data["asked_at"] = number_of(visit, "asked_at")
        kind = (_OF_GROUP | _OF_PERSON | _OF_REQUEST).get(wanted)
        if kind is None:
            raise web.HTTPNotFound
        action = kind.model_validate(data)
        return await press(self._site, visit, action, f"/admin/groups/{group.slug}")

    async def _managed(self, session: AsyncSession, visit: Visit) -> Group:
        """The group of the address, for administrators and its leads; to others no group is there or not."""
        if visit.member is None:
            raise web.HTTPForbidden
        group = await groups.by_slug(session, visit.request.match_info["slug"])
        led = await groups.leads_of(session, visit.member.id)
        if not visit.administers and (group is None or group.id not in led):
            raise web.HTTPForbidden
        if group is None:
            raise web.HTTPNotFound
        return group


def _without_data(buttons: list[Button]) -> list[tuple[str, str]]:
    """Label and wire name; the page knows which group it speaks of."""
    return [(one.label, one.action.name) for one in buttons if one.action is not None]
