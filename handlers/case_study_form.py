"""The form of a case study: what it asks, what it is filled with, and what happens when it is sent."""

from __future__ import annotations

from collections.abc import Sequence

from handlers import case_study_cards as cards
from handlers import case_study_review, organisations
from handlers.case_study_actions import Read
from handlers.kit.answers import Answers
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import (
    LONGEST_TEXT,
    ChoiceField,
    Form,
    LinkField,
    NumberField,
    Option,
    SearchField,
    Step,
    TextField,
    YesNoField,
)
from handlers.kit.messages import Button, Message
from handlers.kit.replies import Result
from handlers.kit.router import Router, Submitted
from handlers.kit.updates import RawAnswers
from handlers.kit.words import LONDON
from store import case_studies, case_study_reviews, members, tags
from store.case_studies import CaseStudy, Content, State
from store.tags import Tag, TagKind

FORM = "case_study.submit"
LONGEST_TITLE = 150
EARLIEST_YEAR = 1990
MOST_PARTNERS = 15
MOST_THEMES = 5
LINKS = ("link_1", "link_2", "link_3")

router = Router("case_study_form")


async def for_new(context: Context, done: str = "") -> RawAnswers:
    """What a new case study begins with: the author's organisation and address, and any text at hand."""
    author = context.person
    addresses = sorted(await members.verified_emails(context.session, author.id))
    filled: RawAnswers = {
        "contact": ", ".join(part for part in (author.name, *addresses[:1]) if part),
        "done": done.strip(),
    }
    if author.organisation_id is not None:
        filled["organisation"] = str(author.organisation_id)
    return filled


async def from_study(context: Context, study: CaseStudy) -> RawAnswers:
    """Everything that was sent last time; consent is given anew."""
    partners = (await case_studies.partners_of(context.session, [study.id]))[study.id]
    return {
        "title": study.title,
        "organisation": str(study.organisation_id),
        "partners": [str(partner.id) for partner in partners],
        "themes": list(study.themes),
        "principles": list(study.principles),
        "year": str(study.year),
        "challenge": study.challenge,
        "done": study.done,
        "outcomes": study.outcomes,
        "learning": study.learning,
        **dict(zip(LINKS, study.links, strict=False)),
        "contact": study.contact,
    }


async def own(context: Context, study_id: int, *, lock: bool = False) -> CaseStudy:
    """A case study of the sender's; anybody else's is as good as none."""
    study = await case_studies.by_id(context.session, study_id, lock=lock)
    if study is None or study.author_id != context.person.id:
        raise UserError(context._("That case study is not one of yours."))
    return study


async def own_to_revise(context: Context, study_id: int, *, lock: bool = False) -> CaseStudy:
    """A case study of the sender's that they may send again."""
    _ = context._
    study = await own(context, study_id, lock=lock)
    match State(study.state):
        case State.SUBMITTED:
            raise UserError(_("This one waits for a reviewer. To change it now, withdraw it first."))
        case State.PUBLISHED:
            raise UserError(_("This one is published. To change it, withdraw it first; then send it again."))
        case State.DECLINED:
            raise UserError(_("This one was declined and cannot be sent again. You can submit a new one."))
    return study


async def build(context: Context, subject: str) -> Form:
    """``subject`` is the id of the case study that is changed; empty for a new one."""
    _ = context._
    note = await _note(context, subject)
    themes = await tags.of_kind(context.session, TagKind.THEME)
    principles = await tags.of_kind(context.session, TagKind.PRINCIPLE)
    return Form(
        name=FORM,
        title=_("Change a case study") if subject else _("Submit a case study"),
        submit=_("Send for review"),
        steps=(
            Step(
                title=_("What it is about"),
                help=note,
                fields=(
                    TextField(
                        name="title",
                        label=_("Title"),
                        help=_("Say in a few words what was done, and where."),
                        min_length=5,
                        max_length=LONGEST_TITLE,
                    ),
                    SearchField(
                        name="organisation",
                        label=_("Which organisation led it?"),
                        help=_("Type a part of its name."),
                        source=organisations.SOURCE,
                    ),
                    SearchField(
                        name="partners",
                        label=_("Which other organisations took part?"),
                        help=_("Members of the network; name others in the text."),
                        source=organisations.SOURCE,
                        multiple=True,
                        most=MOST_PARTNERS,
                        required=False,
                    ),
                    ChoiceField(
                        name="themes",
                        label=_("Themes"),
                        help=_("Up to five."),
                        options=_options(themes, context.words.locale),
                        multiple=True,
                        most=MOST_THEMES,
                    ),
                    ChoiceField(
                        name="principles",
                        label=_("Principles met"),
                        help=_("Choose those that it shows best."),
                        options=_options(principles, context.words.locale),
                        multiple=True,
                    ),
                    NumberField(
                        name="year",
                        label=_("Year"),
                        help=_("The year in which it began."),
                        minimum=EARLIEST_YEAR,
                        maximum=context.now.astimezone(LONDON).year,
                    ),
                ),
            ),
            Step(
                title=_("The story"),
                fields=(
                    _story("challenge", _("The challenge"), _("What was the matter, and for whom?")),
                    _story("done", _("What was done"), _("Who did what, with whom, and how?")),
                    _story(
                        "outcomes",
                        _("Outcomes and evidence"),
                        _("What changed, and how do you know? Figures help."),
                    ),
                    _story(
                        "learning",
                        _("Learning for others"),
                        _("What would you tell a council that starts now?"),
                    ),
                ),
            ),
            Step(
                title=_("Links and contact"),
                fields=(
                    *(
                        LinkField(
                            name=name,
                            label=_("Link %(number)s") % {"number": number},
                            help=_("A report, a film or a page that shows more.") if number == 1 else "",
                            required=False,
                        )
                        for number, name in enumerate(LINKS, start=1)
                    ),
                    TextField(
                        name="contact",
                        label=_("Contact"),
                        help=_("Whom readers can ask: a name and an address. It stands on the public page."),
                    ),
                    YesNoField(
                        name="consent",
                        label=_("My organisation agrees that this is published"),
                        help=_(
                            "Once a reviewer agrees too, everybody can read it, with the contact. "
                            "You can withdraw it at any time."
                        ),
                        must_accept=True,
                    ),
                ),
            ),
        ),
    )


@router.form(FORM, build)
async def submit(context: Context, sent: Submitted) -> Result:
    """Keep it, ask the reviewers, and tell the author what comes next."""
    _ = context._
    content, partners = await _content(context, sent.answers)
    if sent.subject:
        study = await own_to_revise(context, int(sent.subject), lock=True)
        study.send_again(content, context.now)
        await context.session.flush()
    else:
        study = await case_studies.add(context.session, content, author_id=context.person.id, now=context.now)
    await case_studies.set_partners(context.session, study, partners)
    # Read again, with the organisation that it has now.
    case = await cards.load(context.session, await own(context, study.id, lock=True))
    if await case_study_review.ask(context, case):
        next_step = _(
            "A reviewer reads it now, and you hear from me once they decide: to publish it, to ask you for "
            "changes, or not to publish it."
        )
    else:
        next_step = _("Nobody can review it at the moment. It is kept, and waits until somebody can.")
    return Message(
        text=_("Thank you: I have your case study “%(title)s”.") % {"title": study.title} + " " + next_step,
        buttons=(
            Button.to(_("Read what you sent"), Read(study_id=study.id)),
            cards.withdraw_button(context.words, case.study),
        ),
    )


async def _content(context: Context, answers: Answers) -> tuple[Content, list[int]]:
    """What was written, and the ids of the other organisations; both kinds of id are looked up."""
    _ = context._
    lead = await organisations.chosen(context, [answers.text("organisation")])
    if not lead:
        raise UserError(_("Choose an organisation from the list."), field="organisation")
    partners = await organisations.chosen(context, answers.several("partners"))
    content = Content(
        title=" ".join(answers.text("title").split()),
        organisation_id=lead[0].id,
        themes=list(answers.several("themes")),
        principles=list(answers.several("principles")),
        year=answers.number("year") or 0,
        challenge=answers.text("challenge"),
        done=answers.text("done"),
        outcomes=answers.text("outcomes"),
        learning=answers.text("learning"),
        links=list(dict.fromkeys(link for name in LINKS if (link := answers.text(name)))),
        contact=answers.text("contact"),
    )
    return content, [partner.id for partner in partners]


async def _note(context: Context, subject: str) -> str:
    """What the reviewer asked for, to stand above the form."""
    if not subject:
        return ""
    study = await own_to_revise(context, int(subject))
    if study.state != State.CHANGES_REQUESTED:
        return ""
    for review, reviewer in (await case_study_reviews.of_study(context.session, study.id))[:1]:
        asked = {"who": cards.name_of(context.words, reviewer), "note": review.note}
        return context._("%(who)s asks: “%(note)s”") % asked
    return ""


def _options(known: Sequence[Tag], locale: str) -> tuple[Option, ...]:
    return tuple(Option(value=tag.slug, label=tag.label(locale)) for tag in known)


def _story(name: str, label: str, help_text: str) -> TextField:
    return TextField(name=name, label=label, help=help_text, long=True, max_length=LONGEST_TEXT)
