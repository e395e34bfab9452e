"""Asking for the review of a case study: who gets its card, and what waits."""

from __future__ import annotations

from handlers import case_study_cards as cards
from handlers.case_study_actions import ShowCard
from handlers.case_study_cards import Case
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.messages import Button, Item, Message
from handlers.kit.replies import Reply
from handlers.kit.router import Router, only
from handlers.kit.updates import Command, Place, PlaceKind
from handlers.kit.words import N_, Words
from store import case_studies, case_study_reviews, choices, roles
from store.case_studies import CaseStudy, State
from store.case_study_reviews import Decision
from store.members import Member
from store.roles import Role

REVIEWERS = only(Role.REVIEWER, Role.ADMINISTRATOR)
LISTED_AT_MOST = 15

router = Router("case_study_review")


async def ask(context: Context, case: Case) -> bool:
    """Send a version's card to whoever may decide on it; False when nobody may, which the
    administrators are told."""
    reviewers = await roles.holders(context.session, Role.REVIEWER)
    administrators = await _administrators(context)
    free = [member for member in reviewers if case.may_be_decided_by(member)]
    stand_ins = [] if free else [member for member in administrators if case.may_be_decided_by(member)]
    channel = await _channel(context)
    if channel is not None:
        await context.send(channel, lambda words: cards.review_card(words, case), key=case.review_key)
    else:
        for member in free:
            await context.send(member, lambda words: cards.review_card(words, case), key=case.review_key)
    for member in stand_ins:
        await context.send(
            member, lambda words: _stand_in_card(words, case, some=bool(reviewers)), key=case.review_key
        )
    if free or stand_ins:
        return True
    for member in administrators:
        await context.send(member, lambda words: _stuck(words, case), key=f"{case.review_key}:stuck")
    return False


async def close_cards(context: Context, case: Case) -> None:
    """Every copy of the card says that the author withdrew it."""
    await context.edit(case.review_key, lambda words: cards.withdrawn_card(words, case))


async def already_decided(context: Context, study: CaseStudy) -> str:
    """Why there is nothing left to decide."""
    _ = context._
    named = {"title": study.title}
    if study.state == State.WITHDRAWN:
        return _("The author has withdrawn “%(title)s”, so there is nothing to decide.") % named
    for decided, member in (await case_study_reviews.of_study(context.session, study.id))[:1]:
        line = cards.decision_line(
            context.words, study, Decision(decided.decision), cards.name_of(context.words, member), decided.at
        )
        return _("That is decided already.") + " " + line
    return _("There is nothing to decide about “%(title)s” any more.") % named


def reviews(context: Context) -> bool:
    """Whether the sender may review at all."""
    return REVIEWERS.allows(context.roles)


@router.command("case-study review", summary=N_("See which case studies wait for review"), access=REVIEWERS)
async def review(context: Context, command: Command) -> Reply:
    _ = context._
    waiting = await case_studies.waiting(context.session)
    if not waiting:
        return Message(text=_("No case study waits for review. You hear from me when one comes in."))
    text = context.words.ngettext(
        "%(count)s case study waits for review.", "%(count)s case studies wait for review.", len(waiting)
    ) % {"count": context.words.number(len(waiting))}
    more = len(waiting) - LISTED_AT_MOST
    return Message(
        heading=_("Waiting for review"),
        text=text,
        items=tuple(_waiting_item(context.words, study) for study in waiting[:LISTED_AT_MOST]),
        small_print=(_("The %(count)s that came in last are not shown.") % {"count": more},)
        if more > 0
        else (),
    )


@router.action(ShowCard, access=REVIEWERS)
async def show_card(context: Context, action: ShowCard) -> Reply:
    study = await case_studies.by_id(context.session, action.study_id)
    if study is None:
        raise UserError(context._("That case study is no longer there."))
    if study.state != State.SUBMITTED:
        raise UserError(await already_decided(context, study))
    case = await cards.load(context.session, study)
    context.reply_key = case.review_key
    return cards.review_card(context.words, case, decidable=case.may_be_decided_by(context.person))


async def _administrators(context: Context) -> list[Member]:
    found = [
        member
        for role in (Role.ADMINISTRATOR, Role.OWNER)
        for member in await roles.holders(context.session, role)
    ]
    return list({member.id: member for member in found}.values())


async def _channel(context: Context) -> Place | None:
    """The channel that administrators chose for reviews: ``<platform>:<id>``."""
    chosen = await choices.get(context.session, choices.REVIEW_CHANNEL)
    platform, _colon, channel_id = (chosen or "").partition(":")
    return Place(platform, PlaceKind.CHANNEL, channel_id) if platform and channel_id else None


def _waiting_item(words: Words, study: CaseStudy) -> Item:
    return Item(
        title=study.title,
        text=f"{study.organisation.shown} · {cards.state_line(words, study)}",
        buttons=(Button.to(words._("See the card"), ShowCard(study_id=study.id)),),
    )


def _stand_in_card(words: Words, case: Case, *, some: bool) -> Message:
    _ = words._
    if some:
        note = _("This comes to you because every reviewer took part in it.")
    else:
        note = _("This comes to you because nobody is a reviewer yet.")
    return cards.review_card(words, case, note=note)


def _stuck(words: Words, case: Case) -> Message:
    _ = words._
    return Message(
        text=_("“%(title)s” waits for review, and nobody may decide on it.") % {"title": case.study.title}
        + " "
        + _("Everybody who could wrote it, or belongs to an organisation that took part.")
        + " "
        + _("Once somebody else is made a reviewer, they find it with /case-study review."),
    )
