"""Roles: who holds which, giving one and taking one away."""

from __future__ import annotations

from collections.abc import Iterable

from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import ChoiceField, Form, Option, SearchField, Step
from handlers.kit.messages import Action, Button, Confirm, Item, Message, Style
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import Router, RunCommand, Source, Submitted, only
from handlers.kit.updates import Command
from handlers.kit.words import N_, Words
from store import members, organisations, roles
from store.members import Member
from store.profiles import Capacity
from store.roles import Role

ROLE_NAMES = {
    Role.OWNER: N_("Owner"),
    Role.ADMINISTRATOR: N_("Administrator"),
    Role.REVIEWER: N_("Reviewer"),
    Role.PANEL: N_("Panel"),
}
ROLE_DUTIES = {
    Role.OWNER: N_("Gives and takes roles, and may do all that administrators may."),
    Role.ADMINISTRATOR: N_("Chooses the channels, edits the texts and looks after the list of members."),
    Role.REVIEWER: N_("Decides on the case studies that members send in."),
    Role.PANEL: N_("Scores the funding bids of other organisations."),
}

CAPACITY_LABELS = {
    Capacity.COUNCILLOR: N_("A councillor"),
    Capacity.OFFICER: N_("An officer"),
    Capacity.OTHER: N_("Something else"),
}

HOLDERS_A_PAGE = 8

router = Router("people")


class GrantRole(Action, name="people.grant_role"):
    """Give a member a role."""

    member_id: int
    role: str


class TakeRole(Action, name="people.take_role"):
    """Take a role from a member."""

    member_id: int
    role: str


class ChooseWhom(Action, name="people.choose_whom"):
    """Open the form that gives a role."""


class ListRoles(Action, name="people.list_roles"):
    page: int = 0


@router.command("ccin roles", summary=N_("See who holds which role, and change it"), access=only(Role.OWNER))
async def list_roles(context: Context, command: Command) -> Reply:
    return await _roles_page(context, 0)


@router.action(ListRoles, access=only(Role.OWNER))
async def turn_page(context: Context, action: ListRoles) -> Reply:
    return await _roles_page(context, max(0, min(action.page, 10_000)))


async def _roles_page(context: Context, page: int) -> Message:
    _ = context._
    held = await roles.granted(context.session)
    rest = (page + 1) * HOLDERS_A_PAGE
    shown = held[rest - HOLDERS_A_PAGE : rest]
    labels = await label_members(context, [member for member, _roles in shown])
    items = tuple(
        Item(
            title=labels[member.id],
            text=name_roles(member_roles, context.words)
            + ("" if member.active else " · " + _("no longer active")),
            buttons=tuple(
                _take_button(context.words, labels[member.id], member, role)
                for role in Role
                if role in member_roles
            ),
        )
        for member, member_roles in shown
    )
    buttons = [Button.to(_("Give a role"), ChooseWhom(), style=Style.PRIMARY)]
    if rest < len(held):
        buttons.append(Button.to(_("Next page"), ListRoles(page=page + 1)))
    if page:
        buttons.append(Button.to(_("Page before"), ListRoles(page=page - 1)))
    if len(held) < 2:
        text = _("Nobody but you holds a role yet. Give one, and others can help you look after the network.")
    else:
        text = _("These people hold a role. Whoever is given or loses one is told.")
    return Message(heading=_("Roles"), text=text, items=items, buttons=tuple(buttons))


@router.action(ChooseWhom, access=only(Role.OWNER))
async def choose_whom(context: Context, action: ChooseWhom) -> Reply:
    return Open("people.grant")


@router.action(GrantRole, access=only(Role.OWNER))
async def grant_role(context: Context, action: GrantRole) -> Reply:
    return await _grant(context, await _member(context, action.member_id), _role(context, action.role))


@router.action(TakeRole, access=only(Role.OWNER))
async def take_role(context: Context, action: TakeRole) -> Reply:
    _ = context._
    member, role = await _member(context, action.member_id), _role(context, action.role)
    named = {"name": name_of(member, context.words), "role": _(ROLE_NAMES[role])}
    if role not in await roles.of_member(context.session, member.id):
        return _done(context, _("%(name)s does not hold the role “%(role)s”. Nothing was changed.") % named)
    if role is Role.OWNER:
        await _may_lose_ownership(context, member, named)
    await roles.take(context.session, member.id, role)
    await context.audit("role.take", "member", member.id, {"role": role.value}, about=member)
    if member.id == context.person.id:
        return Message(text=_("You no longer hold the role “%(role)s”.") % named)
    await context.send(member, lambda words: _taken(words, role))
    return _done(context, _("%(name)s no longer holds the role “%(role)s”, and is told so.") % named)


async def build_grant(context: Context, subject: str) -> Form:
    _ = context._
    return Form(
        name="people.grant",
        title=_("Give a role"),
        submit=_("Give the role"),
        steps=(
            Step(
                title=_("Give a role"),
                fields=(
                    SearchField(
                        name="member",
                        label=_("Who?"),
                        source="member",
                        help=_("Type a part of their name. Only people whom the bot has met can be found."),
                    ),
                    ChoiceField(
                        name="role",
                        label=_("Which role?"),
                        options=tuple(
                            Option(value=role.value, label=_(ROLE_NAMES[role]), help=_(ROLE_DUTIES[role]))
                            for role in Role
                        ),
                    ),
                ),
            ),
        ),
    )


@router.form("people.grant", build_grant, access=only(Role.OWNER))
async def grant_chosen(context: Context, sent: Submitted) -> Result:
    member = await chosen_member(context, sent.answers.text("member"), field="member")
    return await _grant(context, member, _role(context, sent.answers.text("role")))


async def find_members(context: Context, query: str) -> list[Option]:
    found = await members.search(context.session, query)
    return await _options(context, [member for member in found if member.name])


async def named_members(context: Context, values: tuple[str, ...]) -> list[Option]:
    found = [await members.by_id(context.session, int(value)) for value in values if value.isdecimal()]
    return await _options(context, [member for member in found if member is not None])


router.lookup("member", Source(find_members, named_members))


async def chosen_member(context: Context, value: str, *, field: str) -> Member:
    """The active member that a search field's value names.

    :raises UserError: there is none; the sentence stands beside ``field``.
    """
    member = await members.by_id(context.session, int(value)) if value.isdecimal() else None
    if member is None or not member.active:
        raise UserError(context._("Choose a person from the list."), field=field)
    return member


async def label_members(context: Context, several: Iterable[Member]) -> dict[int, str]:
    """“Name — Organisation” by member id."""
    several = list(several)
    ids = {member.organisation_id for member in several if member.organisation_id is not None}
    names = {one.id: one.name for one in await organisations.by_ids(context.session, sorted(ids))}
    return {
        member.id: " — ".join(
            part for part in (name_of(member, context.words), names.get(member.organisation_id or 0)) if part
        )
        for member in several
    }


def name_of(member: Member, words: Words) -> str:
    return member.name or words._("Somebody without a name")


def name_roles(held: frozenset[Role], words: Words) -> str:
    """“Owner, Reviewer”, the most powerful first."""
    return ", ".join(words._(ROLE_NAMES[role]) for role in Role if role in held)


async def _options(context: Context, several: list[Member]) -> list[Option]:
    labels = await label_members(context, several)
    return [Option(value=str(member.id), label=labels[member.id]) for member in several]


async def _grant(context: Context, member: Member, role: Role) -> Message:
    _ = context._
    named = {"name": name_of(member, context.words), "role": _(ROLE_NAMES[role])}
    if not member.active:
        raise UserError(_("%(name)s is no longer active, so they cannot be given a role.") % named)
    if not await roles.grant(context.session, member.id, role, by_id=context.person.id, now=context.now):
        return _done(context, _("%(name)s holds the role “%(role)s” already. Nothing was changed.") % named)
    await context.audit("role.grant", "member", member.id, {"role": role.value}, about=member)
    if member.id == context.person.id:
        return _done(context, _("You now hold the role “%(role)s”.") % named)
    giver = context.person
    await context.send(member, lambda words: _given(words, role, giver))
    return _done(context, _("%(name)s now holds the role “%(role)s”, and is told so.") % named)


async def _may_lose_ownership(context: Context, member: Member, named: dict[str, str]) -> None:
    _ = context._
    verified = await members.verified_emails(context.session, member.id)
    if verified & context.surroundings.admin_emails:
        raise UserError(
            _("%(name)s stays an owner: the setting ADMIN_EMAILS names their e-mail address.") % named
            + " "
            + _("Whoever runs the bot can take it out there first.")
        )
    if not await roles.others_hold(context.session, Role.OWNER, member.id):
        raise UserError(
            _("%(name)s is the only owner, so the role cannot be taken. Make somebody else an owner first.")
            % named
        )


async def _member(context: Context, member_id: int) -> Member:
    member = await members.by_id(context.session, member_id)
    if member is None:
        raise UserError(context._("That person is no longer known here. Nothing was changed."))
    return member


def _role(context: Context, value: str) -> Role:
    if value not in {role.value for role in Role}:
        raise UserError(context._("There is no such role. Nothing was changed."))
    return Role(value)


def _take_button(words: Words, label: str, member: Member, role: Role) -> Button:
    _ = words._
    named = {"name": label, "role": _(ROLE_NAMES[role])}
    return Button.to(
        _("Take “%(role)s”") % named,
        TakeRole(member_id=member.id, role=role.value),
        style=Style.DANGER,
        confirm=Confirm(
            title=_("Take this role?"),
            text=_("%(name)s will no longer hold the role “%(role)s”.") % named,
            yes=_("Take the role"),
            no=_("Keep it"),
        ),
    )


def _done(context: Context, text: str) -> Message:
    see = RunCommand(command="ccin", text="roles")
    return Message(text=text, buttons=(Button.to(context._("See all roles"), see),))


def _given(words: Words, role: Role, giver: Member) -> Message:
    _ = words._
    named = {"name": name_of(giver, words), "role": _(ROLE_NAMES[role])}
    return Message(
        text=_("%(name)s has given you the role “%(role)s”.") % named + " " + _(ROLE_DUTIES[role]),
        buttons=(Button.to(_("See what you can do"), RunCommand(command="ccin")),),
    )


def _taken(words: Words, role: Role) -> Message:
    _ = words._
    return Message(
        text=_("You no longer hold the role “%(role)s”. If that surprises you, ask an owner of the network.")
        % {"role": _(ROLE_NAMES[role])}
    )
