"""Case studies for those who write them: submitting, seeing where each stands, reading, withdrawing."""

from __future__ import annotations

from handlers import case_study_cards as cards
from handlers import case_study_form, case_study_news, case_study_review
from handlers.case_study_actions import Read, Revise, Withdraw
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.messages import Button, Item, Message, Style
from handlers.kit.replies import Open, Reply
from handlers.kit.router import Router, RunCommand
from handlers.kit.updates import Command, Shortcut
from handlers.kit.words import N_, Words
from store import case_studies, case_study_reviews
from store.case_studies import CaseStudy, State, WrongState

LISTED_AT_MOST = 15

router = Router("case_studies")


@router.command("case-study", summary=N_("Submit a case study"), usage=N_("[mine | help]"))
async def start(context: Context, command: Command) -> Reply:
    if command.text:
        return _help(context, command.text)
    return Open(case_study_form.FORM, initial=await case_study_form.for_new(context))


@router.shortcut("case_study.from_message", title=N_("Make this a case study"))
async def start_from_message(context: Context, shortcut: Shortcut) -> Reply:
    return Open(case_study_form.FORM, initial=await case_study_form.for_new(context, shortcut.text))


@router.command("case-study mine", summary=N_("See where your case studies stand"))
async def mine(context: Context, command: Command) -> Reply:
    _ = context._
    written = await case_studies.of_author(context.session, context.person.id)
    submit = Button.to(_("Submit a case study"), RunCommand(command="case-study"), style=Style.PRIMARY)
    if not written:
        text = _(
            "You have not submitted a case study yet. What has your organisation done that others can use?"
        )
        return Message(text=text, buttons=(submit,))
    notes = await case_study_reviews.last_notes(context.session, [study.id for study in written])
    more = len(written) - LISTED_AT_MOST
    return Message(
        heading=_("Your case studies"),
        text=context.words.ngettext(
            "You have submitted %(count)s case study.",
            "You have submitted %(count)s case studies.",
            len(written),
        )
        % {"count": context.words.number(len(written))},
        items=tuple(
            _mine_item(context.words, study, notes.get(study.id, "")) for study in written[:LISTED_AT_MOST]
        ),
        buttons=(submit,),
        small_print=(_("The %(count)s that you changed last are shown.") % {"count": LISTED_AT_MOST},)
        if more > 0
        else (),
    )


@router.action(Read)
async def read(context: Context, action: Read) -> Reply:
    """All of it, for its author, for reviewers, and for everybody once it is published."""
    study = await case_studies.by_id(context.session, action.study_id)
    reviewing = case_study_review.reviews(context)
    if study is None or not (study.author_id == context.person.id or reviewing or study.is_public):
        raise UserError(context._("That case study is not there for you to read."))
    case = await cards.load(context.session, study)
    decidable = reviewing and study.state == State.SUBMITTED and case.may_be_decided_by(context.person)
    if decidable:
        context.reply_key = case.review_key
    return cards.whole(context.words, case, decidable=decidable)


@router.action(Revise)
async def revise(context: Context, action: Revise) -> Reply:
    study = await case_study_form.own_to_revise(context, action.study_id)
    return Open(
        case_study_form.FORM,
        initial=await case_study_form.from_study(context, study),
        subject=str(study.id),
    )


@router.action(Withdraw)
async def withdraw(context: Context, action: Withdraw) -> Reply:
    _ = context._
    study = await case_study_form.own(context, action.study_id, lock=True)
    named = {"title": study.title}
    was_public = study.is_public
    try:
        study.withdraw(context.now)
    except WrongState:
        raise UserError(_("You have withdrawn “%(title)s” already.") % named) from None
    await case_study_review.close_cards(context, await cards.load(context.session, study))
    if was_public:
        await case_study_news.take_back(context, study)
        text = _("You withdrew “%(title)s”. Its public page is gone.") % named
    else:
        text = _("You withdrew “%(title)s”. Nobody reviews it any more.") % named
    return Message(text=text, buttons=(_revise_button(context.words, study),))


def _mine_item(words: Words, study: CaseStudy, note: str) -> Item:
    """One of the author's own, with what they can do next; what comes first comes first."""
    _ = words._
    text = cards.state_line(words, study)
    whole = Button.to(_("Read it"), Read(study_id=study.id))
    take_back = cards.withdraw_button(words, study)
    match State(study.state):
        case State.SUBMITTED:
            buttons: tuple[Button, ...] = (whole, take_back)
        case State.CHANGES_REQUESTED:
            change = Button.to(_("Make the changes"), Revise(study_id=study.id), style=Style.PRIMARY)
            buttons = (change, take_back)
        case State.PUBLISHED:
            page = Button(label=_("See the page"), path=f"/case-studies/{study.slug}")
            buttons = (page, take_back)
        case State.DECLINED:
            buttons = (whole, take_back)
        case State.WITHDRAWN:
            buttons = (_revise_button(words, study), whole)
    if note and study.state in (State.CHANGES_REQUESTED, State.DECLINED):
        text = f"{text} “{cards.shortened(note)}”"
    return Item(title=study.title, text=text, buttons=buttons)


def _revise_button(words: Words, study: CaseStudy) -> Button:
    return Button.to(words._("Edit and send it again"), Revise(study_id=study.id))


def _help(context: Context, asked: str) -> Message:
    _ = context._
    if asked.lower() == "help":
        text = _("A case study tells other members what you did, what came of it and what you learned.")
    else:
        text = _("I do not know “/case-study %(asked)s”. This is what there is:") % {"asked": asked[:60]}
    lines = [
        ("/case-study", _("submit a case study; the form saves what you type")),
        ("/case-study mine", _("see where yours stand, change one or withdraw one")),
    ]
    if case_study_review.reviews(context):
        lines.append(("/case-study review", _("see which ones wait for review")))
    return Message(
        text=text + "\n\n" + "\n".join(f"- {name}: {meaning}" for name, meaning in lines),
        buttons=(
            Button.to(_("Submit a case study"), RunCommand(command="case-study"), style=Style.PRIMARY),
            Button.to(_("See my case studies"), RunCommand(command="case-study mine")),
        ),
    )
