"""Putting people who were here before the welcome journey began on it, a few a day."""

from __future__ import annotations

from handlers.kit.context import Context
from handlers.kit.messages import Action, Button, Item, Message, Style
from handlers.kit.replies import Reply
from handlers.kit.router import Router, only
from handlers.welcome_journey_form import see_all, when_and_whom
from handlers.working_hours import first_open, next_working_day
from store import welcome_journey
from store.roles import Role

ADMINISTRATORS = only(Role.ADMINISTRATOR)
# People who were here before are written to so many a working day, so that nobody has to answer hundreds.
BACKFILLED_A_DAY = 50

router = Router("welcome_journey_backfill")


class PreviewBackfill(Action, name="journey.preview_backfill"):
    """Count what writing to people who were here before would come to."""


class Backfill(Action, name="journey.backfill"):
    """Put people who were here before on the journey."""


@router.action(PreviewBackfill, access=ADMINISTRATORS)
async def preview_backfill(context: Context, action: PreviewBackfill) -> Reply:
    _ = context._
    count = await welcome_journey.count_left_out(context.session)
    steps = [step for step in await welcome_journey.steps(context.session) if step.active]
    if not count or not steps:
        return Message(
            text=_("There is nobody to write to, or no message to send."), buttons=(see_all(context),)
        )
    text = context.words.ngettext(
        "%(count)s person was here before the journey began.",
        "%(count)s people were here before the journey began.",
        count,
    ) % {"count": context.words.number(count)}
    pace = _("Each gets one message at most: the first below that fits them. I write to %(most)s a day.")
    fitting = [await welcome_journey.count_fitting(context.session, step) for step in steps]
    return Message(
        heading=_("Write to people who were here before"),
        text=f"{text}\n\n" + pace % {"most": BACKFILLED_A_DAY},
        items=tuple(
            Item(
                title=when_and_whom(context.words, step),
                text=context.words.ngettext("Fits %(count)s person.", "Fits %(count)s people.", fits)
                % {"count": context.words.number(fits)},
            )
            for step, fits in zip(steps, fitting, strict=True)
        ),
        buttons=(Button.to(_("Write to them"), Backfill(), style=Style.PRIMARY), see_all(context)),
    )


@router.action(Backfill, access=ADMINISTRATORS)
async def backfill(context: Context, action: Backfill) -> Reply:
    left_out = await welcome_journey.left_out(context.session)
    starts = {}
    day = context.now
    for number, member_id in enumerate(left_out):
        if number and number % BACKFILLED_A_DAY == 0:
            day = next_working_day(day)
        starts[member_id] = day
    await welcome_journey.backfill(context.session, starts)
    if starts:
        await context.audit("journey.backfill", "journey", "all", {"people": str(len(starts))})
    text = context.words.ngettext(
        "%(count)s person is on the journey now; the last is written to on %(day)s.",
        "%(count)s people are on the journey now; the last are written to on %(day)s.",
        len(starts),
    )
    last = context.words.day(first_open(day))
    return Message(
        text=text % {"count": context.words.number(len(starts)), "day": last}, buttons=(see_all(context),)
    )
