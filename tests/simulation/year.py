"""A year of reminders on a clock that runs ahead: ``python -m tests.simulation.year``.

People do what ``_script`` says, through the dispatcher; the scheduled job and the relay tick through 2028,
on a real SQLite database. What arrives is compared with ``year.txt``, which was written by hand. Exits with
1 where anything is missing, unexpected, doubled or at another time.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time as timing
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, time, timedelta
from functools import partial

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from handlers.event_actions import CancelEvent
from handlers.kit import dispatcher
from handlers.kit.platform import Delivered, Delivery
from handlers.kit.updates import Place
from handlers.quiet_hours import QuietHours
from handlers.reminder_actions import HoldAnnouncements
from handlers.reminder_planning import next_due
from handlers.round_actions import AnnounceRound, RemindOfRound
from scheduled import reminders as scheduled_reminders
from scheduled.outbox_relay import OutboxRelay
from store import events, members, profiles, reminder_changes, reminders, rounds, schema
from store.database import Database
from store.events import Event
from store.local_times import HOME_ZONE, at, local
from store.members import Identity, Member
from store.organisations import Organisation
from store.outbox import OutboxRow, Status
from store.profiles import Profile
from store.rounds import FundingRound
from tests import test_events, test_reminders, test_rounds
from tests.bot import NotingPlatform, TestBot, TestClock, form_of
from tests.network import add_organisation, add_person
from tests.simulation.messages import Arrived, differences, expected

MINUTE = timedelta(minutes=1)


def utc(text: str) -> datetime:
    """A time by the clocks of London, such as ``2028-03-27 12:00``."""
    moment = datetime.fromisoformat(text)
    return at(moment.date(), moment.time(), HOME_ZONE)


BEGINS, ENDS = utc("2028-01-03 09:00"), utc("2028-12-31 12:00")
OUTAGE = (utc("2028-07-17 18:00"), utc("2028-07-19 18:00"))
# Every minute of the weeks around both clock changes, and the days around leap day and the outage.
MINUTELY = (
    (utc("2028-02-28 18:00"), utc("2028-03-01 06:00")),
    (utc("2028-03-22 12:00"), utc("2028-03-29 12:00")),
    (utc("2028-07-17 06:00"), OUTAGE[0]),
    (OUTAGE[1], utc("2028-07-20 12:00")),
    (utc("2028-10-25 12:00"), utc("2028-11-01 12:00")),
)


class Ledger(NotingPlatform):
    """Notes when each message arrived."""

    def __init__(self, name: str, clock: TestClock, arrived: list[Arrived]) -> None:
        super().__init__(name)
        self._clock, self._arrived = clock, arrived

    async def deliver(self, delivery: Delivery, place: Place) -> Delivered:
        said = delivery.message
        when = f"{local(self._clock.now, HOME_ZONE):%Y-%m-%d %H:%M %Z}"
        who = f"{self.name}:{place.id.removeprefix('U-')}"
        self._arrived.append(
            Arrived(delivery.id, when, who, delivery.kind or "-", said.heading, said.text)
        )  # fmt: skip
        return await super().deliver(delivery, place)


class NotingDatabase(Database):
    """Notes whether anything was written since it was last asked."""

    written = True

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        self.written = True
        async with super().write() as session:
            yield session


Act = Callable[[], Awaitable[None]]


class Year:
    """The bot, its clock and what has happened so far."""

    def __init__(self, database: NotingDatabase) -> None:
        self.database = database
        self.clock = TestClock()
        self.clock.now = BEGINS
        self.arrived: list[Arrived] = []
        self.bot = TestBot(database, self.clock)
        self.bot.platform = Ledger("test", self.clock, self.arrived)
        phone = Ledger("phone", self.clock, self.arrived)
        self.bot.relay = OutboxRelay(
            database,
            {"test": self.bot.platform, "phone": phone},
            self.clock,
            self.bot.surroundings.process,
        )
        self.job = scheduled_reminders.job(database, self.clock, self.bot.surroundings)
        self.ticks = 0
        # When a message or an edit that waits comes due.
        self.waiting: datetime | None = None

    async def people(self) -> None:
        await test_reminders.network(self.bot)
        await add_person(self.bot, "dan")
        await add_person(self.bot, "eve")
        await add_organisation(self.bot, "Oldham Council")
        cat = (await self._member("cat")).id
        async with self.bot.database.write() as session:
            member = await session.get_one(Member, cat)
            member.locale, member.preferred_platform = "cy", "phone"
            session.add(Identity(member_id=cat, platform="phone", external_id="U-cat"))
        for who, begins, ends in (("bob", time(21), time(8)), ("dan", time(22), time(7))):
            known = await self._member(who)
            async with self.bot.database.write() as session:
                profile = await session.get_one(Profile, known.id)
                profile.quiet_from, profile.quiet_until, profile.updated_at = begins, ends, BEGINS

    async def tick(self) -> None:
        """The relay has nothing to do where nothing was written and nothing that waits has come due."""
        self.ticks += 1
        await self.job()
        if not self.database.written and (self.waiting is None or self.clock.now < self.waiting):
            return
        await self.bot.deliver()
        async with self.database.read() as session:
            queued = func.min(case((OutboxRow.status == Status.QUEUED, OutboxRow.due_at)))
            moments = (await session.execute(select(queued, func.min(OutboxRow.edit_due_at)))).one()
        self.waiting = min((one for one in moments if one is not None), default=None)
        self.database.written = False

    async def until(self, moment: datetime) -> None:
        """Live up to a time, minute by minute or from one due instant to the next."""
        while self.clock.now < moment:
            now = self.clock.now
            if OUTAGE[0] <= now < OUTAGE[1]:
                self.clock.now = min(OUTAGE[1], moment)
            elif any(begins <= now < ends for begins, ends in MINUTELY):
                self.clock.now = min(now + MINUTE, moment)
            else:
                instant = await self._next_instant(now, moment)
                # What goes too early would show a minute before.
                before = instant - MINUTE
                self.clock.now = before if before > now else instant
            if not OUTAGE[0] <= self.clock.now < OUTAGE[1]:
                await self.tick()

    async def _next_instant(self, now: datetime, until: datetime) -> datetime:
        midnight = at(local(now, HOME_ZONE).date() + timedelta(days=1), time(), HOME_ZONE)
        until = min([until, midnight, *(begins for begins, _ends in MINUTELY if begins > now)])
        async with self.bot.database.read() as session:
            rules = await reminders.rules(session, enabled=True)
            subjects: list[Event | FundingRound] = [
                *await events.to_remind(session, now - scheduled_reminders.LOOKED_BACK),
                *await rounds.current(session, since=now - scheduled_reminders.LOOKED_BACK),
            ]
            quiet = [QuietHours(*pair) for pair in await profiles.quiet_hours(session)]
            changes = await reminder_changes.every(session)
        until = next_due(rules, subjects, now, until, changes)
        waiting = [self.waiting] if self.waiting is not None and self.waiting > now else []
        return min([until, *(hours.next_early(now) for hours in quiet), *waiting])

    async def event(
        self, title: str, day: str, begins: str, ends: str, going: tuple[str, ...] = (), **more: str
    ) -> None:
        facts = {"title": title, "starts_on": day, "starts_time": begins, "ends_time": ends}
        await test_events.make(self.bot, "ada", announce=True, **(facts | more))
        for who in going:
            await self.say(title, who, "going")

    async def say(self, title: str, who: str, answer: str) -> None:
        await test_events.say(self.bot, who, await self._event(title), answer)

    async def move(self, title: str, **changed: str) -> None:
        await test_events.change(self.bot, await self._event(title), **changed)

    async def call_off(self, title: str) -> None:
        event = await self._event(title)
        await test_events.fill(self.bot, "ada", await self.bot.press("ada", CancelEvent(event_id=event.id)))

    async def round(self, name: str, opens: tuple[str, str], closes_on: str) -> None:
        """A round that closes on a date alone, and that ann and bob want to be reminded of."""
        await test_rounds.make(
            self.bot, name=name, opens_on=opens[0], opens_time=opens[1], closes_on=closes_on, decision_on=""
        )  # fmt: skip
        one = await self._round(name)
        await self.bot.press("ada", AnnounceRound(round_id=one.id))
        for who in ("ann", "bob"):
            await self.bot.press(who, RemindOfRound(round_id=one.id))

    async def extend(self, name: str, closes_on: str) -> None:
        await test_rounds.change(self.bot, await self._round(name), closes_on=closes_on)

    async def publicity(self, name: str, from_on: str, until_on: str) -> None:
        view = form_of(await self.bot.command("ada", "ccin", "hold"))
        held = {"organisation": await self.organisation(name), "from_on": from_on, "until_on": until_on}
        await self.bot.submit("ada", view, dict(held))

    async def hold_all(self, until: str) -> None:
        view = form_of(await self.bot.press("ada", HoldAnnouncements()))
        await self.bot.submit("ada", view, {"until": until, "reason": ""})

    async def of_oldham(self, *facts: str, going: tuple[str, ...] = ()) -> None:
        title, day, begins, ends = facts
        oldham = await self.organisation("Oldham Council")
        await self.event(title, day, begins, ends, going, organisation=oldham)

    async def organisation(self, name: str) -> str:
        async with self.bot.database.read() as session:
            found = select(Organisation.id).where(Organisation.name == name)
            return str((await session.scalars(found)).one())

    async def _event(self, title: str) -> Event:
        async with self.bot.database.read() as session:
            return (await session.scalars(select(Event).where(Event.title == title))).one()

    async def _round(self, name: str) -> FundingRound:
        async with self.bot.database.read() as session:
            return (await session.scalars(select(FundingRound).where(FundingRound.name == name))).one()

    async def _member(self, who: str) -> Member:
        async with self.bot.database.read() as session:
            known = await members.by_identity(session, "test", who)
        if known is None:
            raise LookupError(who)
        return known[0]

    async def answers(self) -> set[str]:
        """The ids of messages that answered somebody's own press."""
        async with self.bot.database.read() as session:
            return set(await session.scalars(select(OutboxRow.id).where(OutboxRow.key.startswith("reply:"))))


def _script(year: Year) -> Iterator[tuple[str, Act]]:
    """What people do in that year, and when."""
    event, say = partial(partial, year.event), partial(partial, year.say)
    yield "2028-01-03 10:00", event("Winter seminar", "2028-01-20", "14:00", "16:00", ("ann", "bob", "cat"))
    yield "2028-02-01 10:00", partial(year.round, "Policy Labs 2028", ("2028-02-07", "09:00"), "2028-03-31")
    yield "2028-02-20 10:00", event("Leap day lunch", "2028-02-29", "12:00", "14:00", ("dan",))
    yield "2028-03-08 10:00", event("Spring conference", "2028-03-24", "10:00", "16:00", ("ann", "bob"))
    yield "2028-03-09 10:00", say("Spring conference", "cat", "maybe")
    yield "2028-03-20 10:00", event("Night webinar", "2028-03-27", "01:30", "03:00", ("ann", "bob"))
    yield (
        "2028-03-22 12:00",
        partial(year.move, "Spring conference", starts_on="2028-03-28", starts_time="09:00"),
    )
    yield "2028-03-27 12:00", partial(year.extend, "Policy Labs 2028", "2028-04-04")
    yield (
        "2028-03-30 10:00",
        partial(year.of_oldham, "Oldham talk", "2028-04-20", "11:00", "12:00", going=("ann",)),
    )
    yield "2028-03-31 12:00", partial(year.publicity, "Oldham Council", "2028-04-01", "2028-05-04")
    yield "2028-04-10 10:00", event("Study visit", "2028-05-10", "09:00", "16:00", ("ann",))
    yield "2028-04-11 10:00", say("Study visit", "bob", "maybe")
    yield "2028-04-12 10:00", partial(year.of_oldham, "Oldham open day", "2028-05-20", "11:00", "15:00")
    yield "2028-05-02 11:00", partial(year.call_off, "Study visit")
    yield "2028-05-06 09:00", say("Oldham open day", "cat", "going")
    yield (
        "2028-06-01 12:00",
        partial(
            year.event,
            "Small workshop",
            "2028-06-15",
            "10:00",
            "12:00",
            ("ann", "eve"),
            capacity="1",
            link="",
        ),
    )
    yield "2028-06-13 15:00", say("Small workshop", "ann", "cannot")
    yield (
        "2028-07-01 10:00",
        partial(year.round, "Prototype fund 2028", ("2028-07-03", "12:00"), "2028-07-18"),
    )
    yield "2028-07-10 10:00", event("Summer webinar", "2028-07-20", "10:00", "11:00", ("ann",))
    yield "2028-07-25 10:00", event("August meet-up", "2028-08-04", "10:00", "12:00")
    yield "2028-07-25 10:00", event("Evening call", "2028-08-03", "22:00", "23:00", ("dan",))
    yield "2028-08-01 09:00", partial(year.hold_all, "2028-08-03T09:00")
    yield "2028-08-03 09:00", partial(asyncio.sleep, 0)
    yield (
        "2028-09-01 10:00",
        partial(
            year.event, "Members dinner", "2028-09-20", "18:00", "21:00", ("ann",), reply_on="2028-09-10"
        ),
    )
    yield "2028-09-02 10:00", say("Members dinner", "cat", "cannot")
    yield "2028-10-20 10:00", event("Clock workshop", "2028-10-29", "02:30", "04:00", ("ann",))
    yield "2028-10-20 10:00", event("Late webinar", "2028-10-30", "01:30", "03:00", ("ann", "bob", "dan"))


async def main() -> int:
    # Nobody waits for an answer here: a busy machine must not look like a slow database.
    dispatcher.CEILING_SECONDS = 60.0
    started = timing.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        database = NotingDatabase(f"sqlite:///{folder}/year.db")
        await schema.migrate(database)
        year = Year(database)
        await year.people()
        for when, act in _script(year):
            await year.until(utc(when))
            await act()
            await year.tick()
        await year.until(ENDS)
        answers = await year.answers()
        await database.close()
    arrived = [one for one in year.arrived if one.id not in answers]
    wanted = expected()
    found = differences(wanted, arrived)
    sys.stdout.write("".join(f"{line}\n" for line in found))
    seconds = timing.perf_counter() - started
    sys.stdout.write(
        f"a year in {seconds:.0f} s: {year.ticks} ticks, {len(wanted)} messages expected, "
        f"{len(arrived)} arrived, {len(found)} differences\n"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
