"""Groups in a configuration file: with their rules and handles, compared and applied as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handlers import enrolment, enrolment_rules, rule_sentences, user_groups
from handlers.configuration_differences import Difference, fields, record
from handlers.enrolment_rules import BadRule, Condition
from handlers.group_form import LONGEST_NAME, LONGEST_PURPOSE
from handlers.kit.words import Words
from store import groups
from store import user_groups as stored_user_groups
from store.groups import Group, GroupKind, GroupState, Visibility
from store.organisations import Organisation


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
    # What people type after the @; empty for no user group.
    user_group: str = ""
    rule: dict[str, Any] | None = None


async def read(session: AsyncSession) -> list[GroupEntry]:
    """Every group that is not archived."""
    names = {row.id: row.name for row in await session.scalars(select(Organisation))}
    handles = await stored_user_groups.handles(session)
    return [_entry(group, names, handles.get(group.id, "")) for group in await groups.active(session)]


async def compare(
    session: AsyncSession, held: Sequence[GroupEntry], wanted: Sequence[GroupEntry],
    rules: Mapping[str, Condition | None], words: Words, now: datetime,
) -> list[Difference]:  # fmt: skip
    before = {entry.slug: entry for entry in held}
    found: list[Difference] = []
    for entry in wanted:
        old = before.pop(entry.slug, None)
        group = await groups.by_slug(session, entry.slug) if old else None
        lines = fields(f"group “{entry.slug}”", old, entry, but="rule")
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


async def apply(
    session: AsyncSession, held: Sequence[GroupEntry], wanted: Sequence[GroupEntry],
    rules: Mapping[str, Condition | None], now: datetime,
) -> None:  # fmt: skip
    before = {entry.slug: entry for entry in held}
    for entry in wanted:
        old = before.pop(entry.slug, None)
        if old == entry:
            continue
        rule = rules[entry.slug]
        values = {
            **entry.model_dump(mode="json", exclude={"rule", "user_group"}),
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
        await user_groups.put(session, group, entry.user_group, now)
        await record(session, "group.edit" if old else "group.create", "group", group.id, now)
    for slug in before:
        group = await groups.by_slug(session, slug)
        if group is not None:
            group.state = GroupState.ARCHIVED
            await record(session, "group.archive", "group", group.id, now)


async def checked_rules(
    session: AsyncSession, held: Sequence[GroupEntry], wanted: Sequence[GroupEntry], problems: list[str]
) -> dict[str, Condition | None]:
    """Every group's rule with ids for names; what types cannot say and cannot be is added to ``problems``."""
    ids = {row.name.lower(): row.id for row in await session.scalars(select(Organisation))}
    rules: dict[str, Condition | None] = {}
    names: set[str] = set()
    for entry in wanted:
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
    problems += await _handle_problems(session, held, wanted)
    return rules


async def _handle_problems(
    session: AsyncSession, held: Sequence[GroupEntry], wanted: Sequence[GroupEntry]
) -> list[str]:
    """What is wrong with handles of user groups; one that is there already is left in peace."""
    words = Words("en")
    platforms = await stored_user_groups.allowed(session)
    before = {entry.slug: entry.user_group for entry in held}
    # A handle may go from one group in the file to another.
    ids = await groups.ids_by_slug(session, [entry.slug for entry in wanted])
    found: list[str] = []
    taken: set[str] = set()
    for entry in wanted:
        handle = entry.user_group
        if not handle:
            continue
        where = f"group “{entry.slug}”, user_group"
        if handle in taken:
            found.append(f"{where}: another group has the handle “{handle}” too")
        elif handle == before.get(entry.slug):
            pass
        elif not platforms:
            found.append(f"{where}: no platform here is known to allow user groups; leave it empty")
        elif wrong := await user_groups.problem(session, words, platforms, handle, but=ids):
            found.append(f"{where}: {wrong}")
        taken.add(handle)
    return found


def _entry(group: Group, names: Mapping[int, str], handle: str) -> GroupEntry:
    return GroupEntry.model_construct(
        slug=group.slug, name=group.name, purpose=group.purpose, name_cy=group.name_cy,
        purpose_cy=group.purpose_cy, kind=GroupKind(group.kind),
        language="cy" if group.language == "cy" else "en", visibility=Visibility(group.visibility),
        requires_rules=group.requires_rules, offers_answers=group.offers_answers,
        user_group=handle, rule=None if group.rule is None else _with_names(group.rule, names),
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


async def _sentence(session: AsyncSession, group: Group, words: Words) -> str:
    rule = enrolment.rule_of(group)
    return rule_sentences.sentence(rule, words, await rule_sentences.names_for(session, rule, words.locale))
