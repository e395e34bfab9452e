"""Enrolment rules: who comes into a group without asking, as data that one person and everybody can be
judged by.

A rule is a tree of single-key tables, the same in JSON and in TOML:
``{ all = [ { category = ["full"] }, { not = { capacity = ["other"] } } ] }``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag, ValidationError
from sqlalchemy import ColumnElement, String, and_, cast, false, func, not_, or_, true

from handlers.kit.messages import Frozen
from handlers.kit.words import LONDON
from store.facts import Facts
from store.members import Member
from store.organisations import Category, Organisation
from store.profiles import Capacity, Profile

# Deeper or larger than anybody could read; the limits keep a rule from exhausting us.
DEEPEST = 6
MOST_CONDITIONS = 60

# Slugs hold neither quotes nor backslashes: interests are found inside their JSON text.
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(?:[-_][a-z0-9]+)*$", max_length=80)]


class _Node(Frozen):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Everyone(_Node):
    everyone: Literal[True] = True


class CategoryIs(_Node):
    category: tuple[Category, ...] = Field(min_length=1)


class OrganisationKindIs(_Node):
    organisation_kind: tuple[Slug, ...] = Field(min_length=1)


class OrganisationIs(_Node):
    organisation: tuple[int, ...] = Field(min_length=1)


class RegionIs(_Node):
    region: tuple[Slug, ...] = Field(min_length=1)


class CapacityIs(_Node):
    capacity: tuple[Capacity, ...] = Field(min_length=1)


class InterestedIn(_Node):
    """Interested in at least one of these themes."""

    interests: tuple[Slug, ...] = Field(min_length=1)


class LanguageIs(_Node):
    language: tuple[Literal["en", "cy"], ...] = Field(min_length=1)


class JoinedBefore(_Node):
    """Joined on a day before this one, in London."""

    joined_before: date


class JoinedAfter(_Node):
    """Joined on a day after this one, in London."""

    joined_after: date


class AllOf(_Node):
    all: tuple[Rule, ...] = Field(min_length=1)


class AnyOf(_Node):
    any: tuple[Rule, ...] = Field(min_length=1)


class NotThat(_Node):
    that: Rule = Field(alias="not")


_TAGS: dict[type[_Node], str] = {
    Everyone: "everyone",
    CategoryIs: "category",
    OrganisationKindIs: "organisation_kind",
    OrganisationIs: "organisation",
    RegionIs: "region",
    CapacityIs: "capacity",
    InterestedIn: "interests",
    LanguageIs: "language",
    JoinedBefore: "joined_before",
    JoinedAfter: "joined_after",
    AllOf: "all",
    AnyOf: "any",
    NotThat: "not",
}


def _tag(value: Any) -> str | None:
    if isinstance(value, dict):
        return next(iter(value), None) if len(value) == 1 else None
    return _TAGS.get(type(value))


Rule = Annotated[
    Annotated[Everyone, Tag("everyone")]
    | Annotated[CategoryIs, Tag("category")]
    | Annotated[OrganisationKindIs, Tag("organisation_kind")]
    | Annotated[OrganisationIs, Tag("organisation")]
    | Annotated[RegionIs, Tag("region")]
    | Annotated[CapacityIs, Tag("capacity")]
    | Annotated[InterestedIn, Tag("interests")]
    | Annotated[LanguageIs, Tag("language")]
    | Annotated[JoinedBefore, Tag("joined_before")]
    | Annotated[JoinedAfter, Tag("joined_after")]
    | Annotated[AllOf, Tag("all")]
    | Annotated[AnyOf, Tag("any")]
    | Annotated[NotThat, Tag("not")],
    Discriminator(_tag),
]
Condition = (
    Everyone | CategoryIs | OrganisationKindIs | OrganisationIs | RegionIs | CapacityIs | InterestedIn
    | LanguageIs | JoinedBefore | JoinedAfter | AllOf | AnyOf | NotThat
)  # fmt: skip


class _Root(_Node):
    rule: Rule


AllOf.model_rebuild()
AnyOf.model_rebuild()
NotThat.model_rebuild()


class BadRule(ValueError):
    """A rule that says nothing we understand; the text is for whoever wrote it."""


def read(data: Any) -> Condition:
    """A rule from its data.

    :raises BadRule: it is none, or too large to be read by anybody.
    """
    measure(data)
    try:
        return _Root.model_validate({"rule": data}).rule
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"][1:])
        raise BadRule(f"{where}: {first['msg']}" if where else first["msg"]) from None


def data_of(rule: Condition) -> dict[str, Any]:
    """A rule as JSON, the way it is stored."""
    return rule.model_dump(mode="json", by_alias=True)


def matches(rule: Condition, facts: Facts) -> bool:
    """Whether a rule fits one person. People who are no longer active fit none."""
    return facts.active and _fits(rule, facts)


def condition(rule: Condition) -> ColumnElement[bool]:
    """The same judgement as SQL, over the tables of ``store.facts.of_people``."""
    return and_(Member.active.is_(True), _sql(rule))


def _fits(rule: Condition, facts: Facts) -> bool:
    match rule:
        case Everyone():
            return True
        case CategoryIs():
            return facts.category in rule.category
        case OrganisationKindIs():
            return facts.organisation_kind in rule.organisation_kind
        case OrganisationIs():
            return facts.organisation_id in rule.organisation
        case RegionIs():
            return facts.region in rule.region
        case CapacityIs():
            return facts.capacity in rule.capacity
        case InterestedIn():
            return not facts.interests.isdisjoint(rule.interests)
        case LanguageIs():
            return facts.language in rule.language
        case JoinedBefore():
            return facts.joined_at < _midnight(rule.joined_before)
        case JoinedAfter():
            return facts.joined_at >= _midnight(rule.joined_after + timedelta(days=1))
        case AllOf():
            return all(_fits(part, facts) for part in rule.all)
        case AnyOf():
            return any(_fits(part, facts) for part in rule.any)
        case NotThat():
            return not _fits(rule.that, facts)


def _sql(rule: Condition) -> ColumnElement[bool]:
    """Every leaf is true or false, never NULL: otherwise “not” would drop whoever told us nothing."""
    match rule:
        case Everyone():
            return true()
        case CategoryIs():
            return _one_of(Organisation.category, rule.category)
        case OrganisationKindIs():
            return _one_of(Organisation.kind, rule.organisation_kind)
        case OrganisationIs():
            return func.coalesce(Organisation.id, 0).in_(rule.organisation)
        case RegionIs():
            return _one_of(Organisation.region, rule.region)
        case CapacityIs():
            return _one_of(Profile.capacity, rule.capacity)
        case InterestedIn():
            held = func.coalesce(cast(Profile.interests, String), "")
            return or_(false(), *(held.contains(f'"{slug}"', autoescape=True) for slug in rule.interests))
        case LanguageIs():
            return Member.locale.in_(rule.language)
        case JoinedBefore():
            return Member.created_at < _midnight(rule.joined_before)
        case JoinedAfter():
            return Member.created_at >= _midnight(rule.joined_after + timedelta(days=1))
        case AllOf():
            return and_(true(), *(_sql(part) for part in rule.all))
        case AnyOf():
            return or_(false(), *(_sql(part) for part in rule.any))
        case NotThat():
            return not_(_sql(rule.that))


def _one_of(column: Any, values: Sequence[str]) -> ColumnElement[bool]:
    return func.coalesce(column, "").in_([str(value) for value in values])


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=LONDON).astimezone(UTC)


def measure(data: Any) -> None:
    """Count before anything recurses: what is read may come from a file.

    :raises BadRule: it is too large to be read by anybody.
    """
    waiting, conditions = [(data, 1)], 0
    while waiting:
        node, depth = waiting.pop()
        conditions += 1
        if depth > DEEPEST or conditions > MOST_CONDITIONS:
            raise BadRule(f"a rule has at most {MOST_CONDITIONS} conditions, {DEEPEST} deep")
        if isinstance(node, dict):
            for name, value in node.items():
                if name in ("all", "any") and isinstance(value, list | tuple):
                    waiting += [(part, depth + 1) for part in value]
                elif name == "not":
                    waiting.append((value, depth + 1))
