"""Enrolment rules as one sentence that an administrator can check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.enrolment_rules import (
    AllOf,
    AnyOf,
    CapacityIs,
    CategoryIs,
    Condition,
    Everyone,
    InterestedIn,
    JoinedAfter,
    JoinedBefore,
    LanguageIs,
    NotThat,
    OrganisationIs,
    OrganisationKindIs,
    RegionIs,
)
from handlers.kit.words import N_, Words
from store import organisations, tags
from store.organisations import Category
from store.profiles import Capacity
from store.tags import TagKind

REGION_NAMES = {
    "north": N_("the North of England"),
    "scotland-ni": N_("Scotland and Northern Ireland"),
    "south": N_("the South of England"),
    "wales-midlands": N_("Wales and the Midlands"),
}
CATEGORY_NAMES = {
    Category.FULL: N_("full members"),
    Category.ASSOCIATE: N_("associate members"),
    Category.AFFILIATE: N_("affiliates"),
    Category.SUPPORTER: N_("supporters"),
}
KIND_NAMES = {
    "council": N_("councils"),
    "combined_authority": N_("combined authorities"),
    "police_and_crime_commissioner": N_("Police and Crime Commissioners"),
    "town_or_parish": N_("town and parish councils"),
    "political_group": N_("political groups on councils"),
    "charity_or_cooperative": N_("charities and co-operatives"),
    "company": N_("companies"),
    "organisation": N_("other organisations"),
}
CAPACITY_NAMES = {
    Capacity.COUNCILLOR: N_("councillors"),
    Capacity.OFFICER: N_("officers"),
    Capacity.OTHER: N_("people in other roles"),
}


@dataclass(frozen=True, slots=True)
class Names:
    """What a rule holds only the ids of: organisations by id and themes by slug."""

    organisations: Mapping[int, str] = field(default_factory=dict)
    themes: Mapping[str, str] = field(default_factory=dict)


async def names_for(session: AsyncSession, rule: Condition | None, locale: str) -> Names:
    """The names that a sentence about this rule needs."""
    return await names_for_all(session, [rule], locale)


async def names_for_all(session: AsyncSession, rules: Iterable[Condition | None], locale: str) -> Names:
    """The names that sentences about these rules need, in two queries at most."""
    held = [rule for rule in rules if rule is not None]
    if not held:
        return Names()
    themes = await tags.of_kind(session, TagKind.THEME)
    ids = set().union(*(_organisations_in(rule) for rule in held))
    found = await organisations.by_ids(session, sorted(ids))
    return Names(
        organisations={one.id: one.name for one in found},
        themes={tag.slug: tag.label(locale) for tag in themes},
    )


def sentence(rule: Condition | None, words: Words, names: Names) -> str:
    """“Councillors of full members in Wales and the Midlands who speak Welsh.”"""
    if rule is None:
        return words._("Nobody is added by a rule: people join by themselves or are added by hand.")
    said = _people(rule, words, names)
    first = 1 if said.startswith("(") else 0
    return said[:first] + said[first : first + 1].upper() + said[first + 1 :] + "."


def _people(rule: Condition, words: Words, names: Names) -> str:
    """Whom a rule means, as a plural that can stand inside a sentence."""
    _ = words._
    match rule:
        case AllOf():
            return _together(_flat(rule), words, names)
        case AnyOf():
            groups = [_inside(part, words, names) for part in rule.any]
            return words.either(groups) if len(groups) > 1 else _people(rule.any[0], words, names)
        case NotThat():
            return _("everyone except %(people)s") % {"people": _inside(rule.that, words, names)}
    return _together([rule], words, names)


def _inside(rule: Condition, words: Words, names: Names) -> str:
    """The same as part of something longer: in brackets where one could not tell its end otherwise."""
    said = _people(rule, words, names)
    return said if _is_plain(rule) else f"({said})"


def _is_plain(rule: Condition) -> bool:
    match rule:
        case AllOf():
            return all(_is_plain(part) for part in rule.all)
        case AnyOf():
            return len(rule.any) == 1 and _is_plain(rule.any[0])
    return not isinstance(rule, NotThat)


def _together(parts: list[Condition], words: Words, names: Names) -> str:
    """Conditions that hold at once: what people are, of what, where, and what else is true of them."""
    _ = words._
    heads = [part for part in parts if isinstance(part, CapacityIs)]
    said = words.listed([_(CAPACITY_NAMES[one]) for one in heads[0].capacity]) if heads else _("people")
    if all(isinstance(part, Everyone) for part in parts):
        return _("everyone")
    if all(isinstance(part, Everyone | NotThat) for part in parts):
        said = _("everyone")
    belonging = [name for part in parts if (name := _belonging(part, words, names))]
    if belonging:
        of = belonging[0]
        for name in belonging[1:]:
            of = _("%(organisations)s that are %(others)s") % {"organisations": of, "others": name}
        said = _("%(people)s of %(organisations)s") % {"people": said, "organisations": of}
    regions = [part for part in parts if isinstance(part, RegionIs)]
    if regions:
        region = words.either([_(REGION_NAMES.get(one, one)) for one in regions[0].region])
        said = _("%(people)s in %(region)s") % {"people": said, "region": region}
    clauses = [clause for part in parts if (clause := _clause(part, words, names))]
    either = [part for part in parts if isinstance(part, AnyOf)]
    choices: list[Condition] = [*heads[1:], *regions[1:], *either]
    plain = len(clauses) + len(choices) == 1 and all(_is_plain(one) for part in either for one in part.any)
    clauses += [
        _("are %(people)s") % {"people": (_people if plain else _inside)(part, words, names)}
        for part in choices
    ]
    if clauses:
        said = _("%(people)s who %(clauses)s") % {"people": said, "clauses": words.listed(clauses)}
    excepted = [_inside(part.that, words, names) for part in parts if isinstance(part, NotThat)]
    if excepted:
        said = _("%(people)s, except %(others)s") % {"people": said, "others": words.listed(excepted)}
    return said


def _belonging(part: Condition, words: Words, names: Names) -> str:
    _ = words._
    match part:
        case CategoryIs():
            return words.either([_(CATEGORY_NAMES[one]) for one in part.category])
        case OrganisationKindIs():
            return words.either([_(KIND_NAMES.get(one, one)) for one in part.organisation_kind])
        case OrganisationIs():
            unknown = _("an organisation that is no longer known")
            return words.either([names.organisations.get(one, unknown) for one in part.organisation])
    return ""


def _clause(part: Condition, words: Words, names: Names) -> str:
    _ = words._
    match part:
        case InterestedIn():
            themes = words.either([names.themes.get(one, one) for one in part.interests])
            return _("are interested in %(themes)s") % {"themes": themes}
        case LanguageIs(language=("cy",)):
            return _("speak Welsh")
        case LanguageIs(language=("en",)):
            return _("speak English")
        case JoinedBefore():
            return _("joined before %(day)s") % {"day": words.day(part.joined_before)}
        case JoinedAfter():
            return _("joined after %(day)s") % {"day": words.day(part.joined_after)}
    return ""


def _flat(rule: AllOf) -> list[Condition]:
    parts: list[Condition] = []
    for part in rule.all:
        parts += _flat(part) if isinstance(part, AllOf) else [part]
    return parts


def _organisations_in(rule: Condition) -> set[int]:
    match rule:
        case OrganisationIs():
            return set(rule.organisation)
        case AllOf():
            return set().union(*(_organisations_in(part) for part in rule.all))
        case AnyOf():
            return set().union(*(_organisations_in(part) for part in rule.any))
        case NotThat():
            return _organisations_in(rule.that)
    return set()
