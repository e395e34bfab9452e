"""People from a file, matched by mail address. Whoever is new here is recognised when a platform vouches
for that address; being on the list signs nobody in. An empty cell changes nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from email_validator import EmailNotValidError, validate_email
from rapidfuzz import fuzz, process
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handlers import spreadsheets
from handlers.import_plans import Change, Importer, Kind, Plan
from handlers.kit.words import LOCALES, Words
from handlers.spreadsheets import Problem, Row
from store import audit, groups, members, profiles, tags
from store.members import IMPORTED, Identity, Member
from store.organisations import Organisation
from store.profiles import Capacity, Profile
from store.tags import TagKind

COLUMNS = ("name", "email", "organisation", "capacity", "job", "interests", "language")
LONGEST_NAME = 200
# Below this likeness of 100, another name is no help.
LIKE_ENOUGH = 80
# What councils are called with or without: two names that have only these in common are not alike.
_SHARED_WORDS = frozenset(
    {"and", "borough", "city", "council", "county", "cyngor", "district", "london", "mbc"}
    | {"metropolitan", "of", "royal", "the", "town"}
)


@dataclass(frozen=True, slots=True)
class _Known:
    """What lines are checked against: drawn together once, not once a line."""

    organisations: dict[str, Organisation]
    names: dict[int, str]
    # What is their own in the names of the organisations, to find what was meant.
    own_words: dict[str, str]
    themes: frozenset[str]
    people: dict[str, tuple[Member, Profile | None]]


async def plan(session: AsyncSession, words: Words, data: bytes, now: datetime) -> Plan:
    """What a file of people would do; every problem of every line."""
    sheet = spreadsheets.read(data, words, known=COLUMNS, required=("email",))
    known = await _look_up(session, [_email(row) for row in sheet.rows])
    problems = list(sheet.problems)
    seen: dict[str, int] = {}
    met: dict[int, int] = {}
    added: list[Change] = []
    changed: list[Change] = []
    left = 0
    for row in sheet.rows:
        cells = {column: " ".join(row.cells.get(column, "").split()) for column in COLUMNS}
        cells["email"] = _email(row)
        person = known.people.get(cells["email"])
        wrong = _problems(row, cells, seen, words, known, new=person is None)
        if person is not None and (first := met.setdefault(person[0].id, row.line)) != row.line and not wrong:
            said = words._("This is the same person as in line %(line)s, under another address.")
            wrong = [Problem(row.line, said % {"line": first})]
        problems += wrong
        if wrong:
            continue
        if cells["organisation"]:
            cells["organisation"] = known.organisations[cells["organisation"].lower()].name
        cells["interests"] = " ".join(sorted(set(cells["interests"].lower().split())))
        before = _cells(known, cells["email"], *person) if person else {}
        details = tuple(
            (column, before.get(column, ""), cells[column])
            for column in COLUMNS
            if cells[column] and cells[column] != before.get(column, "")
        )
        if person is None:
            added.append(Change(row.line, cells["name"], None, details))
        elif details:
            changed.append(Change(row.line, person[0].name or cells["email"], person[0].id, details))
        else:
            left += 1
    problems.sort(key=lambda one: one.line)
    return Plan(Kind.PEOPLE, tuple(problems), tuple(added), tuple(changed), left, data)


async def apply(session: AsyncSession, made: Plan, actor_id: int | None, now: datetime) -> None:
    """Do what a plan says, made in the same transaction; everybody is judged anew in the background."""
    new = [
        Member(
            name=one.values["name"], locale="en", created_at=now, greeted_at=None, active=True,
            organisation_id=None, preferred_platform=None,
        )
        for one in made.added
    ]  # fmt: skip
    session.add_all(new)
    await session.flush()
    session.add_all(
        # Nothing is sent to it and nobody is signed in by it: it waits to be recognised.
        Identity(
            member_id=member.id, platform=IMPORTED, external_id=one.values["email"],
            email=one.values["email"], email_verified=False, profiled=True, active=False, last_used_at=None,
        )
        for member, one in zip(new, made.added, strict=True)
    )  # fmt: skip
    ids = [one.subject_id for one in made.changed if one.subject_id is not None]
    by_id = {member.id: member for member in await members.by_ids(session, ids)}
    pairs = [*zip(new, made.added, strict=True), *((by_id[one.subject_id or 0], one) for one in made.changed)]
    places = {row.name: row.id for row in await session.scalars(select(Organisation))}
    held = {row.member_id: row for row in await profiles.of_members(session, ids)}
    for member, change in pairs:
        values = change.values
        member.name = values.get("name", member.name)
        if "organisation" in values:
            # An administrator says so: no mail address changes it.
            member.organisation_id, member.organisation_fixed = places[values["organisation"]], True
        if "language" in values:
            member.speak(values["language"])
        if values.keys() & {"capacity", "job", "interests"}:
            profile = held.get(member.id)
            if profile is None:
                profile = profiles.empty(member.id, now=now)
                session.add(profile)
            profile.capacity = values.get("capacity", profile.capacity)
            profile.job = values.get("job", profile.job)
            if "interests" in values:
                profile.interests = values["interests"].split()
            profile.updated_at = now
    await audit.record_many(
        session,
        "member.import",
        "member",
        [(member.id, change.values) for member, change in pairs],
        actor_id=actor_id,
        now=now,
        about_subject=True,
    )
    await groups.judge_everybody(session)


async def _look_up(session: AsyncSession, emails: list[str]) -> _Known:
    organisations = list(await session.scalars(select(Organisation).where(Organisation.ended_on.is_(None))))
    rows = await session.execute(
        select(Identity.email, Member, Profile)
        .join(Member, Member.id == Identity.member_id)
        .outerjoin(Profile, Profile.member_id == Member.id)
        .where(Identity.email.in_(emails), members.belongs_to_its_holder())
        .order_by(Member.id.desc())
    )
    return _Known(
        organisations={row.name.lower(): row for row in organisations},
        names={row.id: row.name for row in organisations},
        own_words={row.name.lower(): _own_words(row.name) for row in organisations},
        themes=frozenset(tag.slug for tag in await tags.of_kind(session, TagKind.THEME)),
        people={email or "": (member, profile) for email, member, profile in rows},
    )


def _email(row: Row) -> str:
    return row.cells.get("email", "").strip().lower()


def _cells(known: _Known, email: str, member: Member, profile: Profile | None) -> dict[str, str]:
    return {
        "name": member.name,
        "email": email,
        "organisation": known.names.get(member.organisation_id or 0, ""),
        "capacity": profile.capacity if profile else "",
        "job": profile.job if profile else "",
        "interests": " ".join(sorted(profile.interests)) if profile else "",
        "language": member.locale,
    }


def _problems(
    row: Row, cells: dict[str, str], seen: dict[str, int], words: Words, known: _Known, *, new: bool
) -> list[Problem]:
    _ = words._
    found: list[str] = []
    email = cells["email"]
    if not email:
        found.append(_("There is no mail address in this line."))
    elif not _is_address(email):
        found.append(_("“%(email)s” is no mail address.") % {"email": email[:60]})
    elif (first := seen.setdefault(email, row.line)) != row.line:
        found.append(_("%(email)s stands in line %(line)s already.") % {"email": email, "line": first})
    elif not new and not known.people[email][0].active:
        found.append(_("The person with this address is no longer active."))
    if new and not cells["name"]:
        found.append(_("There is no name in this line."))
    for column in ("name", "job"):
        if len(cells[column]) > LONGEST_NAME:
            most = {"column": column, "most": LONGEST_NAME}
            found.append(_("The %(column)s is longer than %(most)s characters.") % most)
    place = cells["organisation"]
    if place and place.lower() not in known.organisations:
        found.append(_unknown_organisation(place, words, known))
    choices = {"capacity": [one.value for one in Capacity], "language": list(LOCALES)}
    for column, allowed in choices.items():
        if cells[column] and cells[column] not in allowed:
            named = {"value": cells[column][:40], "column": column, "choices": words.either(allowed)}
            found.append(_("“%(value)s” is no %(column)s. Write %(choices)s.") % named)
    for slug in sorted(set(cells["interests"].lower().split()) - known.themes):
        named = {"value": slug[:40], "choices": ", ".join(sorted(known.themes))}
        found.append(_("“%(value)s” is no theme. There are: %(choices)s.") % named)
    return [Problem(row.line, text) for text in found]


def _unknown_organisation(place: str, words: Words, known: _Known) -> str:
    said = words._("We do not know an organisation “%(name)s”.") % {"name": place[:80]}
    nearest = _nearest(place, known.own_words)
    if nearest is None:
        return said
    return said + " " + words._("Do you mean “%(name)s”?") % {"name": known.organisations[nearest].name}


def _nearest(place: str, own_words: dict[str, str]) -> str | None:
    """The name whose own words are most like those that were written; None where none is like it."""
    like = process.extract(_own_words(place), own_words, scorer=fuzz.ratio, score_cutoff=LIKE_ENOUGH)
    # Of names whose own words are as like, the one that is written most alike.
    nearest = max(like, key=lambda one: (one[1], fuzz.ratio(place.lower(), one[2])), default=None)
    return nearest[2] if nearest else None


def _own_words(name: str) -> str:
    found = (re.sub(r"\W", "", word) for word in name.lower().split())
    return " ".join(word for word in found if word and word not in _SHARED_WORDS)


def _is_address(email: str) -> bool:
    try:
        validate_email(email, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return False
    return len(email) <= 320


IMPORTER = Importer(plan, apply)
