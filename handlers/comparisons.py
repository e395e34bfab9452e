"""Comparisons: what the pages of a channel's real people mean for a group, and how that is said."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from handlers import people
from handlers.enrolment import CHUNK
from handlers.enrolment_channels import gone_from, seen_in
from handlers.group_actions import ListFailures, ShowGroup
from handlers.kit.messages import Button, Message
from handlers.kit.words import N_, Words
from store import comparisons, invitations, memberships
from store.comparisons import Comparison, Drift, DriftKind
from store.groups import Group
from store.invitations import Wish
from store.members import Member
from store.memberships import MembershipState

# How long administrators see what was changed by hand.
SHOWN_FOR = timedelta(days=30)
MOST_NAMES = 10

_OUTSIDE = (
    MembershipState.LEFT, MembershipState.LAPSED, MembershipState.DECLINED, MembershipState.REQUESTED,
)  # fmt: skip
NAMES = {
    DriftKind.JOINED: N_("joined by hand"),
    DriftKind.LEFT: N_("left by hand"),
    DriftKind.RETURNED: N_("came back after being taken out"),
    DriftKind.INVITED: N_("was missing, and is invited again"),
}


async def take_page(
    session: AsyncSession, group: Group, comparison: Comparison, external_ids: Collection[str], now: datetime
) -> list[Member]:
    """A page shows people in the channel. Returns those who came in by hand, unheard."""
    since = comparison.started_at or now
    known = await comparisons.known_people(session, comparison.platform, external_ids)
    leaving = await comparisons.being_taken_out(session, group.id, comparison.platform, known, since)
    held = await memberships.of_people(session, group.id, known)
    # Who went out since this comparison began may have gone after the page was read.
    leaving |= {one for one, row in held.items() if row.ended_at is not None and row.ended_at >= since}
    shown = [one for one in known if one not in leaving]
    came = [one for one in shown if one not in held or held[one].state in _OUTSIDE]
    returned = await seen_in(session, group, comparison.platform, shown, now)
    await comparisons.mark_seen(session, group.id, shown, now)
    comparisons.note(session, comparison, DriftKind.JOINED, came, since)
    comparisons.note(session, comparison, DriftKind.RETURNED, returned, since)
    return [known[one] for one in (*came, *returned)]


async def finish(
    session: AsyncSession, group: Group, comparison: Comparison, now: datetime
) -> Sequence[tuple[Drift, Member]]:
    """Every page has been read: who was shown on none left by hand, or is invited again if nobody ever
    confirmed them. Returns all that this comparison found."""
    since, platform = comparison.started_at or now, comparison.platform
    unseen = await comparisons.unseen(session, group.id, platform, since)
    left = [one for one, state in unseen if state is MembershipState.CONFIRMED]
    wanted = [one for one, state in unseen if state is MembershipState.WANTED]
    missing: list[int] = []
    for start in range(0, len(left), CHUNK):
        await gone_from(session, group, platform, left[start : start + CHUNK], now)
    for start in range(0, len(wanted), CHUNK):
        chunk = await comparisons.without_invitation(
            session, group.id, platform, wanted[start : start + CHUNK], since
        )
        await invitations.queue(session, [Wish(group.id, one, platform) for one in chunk], now)
        missing += chunk
    comparisons.note(session, comparison, DriftKind.LEFT, left, since)
    comparisons.note(session, comparison, DriftKind.INVITED, missing, since)
    await session.flush()
    return [
        row for row in await comparisons.drifts(session, group.id, since, platform=platform)
        if row[0].found_at == since
    ]  # fmt: skip


def report(words: Words, group: Group, found: Sequence[tuple[Drift, Member]]) -> Message:
    """One message for everything that a comparison found."""
    _ = words._
    return Message(
        text=_("The channel of “%(group)s” was changed by hand, and I had not heard of it.")
        % {"group": group.name_for(words.locale)}
        + "\n\n"
        + drift_list(words, found),
        buttons=(
            Button.to(_("See the changes"), ListFailures(group_id=group.id)),
            Button.to(_("See the group"), ShowGroup(group_id=group.id)),
        ),
        small_print=(_("I have written it down. Nobody is put back or thrown out because of it."),),
    )


def drift_list(words: Words, found: Sequence[tuple[Drift, Member]]) -> str:
    """A line for each kind of change: “- joined by hand: Ann, Bob and 12 more”."""
    by_kind: dict[str, list[str]] = {}
    for drift, member in found:
        by_kind.setdefault(drift.kind, []).append(people.name_of(member, words))
    lines = []
    for kind, name in NAMES.items():
        if names := by_kind.get(kind):
            shown = names[:MOST_NAMES]
            if rest := len(names) - len(shown):
                more = words.ngettext("%(count)s more", "%(count)s more", rest)
                shown.append(more % {"count": words.number(rest)})
            lines.append(f"- {words._(name)}: {words.listed(shown)}")
    return "\n".join(lines)
