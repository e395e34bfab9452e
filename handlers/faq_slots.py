"""Live answers: what may stand in an answer between braces, read from the database whenever it is shown."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from handlers import event_cards, people
from handlers.events import viewer_of
from handlers.kit.context import Context
from handlers.kit.forms import PLACEHOLDER, unknown_placeholders
from handlers.kit.words import LONDON, N_
from handlers.rule_sentences import REGION_NAMES
from store import appointments, choices, events, groups, members, organisations, rounds
from store.appointments import Office
from store.events import Viewer
from store.faq import FaqEntry
from store.local_times import HOME_ZONE
from store.memberships import MembershipState
from store.organisations import Category
from store.rounds import FundingRound, RoundState

IN_IT = (MembershipState.WANTED, MembershipState.CONFIRMED)
EVENTS_TOLD = 3
# What stands in a slot's place in this reader's language; None where there is nothing to name.
Slot = Callable[[Context], Awaitable[str | None]]


async def filled(context: Context, text: str) -> str:
    """An answer with its slots filled; nothing is remembered from one reading to the next."""
    said: list[str] = []
    end = 0
    for found in PLACEHOLDER.finditer(text):
        said += [text[end : found.start()], await _said(context, found)]
        end = found.end()
    return "".join([*said, text[end:]])


def speaks_of_reader(entry: FaqEntry) -> bool:
    """Whether an answer, in any language, says something of its reader, which is nobody else's business."""
    texts = (entry.answer, *(one.answer for one in entry.translations))
    return any(one[1] in PERSONAL for text in texts for one in PLACEHOLDER.finditer(text))


def unknown_in(text: str) -> list[str]:
    """The slots of a text that nothing fills: a mistake of whoever wrote it."""
    return unknown_placeholders(text, SLOTS)


async def _said(context: Context, found: re.Match[str]) -> str:
    name, otherwise = found[1], found[2]
    if name not in SLOTS:
        return found[0]
    fill, none = SLOTS[name]
    return await fill(context) or otherwise or context._(none)


async def member_counts(context: Context) -> str | None:
    """The published figures with their date, or the list's own once it is marked as complete."""
    _ = context._
    if await choices.get(context.session, choices.MEMBER_LIST_COMPLETE):
        counts = await organisations.counts_by_category(context.session)
        figures = {category.value: context.words.number(counts.get(category, 0)) for category in Category}
        return (
            _(
                "Today the network has %(full)s full members, %(associate)s associates, "
                "%(affiliate)s affiliates and %(supporter)s supporters."
            )
            % figures
        )
    published = context.network.member_counts
    said = _(
        "In %(as_of)s the network had %(full)s full members, %(associate)s associates (%(towns)s of them "
        "town and parish councils), %(affiliate)s affiliates and %(supporter)s supporters."
    ) % {
        "full": published.full,
        "associate": published.associate,
        "towns": published.town_and_parish,
        "affiliate": published.affiliate,
        "supporter": published.supporter,
        "as_of": context.words.month(published.as_of),
    }
    return said + " " + _("These figures are provisional.") if published.provisional else said


async def regional_leads(context: Context) -> str | None:
    """Today's regional leads, a line each; their names are for members."""
    if context.member is None:
        return context._("Sign in to see who they are.")
    held = await appointments.on_day(context.session, context.now.astimezone(LONDON).date())
    leads = [one for one in held if one.office == Office.REGIONAL_LEAD]
    found = await members.by_ids(context.session, [one.member_id for one in leads])
    active = {member.id: member for member in found if member.active}
    return "\n".join(
        f"- {_capitalised(context._(REGION_NAMES.get(one.scope, one.scope)))}: "
        f"{people.name_of(active[one.member_id], context.words)}"
        for one in leads
        if one.member_id in active
    )


async def my_groups(context: Context) -> str | None:
    """The groups that the reader is in."""
    if context.member is None:
        return context._("Sign in to see which groups you are in.")
    held = await groups.of_member(context.session, context.member.id)
    named = [group.name_for(context.words.locale) for group, membership in held if membership.state in IN_IT]
    return context._("You are in %(groups)s.") % {"groups": context.words.listed(named)} if named else None


async def open_rounds(context: Context) -> str | None:
    """Open funding rounds and when they close, a line each."""
    found = await rounds.open_at(context.session, context.now)
    return "\n".join(_closing(context, one) for one in found)


async def funding_dates(context: Context) -> str | None:
    """The rounds that are open or announced, with when they open and close, a line each."""
    _ = context._
    lines = []
    for one in await _open_or_announced(context):
        if one.state(context.now) is RoundState.OPEN:
            lines.append(_closing(context, one))
        else:
            dates = {
                "name": one.name,
                "opens": context.words.moment_in(one.opens_at, HOME_ZONE),
                "closes": context.words.moment_in(one.closes_at, HOME_ZONE),
            }
            lines.append("- " + _("%(name)s opens on %(opens)s and closes on %(closes)s.") % dates)
    return "\n".join(lines)


async def funding_amounts(context: Context) -> str | None:
    """What rounds that are open or announced may pay, a line each."""
    _ = context._
    lines = []
    for one in await _open_or_announced(context):
        said = []
        if one.maximum is not None:
            said.append(_("up to %(amount)s a project") % {"amount": context.words.money(one.maximum)})
        if one.pot is not None:
            said.append(_("%(amount)s for all projects together") % {"amount": context.words.money(one.pot)})
        if said:
            lines.append(f"- {one.name}: {', '.join(said)}")
    return "\n".join(lines)


async def next_events(context: Context) -> str | None:
    """What is on next, a line each: what the reader may know of, and aloud in a channel only what
    everybody may."""
    _ = context._
    aloud = context.update.aloud
    named = context.member is not None and not aloud
    found, total = await events.upcoming(
        context.session,
        await viewer_of(context) if named else Viewer(),
        context.now,
        limit=EVENTS_TOLD,
        ids=events.announced(),
    )
    if aloud and not found:
        return _(
            "No event is announced for everybody at the moment. Type /events to see those that are for you."
        )
    lines = []
    for event in found:
        where = event_cards.where(context.words, event)
        when = event_cards.when(context.words, event)
        lines.append(f"- {event.title}: {when}" + (f", {where}" if where else ""))
    if total > len(found):
        more = context.words.ngettext("- and %(count)s more", "- and %(count)s more", total - len(found))
        lines.append(more % {"count": context.words.number(total - len(found))})
    if aloud:
        lines.append(_("- Type /events to see those that are for you, too"))
    return "\n".join(lines)


async def _open_or_announced(context: Context) -> list[FundingRound]:
    found = await rounds.current(context.session, since=context.now)
    return [one for one in found if one.state(context.now) in (RoundState.OPEN, RoundState.ANNOUNCED)]


def _closing(context: Context, one: FundingRound) -> str:
    closes = context.words.moment_in(one.closes_at, HOME_ZONE)
    return "- " + context._("%(name)s closes on %(when)s.") % {"name": one.name, "when": closes}


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


# What an editor may put between braces, and what is said where there is none.
SLOTS: dict[str, tuple[Slot, str]] = {
    "member_counts": (member_counts, ""),
    "regional_leads": (regional_leads, N_("I have no regional leads on my list at the moment.")),
    "my_groups": (my_groups, N_("You are not in any group yet.")),
    "open_rounds": (open_rounds, N_("No funding round is open at the moment.")),
    "funding_dates": (funding_dates, N_("No funding round is open or announced at the moment.")),
    "funding_amounts": (funding_amounts, N_("No round that is open or announced names an amount.")),
    "next_events": (next_events, N_("No event is announced for you at the moment.")),
}
# Those that speak of the reader.
PERSONAL = frozenset({"my_groups"})
