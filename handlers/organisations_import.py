"""Organisations from a file: the columns of an export, matched by name; an empty cell changes nothing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handlers import spreadsheets
from handlers.import_plans import Change, Importer, Kind, Plan
from handlers.kit.words import Words
from handlers.rule_sentences import KIND_NAMES, REGION_NAMES
from handlers.spreadsheets import Problem, Row
from store import audit, groups, organisations
from store.organisations import Category, MailDomain, Organisation

COLUMNS = ("name", "category", "kind", "region", "email_domains")
LONGEST_NAME = 200
_CHOICES = {
    "category": [one.value for one in Category],
    "kind": list(KIND_NAMES),
    "region": list(REGION_NAMES),
}


async def plan(session: AsyncSession, words: Words, data: bytes, now: datetime) -> Plan:
    """What a file of organisations would do; every problem of every line."""
    sheet = spreadsheets.read(data, words, known=COLUMNS, required=("name",))
    problems = list(sheet.problems)
    held = {row.name.lower(): row for row in await session.scalars(select(Organisation))}
    domains = await organisations.domains(session)
    seen: dict[str, int] = {}
    added: list[Change] = []
    changed: list[Change] = []
    left = 0
    for row in sheet.rows:
        cells = {column: " ".join(row.cells.get(column, "").split()) for column in COLUMNS}
        organisation = held.get(cells["name"].lower())
        known = domains.get(organisation.id, frozenset()) if organisation else frozenset()
        wrong = _problems(row, cells, seen, words, known, new=organisation is None)
        problems += wrong
        if wrong:
            continue
        cells["email_domains"] = " ".join(sorted(cells["email_domains"].lower().split()))
        # It is found whatever the case; a list changes no names.
        cells["name"] = organisation.name if organisation else cells["name"]
        before = _cells(organisation, known) if organisation else dict.fromkeys(COLUMNS, "")
        details = tuple(
            (column, before[column], cells[column])
            for column in COLUMNS
            if cells[column] and cells[column] != before[column]
        )
        if organisation is None:
            added.append(Change(row.line, cells["name"], None, details))
        elif details:
            changed.append(Change(row.line, organisation.name, organisation.id, details))
        else:
            left += 1
    problems.sort(key=lambda one: one.line)
    return Plan(Kind.ORGANISATIONS, tuple(problems), tuple(added), tuple(changed), left, data)


async def apply(session: AsyncSession, made: Plan, actor_id: int | None, now: datetime) -> None:
    """Do what a plan says, made in the same transaction; everybody is judged anew in the background."""
    new = [
        Organisation(
            name=one.values["name"],
            category=one.values["category"],
            kind=one.values["kind"],
            region=one.values.get("region", ""),
        )
        for one in made.added
    ]
    session.add_all(new)
    await session.flush()
    by_id = {row.id: row for row in await session.scalars(select(Organisation))}
    pairs = [
        (organisation, change) for organisation, change in zip(new, made.added, strict=True)
    ] + [(by_id[change.subject_id or 0], change) for change in made.changed]  # fmt: skip
    held = await organisations.domains(session)
    for organisation, change in pairs:
        for column in ("name", "category", "kind", "region"):
            if column in change.values:
                setattr(organisation, column, change.values[column])
        if "email_domains" in change.values:
            wanted = frozenset(change.values["email_domains"].split())
            known = held.get(organisation.id, frozenset())
            session.add_all(
                MailDomain(organisation_id=organisation.id, domain=domain) for domain in wanted - known
            )
            for domain in known - wanted:
                await session.delete(await session.get_one(MailDomain, (organisation.id, domain)))
    await audit.record_many(
        session,
        "organisation.import",
        "organisation",
        [(organisation.id, change.values) for organisation, change in pairs],
        actor_id=actor_id,
        now=now,
    )
    await groups.judge_everybody(session)


def _cells(organisation: Organisation, domains: frozenset[str]) -> dict[str, str]:
    return {
        "name": organisation.name,
        "category": organisation.category,
        "kind": organisation.kind,
        "region": organisation.region,
        "email_domains": " ".join(sorted(domains)),
    }


def _problems(
    row: Row, cells: dict[str, str], seen: dict[str, int], words: Words, known: frozenset[str], *, new: bool
) -> list[Problem]:
    _ = words._
    found: list[str] = []
    name = cells["name"]
    if not name:
        found.append(_("There is no name in this line."))
    elif len(name) > LONGEST_NAME:
        found.append(_("The name is longer than %(most)s characters.") % {"most": LONGEST_NAME})
    elif (first := seen.setdefault(name.lower(), row.line)) != row.line:
        found.append(_("“%(name)s” stands in line %(line)s already.") % {"name": name, "line": first})
    for column, choices in _CHOICES.items():
        value = cells[column]
        if value and value not in choices:
            named = {"value": value[:40], "column": column, "choices": words.either(choices)}
            found.append(_("“%(value)s” is no %(column)s. Write %(choices)s.") % named)
        elif not value and new and name and column != "region":
            found.append(_("A new organisation needs a %(column)s.") % {"column": column})
    for domain in cells["email_domains"].lower().split():
        if domain not in known and not organisations.may_be_learnt(domain):
            text = _("“%(domain)s” cannot tell where somebody works, so it is no mail domain for us.")
            found.append(text % {"domain": domain[:60]})
    return [Problem(row.line, text) for text in found]


IMPORTER = Importer(plan, apply)
