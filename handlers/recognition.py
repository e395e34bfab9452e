"""Recognition: what a platform vouches for decides who somebody is, and where they belong."""

from __future__ import annotations

from handlers import enrolment, greetings
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.messages import Action, Button, Message
from handlers.kit.replies import Reply
from handlers.kit.router import Router, RunCommand
from handlers.kit.updates import Profile
from handlers.kit.words import LOCALES, Words
from store import audit, invitations, linking, members, organisations, roles, web_sessions
from store.members import Identity, Member
from store.organisations import Organisation
from store.roles import Role
from store.surfaces import PASSIVE_PLATFORM

LONGEST_NAME = 200
LONGEST_EMAIL = 320

router = Router("recognition")


class ChooseOrganisation(Action, name="onboarding.choose_organisation"):
    """Say which of the organisations that share a mail domain is one's own."""

    organisation_id: int


@router.action(ChooseOrganisation)
async def choose_organisation(context: Context, action: ChooseOrganisation) -> Reply:
    _ = context._
    member = context.person
    found = {one.id: one for one in await candidates(context, member)}
    chosen = found.get(action.organisation_id)
    if chosen is None or (member.organisation_fixed and member.organisation_id != chosen.id):
        raise UserError(
            _("Your e-mail address does not say that you belong there, so nothing was changed.")
            + " "
            + how_to_correct(context, context.words)
        )
    member.organisation_id = chosen.id
    await enrolment.evaluate(context.session, member.id, context.now)
    await greetings.introduce(context, member)
    return Message(
        text=_("Thank you. You are here for %(organisation)s.") % {"organisation": chosen.name},
        small_print=(how_to_correct(context, context.words),),
    )


async def recognise(context: Context, profile: Profile, *, quiet: bool = False) -> None:
    """Take over what a platform says of the sender, with all that follows from a verified address that
    came, changed or went. ``quiet`` writes to nobody."""
    session = context.session
    found = await members.by_identity(
        session, context.update.sender.platform, context.update.sender.external_id
    )
    if found is None:
        return
    member, identity = found
    before = await members.verified_emails(session, member.id)
    gone = _take_over(identity, profile)
    if gone:
        # One platform's word that an address is gone ends what others, or the operator, vouched for.
        for other in await members.identities(session, member.id):
            if other.email == gone and other is not identity:
                other.email_verified = False
    await session.flush()
    member = await _link(context, member, identity)
    _introduce(member, profile)
    await _weigh_activity(context, member, identity, gone)
    verified = await members.verified_emails(session, member.id)
    if gone or not identity.active:
        await web_sessions.revoke_all(session, member.id)
    if not identity.active:
        await session.flush()
        await invitations.drop_unreachable(session, member.id)
    if gone:
        await _end_rights(context, member, verified, quiet=quiet)
    await _make_owner(context, member, verified, quiet=quiet)
    context.become(member, await roles.of_member(session, member.id))
    if member.organisation_id is None and not member.organisation_fixed:
        await _find_organisation(context, member, ask=not quiet and bool(verified - before))
    await session.flush()


async def candidates(context: Context, member: Member) -> list[Organisation]:
    """The organisations that a member's verified addresses speak for, in order of name."""
    found: dict[int, Organisation] = {}
    for email in sorted(await members.verified_emails(context.session, member.id)):
        found |= {one.id: one for one in await organisations.recognised_by(context.session, email)}
    return sorted(found.values(), key=lambda one: one.name)


def organisation_buttons(found: list[Organisation]) -> tuple[Button, ...]:
    return tuple(Button.to(one.name, ChooseOrganisation(organisation_id=one.id)) for one in found)


def how_to_correct(context: Context, words: Words) -> str:
    text = words._("An administrator can put your organisation right: write to %(mail)s.")
    return text % {"mail": context.network.general_mail}


def _take_over(identity: Identity, profile: Profile) -> str | None:
    """Copy an address; the verified address that no longer holds because of it, if there is one."""
    held = identity.email if identity.email_verified and identity.active else None
    email = (profile.email or "").strip().lower()
    identity.email = email if "@" in email and len(email) <= LONGEST_EMAIL else None
    identity.email_verified = profile.email_verified and profile.active and identity.email is not None
    identity.profiled = True
    identity.active = profile.active
    return held if held and not (identity.email_verified and identity.email == held) else None


def _introduce(member: Member, profile: Profile) -> None:
    member.name = profile.name.strip()[:LONGEST_NAME] or member.name
    spoken = (profile.locale or "")[:2].lower()
    if spoken in LOCALES and not member.locale_chosen:
        member.locale = spoken


async def _link(context: Context, member: Member, identity: Identity) -> Member:
    """One person, several identities: the member of longest standing with this verified address stays."""
    if not identity.email_verified or not identity.email:
        return member
    others = await linking.sharing(context.session, member.id, identity.email, identity.platform)
    for other in others:
        kept, gone = (other, member) if other.id < member.id else (member, other)
        await linking.absorb(context.session, gone, kept)
        await audit.record(context.session, "member.link", "member", kept.id, actor_id=None, now=context.now)
        member = kept
    if others:
        await members.forget_import(context.session, identity.email)
    return member


async def _weigh_activity(context: Context, member: Member, identity: Identity, gone: str | None) -> None:
    """A member is active while a platform where they can be met says so; neither their visits to the web
    pages nor what the operator vouched for of an address that has gone counts."""
    member.active = identity.active or any(
        other.active and other.platform != PASSIVE_PLATFORM and (not gone or other.email != gone)
        for other in await members.identities(context.session, member.id)
        if other is not identity
    )


async def _end_rights(context: Context, member: Member, verified: frozenset[str], *, quiet: bool) -> None:
    """What rested on an address that no longer holds: ownership and the organisation."""
    session = context.session
    by_setting = await roles.is_by_setting(session, member.id, Role.OWNER)
    held = Role.OWNER in await roles.of_member(session, member.id)
    named = bool(verified & context.surroundings.admin_emails)
    if held and not named and (by_setting or not verified):
        await roles.take(session, member.id, Role.OWNER)
        await _record_role(context, "role.take", member)
        if member.active and not quiet:
            await context.send(member, _no_longer_owner)
    if not member.organisation_fixed:
        still = {one.id for one in await candidates(context, member)}
        if member.organisation_id not in still:
            member.organisation_id = None


async def _make_owner(context: Context, member: Member, verified: frozenset[str], *, quiet: bool) -> None:
    if not verified & context.surroundings.admin_emails:
        return
    if not await roles.grant(context.session, member.id, Role.OWNER, by_id=None, now=context.now):
        return
    await _record_role(context, "role.grant", member)
    if not quiet:
        await context.send(member, _now_owner)


async def _record_role(context: Context, act: str, member: Member) -> None:
    await audit.record(
        context.session,
        act,
        "member",
        member.id,
        actor_id=None,
        now=context.now,
        values={"role": Role.OWNER.value},
        about_id=member.id,
    )


async def _find_organisation(context: Context, member: Member, *, ask: bool) -> None:
    found = await candidates(context, member)
    if len(found) == 1:
        member.organisation_id = found[0].id
    elif found and ask:
        await context.send(member, lambda words: _which_organisation(context, words, found))


def _which_organisation(context: Context, words: Words, found: list[Organisation]) -> Message:
    _ = words._
    return Message(
        text=_("Which organisation are you here for? Several share the domain of your e-mail address."),
        buttons=organisation_buttons(found),
        small_print=(how_to_correct(context, words),),
    )


def _now_owner(words: Words) -> Message:
    return Message(
        text=words._("You are an owner here: whoever runs this bot has named your e-mail address."),
        buttons=(Button.to(words._("See what you can do"), RunCommand(command="ccin")),),
    )


def _no_longer_owner(words: Words) -> Message:
    return Message(
        text=words._("You are no longer an owner here, because your e-mail address changed.")
        + " "
        + words._("If that is a mistake, ask another owner, or whoever runs this bot.")
    )
