"""Organisations as options to search for, wherever a form asks for one."""

from __future__ import annotations

from collections.abc import Iterable

from handlers.kit.context import Context
from handlers.kit.forms import Option
from handlers.kit.router import Router, Source
from store import organisations
from store.database import LARGEST_ID
from store.organisations import Organisation

# The name that search fields give as their source.
SOURCE = "organisation"

router = Router("organisations")


async def chosen(context: Context, values: Iterable[str]) -> list[Organisation]:
    """The organisations that a search field's answers stand for; what stands for none is left out."""
    ids = [int(value) for value in values if is_id(value)]
    return await organisations.by_ids(context.session, ids)


def is_id(value: str) -> bool:
    """Whether text that came from a client can be one of our ids."""
    return value.isascii() and value.isdigit() and len(value) <= 10 and 0 < int(value) <= LARGEST_ID


async def _find(context: Context, query: str) -> list[Option]:
    return [_option(found) for found in await organisations.search(context.session, query)]


async def _named(context: Context, values: tuple[str, ...]) -> list[Option]:
    return [_option(found) for found in await chosen(context, values)]


def _option(organisation: Organisation) -> Option:
    return Option(value=str(organisation.id), label=organisation.name)


router.lookup(SOURCE, Source(_find, _named))
