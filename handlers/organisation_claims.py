"""Claims: somebody says where they belong, nothing proves it, and an administrator decides."""

from __future__ import annotations

from handlers import enrolment, greetings, people
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.messages import Action, Button, Message, Style
from handlers.kit.replies import Reply
from handlers.kit.router import Router, RunCommand, only
from handlers.kit.words import Words
from store import members, organisations, profiles, roles
from store.members import Member
from store.organisations import Organisation
from store.profiles import Profile
from store.roles import Role

ADMINISTRATORS = only(Role.ADMINISTRATOR)

router = Router("organisation_claims")


class ConfirmClaim(Action, name="organisations.confirm_claim"):
    """Somebody does belong there; ``claimed_at`` names the card."""

    member_id: int
    organisation_id: int
    claimed_at: int


class DeclineClaim(Action, name="organisations.decline_claim"):
    member_id: int
    organisation_id: int
    claimed_at: int


class LearnDomain(Action, name="organisations.learn_domain"):
    """Recognise everybody with an address at a domain from now on."""

    organisation_id: int
    domain: str


async def ask(context: Context, member: Member, organisation: Organisation) -> None:
    """Send the administrators a card to decide on."""
    claimed_at = int(context.now.timestamp())
    emails = sorted(await members.verified_emails(context.session, member.id))
    for administrator in await roles.administrators(context.session):
        await context.send(
            administrator,
            lambda words: _card(words, member, organisation, emails, claimed_at),
            key=_key(member.id, organisation.id, claimed_at),
        )


@router.action(ConfirmClaim, access=ADMINISTRATORS)
async def confirm(context: Context, action: ConfirmClaim) -> Reply:
    _ = context._
    claim = await _waiting(context, action)
    if claim is None:
        return _decided_already(context)
    member, profile, organisation = claim
    profile.pending_organisation_id = None
    # No mail address takes back what an administrator has confirmed.
    member.organisation_id, member.organisation_fixed = organisation.id, True
    await context.session.flush()
    await enrolment.evaluate(context.session, member.id, context.now)
    await greetings.introduce(context, member)
    await context.audit(
        "organisation.confirm_claim", "member", member.id, {"organisation_id": str(organisation.id)},
        about=member,
    )  # fmt: skip
    await context.send(member, lambda words: _confirmed(words, organisation))
    closed = await _close(context, action, member, organisation, confirmed=True)
    domains = await _domains_to_learn(context, member, organisation)
    if not domains:
        return closed
    offer = _("Shall I recognise everybody with an address there as belonging to %(organisation)s?")
    return closed.model_copy(
        update={
            "text": closed.text + "\n\n" + offer % {"organisation": organisation.name},
            "buttons": tuple(
                Button.to(
                    _("Learn %(domain)s") % {"domain": domain},
                    LearnDomain(organisation_id=organisation.id, domain=domain),
                    style=Style.PRIMARY,
                )
                for domain in domains
            ),
        }
    )


@router.action(DeclineClaim, access=ADMINISTRATORS)
async def decline(context: Context, action: DeclineClaim) -> Reply:
    claim = await _waiting(context, action)
    if claim is None:
        return _decided_already(context)
    member, profile, organisation = claim
    profile.pending_organisation_id = None
    await context.audit(
        "organisation.decline_claim", "member", member.id, {"organisation_id": str(organisation.id)},
        about=member,
    )  # fmt: skip
    mail = context.network.general_mail
    await context.send(member, lambda words: _declined(words, organisation, mail))
    return await _close(context, action, member, organisation, confirmed=False)


@router.action(LearnDomain, access=ADMINISTRATORS)
async def learn_domain(context: Context, action: LearnDomain) -> Reply:
    _ = context._
    organisation = await organisations.by_id(context.session, action.organisation_id)
    domain = action.domain.strip().lower()
    if organisation is None or not organisations.may_be_learnt(domain):
        raise UserError(_("That domain says nothing about where somebody works. Nothing was changed."))
    named = {"domain": domain, "organisation": organisation.name}
    if not await organisations.learn_domain(context.session, organisation.id, domain):
        return Message(text=_("I know %(domain)s of %(organisation)s already.") % named)
    await context.audit("organisation.learn_domain", "organisation", organisation.id, {"domain": domain})
    said = _("From now on I recognise addresses at %(domain)s as %(organisation)s.") % named
    sharing = [
        one for one in await organisations.of_domain(context.session, domain) if one.id != organisation.id
    ]
    if sharing:
        names = {"organisations": context.words.listed([one.name for one in sharing])}
        said += " " + _("%(organisations)s use it too, so people are asked where they belong.") % names
    return Message(text=said)


async def _waiting(
    context: Context, action: ConfirmClaim | DeclineClaim
) -> tuple[Member, Profile, Organisation] | None:
    """The claim, if it still waits to be decided."""
    member = await members.by_id(context.session, action.member_id)
    if member is None:
        return None
    profile = await profiles.of_member(context.session, member.id)
    organisation = await organisations.by_id(context.session, action.organisation_id)
    if profile is None or organisation is None or profile.pending_organisation_id != organisation.id:
        return None
    return member, profile, organisation


async def _domains_to_learn(context: Context, member: Member, organisation: Organisation) -> list[str]:
    """The domains of a member's verified addresses that would tell, and that nobody has taught me."""
    emails = await members.verified_emails(context.session, member.id)
    domains = {email.rpartition("@")[2] for email in emails}
    learnt = await organisations.domains_of(context.session, organisation.id)
    return sorted(domain for domain in domains - learnt if organisations.may_be_learnt(domain))


async def _close(
    context: Context, action: ConfirmClaim | DeclineClaim, member: Member, organisation: Organisation, *,
    confirmed: bool,
) -> Message:  # fmt: skip
    """Every copy of the card says who decided."""
    decider = context.person
    await context.edit(
        _key(member.id, organisation.id, action.claimed_at),
        lambda words: _closed_card(words, member, organisation, decider, confirmed=confirmed),
    )
    return _closed_card(context.words, member, organisation, decider, confirmed=confirmed)


def _decided_already(context: Context) -> Message:
    return Message(text=context._("That is decided already, or they claim something else now."))


def _key(member_id: int, organisation_id: int, claimed_at: int) -> str:
    return f"organisation.claim:{member_id}:{organisation_id}:{claimed_at}"


def _card(
    words: Words, member: Member, organisation: Organisation, emails: list[str], claimed_at: int
) -> Message:
    _ = words._
    named = {"name": people.name_of(member, words), "organisation": organisation.name}
    held = {"member_id": member.id, "organisation_id": organisation.id, "claimed_at": claimed_at}
    if emails:
        proof = _("Confirmed addresses: %(emails)s") % {"emails": ", ".join(emails)}
    else:
        proof = _("They have no confirmed e-mail address.")
    return Message(
        heading=_("Does this person belong there?"),
        text=_("%(name)s says that they are here for %(organisation)s. Nothing proves it yet.") % named,
        buttons=(
            Button.to(_("Confirm"), ConfirmClaim(**held), style=Style.PRIMARY),
            Button.to(_("Decline"), DeclineClaim(**held)),
        ),
        small_print=(proof,),
    )


def _closed_card(
    words: Words, member: Member, organisation: Organisation, decider: Member, *, confirmed: bool
) -> Message:
    _ = words._
    named = {
        "name": people.name_of(member, words),
        "organisation": organisation.name,
        "decider": people.name_of(decider, words),
    }
    text = (
        _("%(decider)s has confirmed that %(name)s is here for %(organisation)s.")
        if confirmed
        else _("%(decider)s could not confirm that %(name)s is here for %(organisation)s.")
    )
    return Message(heading=_("Does this person belong there?"), text=text % named)


def _confirmed(words: Words, organisation: Organisation) -> Message:
    _ = words._
    return Message(
        text=_("An administrator has confirmed that you are here for %(organisation)s.")
        % {"organisation": organisation.name},
        buttons=(Button.to(_("My groups"), RunCommand(command="groups", text="mine"), style=Style.PRIMARY),),
    )


def _declined(words: Words, organisation: Organisation, mail: str) -> Message:
    _ = words._
    return Message(
        text=_("An administrator could not confirm that you are here for %(organisation)s.")
        % {"organisation": organisation.name}
        + " "
        + _("If that is a mistake, write to %(mail)s.") % {"mail": mail},
        buttons=(Button.to(_("Change my profile"), RunCommand(command="ccin", text="profile")),),
    )
