"""Channels: which ones the bot posts reviews, announcements and hand-overs to, as administrators choose."""

from __future__ import annotations

from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import Form, Option, SearchField, Step
from handlers.kit.messages import Fact, Message
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import Router, Source, Submitted, only
from handlers.kit.updates import Command
from handlers.kit.words import N_
from handlers.refusals import PLATFORM_NAMES
from store import channels, choices
from store.channels import Channel
from store.roles import Role

FORM = "channels.choose"
# What a channel is for, by the choice that names it: its label, and what is said there.
PURPOSES = {
    choices.REVIEW_CHANNEL: (
        N_("Reviews"),
        N_("Case studies that wait for a decision. Choose one that only reviewers read."),
    ),
    choices.ANNOUNCEMENT_CHANNEL: (N_("Announcements"), N_("News for everybody in the network.")),
    choices.HANDOVER_CHANNEL: (
        N_("Hand-over"),
        N_("Questions that I could not answer, for the team to take up."),
    ),
}
router = Router("channels")


@router.command(
    "ccin channels", summary=N_("Choose the channels that I post to"), access=only(Role.ADMINISTRATOR)
)
async def choose_channels(context: Context, command: Command) -> Reply:
    held = {name: await choices.get(context.session, name) for name in PURPOSES}
    return Open(FORM, initial={_field(name): value for name, value in held.items() if value})


async def build_form(context: Context, subject: str) -> Form:
    _ = context._
    return Form(
        name=FORM,
        title=_("Channels"),
        submit=_("Save"),
        steps=(
            Step(
                title=_("Channels"),
                help=_("Leave one empty, and I post nothing of that kind."),
                fields=tuple(
                    SearchField(
                        name=_field(name),
                        label=_(label),
                        help=_(use),
                        source="channel",
                        required=False,
                        placeholder=_("Type a part of its name"),
                    )
                    for name, (label, use) in PURPOSES.items()
                ),
            ),
        ),
    )


@router.form(FORM, build_form, access=only(Role.ADMINISTRATOR))
async def save_channels(context: Context, sent: Submitted) -> Result:
    _ = context._
    changed: dict[str, str] = {}
    chosen: dict[str, Channel | None] = {}
    for name in PURPOSES:
        value = sent.answers.text(_field(name))
        chosen[name] = await live_channel(context, value)
        if value and chosen[name] is None:
            raise UserError(_("That channel is not there any more. Choose another."), field=_field(name))
        if value != (await choices.get(context.session, name) or ""):
            changed[name] = value
            await choices.put(context.session, name, value, now=context.now)
    if changed:
        await context.audit("channels.choose", "choices", "channels", changed)
    outside = {one.name for one in chosen.values() if one is not None and not one.joined}
    return Message(
        text=_("Saved. This is where I post from now on.") if changed else _("Nothing was changed."),
        facts=tuple(
            Fact(label=_(label), value=f"#{found.name}" if (found := chosen[name]) else _("nowhere"))
            for name, (label, _use) in PURPOSES.items()
        ),
        small_print=tuple(
            _("I am not in #%(name)s yet, so I cannot post there. Invite me there as you would a person.")
            % {"name": name}
            for name in sorted(outside)
        ),
    )


async def find_channels(context: Context, query: str) -> list[Option]:
    return [_option(found) for found in await channels.search(context.session, query)]


async def named_channels(context: Context, values: tuple[str, ...]) -> list[Option]:
    found = [await live_channel(context, value) for value in values]
    return [_option(one) for one in found if one is not None]


router.lookup("channel", Source(find_channels, named_channels))


async def live_channel(context: Context, value: str) -> Channel | None:
    """The live channel that ``platform:id`` names."""
    platform, _colon, external_id = value.partition(":")
    found = await channels.by_id(context.session, platform, external_id)
    return found if found is not None and not found.is_archived else None


def _option(channel: Channel) -> Option:
    platform = PLATFORM_NAMES.get(channel.platform, channel.platform)
    return Option(value=f"{channel.platform}:{channel.external_id}", label=f"#{channel.name} ({platform})")


def _field(choice: str) -> str:
    """A form's field is named without dots, which some surfaces cannot carry."""
    return choice.partition(".")[2]
