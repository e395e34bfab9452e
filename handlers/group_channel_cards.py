"""What the channels of groups look like: on a group's card, and in what administrators are told."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from handlers import user_group_cards
from handlers.group_actions import ChooseChannel, MakeChannel, ShowGroup
from handlers.kit.messages import Button, Fact, Message, Style
from handlers.kit.words import N_, Words
from handlers.refusals import PLATFORM_NAMES, sentence
from store import channel_tasks, channels, group_channels
from store.channel_tasks import ChannelAction, ChannelTask, TaskStatus
from store.channels import Channel
from store.group_channels import GroupChannel
from store.groups import Group

INVITE_ME = N_("In Slack, somebody who is in that channel types /invite there and chooses me.")


def channel_line(
    words: Words, held: GroupChannel | None, known: Channel | None, task: ChannelTask | None
) -> str:
    """The channel of a group and how it stands: “#housing; I am not in the channel. …”"""
    _ = words._
    if task is not None and task.action == ChannelAction.CREATE:
        if task.status == TaskStatus.QUEUED:
            return _("is being made")
        refused = {"reason": sentence(words, task.platform, task.reason)}
        return _("could not be made: %(reason)s") % refused
    if held is None:
        return _("no channel yet")
    said = f"#{known.name if known else held.external_id}"
    if held.problem:
        return f"{said}: {sentence(words, held.platform, held.problem)}"
    if not held.joined:
        return f"{said}: " + _("I am on my way in.")
    return said


async def card_parts(
    session: AsyncSession, words: Words, group: Group, *, administrator: bool, inside: bool
) -> tuple[list[Fact], list[Button]]:
    """The facts and the buttons of a group's card that have to do with its channels and user groups. A
    private channel is named to nobody outside the group but administrators."""
    _ = words._
    held = {one.platform: one for one in await group_channels.of_group(session, group.id)}
    tasks = {one.platform: one for one in await channel_tasks.of_group(session, group.id)}
    platforms = await channels.platforms(session)
    facts: list[Fact] = []
    for platform in sorted({*held, *tasks, *(platforms if administrator else ())}):
        channel = held.get(platform)
        if not administrator and (channel is None or channel.problem or (channel.private and not inside)):
            continue
        known = await channels.by_id(session, platform, channel.external_id) if channel else None
        label = _("Channel in %(platform)s") % {"platform": PLATFORM_NAMES.get(platform, platform)}
        facts.append(Fact(label=label, value=channel_line(words, channel, known, tasks.get(platform))))
    facts += await user_group_cards.facts(session, words, group, administrator=administrator)
    works = [one.platform for one in held.values() if not one.problem]
    buttons = channel_buttons(words, group, platforms, works) if administrator else []
    return facts, buttons


def channel_buttons(
    words: Words, group: Group, platforms: Sequence[str], works: Collection[str]
) -> list[Button]:
    """Choosing a channel, and having one made where none works; nothing where no platform has any."""
    _ = words._
    if not platforms:
        return []
    if set(platforms) <= set(works):
        return [Button.to(_("Change the channel"), ChooseChannel(group_id=group.id))]
    return [
        Button.to(_("Choose a channel"), ChooseChannel(group_id=group.id)),
        Button.to(_("Make a channel"), MakeChannel(group_id=group.id)),
    ]


def made(words: Words, group: Group, name: str) -> Message:
    _ = words._
    return Message(
        text=_("“%(group)s” has a channel now: #%(channel)s. Everybody in the group is being added to it.")
        % {"group": group.name_for(words.locale), "channel": name},
        buttons=(Button.to(_("See the group"), ShowGroup(group_id=group.id)),),
    )


def went_back(words: Words, group: Group, count: int) -> Message:
    """The bot was taken out of a public channel, ``count`` times since administrators last heard of it."""
    _ = words._
    text = _("I was taken out of the channel of “%(group)s”, and have gone back in.")
    if count > 1:
        text = words.ngettext(
            "I was taken out of the channel of “%(group)s” %(count)s time, and have gone back in.",
            "I was taken out of the channel of “%(group)s” %(count)s times, and have gone back in.",
            count,
        )
    return Message(
        text=text % {"group": group.name_for(words.locale), "count": words.number(count)},
        buttons=(
            Button.to(_("See the group"), ShowGroup(group_id=group.id)),
            Button.to(_("Choose a channel"), ChooseChannel(group_id=group.id)),
        ),
        small_print=(_("To keep me out of it, choose another channel for the group."),),
    )


def not_made(words: Words, group: Group, platform: str, reason: str) -> Message:
    _ = words._
    return Message(
        text=_("I could not make a channel for “%(group)s”.") % {"group": group.name_for(words.locale)}
        + " "
        + sentence(words, platform, reason),
        buttons=(
            Button.to(_("Choose a channel"), ChooseChannel(group_id=group.id), style=Style.PRIMARY),
            Button.to(_("Make a channel"), MakeChannel(group_id=group.id)),
        ),
    )


def lost(words: Words, group: Group, platform: str, reason: str, *, private: bool) -> Message:
    """The bot can add nobody to a group's channel any more."""
    _ = words._
    shut_out = private or reason == "channel_not_found"
    return Message(
        text=_("I can add nobody to the channel of “%(group)s” any more.")
        % {"group": group.name_for(words.locale)}
        + " "
        + sentence(words, platform, reason),
        buttons=(
            Button.to(_("See the group"), ShowGroup(group_id=group.id), style=Style.PRIMARY),
            Button.to(_("Choose a channel"), ChooseChannel(group_id=group.id)),
        ),
        small_print=(
            *((_(INVITE_ME),) if shut_out and reason != "is_archived" else ()),
            _("I hear of it when it works again, and then try everybody again who was refused."),
        ),
    )
