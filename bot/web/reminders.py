"""The control room: what goes out next and in which words, what went out, and holding all of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from bot.web.admin import ROWS_A_PAGE, pager, permit
from bot.web.presses import number_of, press
from bot.web.public import LONGEST_QUERY, page_of
from bot.web.site import Site
from bot.web.visits import Visit
from handlers import announcement_holds, broadcasts, reminder_control, reminder_names
from handlers import reminder_actions as actions
from handlers.announcement_holds import CONTROL_ROOM
from handlers.kit.messages import Action
from handlers.kit.words import LOCALES, Words
from store import announcement_holds as stored_holds
from store import events, outbox, reminders, rounds
from store.reminders import Outcome, Subject

WORDS = f"{CONTROL_ROOM}/words"
PLANNED_A_PAGE = 10
# What the forms of the page may do, by the name on the wire; anything else is not there.
_OF_ALL: dict[str, type[Action]] = {
    one.wire_name: one for one in (actions.HoldAnnouncements, actions.LiftHold)
}
_OF_ONE: dict[str, type[Action]] = {
    one.wire_name: one
    for one in (
        actions.PauseReminder, actions.ResumeReminder, actions.CancelReminder, actions.SendReminderNow,
        actions.RewordReminder, actions.TestReminder,
    )
}  # fmt: skip
# The same of a kind of reminder.
_OF_RULE: dict[str, type[Action]] = {
    "reminders.edit": actions.EditReminder,
    "reminders.try": actions.TestReminder,
}
ANNOUNCED_SHOWN = 25
ANNOUNCED_FOR = timedelta(days=90)
# How much of the past the speed of deliveries is told from, where no ceiling is set.
MEASURED_OVER = timedelta(minutes=1)


class ReminderPages:
    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[web.RouteDef]:
        serve = self._site.serve
        return [
            web.get(CONTROL_ROOM, serve(self.show)),
            web.post(CONTROL_ROOM, serve(self.act)),
            web.get(f"{CONTROL_ROOM}/sent", serve(self.sent)),
            web.get(WORDS, serve(self.words)),
        ]

    async def show(self, visit: Visit) -> web.Response:
        """What goes out in the next 30 days, the next first."""
        permit(visit)
        query = visit.request.query.get("q", "").strip()[:LONGEST_QUERY]
        asked = visit.request.query.get("of", "")
        subject = asked if asked in set(Subject) else ""
        page = page_of(visit.request.query.get("page", ""))
        catalogues = self._site.services.surroundings.catalogues
        async with self._site.services.database.read() as session:
            found = await reminder_control.planned(session, visit.now, subject=subject, query=query)
            shown = found[(page - 1) * PLANNED_A_PAGE : page * PLANNED_A_PAGE]
            reached = await reminder_control.reach(session, shown)
            hold = await stored_holds.current(session, visit.now)
            waiting = [
                *await events.waiting_for_hold(session),
                *await rounds.waiting_for_hold(session),
            ]
            moving = await self._moving(session, visit.words, visit.now)
            failed = await outbox.count_failures(session)
        address = f"{CONTROL_ROOM}?{urlencode({'q': query, 'of': subject})}&"
        older = f"{address}page={page + 1}" if page * PLANNED_A_PAGE < len(found) else ""
        newer = f"{address}page={page - 1}" if page > 1 else ""
        return self._site.page(
            visit,
            "admin_reminders.html",
            rows=[
                (
                    one,
                    reminder_names.title(visit.words, one.due.rule),
                    reminder_control.reach_line(visit.words, reach, one.due.audiences),
                    reminder_control.previews(catalogues, one, visit.now),
                )
                for one, reach in zip(shown, reached, strict=True)
            ],
            total=len(found),
            hold=hold,
            hold_line=announcement_holds.line(visit.words, hold) if hold else "",
            waiting=waiting,
            moving=moving,
            failed=failed,
            query=query,
            subject=subject,
            older=older,
            newer=newer,
        )

    async def sent(self, visit: Visit) -> web.Response:
        """What became of each reminder, the newest first."""
        permit(visit)
        asked = visit.request.query.get("outcome", "")
        outcomes = [Outcome(asked)] if asked in set(Outcome) else list(Outcome)
        page = page_of(visit.request.query.get("page", ""))
        async with self._site.services.database.read() as session:
            rows, total = await reminder_control.past(
                session, outcomes=outcomes, limit=ROWS_A_PAGE, offset=(page - 1) * ROWS_A_PAGE
            )
            moving = await self._moving(session, visit.words, visit.now)
            failed = await outbox.count_failures(session)
            announced = await reminder_control.announcements(
                session, visit.now - ANNOUNCED_FOR, limit=ANNOUNCED_SHOWN
            )
        older, newer = pager(f"{CONTROL_ROOM}/sent?{urlencode({'outcome': asked})}&", page, total)
        return self._site.page(
            visit,
            "admin_reminders_sent.html",
            rows=[(one, reminder_names.title(visit.words, one.rule)) for one in rows],
            announcements=announced if page == 1 and not asked else [],
            states=reminder_control.states,
            outcome_names=reminder_names.OUTCOME_NAMES,
            reasons=reminder_names.REASONS,
            outcome=asked,
            total=total,
            moving=moving,
            failed=failed,
            older=older,
            newer=newer,
        )

    async def words(self, visit: Visit) -> web.Response:
        """Every kind of reminder, with how it reads of what comes next."""
        permit(visit)
        catalogues = self._site.services.surroundings.catalogues
        async with self._site.services.database.read() as session:
            rules = await reminders.rules(session)
            coming = await reminder_control.coming(session, visit.now)
            failed = await outbox.count_failures(session)
        rows = []
        for rule in rules:
            bodies = [
                (name, rule.bodies[locale]) for locale, name in LOCALES.items() if locale in rule.bodies
            ]
            said = [
                (name, reminder_control.example(catalogues.words(locale), rule, coming, visit.now))
                for locale, name in LOCALES.items()
            ]
            examples = [(name, message) for name, message in said if message is not None]
            rows.append((rule, reminder_names.title(visit.words, rule), bodies, examples))
        return self._site.page(visit, "admin_reminders_words.html", rows=rows, failed=failed)

    async def act(self, visit: Visit) -> web.Response:
        """The same actions as in the chat; they check who may."""
        permit(visit)
        wanted = visit.typed.get("do", "")
        if wanted in _OF_ALL:
            return await press(self._site, visit, _OF_ALL[wanted].model_validate({}), CONTROL_ROOM)
        if wanted in _OF_RULE:
            action = _OF_RULE[wanted].model_validate({"rule_id": number_of(visit, "rule")})
            return await press(self._site, visit, action, WORDS)
        if wanted not in _OF_ONE:
            raise web.HTTPNotFound
        data = {"rule_id": number_of(visit, "rule"), "subject_id": number_of(visit, "subject")}
        return await press(self._site, visit, _OF_ONE[wanted].model_validate(data), CONTROL_ROOM)

    async def _moving(self, session: AsyncSession, words: Words, now: datetime) -> tuple[str, list[str]]:
        """How much is on its way and when the last of it will have gone, and the same of each reminder and
        announcement; empty when nothing is."""
        waiting, found = await broadcasts.on_their_way(session, now)
        if not waiting:
            return "", []
        ceiling = self._site.services.settings.slack_messages_per_minute
        if not ceiling:
            ceiling = await outbox.count_sent_since(session, now - MEASURED_OVER)
        each = broadcasts.lines(words, found, now, ceiling)
        said = words.ngettext(
            "%(count)s message is on its way.", "%(count)s messages are on their way.", waiting
        ) % {"count": words.number(waiting)}
        if not ceiling:
            return said, each
        done_at = broadcasts.finished_at(waiting, now, ceiling)
        finish = words._("At %(rate)s a minute the last goes out by %(when)s.")
        return f"{said} {finish % {'rate': words.number(ceiling), 'when': words.moment(done_at)}}", each
