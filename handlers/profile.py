"""One's own profile: one form, open at any time, that the groups one is in follow at once."""

from __future__ import annotations

from handlers import enrolment, greetings, organisation_claims, people, profile_messages, recognition
from handlers import organisations as organisation_options
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import AnyField, ChoiceField, Form, Option, SearchField, Step, TextField
from handlers.kit.messages import Button, Message, Style
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import Router, RunCommand, Submitted
from handlers.kit.updates import Command, RawAnswers
from handlers.kit.words import LOCALES, N_
from store import profiles, tags
from store.members import Member
from store.organisations import Organisation
from store.profiles import Profile
from store.tags import TagKind

FORM = "profile.form"
LONGEST_JOB = 120

router = Router("profile")


@router.command("ccin profile", summary=N_("Tell me who you are and what you are interested in"))
async def edit(context: Context, command: Command) -> Reply:
    member = context.person
    profile = await profiles.of_member(context.session, member.id)
    return Open(FORM, initial=_initial(context, member, profile))


async def build(context: Context, subject: str) -> Form:
    _ = context._
    return Form(
        name=FORM,
        title=_("Your profile"),
        submit=_("Save"),
        steps=(
            Step(title=_("Who you are"), fields=_who_fields(context)),
            Step(
                title=_("What you would like"),
                help=_("All of this is optional, and you can change it at any time."),
                fields=await _wish_fields(context),
            ),
            await profile_messages.step(context),
        ),
    )


@router.form(FORM, build)
async def save(context: Context, sent: Submitted) -> Result:
    _ = context._
    member, answers = context.person, sent.answers
    found = await organisation_options.chosen(context, [answers.text("organisation")])
    if not found:
        raise UserError(_("Choose an organisation from the list."), field="organisation")
    profile_messages.check(context, answers)
    profile = await profiles.start(context.session, member.id, now=context.now)
    profile.capacity = answers.text("capacity")
    profile.job = answers.text("job")
    profile.interests = list(answers.several("interests"))
    profile_messages.fill(profile, member, answers, context.now)
    profile.updated_at = context.now
    if answers.text("language") != member.locale:
        member.speak(answers.text("language"))
        context.become(member, context.roles)
    pending = await _belong(context, member, profile, found[0])
    await context.session.flush()
    came_into = await enrolment.evaluate(context.session, member.id, context.now)
    await greetings.introduce(context, member)
    return _saved(
        context, found[0], [group.name_for(context.words.locale) for group in came_into], pending=pending
    )


async def _belong(context: Context, member: Member, profile: Profile, organisation: Organisation) -> bool:
    """Take over what a verified address proves; the rest is a claim that an administrator decides on.
    Whether it waits for one."""
    if member.organisation_id == organisation.id:
        profile.pending_organisation_id = None
        return False
    proved = {one.id for one in await recognition.candidates(context, member)}
    if organisation.id in proved and not member.organisation_fixed:
        member.organisation_id, profile.pending_organisation_id = organisation.id, None
        return False
    if profile.pending_organisation_id != organisation.id:
        profile.pending_organisation_id = organisation.id
        await context.session.flush()
        await organisation_claims.ask(context, member, organisation)
    return True


def _who_fields(context: Context) -> tuple[AnyField, ...]:
    _ = context._
    return (
        SearchField(
            name="organisation",
            label=_("Which organisation are you here for?"),
            source=organisation_options.SOURCE,
            help=_("Type a part of its name. If it is not there, write to %(mail)s.")
            % {"mail": context.network.general_mail},
        ),
        ChoiceField(
            name="capacity",
            label=_("What are you there?"),
            required=False,
            options=tuple(
                Option(value=value.value, label=_(label)) for value, label in people.CAPACITY_LABELS.items()
            ),
        ),
        TextField(
            name="job", label=_("Your job or portfolio"), required=False, max_length=LONGEST_JOB,
            placeholder=_("Cabinet Member for Housing"),
        ),
    )  # fmt: skip


async def _wish_fields(context: Context) -> tuple[AnyField, ...]:
    _ = context._
    themes = await tags.of_kind(context.session, TagKind.THEME)
    fields: list[AnyField] = []
    if themes:
        fields.append(
            ChoiceField(
                name="interests",
                label=_("What are you interested in?"),
                help=_("I add you to the groups that go with it."),
                multiple=True,
                required=False,
                options=tuple(
                    Option(value=tag.slug, label=tag.label(context.words.locale)) for tag in themes
                ),
            )
        )
    fields.append(
        ChoiceField(
            name="language",
            label=_("Which language shall I speak with you?"),
            options=tuple(Option(value=locale, label=name) for locale, name in LOCALES.items()),
        )
    )
    return tuple(fields)


def _initial(context: Context, member: Member, profile: Profile | None) -> RawAnswers:
    organisation_id = (profile.pending_organisation_id if profile else None) or member.organisation_id
    initial: RawAnswers = {
        "organisation": str(organisation_id) if organisation_id else "",
        "language": member.locale,
    }
    initial |= profile_messages.initial(member, profile, context.now)
    if profile is not None:
        initial |= {"capacity": profile.capacity, "job": profile.job, "interests": list(profile.interests)}
    return initial


def _saved(context: Context, organisation: Organisation, came_into: list[str], *, pending: bool) -> Message:
    _ = context._
    said = [_("Saved.")]
    if came_into:
        names = context.words.listed(came_into)
        said.append(_("I am adding you to %(groups)s.") % {"groups": names})
    if pending:
        unproved = _("Your mail address does not show that you are here for %(organisation)s.")
        said.append(unproved % {"organisation": organisation.name})
        said.append(_("An administrator confirms it first; until then you can join open groups."))
    return Message(
        text=" ".join(said),
        buttons=(
            Button.to(_("My groups"), RunCommand(command="groups", text="mine"), style=Style.PRIMARY),
            Button.to(_("Change my profile"), RunCommand(command="ccin", text="profile")),
        ),
    )
