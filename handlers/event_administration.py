"""Running events: adding and changing one, announcing it, calling it off, and seeing who comes."""

from __future__ import annotations

import secrets

from handlers import (
    announcement_holds,
    event_cards,
    event_changes,
    event_form,
    event_series,
    event_series_form,
    group_options,
    organisations,
    people,
)
from handlers.event_actions import AnnounceEvent, CancelEvent, EditEvent, ListReplies, ShowEvent
from handlers.events import event_card, may_add, own_event
from handlers.group_cards import ADMINISTRATORS
from handlers.kit.answers import Answers
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import Form, Step, TextField
from handlers.kit.messages import Button, Item, Message, Style
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import Router, Submitted
from handlers.kit.updates import Command
from handlers.kit.words import N_, Words
from handlers.organisations import is_id
from store import event_audiences, events, replies
from store import event_series as stored_series
from store.events import Event
from store.replies import Answer
from store.slugs import slug_of

CANCEL_FORM = "events.cancel"
LONGEST_REASON = 500
NAMES_SHOWN = 50
_ADD = N_("Add an event for a group that you lead, or for everybody")

router = Router("event_administration")


@router.command("events add", summary=_ADD, listed=False)
@router.command("events new", summary=_ADD)
async def new_event(context: Context, command: Command) -> Reply:
    await _check_may_add(context)
    return Open(event_form.FORM, initial=event_form.FRESH | {"organiser": context.person.name})


@router.action(EditEvent)
async def edit(context: Context, action: EditEvent) -> Reply:
    event = await own_event(context, action.event_id)
    group_ids = await event_audiences.group_ids(context.session, event.id)
    categories = await event_audiences.categories(context.session, event.id)
    return Open(
        event_form.FORM,
        initial=event_form.initial(event, group_ids, categories),
        subject=str(event.id),
    )


def check(context: Context, answers: Answers) -> None:
    """What has to agree, told at the step that asks for it."""
    if "ends_time" in answers.values:
        event_form.times(context, answers)
    if "groups" in answers.values:
        _check_audience(context, answers, invited=bool(answers.several("groups")))


@router.form(event_form.FORM, event_form.build, check=check)
async def save(context: Context, sent: Submitted) -> Result:
    """A new event is a draft. Where or when an announced one takes place may change: then those whom it
    concerns are told once, and every post changes."""
    await _check_may_add(context)
    audience = await group_options.chosen(context, sent.answers.several("groups"))
    _check_audience(context, sent.answers, invited=bool(audience))
    group_ids = [group.id for group in audience]
    if sent.subject:
        return await _change(context, sent, group_ids)
    uid = f"{secrets.token_hex(16)}@ccin-bot"
    event = events.draft(uid=uid, created_by_id=context.person.id, now=context.now)
    event_form.fill(context, event, sent.answers)
    await _set_reach(context, event, sent.answers)
    event.slug = await events.free_slug(context.session, slug_of(event.title) or "event")
    context.session.add(event)
    await context.session.flush()
    await event_audiences.put(context.session, [event.id], group_ids, sent.answers.several("categories"))
    await context.audit("event.save", "event", event.id)
    wish = event_series_form.wish_of(context, event.id, sent.answers)
    if wish is not None:
        return event_series.opened(context, event, None, wish)
    return await event_card(context, event, note=context._("Saved."))


async def _change(context: Context, sent: Submitted, group_ids: list[int]) -> Result:
    """Change one date, or what differs in it in all later dates of its series as well."""
    event = await own_event(context, int(sent.subject) if is_id(sent.subject) else 0, lock=True)
    later = await event_series.later_dates(context, event, sent.answers)
    old = {one: event_changes.before(context, one) for one in (event, *later)}
    kept = event_series.Kept.of(event)
    event_form.fill(context, event, sent.answers)
    await _set_reach(context, event, sent.answers)
    event_series.take_over(context, event, kept, later)
    await context.session.flush()
    if not event.asks_needs:
        await event_changes.forget_needs(context, *old)
    ids = [one.id for one in old]
    await event_audiences.put(context.session, ids, group_ids, sent.answers.several("categories"))
    for one in old:
        await context.audit("event.save", "event", one.id)
    await event_changes.follow_up_all(context, list(old.items()))
    note = context._("Saved.")
    if later:
        said = context.words.ngettext(
            "Saved, with %(count)s later date.", "Saved, with %(count)s later dates.", len(later)
        )
        note = said % {"count": context.words.number(len(later))}
    return await event_card(context, event, note=note)


@router.action(AnnounceEvent)
async def announce(context: Context, action: AnnounceEvent) -> Reply:
    _ = context._
    event = await own_event(context, action.event_id, lock=True)
    if event.series_id is not None and event.announced_at is None and event.cancelled_at is None:
        # A series is announced with its next date.
        waiting = await stored_series.drafts(context.session, event.series_id, context.now)
        event = waiting[0] if waiting else event
    named = {"title": event.title}
    if event.announced_at is not None or event.cancelled_at is not None:
        return Message(text=_("“%(title)s” has been announced or called off already.") % named)
    if event.starts_at <= context.now:
        raise UserError(_("“%(title)s” has begun already. Change when it is first.") % named)
    if not await events.is_for_somebody(context.session, event):
        raise UserError(_("It is for nobody yet. Choose first whom it is for, with “Change”."))
    posted = await event_changes.announce(context, event)
    if posted is None and event.held_until is not None:
        when = named | {"day": context.words.day(event.held_until)}
        return Message(
            text=_("The publicity of whoever holds “%(title)s” is on hold. I announce it on %(day)s.") % when
        )
    more = (await stored_series.more_dates(context.session, [event], context.now)).get(event.id)
    said = [
        _announced_line(context.words, event, posted or 0),
        _("The other dates are there with it: %(more)s.")
        % {"more": event_cards.more_line(context.words, more)}
        if more
        else "",
        await announcement_holds.note(context),
    ]
    return Message(
        text="\n\n".join(one for one in said if one),
        buttons=(Button.to(_("See the event"), ShowEvent(event_id=event.id)),),
    )


@router.action(CancelEvent)
async def ask_to_cancel(context: Context, action: CancelEvent) -> Reply:
    event = await own_event(context, action.event_id)
    return Open(CANCEL_FORM, initial={"which": event_series_form.ALONE}, subject=str(event.id))


async def build_cancel(context: Context, subject: str) -> Form:
    _ = context._
    which = await event_series_form.which_field(context, subject)
    return Form(
        name=CANCEL_FORM,
        title=_("Call off an event"),
        submit=_("Call it off"),
        steps=(
            Step(
                title=_("Call off an event"),
                help=_("Everybody who said that they come, or may come, is told. It cannot be undone."),
                fields=(
                    *([which] if which else []),
                    TextField(
                        name="reason",
                        label=_("Why?"),
                        help=_("Those people read it. You may leave it empty."),
                        long=True,
                        required=False,
                        max_length=LONGEST_REASON,
                    ),
                ),
            ),
        ),
    )


@router.form(CANCEL_FORM, build_cancel)
async def cancel(context: Context, sent: Submitted) -> Result:
    _ = context._
    event = await own_event(context, int(sent.subject) if is_id(sent.subject) else 0, lock=True)
    named = {"title": event.title}
    if event.cancelled_at is not None:
        return Message(text=_("“%(title)s” has been called off already.") % named)
    later = await event_series.later_dates(context, event, sent.answers)
    told = await event_changes.call_off_all(context, [event, *later], sent.answers.text("reason"))
    if later:
        said = context.words.ngettext(
            "“%(title)s” is called off, with %(count)s later date.",
            "“%(title)s” is called off, with %(count)s later dates.",
            len(later),
        )
        end = _("Everybody concerned is told.") if told else _("Nobody had heard of it yet.")
        return Message(text=said % (named | {"count": context.words.number(len(later))}) + " " + end)
    if not told:
        return Message(text=_("“%(title)s” is called off. Nobody had heard of it yet.") % named)
    return Message(text=_("“%(title)s” is called off. Everybody concerned is told.") % named)


@router.action(ListReplies)
async def list_replies(context: Context, action: ListReplies) -> Reply:
    _ = context._
    event = await own_event(context, action.event_id)
    found = await replies.rows_of(context.session, event.id, tuple(Answer))
    labels = {
        Answer.GOING: _("Going"),
        Answer.ONLINE: _("Online"),
        Answer.MAYBE: _("Maybe"),
        Answer.WAITING: _("On the waiting list"),
        Answer.CANNOT: _("Cannot come"),
    }
    items = []
    for given, label in labels.items():
        names = [
            event_cards.with_guests(context.words, people.name_of(member, context.words), one.guests)
            for member, one in found
            if one.answer == given
        ]
        if names:
            more = len(names) - NAMES_SHOWN
            shown = names[:NAMES_SHOWN] + ([_("%(count)s others") % {"count": more}] if more > 0 else [])
            total = len(names) + sum(one.guests for _member, one in found if one.answer == given)
            items.append(Item(title=f"{label} ({total})", text=context.words.listed(shown)))
    return Message(
        heading=event.title,
        text=event_cards.when(context.words, event) if found else _("Nobody has answered yet."),
        items=tuple(items),
        buttons=(
            Button(label=_("Open the list"), path=event_cards.people_path(event), style=Style.PRIMARY),
            Button.to(_("See the event"), ShowEvent(event_id=event.id)),
        ),
    )


async def _check_may_add(context: Context) -> None:
    """:raises UserError: the sender is neither an administrator nor leads a group."""
    if not await may_add(context.session, context.roles, context.person.id):
        raise UserError(
            context._("Administrators and people who lead a group can add events. Ask one of them.")
        )


def _check_audience(context: Context, answers: Answers, *, invited: bool) -> None:
    _ = context._
    if not invited and not answers.yes("everyone") and not answers.several("categories"):
        raise UserError(_("Choose whom it is for."), field="groups")


async def _set_reach(context: Context, event: Event, answers: Answers) -> None:
    """What administrators alone decide; a lead's change leaves it as it is."""
    if ADMINISTRATORS.allows(context.roles):
        event.everyone, event.public = answers.yes("everyone"), answers.yes("public")
        chosen = await organisations.chosen(context, [answers.text("organisation")])
        event.organisation_id = chosen[0].id if chosen else None


def _announced_line(words: Words, event: Event, posted: int) -> str:
    _ = words._
    if not posted:
        return _(
            "“%(title)s” is announced: those who are invited see it with /events. No channel is chosen for "
            "it, so I posted nowhere."
        ) % {"title": event.title}
    said = words.ngettext(
        "“%(title)s” is announced in %(count)s channel, and those who are invited see it with /events.",
        "“%(title)s” is announced in %(count)s channels, and those who are invited see it with /events.",
        posted,
    )
    return said % {"title": event.title, "count": words.number(posted)}
