"""The stop at reminders: reading what is due, changing one, getting one, and what was late."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from handlers.reminder_actions import (
    CancelReminder,
    EditReminder,
    HoldAnnouncements,
    LiftHold,
    ListReminders,
    PauseReminder,
    ResumeReminder,
    RewordReminder,
    SendReminderNow,
    TestReminder,
)
from scheduled import reminders as scheduled_reminders
from store import reminders
from store.events import Event
from store.organisations import Organisation
from store.reminders import Anchor, Audience, ReminderRule, Unit
from store.rounds import FundingRound
from tests.surfaces.touring import TouringBot


async def be_reminded(bot: TouringBot) -> None:
    """While an event and a round are coming up; afterwards the clock stands where it stood."""
    async with bot.database.read() as session:
        rules = await reminders.rules(session)
        event = (await session.scalars(select(Event))).one()
        one = (await session.scalars(select(FundingRound))).one()
    for who in ("ann", "ada"):
        await bot.command(who, "ccin", "reminders")
    await bot.press("ada", ListReminders())
    await _change_one(bot, rules, event)
    for rule in rules:
        await bot.press("ada", TestReminder(rule_id=rule.id))
        await _change(bot, rule)
    async with bot.database.read() as session:
        cardiff = await session.scalar(select(Organisation.id).where(Organisation.name == "Cardiff Council"))
    days = {"organisation": str(cardiff), "from_on": "2026-11-01", "until_on": "2026-11-30"}
    await bot.fill_in("ada", await bot.anew("ada", await bot.command("ada", "ccin", "hold")), dict(days))
    now = bot.clock.now
    tick = scheduled_reminders.job(bot.database, bot.clock, bot.surroundings)
    starts, opens, closes = event.starts_at, one.opens_at, one.closes_at
    moments = [starts - timedelta(days=3), starts - timedelta(hours=1), opens, opens + timedelta(hours=1)]
    moments += [closes - timedelta(days=1), closes + timedelta(hours=9), closes + timedelta(days=5)]
    for moment in sorted(moments):
        bot.clock.now = moment
        await tick()
        await bot.deliver()
    await bot.command("ada", "ccin", "reminders")
    bot.clock.now = now
    await bot.press("ada", EditReminder(rule_id=10**6))
    await bot.press("ann", TestReminder(rule_id=rules[0].id))


async def _change_one(bot: TouringBot, rules: list[ReminderRule], event: Event) -> None:
    """One reminder alone is tried in every way, while all announcements are on hold and while not."""
    now = bot.clock.now
    bot.clock.now = event.starts_at - timedelta(days=20)
    one = {"rule_id": rules[0].id, "subject_id": event.id}
    for kind in (PauseReminder, ResumeReminder, CancelReminder, ResumeReminder, TestReminder):
        await bot.press("ada", kind.model_validate(one))
    opened = await bot.anew("ada", await bot.press("ada", RewordReminder.model_validate(one)))
    words = {"en": bot.cast.typed("Ministers come to {title}."), "cy": bot.cast.typed("Dewch i {title}.")}
    await bot.fill_in("ada", opened, dict(words))
    until = f"{bot.clock.now + timedelta(days=1):%Y-%m-%dT%H:%M}"
    reason = {"until": until, "reason": bot.cast.typed("A day of mourning.")}
    for opened in (await bot.command("ada", "ccin", "hold-all"), await bot.press("ada", HoldAnnouncements())):
        await bot.fill_in("ada", await bot.anew("ada", opened), dict(reason))
    await bot.command("ada", "ccin", "reminders")
    for _time in range(2):
        await bot.press("ada", LiftHold())
    await bot.press("ada", SendReminderNow.model_validate(one))
    await bot.press("ada", SendReminderNow(rule_id=10**6, subject_id=event.id))
    bot.clock.now = now


async def _change(bot: TouringBot, rule: ReminderRule) -> None:
    """Each rule is written anew as it was, but for the words of the first; one is tried in every shape."""
    opened = await bot.anew("ada", await bot.press("ada", EditReminder(rule_id=rule.id)))
    right = {
        "amount": str(abs(rule.amount)),
        "unit": rule.unit,
        "side": "after" if rule.amount < 0 else "before",
        "audiences": list(rule.audiences),
        "late_hours": str(rule.late_minutes // 60),
        "quiet": rule.quiet,
        "en": rule.bodies["en"],
        "cy": bot.cast.typed(rule.bodies["cy"]),
        "enabled": "yes",
    }
    if rule.anchor == Anchor.HALF:
        right |= {"amount": "2", "side": "after", "unit": Unit.DAYS.value, "enabled": "no"}
    if rule.anchor == Anchor.START and rule.unit == Unit.HOURS:
        right |= {"audiences": [Audience.GOING.value, Audience.MAYBE.value]}
    await bot.fill_in("ada", opened, dict(right))
