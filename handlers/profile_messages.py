"""The part of a profile that says what one wants to hear of, where, and when not."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from handlers.help import PLATFORM_NAMES
from handlers.kit.answers import Answers
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import AnyField, ChoiceField, DateField, Option, Step, TimeField
from handlers.kit.updates import RawAnswers
from handlers.kit.words import LONDON, N_
from handlers.quiet_hours import LONGEST, QuietHours
from store import members
from store.members import Member
from store.profiles import MessageKind, Profile

MESSAGE_LABELS = {
    MessageKind.WELCOME: N_("Tips for my first weeks"),
    MessageKind.GROUPS: N_("New groups"),
    MessageKind.EVENTS: N_("Events"),
    MessageKind.CASE_STUDIES: N_("New case studies"),
    MessageKind.FUNDING: N_("Funding"),
}


async def step(context: Context) -> Step:
    _ = context._
    held = await members.identities(context.session, context.person.id)
    platforms = sorted({one.platform for one in held if one.active and one.platform != "email"})
    options = tuple(Option(value=one, label=_(PLATFORM_NAMES.get(one, one))) for one in platforms)
    fields: list[AnyField] = [
        ChoiceField(
            name="messages",
            label=_("What may I write to you about, unasked?"),
            multiple=True,
            required=False,
            options=tuple(Option(value=kind.value, label=_(label)) for kind, label in MESSAGE_LABELS.items()),
        )
    ]
    if len(platforms) > 1:
        fields.append(
            ChoiceField(
                name="platform", label=_("Where shall I write to you?"), required=False, options=options
            )
        )
        fields += [
            ChoiceField(
                name=_platform_field(kind),
                label=_("%(kind)s: somewhere else?") % {"kind": _(label)},
                required=False,
                options=options,
            )
            for kind, label in MESSAGE_LABELS.items()
        ]
    fields += [
        TimeField(
            name="quiet_from",
            label=_("Quiet hours begin at"),
            help=_("For example 21:00. What would come in your quiet hours comes before or after them."),
            required=False,
        ),
        TimeField(
            name="quiet_until",
            label=_("Quiet hours end at"),
            help=_("For example 08:00. Leave both empty to have none."),
            required=False,
        ),
        DateField(
            name="snooze",
            label=_("Write nothing unasked before"),
            help=_("For when you are away or busy. Answers to what you ask come all the same."),
            required=False,
        ),
    ]
    return Step(
        title=_("What I write to you"),
        help=_("You can change all of this at any time."),
        fields=tuple(fields),
    )


def initial(member: Member, profile: Profile | None, now: datetime) -> RawAnswers:
    found: RawAnswers = {
        "messages": [
            kind.value for kind in MessageKind if profile is None or profile.wants.get(kind.value, True)
        ],
        "platform": member.preferred_platform or "",
    }
    if profile is None:
        return found
    found |= {_platform_field(kind): profile.platforms.get(kind.value, "") for kind in MessageKind}
    if profile.quiet_from is not None and profile.quiet_until is not None:
        found |= {
            "quiet_from": f"{profile.quiet_from:%H:%M}",
            "quiet_until": f"{profile.quiet_until:%H:%M}",
        }
    if profile.snoozed_until is not None and profile.snoozed_until > now:
        found["snooze"] = profile.snoozed_until.astimezone(LONDON).date().isoformat()
    return found


def check(context: Context, answers: Answers) -> None:
    """:raises UserError: the quiet hours are half given, or so long that being away is meant."""
    _ = context._
    begins, ends = answers.time("quiet_from"), answers.time("quiet_until")
    if (begins is None) != (ends is None):
        missing = "quiet_until" if ends is None else "quiet_from"
        raise UserError(_("Give both times, or leave both empty."), field=missing)
    if begins is None or ends is None:
        return
    length = QuietHours(begins, ends).length
    if not timedelta() < length <= LONGEST:
        raise UserError(
            _(
                "Quiet hours last up to %(hours)s hours, and end at another time than they begin. To hear "
                "nothing for longer, give a day further down."
            )
            % {"hours": context.words.number(LONGEST // timedelta(hours=1))},
            field="quiet_until",
        )


def fill(profile: Profile, member: Member, answers: Answers, now: datetime) -> None:
    """Take over what was answered; the fields that were not shown leave things as they are."""
    profile.wants = {kind.value: kind.value in answers.several("messages") for kind in MessageKind}
    if _platform_field(MessageKind.EVENTS) in answers.values:
        chosen = {kind.value: answers.text(_platform_field(kind)) for kind in MessageKind}
        profile.platforms = {kind: platform for kind, platform in chosen.items() if platform}
    if answers.text("platform"):
        member.preferred_platform = answers.text("platform")
    profile.quiet_from, profile.quiet_until = answers.time("quiet_from"), answers.time("quiet_until")
    profile.snoozed_until = _snoozed_until(answers, now)


def _snoozed_until(answers: Answers, now: datetime) -> datetime | None:
    """The beginning of the day, in London; a day that is past wakes me."""
    day = answers.day("snooze")
    if day is None:
        return None
    until = datetime.combine(day, time(), tzinfo=LONDON)
    return until if until > now else None


def _platform_field(kind: MessageKind) -> str:
    return f"platform_{kind.value}"
