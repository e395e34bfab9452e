"""Greetings: a newcomer's regional lead is asked to say hello, and one of those asked takes it."""

from __future__ import annotations

from handlers import people
from handlers.appointment_form import today
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import Form, Step, TextField
from handlers.kit.messages import Action, Button, Fact, Message, Style
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import Router, Submitted
from handlers.kit.words import Words
from store import appointments, greetings, groups, members, organisations, profiles, tags
from store.appointments import Office
from store.greetings import OPEN_FOR, Greeting
from store.groups import GroupKind
from store.members import Member
from store.organisations import Organisation
from store.profiles import Capacity, Profile
from store.tags import Tag, TagKind

LONGEST_HELLO = 1_500

router = Router("greetings")


class SayHello(Action, name="greetings.claim"):
    """Take it on oneself to greet a newcomer."""

    member_id: int


class WriteHello(Action, name="greetings.write"):
    """Open the form whose words the bot passes on to the newcomer."""

    member_id: int


def key_of(member_id: int) -> str:
    """The outbox key of the cards that ask for a hello."""
    return f"greeting:{member_id}"


async def introduce(context: Context, member: Member) -> None:
    """Ask those who speak for a newcomer's region to say hello, once, as soon as the organisation is
    known. Nobody is asked where nobody speaks for the region."""
    if not member.active or context.now - member.created_at > OPEN_FOR:
        return
    own = await organisations.by_id(context.session, member.organisation_id or 0)
    if own is None or not own.region:
        return
    greeters = [one for one in await _greeters(context, own.region) if one.id != member.id]
    if not greeters or not await greetings.ask(context.session, member.id, context.now):
        return
    profile = await profiles.of_member(context.session, member.id)
    themes = await tags.of_kind(context.session, TagKind.THEME)
    for greeter in greeters:
        await context.send(
            greeter,
            lambda words: card(words, member, own, profile, themes),
            key=key_of(member.id),
        )


def card(
    words: Words, member: Member, organisation: Organisation, profile: Profile | None, themes: list[Tag]
) -> Message:
    """Who has come, with the button that takes it."""
    _ = words._
    facts = []
    if profile is not None and profile.capacity:
        facts.append(Fact(label=_("Here as"), value=_(people.CAPACITY_LABELS[Capacity(profile.capacity)])))
    if profile is not None and profile.job:
        facts.append(Fact(label=_("Job or portfolio"), value=profile.job))
    if profile is not None and profile.interests:
        named = tags.labels(themes, profile.interests, words.locale)
        facts.append(Fact(label=_("Interested in"), value=words.listed(named)))
    return Message(
        text=_("Somebody new in your region: %(name)s, %(organisation)s. Will you say hello?")
        % {"name": people.name_of(member, words), "organisation": organisation.name},
        facts=tuple(facts),
        buttons=(Button.to(_("I will say hello"), SayHello(member_id=member.id), style=Style.PRIMARY),),
    )


def closed_card(words: Words, member: Member, *, greeter: Member | None = None) -> Message:
    """What the card becomes once somebody has taken it, or it is too late."""
    _ = words._
    if greeter is None:
        return Message(text=_("A newcomer waited for a hello here. There is nothing left to do."))
    named = {"greeter": people.name_of(greeter, words), "name": people.name_of(member, words)}
    return Message(text=_("%(greeter)s says hello to %(name)s.") % named)


@router.action(SayHello)
async def claim(context: Context, action: SayHello) -> Reply:
    _ = context._
    greeter = context.person
    newcomer, greeting = await _greeting(context, action.member_id)
    if greeting.claimed_by_id == greeter.id:
        return _taken(context, newcomer)
    if greeting.claimed_at is not None:
        return Message(text=_("Somebody else was quicker and says hello. Thank you all the same."))
    if greeting.closed_at is not None or not newcomer.active:
        return Message(text=_("There is nothing left to do here. Thank you all the same."))
    greeting.claimed_by_id, greeting.claimed_at = greeter.id, context.now
    await context.edit(key_of(newcomer.id), lambda words: closed_card(words, newcomer, greeter=greeter))
    await context.send(newcomer, lambda words: _announced(words, greeter))
    return _taken(context, newcomer)


@router.action(WriteHello)
async def write(context: Context, action: WriteHello) -> Reply:
    await _claimed(context, action.member_id)
    return Open("greetings.hello", subject=str(action.member_id))


async def build_hello(context: Context, subject: str) -> Form:
    _ = context._
    newcomer = await _claimed(context, _id(subject))
    return Form(
        name="greetings.hello",
        title=_("Say hello"),
        submit=_("Send it"),
        steps=(
            Step(
                title=_("Say hello to %(name)s") % {"name": people.name_of(newcomer, context.words)},
                help=_("I pass it on under your name, where they read my messages."),
                fields=(TextField(name="hello", label=_("Your words"), long=True, max_length=LONGEST_HELLO),),
            ),
        ),
    )


@router.form("greetings.hello", build_hello)
async def pass_on(context: Context, sent: Submitted) -> Result:
    newcomer = await _claimed(context, _id(sent.subject))
    greeter, hello = context.person, sent.answers.text("hello")
    await context.send(newcomer, lambda words: _hello(words, greeter, hello))
    named = {"name": people.name_of(newcomer, context.words)}
    return Message(text=context._("I have passed it on to %(name)s.") % named)


async def _greeters(context: Context, region: str) -> list[Member]:
    """The region's lead; where there is none, the leads of the region's group."""
    holder = await appointments.holder(context.session, Office.REGIONAL_LEAD, region, today(context))
    lead = await members.by_id(context.session, holder) if holder else None
    if lead is not None and lead.active:
        return [lead]
    for group in await groups.active(context.session):
        if group.kind == GroupKind.REGIONAL and group.rule == {"region": [region]}:
            return await groups.leads(context.session, group.id)
    return []


async def _greeting(context: Context, member_id: int) -> tuple[Member, Greeting]:
    """The greeting, locked, that the sender was asked for.

    :raises UserError: there is none, or it was asked of others.
    """
    greeting = await greetings.of_member(context.session, member_id, lock=True)
    newcomer = await members.by_id(context.session, member_id) if greeting else None
    asked = await greetings.was_asked(context.session, key_of(member_id), context.person.id)
    if greeting is None or newcomer is None or not asked:
        raise UserError(context._("You were not asked to greet anybody here. Nothing was changed."))
    return newcomer, greeting


async def _claimed(context: Context, member_id: int) -> Member:
    """The newcomer whom the sender has taken on.

    :raises UserError: they have not.
    """
    greeting = await greetings.of_member(context.session, member_id)
    newcomer = await members.by_id(context.session, member_id) if greeting else None
    if greeting is None or newcomer is None or greeting.claimed_by_id != context.person.id:
        raise UserError(context._("You were not asked to greet anybody here. Nothing was changed."))
    if not newcomer.active:
        raise UserError(context._("They are no longer here, so there is nobody to greet."))
    return newcomer


def _id(subject: str) -> int:
    return int(subject) if subject.isascii() and subject.isdigit() and len(subject) <= 10 else 0


def _taken(context: Context, newcomer: Member) -> Message:
    _ = context._
    named = {"name": people.name_of(newcomer, context.words)}
    return Message(
        text=_("Thank you. I have told %(name)s that you will say hello.") % named
        + " "
        + _("Write to them yourself, or let me pass on a few words."),
        buttons=(Button.to(_("Write a hello"), WriteHello(member_id=newcomer.id), style=Style.PRIMARY),),
    )


def _announced(words: Words, greeter: Member) -> Message:
    text = words._("Somebody of your region will say hello to you: %(name)s.")
    return Message(text=text % {"name": people.name_of(greeter, words)})


def _hello(words: Words, greeter: Member, hello: str) -> Message:
    text = words._("A hello from %(name)s:")
    return Message(text=text % {"name": people.name_of(greeter, words)}, quote=hello)
