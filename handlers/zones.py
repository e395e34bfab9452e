"""Time zones as options to search for: places of the world by the names of their cities."""

from __future__ import annotations

from handlers.kit.context import Context
from handlers.kit.forms import Option
from handlers.kit.router import Router, Source
from handlers.kit.words import Words
from store.local_times import HOME_ZONE, is_zone, zone_names

# The name that search fields give as their source.
SOURCE = "zone"
SHOWN = 20

router = Router("zones")


async def _find(context: Context, query: str) -> list[Option]:
    """Europe first, since that is where study visits lead."""
    asked = query.lower().replace(" ", "_")
    found = sorted(
        (name for name in zone_names() if asked in name.lower()),
        key=lambda name: (name != HOME_ZONE, not name.startswith("Europe/"), name),
    )
    return [_option(context.words, name) for name in found[:SHOWN]]


async def _named(context: Context, values: tuple[str, ...]) -> list[Option]:
    return [_option(context.words, name) for name in values if is_zone(name)]


def _option(words: Words, name: str) -> Option:
    return Option(value=name, label=f"{name.replace('_', ' ')} ({words.zone(name)})")


router.lookup(SOURCE, Source(_find, _named))
