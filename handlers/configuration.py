"""Configuration as one file: groups with their rules, the rules of engagement, the texts and the welcome
journey, read from the database and compared with what it would become."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handlers import configuration_journey, enrolment, enrolment_rules, rule_sentences, texts
from handlers.configuration_journey import StepEntry
from handlers.enrolment_rules import BadRule, Condition
from handlers.group_form import LONGEST_NAME, LONGEST_PURPOSE
from handlers.kit.words import Words
from handlers.rules_of_engagement import LONGEST_GRACE_DAYS, LONGEST_RULES
from store import audit, groups, rules_of_engagement
from store import texts as stored_texts
from store.groups import Group, GroupKind, GroupState, Visibility
from store.organisations import Organisation
from store.texts import EditableText


class GroupEntry(BaseModel, extra="forbid"):
    """A group; organisations stand in its rule by name."""

    slug: str = Field(min_length=1, max_length=80, pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$")
    name: str = Field(min_length=1, max_length=LONGEST_NAME)
    purpose: str = Field(min_length=1, max_length=LONGEST_PURPOSE)
    name_cy: str = Field(default="", max_length=LONGEST_NAME)
    purpose_cy: str = Field(default="", max_length=LONGEST_PURPOSE)
    kind: GroupKind
    language: Literal["en", "cy"] = "en"
    visibility: Visibility = Visibility.OPEN
    requires_rules: bool = True
    offers_answers: bool = False
    rule: dict[str, Any] | None = None


class RulesEntry(BaseModel, extra="forbid"):
    grace_days: int = Field(ge=0, le=LONGEST_GRACE_DAYS)
    en: str = Field(min_length=1, max_length=LONGEST_RULES)
    cy: str = Field(default="", max_length=LONGEST_RULES)


class TextEntry(BaseModel, extra="forbid"):
    en: str = Field(min_length=1, max_length=texts.LONGEST_BODY)
    cy: str = Field(default="", max_length=texts.LONGEST_BODY)


class Document(BaseModel, extra="forbid"):
    """A file. A section that is not in it is left as it is."""

    group: list[GroupEntry] | None = None
    rules_of_engagement: RulesEntry | None = None
    texts: dict[str, TextEntry] | None = None
    welcome_journey: list[StepEntry] | None = None


class BadConfiguration(Exception):
    """A file that cannot be applied; each sentence names its place."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that would become another; None is not there. ``effect`` is what it does to people."""

    what: str
    old: str | None
    new: str | None
    effect: str = ""


async def read(session: AsyncSession) -> Document:
    """What the database holds now; archived groups are not in it."""
    names = {row.id: row.name for row in await session.scalars(select(Organisation))}
    rules = await rules_of_engagement.current(session)
    held: dict[str, dict[str, str]] = {}
    for row in await session.scalars(select(EditableText).order_by(EditableText.name)):
        held.setdefault(row.name, {})[row.locale] = row.body
    return Document.model_construct(
        group=[_entry(group, names) for group in await groups.active(session)],
        rules_of_engagement=None if rules is None else RulesEntry.model_construct(
            grace_days=rules.grace_days, en=rules.texts["en"], cy=rules.texts.get("cy", "")
        ),
        texts={
            name: TextEntry.model_construct(en=bodies.get("en", ""), cy=bodies.get("cy", ""))
            for name, bodies in held.items()
        },
        welcome_journey=await configuration_journey.read(session),
    )  # fmt: skip


async def compare(session: AsyncSession, wanted: Document, words: Words, now: datetime) -> list[Difference]:
    """What a file would change.

    :raises BadConfiguration: something in it cannot be.
    """
    rules = await _checked_rules(session, wanted)
    held = await read(session)
    found: list[Difference] = []
    if wanted.group is not None:
        found += await _compare_groups(session, held, wanted.group, rules, words, now)
    if wanted.rules_of_engagement is not None:
        found += [
            replace(one, effect="everybody who accepted the earlier rules is asked")
            for one in _fields("rules of engagement", held.rules_of_engagement, wanted.rules_of_engagement)
        ]
    if wanted.texts is not None:
        before = held.texts or {}
        for name in sorted(before.keys() | wanted.texts.keys()):
            found += _fields(f"text “{name}”", before.get(name), wanted.texts.get(name))
    if wanted.welcome_journey is not None:
        steps = configuration_journey.keyed(held.welcome_journey or [])
        new = configuration_journey.keyed(wanted.welcome_journey)
        for key in sorted(steps.keys() | new.keys()):
            found += _fields(configuration_journey.name_of(key), steps.get(key), new.get(key))
    return found


async def apply(session: AsyncSession, wanted: Document, now: datetime) -> None:
    """Make it so; rules are applied to people in the background, and nobody is taken out by them.

    :raises BadConfiguration: something in it cannot be.
    """
    rules = await _checked_rules(session, wanted)
    held = await read(session)
    if wanted.group is not None:
        await _apply_groups(session, held, wanted.group, rules, now)
    entry = wanted.rules_of_engagement
    if entry is not None and entry != held.rules_of_engagement:
        bodies = {"en": entry.en, "cy": entry.cy}
        version = await rules_of_engagement.write(
            session,
            {locale: body for locale, body in bodies.items() if body},
            grace_days=entry.grace_days,
            author_id=None,
            now=now,
        )
        version.published_at = now
        await _record(session, "rules.publish", "rules", version.version, now)
    if wanted.texts is not None:
        for name in sorted((held.texts or {}).keys() | wanted.texts.keys()):
            text = wanted.texts.get(name)
            changed = [
                await stored_texts.put(session, name, locale, getattr(text, locale, ""), now=now)
                for locale in ("en", "cy")
            ]
            if any(changed):
                await _record(session, "text.edit", "text", name, now)
    if wanted.welcome_journey is not None:
        for act, step_id in await configuration_journey.apply(session, wanted.welcome_journey):
            await _record(session, act, "journey_step", step_id, now)
    await session.flush()


def as_data(document: Document) -> dict[str, Any]:
    """A document as TOML can hold it: what is empty is left out."""
    return document.model_dump(mode="json", exclude_none=True)


async def _compare_groups(
    session: AsyncSession, held: Document, wanted: list[GroupEntry], rules: Mapping[str, Condition | None],
    words: Words, now: datetime,
) -> list[Difference]:  # fmt: skip
    before = {entry.slug: entry for entry in held.group or []}
    found: list[Difference] = []
    for entry in wanted:
        old = before.pop(entry.slug, None)
        group = await groups.by_slug(session, entry.slug) if old else None
        lines = _fields(f"group “{entry.slug}”", old, entry, but="rule")
        judged = old is None or (old.rule, old.requires_rules, old.visibility) != (
            entry.rule, entry.requires_rules, entry.visibility
        )  # fmt: skip
        if judged and (entry.rule is not None or (old and old.rule is not None)):
            rule = rules[entry.slug]
            names = await rule_sentences.names_for(session, rule, words.locale)
            said = rule_sentences.sentence(rule, words, names)
            was = await _sentence(session, group, words) if group else None
            preview = await enrolment.preview(
                session, group, rule, now,
                requires_rules=entry.requires_rules, open_to_all=entry.visibility == Visibility.OPEN,
            )  # fmt: skip
            effect = (
                f"{preview.fitting} fit, {preview.joining} join, {preview.leaving} no longer fit and stay"
            )
            lines.append(Difference(f"group “{entry.slug}”, rule", was, said, effect))
        found += lines
    found += [
        Difference(f"group “{entry.slug}”", entry.name, None, "the group is archived; its people are kept")
        for entry in before.values()
    ]
    return found


async def _apply_groups(
    session: AsyncSession, held: Document, wanted: list[GroupEntry], rules: Mapping[str, Condition | None],
    now: datetime,
) -> None:  # fmt: skip
    before = {entry.slug: entry for entry in held.group or []}
    for entry in wanted:
        old = before.pop(entry.slug, None)
        if old == entry:
            continue
        rule = rules[entry.slug]
        values = {
            **entry.model_dump(mode="json", exclude={"rule"}),
            "rule": None if rule is None else enrolment_rules.data_of(rule),
        }
        group = await groups.by_slug(session, entry.slug)
        if group is None:
            group = await groups.add(session, now=now, **values)
        else:
            for name, value in values.items():
                setattr(group, name, value)
            if group.state == GroupState.ARCHIVED:
                group.state, group.merged_into_id = GroupState.ACTIVE, None
            enrolment.change_rule(group, rule, remove=False)
        await _record(session, "group.edit" if old else "group.create", "group", group.id, now)
    for slug in before:
        group = await groups.by_slug(session, slug)
        if group is not None:
            group.state = GroupState.ARCHIVED
            await _record(session, "group.archive", "group", group.id, now)


async def _checked_rules(session: AsyncSession, wanted: Document) -> dict[str, Condition | None]:
    """Every group's rule with ids for names, after everything else was checked that types cannot say."""
    ids = {row.name.lower(): row.id for row in await session.scalars(select(Organisation))}
    problems: list[str] = []
    rules: dict[str, Condition | None] = {}
    names: set[str] = set()
    for entry in wanted.group or []:
        where = f"group “{entry.slug}”"
        if entry.slug in rules:
            problems.append(f"{where}: stands there twice")
        if entry.name.lower() in names:
            problems.append(f"{where}, name: another group is called “{entry.name}” too")
        names.add(entry.name.lower())
        rules[entry.slug] = None
        if entry.rule is None:
            continue
        try:
            # The size is checked before anything walks down the rule.
            enrolment_rules.measure(entry.rule)
            unknown: list[str] = []
            rules[entry.slug] = enrolment_rules.read(_with_ids(entry.rule, ids, unknown))
            problems += [f"{where}, rule: we do not know an organisation “{name}”" for name in unknown]
        except BadRule as error:
            problems.append(f"{where}, rule: {error}")
    for name, text in (wanted.texts or {}).items():
        kind = texts.TEXTS.get(name)
        if kind is None:
            problems.append(f"text “{name}”: there is no such text")
            continue
        for locale in ("en", "cy"):
            problems += [
                f"text “{name}”, {locale}: there is no placeholder {{{one}}}"
                for one in texts.unknown_placeholders(kind.placeholders, getattr(text, locale))
            ]
    problems += configuration_journey.problems(wanted.welcome_journey or [])
    if problems:
        raise BadConfiguration(problems)
    return rules


def _entry(group: Group, names: Mapping[int, str]) -> GroupEntry:
    return GroupEntry.model_construct(
        slug=group.slug, name=group.name, purpose=group.purpose, name_cy=group.name_cy,
        purpose_cy=group.purpose_cy, kind=GroupKind(group.kind),
        language="cy" if group.language == "cy" else "en", visibility=Visibility(group.visibility),
        requires_rules=group.requires_rules, offers_answers=group.offers_answers,
        rule=None if group.rule is None else _with_names(group.rule, names),
    )  # fmt: skip


def _with_names(rule: Any, names: Mapping[int, str]) -> Any:
    """A rule whose organisations stand by name; one that is gone keeps its number."""
    if isinstance(rule, list):
        return [_with_names(part, names) for part in rule]
    if not isinstance(rule, dict):
        return rule
    return {
        key: [names.get(one, one) for one in value] if key == "organisation" else _with_names(value, names)
        for key, value in rule.items()
    }


def _with_ids(rule: Any, ids: Mapping[str, int], unknown: list[str]) -> Any:
    if isinstance(rule, list):
        return [_with_ids(part, ids, unknown) for part in rule]
    if not isinstance(rule, dict):
        return rule
    found: dict[str, Any] = {}
    for key, value in rule.items():
        if key == "organisation" and isinstance(value, list):
            missing = [one for one in value if isinstance(one, str) and one.lower() not in ids]
            unknown += missing
            # A stand-in keeps the rest of the rule readable, so that all its problems are found at once.
            found[key] = [ids.get(one.lower(), 1) if isinstance(one, str) else one for one in value]
        else:
            found[key] = _with_ids(value, ids, unknown)
    return found


def _fields(what: str, old: BaseModel | None, new: BaseModel | None, *, but: str = "") -> list[Difference]:
    """The fields in which two entries differ; a new or an old one as a whole."""
    if new is None and old is not None:
        return [Difference(what, "there", None)]
    if new is None:
        return []
    before = old.model_dump(mode="json") if old is not None else {}
    return [
        Difference(f"{what}, {name}", None if old is None else str(before[name]), str(value))
        for name, value in new.model_dump(mode="json").items()
        if name != but and before.get(name) != value
    ]


async def _sentence(session: AsyncSession, group: Group, words: Words) -> str:
    rule = enrolment.rule_of(group)
    return rule_sentences.sentence(rule, words, await rule_sentences.names_for(session, rule, words.locale))


async def _record(
    session: AsyncSession, act: str, subject: str, subject_id: str | int, now: datetime
) -> None:
    """The operator acts without an account, so the record names nobody."""
    await audit.record(
        session, act, subject, subject_id, actor_id=None, now=now, values={"by": "config import"}
    )
