"""What a person may do about an event beyond answering: what they add, what they say afterwards, and how
those who run it do that."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from handlers import calendar_files, event_details_form
from handlers.event_actions import (
    AddDates,
    AnnounceEvent,
    AnswerDates,
    CancelEvent,
    EditDetails,
    EditEvent,
    EditLinks,
    GiveFeedback,
    ListEvents,
    ListReplies,
    RecordCame,
    RepeatEvent,
    ShowCode,
)
from handlers.kit.context import Context
from handlers.kit.messages import Button, Style
from handlers.kit.words import Words
from store import attendance, feedback
from store.attendance import OPENS_BEFORE
from store.events import Event, EventState
from store.replies import INTERESTED, YES, Answer, EventReply


async def may_say_what_they_think(
    session: AsyncSession, event: Event, member_id: int, held: EventReply | None, now: datetime
) -> bool:
    """Who came or said yes, once, when it is over."""
    if event.state(now) is not EventState.PAST:
        return False
    said_yes = held is not None and held.answer in YES
    if not said_yes and not await attendance.came(session, event.id, member_id):
        return False
    return not await feedback.given(session, event.id, member_id)


async def for_person(context: Context, event: Event, held: EventReply | None) -> list[Button]:
    _ = context._
    buttons = []
    if held is not None and held.answer in INTERESTED and event.state(context.now) is EventState.ANNOUNCED:
        path = calendar_files.path_of(context.surroundings.signer, event, context.person.id)
        buttons.append(Button(label=_("Put it in my calendar"), path=path))
    if held is not None and (label := event_details_form.button_label(context, event, held)):
        buttons.append(Button.to(label, EditDetails(event_id=event.id)))
    if await may_say_what_they_think(context.session, event, context.person.id, held, context.now):
        feedback_button = Button.to(_("Say how it was"), GiveFeedback(event_id=event.id), style=Style.PRIMARY)
        buttons.append(feedback_button)
    return buttons


def for_dates(
    words: Words, event: Event, given: Answer | None, unanswered: int, now: datetime
) -> list[Button]:
    """The other dates of its series, and one press to come to all that are not answered yet."""
    _ = words._
    if event.series_id is None:
        return []
    buttons = []
    if unanswered and given in YES and event.state(now) is EventState.ANNOUNCED:
        said = words.ngettext("Yes to %(count)s more date", "Yes to %(count)s more dates", unanswered)
        to_all = AnswerDates(event_id=event.id, answer=given.value if given else "")
        buttons.append(Button.to(said % {"count": words.number(unanswered)}, to_all))
    return [*buttons, Button.to(_("All dates"), ListEvents(series_id=event.series_id))]


def for_runner(words: Words, event: Event, now: datetime) -> list[Button]:
    _ = words._
    repeat = Button.to(_("Repeat it"), RepeatEvent(event_id=event.id))
    if event.series_id is not None:
        repeat = Button.to(_("Add dates"), AddDates(event_id=event.id))
    again = [repeat] if event.series_id is not None or event.starts_at > now else []
    change = Button.to(_("Change"), EditEvent(event_id=event.id))
    who = Button.to(_("Who comes"), ListReplies(event_id=event.id))
    came = Button.to(_("Who came"), RecordCame(event_id=event.id))
    code = Button.to(_("Check-in code"), ShowCode(event_id=event.id))
    links = Button.to(_("Slides and links"), EditLinks(event_id=event.id))
    call_off = Button.to(_("Call off"), CancelEvent(event_id=event.id), style=Style.DANGER)
    match event.state(now):
        case EventState.DRAFT:
            announce = Button.to(_("Announce"), AnnounceEvent(event_id=event.id), style=Style.PRIMARY)
            return [announce, change, *again, call_off]
        case EventState.ANNOUNCED:
            begun = now >= event.starts_at - OPENS_BEFORE
            return [who, *([came] if begun else []), code, links, change, *again, call_off]
        case EventState.PAST:
            return [came, links, who, *again]
    return [who]
