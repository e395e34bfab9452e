"""Deciding on a case study: publishing it, asking for changes, or declining it with a reason."""

from __future__ import annotations

from handlers import case_study_cards as cards
from handlers import case_study_news
from handlers.case_study_actions import AskForChanges, Decline, Publish
from handlers.case_study_cards import Case
from handlers.case_study_review import REVIEWERS, already_decided
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import Form, Step, TextField
from handlers.kit.messages import Button, Message
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import Router, Submitted
from store import case_studies, case_study_reviews
from store.case_studies import State
from store.case_study_reviews import Decision
from store.roles import Role

LONGEST_NOTE = 2_000
# What a decider is called, where they hold several roles.
_ACTING_AS = (Role.REVIEWER, Role.OWNER, Role.ADMINISTRATOR)

router = Router("case_study_decisions")


@router.action(Publish, access=REVIEWERS)
async def publish(context: Context, action: Publish) -> Reply:
    case = await _to_decide(context, action.study_id, action.version)
    case.study.publish(context.now)
    return await _decided(context, case, Decision.PUBLISHED)


@router.action(AskForChanges, access=REVIEWERS)
async def ask_for_changes(context: Context, action: AskForChanges) -> Reply:
    case = await _to_decide(context, action.study_id, action.version)
    return Open("case_study.changes", subject=_subject(case))


@router.action(Decline, access=REVIEWERS)
async def decline(context: Context, action: Decline) -> Reply:
    case = await _to_decide(context, action.study_id, action.version)
    return Open("case_study.decline", subject=_subject(case))


async def build_changes(context: Context, subject: str) -> Form:
    _ = context._
    return await _reason_form(
        context,
        subject,
        name="case_study.changes",
        title=_("Ask for changes"),
        label=_("What should the author change?"),
        help_text=_(
            "They read this with your name, and again above the form in which they make the changes."
        ),
    )


@router.form("case_study.changes", build_changes, access=REVIEWERS)
async def request_changes(context: Context, sent: Submitted) -> Result:
    case = await _of_subject(context, sent.subject)
    case.study.request_changes(context.now)
    return await _decided(context, case, Decision.CHANGES_REQUESTED, sent.answers.text("note"))


async def build_decline(context: Context, subject: str) -> Form:
    _ = context._
    return await _reason_form(
        context,
        subject,
        name="case_study.decline",
        title=_("Decline"),
        label=_("Why is it not published?"),
        help_text=_("The author reads this with your name. They cannot send this one again."),
    )


@router.form("case_study.decline", build_decline, access=REVIEWERS)
async def decline_for(context: Context, sent: Submitted) -> Result:
    case = await _of_subject(context, sent.subject)
    case.study.decline(context.now)
    return await _decided(context, case, Decision.DECLINED, sent.answers.text("note"))


async def _decided(context: Context, case: Case, decision: Decision, note: str = "") -> Message:
    """Write a decision down, change every card, and tell the author."""
    _ = context._
    study, by = case.study, context.person
    await case_study_reviews.add(
        context.session, study, decision, reviewer_id=by.id, note=note, now=context.now
    )
    await context.audit(f"case_study.{decision}", "case_study", study.id)
    role = next((role for role in _ACTING_AS if role in context.roles), None)
    await context.edit(
        case.review_key, lambda words: cards.decided_card(words, case, decision, by, role, note)
    )
    if decision is Decision.PUBLISHED:
        await case_study_news.tell(context, case)
    if case.author is not None:
        mail = context.network.general_mail
        await context.send(
            case.author,
            lambda words: cards.told_author(words, case, decision, by, note, mail=mail),
            key=f"case_study:{study.id}:author:{study.version}",
        )
    named = {"title": study.title, "author": cards.name_of(context.words, case.author)}
    match decision:
        case Decision.PUBLISHED:
            page = Button(label=_("See the page"), path=case.page)
            return Message(text=_("You published “%(title)s”. %(author)s is told.") % named, buttons=(page,))
        case Decision.CHANGES_REQUESTED:
            text = _("You asked for changes to “%(title)s”. %(author)s is told; a new card comes afterwards.")
            return Message(text=text % named)
        case Decision.DECLINED:
            return Message(text=_("You declined “%(title)s”. %(author)s is told why.") % named)


async def _to_decide(context: Context, study_id: int, version: int, *, lock: bool = True) -> Case:
    """A version that waits and that the sender may decide on; ``lock`` keeps others out until the
    transaction ends, and is not for sessions that only read."""
    _ = context._
    study = await case_studies.by_id(context.session, study_id, lock=lock)
    if study is None:
        raise UserError(_("That case study is no longer there."))
    case = await cards.load(context.session, study)
    if not case.may_be_decided_by(context.person):
        if study.author_id == context.person.id:
            raise UserError(_("You wrote this one yourself, so somebody else decides on it."))
        raise UserError(_("Your own organisation took part in this one, so somebody else decides on it."))
    if study.state != State.SUBMITTED:
        raise UserError(await already_decided(context, study))
    if study.version != version:
        raise UserError(
            _("The author has sent a newer version of this one. Type /case-study review to see it.")
        )
    return case


async def _of_subject(context: Context, subject: str, *, lock: bool = True) -> Case:
    """The case study that a reason form was opened for: ``<id>.<version>``."""
    study_id, _dot, version = subject.partition(".")
    return await _to_decide(context, int(study_id), int(version), lock=lock)


def _subject(case: Case) -> str:
    return f"{case.study.id}.{case.study.version}"


async def _reason_form(
    context: Context, subject: str, *, name: str, title: str, label: str, help_text: str
) -> Form:
    if subject:
        await _of_subject(context, subject, lock=False)
    note = TextField(
        name="note", label=label, help=help_text, long=True, min_length=10, max_length=LONGEST_NOTE
    )
    return Form(
        name=name,
        title=title,
        submit=context._("Send to the author"),
        steps=(Step(title=title, fields=(note,)),),
    )
