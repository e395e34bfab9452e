"""Groups as options to search for, wherever a form asks who hears of something."""

from __future__ import annotations

from collections.abc import Iterable

from handlers.group_cards import ADMINISTRATORS
from handlers.kit.context import Context
from handlers.kit.forms import Option
from handlers.kit.router import Router, Source
from handlers.organisations import is_id
from store import groups
from store.groups import Group

# The name that search fields give as their source.
SOURCE = "audience_group"
SHOWN = 20

router = Router("group_options")


async def allowed(context: Context) -> list[Group]:
    """The groups that the sender may address: every one for administrators, for leads their own."""
    active = await groups.active(context.session)
    if ADMINISTRATORS.allows(context.roles):
        return active
    led = await groups.leads_of(context.session, context.person.id)
    return [group for group in active if group.id in led]


async def chosen(context: Context, values: Iterable[str]) -> list[Group]:
    """The groups that a search field's answers stand for; those that the sender may not address are
    left out."""
    ids = {int(value) for value in values if is_id(value)}
    return [group for group in await allowed(context) if group.id in ids]


async def _find(context: Context, query: str) -> list[Option]:
    asked = query.lower().split()
    found = [
        one
        for one in await allowed(context)
        if all(word in f"{one.name} {one.name_cy}".lower() for word in asked)
    ]
    return [_option(context, one) for one in found[:SHOWN]]


async def _named(context: Context, values: tuple[str, ...]) -> list[Option]:
    return [_option(context, one) for one in await chosen(context, values)]


def _option(context: Context, group: Group) -> Option:
    return Option(value=str(group.id), label=group.name_for(context.words.locale))


router.lookup(SOURCE, Source(_find, _named))
