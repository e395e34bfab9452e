"""What funding rounds look like: in a list, on their own for one person, and as an announcement."""

from __future__ import annotations

from datetime import datetime

from handlers.kit.messages import Button, Fact, Item, Message, Style
from handlers.kit.router import RunCommand
from handlers.kit.words import N_, Words
from handlers.round_actions import RemindOfRound, ShowRound
from handlers.rule_sentences import CATEGORY_NAMES
from store.local_times import HOME_ZONE
from store.organisations import Category, Organisation
from store.rounds import FundingRound, RoundState

STATE_NAMES = {
    RoundState.DRAFT: N_("Draft: only administrators see it"),
    RoundState.ANNOUNCED: N_("Not open yet"),
    RoundState.OPEN: N_("Open"),
    RoundState.CLOSED: N_("Closed: bids are being decided"),
    RoundState.DECIDED: N_("Decided"),
}


def when_line(words: Words, one: FundingRound, now: datetime) -> str:
    """The date that matters next, with its weekday, time and zone."""
    _ = words._
    match one.state(now):
        case RoundState.DRAFT | RoundState.ANNOUNCED:
            return _("Opens %(when)s") % {"when": words.moment_in(one.opens_at, HOME_ZONE)}
        case RoundState.OPEN:
            return _("Closes %(when)s") % {"when": words.moment_in(one.closes_at, HOME_ZONE)}
        case RoundState.CLOSED:
            return _("Closed %(when)s") % {"when": words.moment_in(one.closes_at, HOME_ZONE)}
        case RoundState.DECIDED:
            return _("Decided")


def facts(words: Words, one: FundingRound) -> tuple[Fact, ...]:
    """Everything about a round that is a date, an amount or a limit."""
    _ = words._
    held = [
        (_("Kind"), one.kind),
        (_("Opens"), words.moment_in(one.opens_at, HOME_ZONE)),
        (_("Closes"), words.moment_in(one.closes_at, HOME_ZONE)),
        (_("Most for one project"), words.money(one.maximum) if one.maximum is not None else ""),
        (_("For all projects together"), words.money(one.pot) if one.pot is not None else ""),
        (_("Who may lead"), leads(words, one)),
        (_("Partners"), _partners(words, one.partners) if one.partners else ""),
        (_("Deliver within"), _months(words, one.delivery_months) if one.delivery_months else ""),
        (_("Decision"), words.day(one.decision_on) if one.decision_on else ""),
        (_("Contact"), one.contact),
    ]
    return tuple(Fact(label=label, value=value) for label, value in held if value)


def leads(words: Words, one: FundingRound) -> str:
    """“full members and associate members”; everybody where no category is named."""
    if not one.lead_categories:
        return words._("every member of the network")
    return words.listed([words._(CATEGORY_NAMES[Category(name)]) for name in one.lead_categories])


def list_item(words: Words, one: FundingRound, organisation: Organisation | None, now: datetime) -> Item:
    _ = words._
    said = [_(STATE_NAMES[one.state(now)]), when_line(words, one, now)]
    if one.maximum is not None:
        said.append(_("up to %(amount)s a project") % {"amount": words.money(one.maximum)})
    if organisation is not None and one.state(now) in (RoundState.OPEN, RoundState.ANNOUNCED):
        said.append(_may_lead(words, one, organisation))
    return Item(
        title=one.name,
        text=" · ".join(said),
        buttons=(Button.to(_("More"), ShowRound(round_id=one.id)),),
    )


def card(
    words: Words, one: FundingRound, organisation: Organisation | None, now: datetime, *, reminded: bool,
    more: tuple[Button, ...] = (),
) -> Message:  # fmt: skip
    """A round for one person: what it is to their organisation, and what to do next."""
    _ = words._
    return Message(
        heading=one.name,
        text="\n\n".join(
            part
            for part in (
                f"{_(STATE_NAMES[one.state(now)])}. {when_line(words, one, now)}.",
                one.description,
                next_step(words, one, organisation, now),
            )
            if part
        ),
        facts=facts(words, one),
        buttons=(*_wish_button(words, one, now, reminded=reminded), *_links(words, one), *more),
    )


def announcement(words: Words, one: FundingRound, now: datetime) -> Message:
    """For everybody in a channel: nothing in it depends on who reads it."""
    _ = words._
    said = {
        RoundState.ANNOUNCED: _("A funding round is coming: %(name)s."),
        RoundState.OPEN: _("A funding round is open: %(name)s."),
        RoundState.CLOSED: _("This funding round has closed: %(name)s."),
        RoundState.DECIDED: _("This funding round has been decided: %(name)s."),
    }.get(one.state(now), _("A funding round is coming: %(name)s."))
    buttons: tuple[Button, ...] = (
        Button.to(_("What it means for us"), ShowRound(round_id=one.id), style=Style.PRIMARY),
    )
    if one.state(now) in (RoundState.ANNOUNCED, RoundState.OPEN):
        buttons += (Button.to(_("Remind me"), RemindOfRound(round_id=one.id)),)
    return Message(
        heading=one.name,
        text="\n\n".join(part for part in (said % {"name": one.name}, one.description) if part),
        facts=facts(words, one),
        buttons=(*buttons, *_links(words, one)),
    )


def moved(words: Words, one: FundingRound, old_opens: datetime, old_closes: datetime) -> Message:
    """The dates were changed, for those who were told the old ones."""
    _ = words._
    lines = []
    if old_opens != one.opens_at:
        dates = {
            "new": words.moment_in(one.opens_at, HOME_ZONE),
            "old": words.moment_in(old_opens, HOME_ZONE),
        }
        lines.append(_("It now opens %(new)s, not %(old)s.") % dates)
    if old_closes != one.closes_at:
        dates = {
            "new": words.moment_in(one.closes_at, HOME_ZONE),
            "old": words.moment_in(old_closes, HOME_ZONE),
        }
        lines.append(_("It now closes %(new)s, not %(old)s.") % dates)
    return Message(
        heading=_("New dates: %(name)s") % {"name": one.name},
        text=" ".join(lines),
        buttons=(Button.to(_("See the round"), ShowRound(round_id=one.id), style=Style.PRIMARY),),
    )


def next_step(words: Words, one: FundingRound, organisation: Organisation | None, now: datetime) -> str:
    """What a person can do about a round now."""
    _ = words._
    match one.state(now):
        case RoundState.CLOSED:
            if one.decision_on is not None:
                return _("The decision is due on %(day)s.") % {"day": words.day(one.decision_on)}
            return _("The bids are being read. You hear of the decision from the network.")
        case RoundState.DECIDED:
            return _("The next round is announced here.")
        case RoundState.DRAFT:
            return ""
    if organisation is None:
        return _("I do not know your organisation yet, so I cannot say whether it may lead a project.")
    said = _may_lead(words, one, organisation) + " "
    if one.state(now) is RoundState.ANNOUNCED:
        return said + _("Until it opens, agree who leads, who takes part and what it costs.")
    return said + _("Ask %(contact)s for the form and send it before the round closes.") % {
        "contact": one.contact
    }


def find_button(words: Words) -> Button:
    return Button.to(words._("All rounds"), RunCommand(command="funding"))


def _may_lead(words: Words, one: FundingRound, organisation: Organisation) -> str:
    _ = words._
    named = {"organisation": organisation.name, "leads": leads(words, one)}
    if one.may_be_led_by(organisation.category):
        return _("%(organisation)s may lead a project.") % named
    return _("%(organisation)s may take part beside one of those who may lead: %(leads)s.") % named


def _wish_button(words: Words, one: FundingRound, now: datetime, *, reminded: bool) -> tuple[Button, ...]:
    _ = words._
    if one.state(now) not in (RoundState.ANNOUNCED, RoundState.OPEN):
        return ()
    if reminded:
        return (Button.to(_("Do not remind me"), RemindOfRound(round_id=one.id, on=False)),)
    remind = RemindOfRound(round_id=one.id)
    return (Button.to(_("Remind me of this round"), remind, style=Style.PRIMARY),)


def _links(words: Words, one: FundingRound) -> tuple[Button, ...]:
    label = words._("Read more")
    many = len(one.links) > 1
    return tuple(
        Button(label=f"{label} ({number})" if many else label, url=link)
        for number, link in enumerate(one.links, start=1)
    )


def _partners(words: Words, count: int) -> str:
    said = words.ngettext(
        "at least %(count)s other member, recommended", "at least %(count)s other members, recommended", count
    )
    return said % {"count": words.number(count)}


def _months(words: Words, count: int) -> str:
    return words.ngettext("%(count)s month", "%(count)s months", count) % {"count": words.number(count)}
