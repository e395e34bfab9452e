"""The channels of groups: which one a group has, choosing another, and having one made."""

from __future__ import annotations

from handlers import enrolment_channels
from handlers.channels import live_channel
from handlers.group_actions import (
    ChooseChannel,
    ListGroupChannels,
    MakeChannel,
    MakeMissingChannels,
)
from handlers.group_cards import ADMINISTRATORS, group_card
from handlers.group_channel_cards import INVITE_ME, channel_buttons, channel_line
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import Form, SearchField, Step, TextField, YesNoField
from handlers.kit.messages import Button, Item, Message, Style
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import Router, Submitted
from handlers.kit.updates import Command
from handlers.kit.words import N_, Words
from store import channel_tasks, channels, group_channels, groups
from store.groups import Group, GroupState

GROUPS_A_PAGE = 8
LONGEST_NAME = 60

router = Router("group_channels")


@router.command("groups channels", summary=N_("See the channel of every group"), access=ADMINISTRATORS)
async def list_channels(context: Context, command: Command) -> Reply:
    return await _overview(context, 0)


@router.action(ListGroupChannels, access=ADMINISTRATORS)
async def turn_page(context: Context, action: ListGroupChannels) -> Reply:
    return await _overview(context, max(0, min(action.page, 1_000)))


@router.action(MakeMissingChannels, access=ADMINISTRATORS)
async def make_missing(context: Context, action: MakeMissingChannels) -> Reply:
    _ = context._
    held = await group_channels.by_group(context.session)
    asked = await channel_tasks.by_group(context.session)
    made = 0
    for group in await groups.active(context.session):
        if group.id in held or group.id in asked:
            continue
        if await enrolment_channels.make(context.session, group, context.now, asked_by_id=context.person.id):
            await context.audit("group.make_channel", "group", group.id)
            made += 1
    if not made:
        return Message(text=_("There was no channel left to make. Nothing was changed."))
    text = context.words.ngettext(
        "I am making %(count)s channel. I write to you about it as soon as it is there.",
        "I am making %(count)s channels. I write to you about each as soon as it is there.",
        made,
    )
    return Message(
        text=text % {"count": context.words.number(made)},
        buttons=(Button.to(_("See the channels"), ListGroupChannels()),),
    )


@router.action(ChooseChannel, access=ADMINISTRATORS)
async def choose(context: Context, action: ChooseChannel) -> Reply:
    group = await _group(context, action.group_id)
    held = await group_channels.of_group(context.session, group.id)
    initial = {"channel": f"{held[0].platform}:{held[0].external_id}"} if held else {}
    return Open("groups.channel", subject=str(group.id), initial=initial)


async def build_choice(context: Context, subject: str) -> Form:
    _ = context._
    group = await _group(context, _number(subject))
    return Form(
        name="groups.channel",
        title=_("Choose a channel"),
        submit=_("Save"),
        steps=(
            Step(
                title=_("The channel of “%(group)s”") % {"group": group.name_for(context.words.locale)},
                help=_("Everybody in the group is added to the channel. Nobody is taken out of it."),
                fields=(
                    SearchField(
                        name="channel", label=_("Which channel?"), source="channel",
                        placeholder=_("Type a part of its name"),
                        help=_("A private channel is listed once I am in it.") + " " + _(INVITE_ME),
                    ),
                ),
            ),
        ),
    )  # fmt: skip


@router.form("groups.channel", build_choice, access=ADMINISTRATORS)
async def take_choice(context: Context, sent: Submitted) -> Result:
    _ = context._
    group = await _group(context, _number(sent.subject))
    channel = await live_channel(context, sent.answers.text("channel"))
    if channel is None:
        raise UserError(_("That channel is not there any more. Choose another."), field="channel")
    holder = await group_channels.by_channel(context.session, channel.platform, channel.external_id)
    if holder is not None and holder[0].id != group.id:
        raise UserError(
            _("That is the channel of “%(group)s” already.")
            % {"group": holder[0].name_for(context.words.locale)},
            field="channel",
        )
    if channel.is_private and not channel.joined:
        raise UserError(_("I am not in that channel.") + " " + _(INVITE_ME), field="channel")
    if holder is not None:
        return await group_card(context, group, note=_("It has that channel already. Nothing was changed."))
    await enrolment_channels.choose(
        context.session, group, channel, context.now, asked_by_id=context.person.id
    )
    await context.audit(
        "group.choose_channel", "group", group.id, {"channel": f"{channel.platform}:{channel.external_id}"}
    )
    return await group_card(context, group, note=_("Saved. Everybody in the group is being added to it."))


@router.action(MakeChannel, access=ADMINISTRATORS)
async def make(context: Context, action: MakeChannel) -> Reply:
    group = await _group(context, action.group_id)
    return Open("groups.new_channel", subject=str(group.id), initial={"name": group.name, "private": "no"})


async def build_new(context: Context, subject: str) -> Form:
    _ = context._
    group = await _group(context, _number(subject))
    return Form(
        name="groups.new_channel",
        title=_("Make a channel"),
        submit=_("Make it"),
        steps=(
            Step(
                title=_("A channel for “%(group)s”") % {"group": group.name_for(context.words.locale)},
                help=_("Everybody in the group is added to the channel."),
                fields=(
                    TextField(
                        name="name", label=_("Name of the channel"), min_length=2, max_length=LONGEST_NAME,
                        help=_("I write it as channels are written, such as health-and-care."),
                    ),
                    YesNoField(
                        name="private", label=_("Private?"),
                        help=_("Only those who are in a private channel can see that it is there."),
                    ),
                ),
            ),
        ),
    )  # fmt: skip


@router.form("groups.new_channel", build_new, access=ADMINISTRATORS)
async def take_new(context: Context, sent: Submitted) -> Result:
    _ = context._
    group = await _group(context, _number(sent.subject))
    name, private = sent.answers.text("name"), sent.answers.yes("private")
    if not await enrolment_channels.make(
        context.session, group, context.now, asked_by_id=context.person.id, name=name, private=private
    ):
        raise UserError(_("It has a channel already. Choose another one if you want to change it."))
    await context.audit("group.make_channel", "group", group.id, {"name": name, "private": str(private)})
    return await group_card(
        context, group, note=_("I am making the channel, and write to you as soon as it is there.")
    )


async def _overview(context: Context, page: int) -> Message:
    _ = context._
    words = context.words
    platforms = await channels.platforms(context.session)
    if not platforms:
        return Message(text=_("Nothing that I am connected to has channels, so the groups need none."))
    found = await groups.active(context.session)
    held = await group_channels.by_group(context.session)
    asked = await channel_tasks.by_group(context.session)
    shown = found[page * GROUPS_A_PAGE : (page + 1) * GROUPS_A_PAGE]
    known = {
        platform: await channels.by_ids(
            context.session,
            platform,
            [
                one.external_id
                for group in shown
                for one in held.get(group.id, ())
                if one.platform == platform
            ],
        )
        for platform in platforms
    }
    items = []
    for group in shown:
        of_group = {one.platform: one for one in held.get(group.id, ())}
        tasks = {one.platform: one for one in asked.get(group.id, ())}
        lines = [
            channel_line(
                words,
                channel := of_group.get(platform),
                known[platform].get(channel.external_id) if channel else None,
                tasks.get(platform),
            )
            for platform in platforms
        ]
        works = [one.platform for one in of_group.values() if not one.problem]
        items.append(
            Item(
                title=group.name_for(words.locale),
                text=" · ".join(lines),
                buttons=tuple(channel_buttons(words, group, platforms, works)),
            )
        )
    missing = sum(group.id not in held and group.id not in asked for group in found)
    return Message(
        heading=_("Channels of the groups"),
        text=_missing_line(words, missing),
        items=tuple(items),
        buttons=_overview_buttons(context, page, len(found), missing),
    )


def _missing_line(words: Words, missing: int) -> str:
    if not missing:
        return words._("Every group has a channel.")
    said = words.ngettext("%(count)s group has no channel.", "%(count)s groups have no channel.", missing)
    return said % {"count": words.number(missing)}


def _overview_buttons(context: Context, page: int, total: int, missing: int) -> tuple[Button, ...]:
    _ = context._
    buttons = []
    if missing:
        label = context.words.ngettext("Make %(count)s channel", "Make %(count)s channels", missing)
        buttons.append(
            Button.to(
                label % {"count": context.words.number(missing)}, MakeMissingChannels(), style=Style.PRIMARY
            )
        )
    if (page + 1) * GROUPS_A_PAGE < total:
        buttons.append(Button.to(_("Next page"), ListGroupChannels(page=page + 1)))
    if page:
        buttons.append(Button.to(_("Page before"), ListGroupChannels(page=page - 1)))
    return tuple(buttons)


async def _group(context: Context, group_id: int) -> Group:
    group = await groups.by_id(context.session, group_id)
    if group is None or group.state != GroupState.ACTIVE:
        raise UserError(context._("That group is archived or gone. Nothing was changed."))
    return group


def _number(subject: str) -> int:
    return int(subject) if subject.isdecimal() else 0
