"""What events look like: in a list, on their own for one person, and as a post that all can read."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from handlers.event_actions import AnswerEvent, ShowEvent
from handlers.kit.messages import Button, Fact, Item, Message, Style
from handlers.kit.words import LOCALES, N_, Words
from store.event_series import More
from store.events import Event, EventKind, EventState
from store.local_times import local
from store.replies import YES, Answer

KIND_NAMES = {
    EventKind.CONFERENCE: N_("Conference"),
    EventKind.NETWORK_EVENT: N_("Network event"),
    EventKind.WEBINAR: N_("Webinar"),
    EventKind.BOARD_MEETING: N_("Board meeting"),
    EventKind.OFFICER_NETWORK: N_("Officer Network"),
    EventKind.STUDY_VISIT: N_("Study visit"),
    EventKind.OTHER: N_("Other"),
}
# What a person reads of their own answer.
ANSWER_LINES = {
    Answer.GOING: N_("You are going."),
    Answer.ONLINE: N_("You are joining online."),
    Answer.MAYBE: N_("You may come."),
    Answer.CANNOT: N_("You cannot come."),
    Answer.WAITING: N_("You are on the waiting list: it is full."),
}
ANSWER_BUTTONS = {
    Answer.GOING: N_("I am going"),
    Answer.ONLINE: N_("I join online"),
    Answer.MAYBE: N_("Maybe"),
    Answer.CANNOT: N_("I cannot come"),
}


def when(words: Words, event: Event) -> str:
    """“Monday 16 March 2026, 10:00 (UK time) to 16:00”; both days in full where it lasts longer."""
    start, end = local(event.starts_at, event.zone), local(event.ends_at, event.zone)
    until = words.time_in(event.ends_at, event.zone)
    if start.date() != end.date():
        until = words.moment_in(event.ends_at, event.zone)
    said = {"start": words.moment_in(event.starts_at, event.zone), "end": until}
    return words._("%(start)s to %(end)s") % said


def where(words: Words, event: Event) -> str:
    _ = words._
    if event.is_hybrid:
        return _("%(place)s, and online") % {"place": event.place}
    return event.place or (_("Online") if event.link else "")


def people_path(event: Event) -> str:
    """The page of who comes, for those who run it."""
    return f"/events/{event.slug}/people"


def with_guests(words: Words, name: str, guests: int) -> str:
    """“Ann (with 2 guests)”"""
    if not guests:
        return name
    text = words.ngettext("%(name)s (with %(count)s guest)", "%(name)s (with %(count)s guests)", guests)
    return text % {"name": name, "count": words.number(guests)}


def guests_line(words: Words, guests: int) -> str:
    """“2 guests”"""
    text = words.ngettext("%(count)s guest", "%(count)s guests", guests)
    return text % {"count": words.number(guests)}


def more_line(words: Words, more: More) -> str:
    """“and 11 more dates, the last on Tuesday 7 December 2027”"""
    said = words.ngettext(
        "and %(count)s more date, on %(day)s", "and %(count)s more dates, the last on %(day)s", more.count
    )
    day = words.day(local(more.last_at, more.zone).date())
    return said % {"count": words.number(more.count), "day": day}


def facts(
    words: Words, event: Event, counts: Counter[Answer], *, counted: bool = True, more: More | None = None
) -> tuple[Fact, ...]:
    """What everybody may read, with or without the numbers. The joining link is never among it."""
    _ = words._
    held = [
        (_("When"), when(words, event)),
        (_("More dates"), more_line(words, more) if more else ""),
        (_("Where"), where(words, event)),
        (_("Kind"), _(KIND_NAMES[EventKind(event.kind)])),
        (_("Language"), LOCALES.get(event.language, "") if event.language != words.locale else ""),
        (_("Organiser"), event.organiser),
        (_("Answer by"), words.moment_in(event.reply_by, event.zone) if event.reply_by else ""),
        (_("Answers"), counts_line(words, event, counts) if counted else ""),
    ]
    return tuple(Fact(label=label, value=value) for label, value in held if value)


def counts_line(words: Words, event: Event, counts: Counter[Answer]) -> str:
    """“12 going, 3 online, 2 maybe; 8 places left”"""
    _ = words._
    labels = (
        (Answer.GOING, _("%(count)s going")),
        (Answer.ONLINE, _("%(count)s online")),
        (Answer.MAYBE, _("%(count)s maybe")),
        (Answer.WAITING, _("%(count)s waiting for a place")),
    )
    said = [label % {"count": words.number(counts[one])} for one, label in labels if counts[one]]
    if event.capacity is not None:
        free = max(0, event.capacity - counts[Answer.GOING])
        left = words.ngettext("%(count)s place left", "%(count)s places left", free)
        said.append(left % {"count": words.number(free)} if free else _("no place left"))
    return " · ".join(said)


def list_item(
    words: Words, event: Event, counts: Counter[Answer], given: Answer | None, now: datetime, *,
    more: More | None = None,
) -> Item:  # fmt: skip
    _ = words._
    said = [when(words, event), more_line(words, more) if more else "", where(words, event)]
    if event.state(now) is EventState.DRAFT:
        said.append(_("Draft: not announced yet"))
    if given is not None:
        said.append(_(ANSWER_LINES[given]))
    elif line := counts_line(words, event, counts):
        said.append(line)
    return Item(
        title=event.title,
        text=" · ".join(part for part in said if part),
        buttons=(Button.to(_("More"), ShowEvent(event_id=event.id)),),
    )


def post(
    words: Words, event: Event, counts: Counter[Answer], now: datetime, *, more: More | None = None
) -> Message:
    """For a channel: the same for whoever reads it, with the numbers as they stand."""
    _ = words._
    if event.state(now) is EventState.CANCELLED:
        return cancelled(words, event)
    return Message(
        heading=event.title,
        text=event.description or _("Will you come?"),
        facts=facts(words, event, counts, more=more),
        buttons=(
            *answer_buttons(words, event, None, now, full=is_full(event, counts)),
            Button.to(_("More"), ShowEvent(event_id=event.id)),
        ),
    )


def card(
    words: Words, event: Event, counts: Counter[Answer], given: Answer | None, now: datetime, *,
    note: str = "", more: tuple[Button, ...] = (), guests: int = 0, dates: More | None = None,
) -> Message:  # fmt: skip
    """An event for one person, with their own answer and guests; the link where they said yes."""
    _ = words._
    state = event.state(now)
    lines = [note, _(ANSWER_LINES[given]) if given is not None and not note else "", event.description]
    if state is EventState.PAST:
        lines = [note, _("This event is over."), event.description]
    if state is EventState.CANCELLED:
        lines = [_("This event has been called off."), event.cancel_reason]
    elif state is EventState.DRAFT:
        lines.insert(0, _("This is a draft: nobody else sees it until it is announced."))
    elif state is EventState.ANNOUNCED and not event.takes_answers(now):
        on = now >= event.starts_at
        lines.insert(1, _("It is on now.") if on else _("It takes no more answers."))
    shown = [*facts(words, event, counts, more=dates)]
    if guests:
        shown.append(Fact(label=_("With you"), value=guests_line(words, guests)))
    joins = given in YES and state is EventState.ANNOUNCED and event.link
    buttons = answer_buttons(words, event, given, now, full=is_full(event, counts))
    if joins:
        shown.insert(1, Fact(label=_("Joining link"), value=event.link))
        buttons = (Button(label=_("Join online"), url=event.link, style=Style.PRIMARY), *buttons)
    buttons += link_buttons(event)
    return Message(
        heading=event.title,
        text="\n\n".join(line for line in lines if line) or when(words, event),
        facts=tuple(shown),
        buttons=(*buttons, *more),
        small_print=(_("The link is for you: please do not pass it on."),) if joins else (),
    )


def link_buttons(event: Event) -> tuple[Button, ...]:
    """Slides and the like."""
    return tuple(Button(label=one["title"], url=one["url"]) for one in event.links)


def is_full(event: Event, counts: Counter[Answer]) -> bool:
    return event.capacity is not None and counts[Answer.GOING] >= event.capacity


def answer_buttons(
    words: Words, event: Event, given: Answer | None, now: datetime, *, full: bool = False
) -> tuple[Button, ...]:
    """Every answer but the one that was given; once it takes no more, only the way out. Where it is ``full``,
    coming is waiting for a place."""
    _ = words._
    if event.state(now) is not EventState.ANNOUNCED or now >= event.starts_at:
        return ()
    offered = [Answer.GOING, Answer.ONLINE, Answer.MAYBE, Answer.CANNOT]
    if not event.is_hybrid:
        offered.remove(Answer.ONLINE)
    if not event.takes_answers(now):
        offered = [Answer.CANNOT] if given in (*YES, Answer.WAITING, Answer.MAYBE) else []
    if given is Answer.WAITING and Answer.GOING in offered:
        offered.remove(Answer.GOING)
    return tuple(
        Button.to(
            _("Wait for a place") if full and one is Answer.GOING else _(ANSWER_BUTTONS[one]),
            AnswerEvent(event_id=event.id, answer=one.value),
            style=Style.PRIMARY if one is Answer.GOING else Style.PLAIN,
            in_sight=True,
        )
        for one in offered
        if one is not given
    )


def moved(words: Words, event: Event, old_when: str, old_where: str) -> Message:
    """When or where it is has changed, for those whom it concerns."""
    _ = words._
    lines = []
    if old_when != when(words, event):
        lines.append(_("It is now %(new)s, not %(old)s.") % {"new": when(words, event), "old": old_when})
    if old_where != where(words, event):
        place = where(words, event) or _("not settled yet")
        lines.append(_("The place is now: %(place)s.") % {"place": place})
    return Message(
        heading=_("Changed: %(title)s") % {"title": event.title},
        text=" ".join(lines),
        buttons=(Button.to(_("See the event"), ShowEvent(event_id=event.id), style=Style.PRIMARY),),
    )


def new_link(words: Words, event: Event) -> Message:
    _ = words._
    return Message(
        heading=event.title,
        text=_("The joining link has changed. The one that you had no longer leads there."),
        buttons=(Button.to(_("See the event"), ShowEvent(event_id=event.id), style=Style.PRIMARY),),
    )


def cancelled(words: Words, event: Event) -> Message:
    _ = words._
    return Message(
        heading=_("Called off: %(title)s") % {"title": event.title},
        text=_("It does not take place: %(when)s.") % {"when": when(words, event)},
        quote=event.cancel_reason,
    )


def moved_up(words: Words, event: Event) -> Message:
    """A place became free for somebody who waited."""
    _ = words._
    return Message(
        heading=event.title,
        text=_("A place has become free: you are going. If you cannot come, tell me, so that it goes on."),
        facts=(Fact(label=_("When"), value=when(words, event)),),
        buttons=(
            Button.to(_("See the event"), ShowEvent(event_id=event.id), style=Style.PRIMARY),
            Button.to(
                _(ANSWER_BUTTONS[Answer.CANNOT]),
                AnswerEvent(event_id=event.id, answer=Answer.CANNOT.value),
            ),
        ),
    )
