"""One person holds an office at a time, and who held it before stays on record."""

from __future__ import annotations

from datetime import date

from store import appointments
from store.appointments import Office
from tests.bot import TestBot

JANUARY, MAY, JUNE, DECEMBER = (date(2026, month, 1) for month in (1, 5, 6, 12))


async def test_two_people_cannot_hold_one_office_on_one_day(bot: TestBot) -> None:
    ann, bob = await bot.add_member("ann"), await bot.add_member("bob")
    async with bot.database.write() as session:
        now = bot.clock()
        first = await appointments.appoint(
            session, Office.CABINET_CHAMPION, "1", ann.id, from_on=JANUARY, until_on=MAY, now=now
        )
        assert first is not None
        for from_on, until_on in ((MAY, None), (JANUARY, JANUARY), (date(2025, 1, 1), None)):
            clash = await appointments.appoint(
                session, Office.CABINET_CHAMPION, "1", bob.id, from_on=from_on, until_on=until_on, now=now
            )
            assert clash is None
        for scope, from_on in (("1", JUNE), ("2", JANUARY)):
            assert await appointments.appoint(
                session, Office.CABINET_CHAMPION, scope, bob.id, from_on=from_on, until_on=None, now=now
            )
        assert await appointments.holder(session, Office.CABINET_CHAMPION, "1", MAY) == ann.id
        assert await appointments.holder(session, Office.CABINET_CHAMPION, "1", DECEMBER) == bob.id
        assert await appointments.holder(session, Office.REGIONAL_LEAD, "1", MAY) is None
        standing = await appointments.on_day(session, MAY)
        assert [(one.scope, one.member_id) for one in standing] == [("1", ann.id), ("2", bob.id)]
        assert await appointments.by_id(session, first.id) is first
