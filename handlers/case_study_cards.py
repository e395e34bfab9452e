"""What the bot shows of a case study: the reviewers' card, the whole text, and words to its author."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.case_study_actions import AskForChanges, Decline, Publish, Read, Revise, Withdraw
from handlers.kit.messages import Button, Confirm, Fact, Item, Message, Style
from handlers.kit.router import RunCommand
from handlers.kit.words import Words
from handlers.people import ROLE_NAMES
from store import case_studies, case_study_reviews, members, organisations, tags
from store.case_studies import CaseStudy, State
from store.case_study_reviews import Decision
from store.members import Member
from store.organisations import Organisation
from store.roles import Role
from store.tags import Tag, TagKind

LONGEST_EXCERPT = 400


@dataclass(frozen=True, slots=True)
class Case:
    """A case study with everything that is shown beside it."""

    study: CaseStudy
    partners: list[Organisation]
    author: Member | None
    author_organisation: Organisation | None
    themes: list[Tag]
    principles: list[Tag]
    # What the author was last asked for, where this is not the first version.
    last_note: str

    @property
    def review_key(self) -> str:
        """The key that every copy of this version's card goes out under."""
        return f"case_study:{self.study.id}:review:{self.study.version}"

    @property
    def page(self) -> str:
        return f"/case-studies/{self.study.slug}"

    @property
    def taking_part(self) -> set[int]:
        """The ids of the organisations that lead or take part."""
        return {self.study.organisation_id, *(partner.id for partner in self.partners)}

    def may_be_decided_by(self, member: Member) -> bool:
        """Nobody decides what they wrote, or what their own organisation leads, joins or submitted."""
        if member.id == self.study.author_id:
            return False
        involved = self.taking_part
        if self.author is not None and self.author.organisation_id is not None:
            involved.add(self.author.organisation_id)
        return member.organisation_id is None or member.organisation_id not in involved


async def load(session: AsyncSession, study: CaseStudy) -> Case:
    author = await members.by_id(session, study.author_id) if study.author_id else None
    employer = author.organisation_id if author else None
    return Case(
        study=study,
        partners=(await case_studies.partners_of(session, [study.id]))[study.id],
        author=author,
        author_organisation=await organisations.by_id(session, employer) if employer else None,
        themes=await tags.of_kind(session, TagKind.THEME),
        principles=await tags.of_kind(session, TagKind.PRINCIPLE),
        last_note=(await case_study_reviews.last_notes(session, [study.id])).get(study.id, ""),
    )


def name_of(words: Words, member: Member | None) -> str:
    return (member.name if member else "") or words._("A member")


def review_card(words: Words, case: Case, *, decidable: bool = True, note: str = "") -> Message:
    """What a reviewer decides on. Where not ``decidable`` by the reader it says so and has no buttons."""
    _ = words._
    study = case.study
    items: tuple[Item, ...] = ()
    if study.version > 1:
        text = _("“%(title)s” was changed by its author and waits for review again.")
        if case.last_note:
            items = (Item(title=_("Asked for last time"), text=shortened(case.last_note)),)
    else:
        text = _("“%(title)s” waits for review.")
    small_print = [note, *_doubts(words, case)]
    if not decidable:
        small_print.append(
            _("You took part in this one, or your organisation did, so somebody else decides.")
        )
    return Message(
        text=text % {"title": study.title},
        quote=shortened(study.done),
        facts=_facts(words, case),
        items=items,
        buttons=(
            *(_decisions(words, case) if decidable else ()),
            Button.to(_("Read it all"), Read(study_id=study.id)),
        ),
        small_print=tuple(line for line in small_print if line),
    )


def whole(words: Words, case: Case, *, decidable: bool) -> Message:
    """Everything the author wrote."""
    _ = words._
    study = case.study
    items = [
        Item(title=_("The challenge"), text=study.challenge),
        Item(title=_("What was done"), text=study.done),
        Item(title=_("Outcomes and evidence"), text=study.outcomes),
        Item(title=_("Learning for others"), text=study.learning),
    ]
    if study.links:
        items.append(Item(title=_("Links"), text="\n".join(study.links)))
    return Message(
        heading=study.title,
        text=state_line(words, study),
        facts=_facts(words, case),
        items=tuple(items),
        buttons=_decisions(words, case) if decidable else (),
        small_print=tuple(_doubts(words, case)) if decidable else (),
    )


def decided_card(
    words: Words, case: Case, decision: Decision, by: Member, role: Role | None, note: str
) -> Message:
    """What every copy of the card says once somebody has decided."""
    _ = words._
    who = name_of(words, by)
    if role is not None:
        who = _("%(name)s (%(role)s)") % {"name": who, "role": _(ROLE_NAMES[role]).lower()}
    buttons = (Button(label=_("See the page"), path=case.page),) if case.study.is_public else ()
    return Message(
        text=decision_line(words, case.study, decision, who, case.study.updated_at),
        quote=note,
        facts=_facts(words, case),
        buttons=buttons,
    )


def withdrawn_card(words: Words, case: Case) -> Message:
    return Message(
        text=words._("The author withdrew “%(title)s” on %(when)s.")
        % {"title": case.study.title, "when": words.moment(case.study.updated_at)},
        facts=_facts(words, case),
    )


def decision_line(words: Words, study: CaseStudy, decision: Decision, who: str, at: datetime) -> str:
    _ = words._
    lines = {
        Decision.PUBLISHED: _("%(who)s published “%(title)s” on %(when)s."),
        Decision.CHANGES_REQUESTED: _("%(who)s asked for changes to “%(title)s” on %(when)s."),
        Decision.DECLINED: _("%(who)s declined “%(title)s” on %(when)s."),
    }
    return lines[decision] % {"who": who, "title": study.title, "when": words.moment(at)}


def told_author(words: Words, case: Case, decision: Decision, by: Member, note: str, *, mail: str) -> Message:
    """What the author hears, with what they can do next. ``mail`` is where they can talk about it."""
    _ = words._
    named = {"who": name_of(words, by), "title": case.study.title, "mail": mail}
    mine = Button.to(_("See my case studies"), RunCommand(command="case-study mine"))
    match decision:
        case Decision.PUBLISHED:
            return Message(
                text=_(
                    "Your case study “%(title)s” is published. Thank you: everybody can learn from it now."
                )
                % named,
                buttons=(Button(label=_("See the page"), path=case.page, style=Style.PRIMARY), mine),
            )
        case Decision.CHANGES_REQUESTED:
            return Message(
                text=_("%(who)s asks you for changes to your case study “%(title)s” before it is published.")
                % named,
                quote=note,
                buttons=(
                    Button.to(_("Make the changes"), Revise(study_id=case.study.id), style=Style.PRIMARY),
                    withdraw_button(words, case.study),
                ),
                small_print=(_("The form opens with everything that you wrote."),),
            )
        case Decision.DECLINED:
            return Message(
                text=_("%(who)s decided not to publish your case study “%(title)s”.") % named,
                quote=note,
                buttons=(mine,),
                small_print=(_("If you want to talk about it, write to %(mail)s.") % named,),
            )


def withdraw_button(words: Words, study: CaseStudy) -> Button:
    _ = words._
    if study.is_public:
        text = _("Its public page goes away at once. You can edit it and send it again later.")
    else:
        text = _("Nobody reviews it any more. You can edit it and send it again later.")
    confirm = Confirm(title=_("Withdraw this case study?"), text=text, yes=_("Withdraw it"), no=_("Keep it"))
    return Button.to(_("Withdraw it"), Withdraw(study_id=study.id), style=Style.DANGER, confirm=confirm)


def state_line(words: Words, study: CaseStudy) -> str:
    """Where a case study stands, in one sentence."""
    _ = words._
    decided_at = study.decided_at or study.updated_at
    match State(study.state):
        case State.SUBMITTED:
            return _("Waiting for a reviewer since %(day)s.") % {"day": words.day(study.submitted_at)}
        case State.CHANGES_REQUESTED:
            return _("Changes were asked for on %(day)s.") % {"day": words.day(decided_at)}
        case State.PUBLISHED:
            return _("Published on %(day)s.") % {"day": words.day(decided_at)}
        case State.DECLINED:
            return _("Declined on %(day)s.") % {"day": words.day(decided_at)}
        case State.WITHDRAWN:
            return _("Withdrawn on %(day)s.") % {"day": words.day(study.updated_at)}


def shortened(text: str, longest: int = LONGEST_EXCERPT) -> str:
    """The beginning of a text, cut between words."""
    if len(text) <= longest:
        return text
    beginning = text[:longest]
    return (beginning.rpartition(" ")[0] or beginning).rstrip() + " …"


def _decisions(words: Words, case: Case) -> tuple[Button, ...]:
    _ = words._
    named = {"study_id": case.study.id, "version": case.study.version}
    confirm = Confirm(
        title=_("Publish this case study?"),
        text=_("It gets a public page at once, and its author is told."),
        yes=_("Publish"),
        no=_("Not yet"),
    )
    return (
        Button.to(_("Publish"), Publish(**named), style=Style.PRIMARY, confirm=confirm),
        Button.to(_("Ask for changes"), AskForChanges(**named)),
        Button.to(_("Decline"), Decline(**named)),
    )


def _facts(words: Words, case: Case) -> tuple[Fact, ...]:
    _ = words._
    study = case.study
    author = name_of(words, case.author)
    if case.author_organisation is not None:
        author = f"{author}, {case.author_organisation.name}"
    shown = [
        (_("Organisation"), study.organisation.shown),
        (_("Other organisations"), words.listed([partner.name for partner in case.partners])),
        (_("Themes"), ", ".join(tags.labels(case.themes, study.themes, words.locale))),
        (_("Principles met"), ", ".join(tags.labels(case.principles, study.principles, words.locale))),
        (_("Year"), str(study.year)),
        (_("Sent by"), author),
        (_("Contact"), study.contact),
    ]
    return tuple(Fact(label=label, value=value) for label, value in shown if value)


def _doubts(words: Words, case: Case) -> list[str]:
    """What a reviewer should know about who speaks for the organisation."""
    _ = words._
    if case.author is None:
        return []
    if case.author.organisation_id is None:
        return [_("The author's organisation is not confirmed: please check that they speak for this one.")]
    if case.author.organisation_id not in case.taking_part:
        return [_("The author belongs to another organisation: please check that they speak for this one.")]
    return []
