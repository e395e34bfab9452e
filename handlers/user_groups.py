"""User groups: the handle that a group's form asks for, where a platform allows user groups."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.kit.answers import Answers
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import TextField
from handlers.kit.messages import Fact
from handlers.kit.words import Words
from handlers.refusals import PLATFORM_NAMES
from store import channels, groups, user_groups
from store.groups import Group

FIELD = "user_group"
LONGEST_HANDLE = 21
_HANDLE = re.compile(r"[a-z0-9][a-z0-9._-]*")
# What Slack means by itself: https://slack.com/help/articles/202009646
_RESERVED = frozenset({"channel", "everyone", "group", "here"})


async def fields(context: Context) -> tuple[TextField, ...]:
    """The field for the handle; none where no platform allows user groups."""
    platforms = await user_groups.allowed(context.session)
    if not platforms:
        return ()
    _ = context._
    named = {"platforms": context.words.listed([PLATFORM_NAMES.get(one, one) for one in platforms])}
    return (
        TextField(
            name=FIELD,
            label=_("Handle of its user group in %(platforms)s") % named,
            max_length=LONGEST_HANDLE + 1,
            required=False,
            placeholder=_("@housing-group"),
            help=_("Who types @ and the handle reaches everybody in the group. Left empty, there is none."),
        ),
    )


async def initial(context: Context, group: Group) -> dict[str, str]:
    """The handle that a group has or is about to get, for its form."""
    held = [one.handle for one in await user_groups.of_group(context.session, group.id) if one.wanted]
    return {FIELD: f"@{held[0]}"} if held else {}


async def asked(context: Context, answers: Answers, group: Group | None) -> dict[str, str]:
    """The handle that was typed, without its @, as an answer; nothing where the form did not ask.

    :raises UserError: it is no handle, or somebody else has it as far as we know.
    """
    platforms = await user_groups.allowed(context.session)
    if not platforms:
        return {}
    handle = answers.text(FIELD).strip().removeprefix("@").lower()
    if handle:
        await _check(context, platforms, handle, group)
    return {FIELD: handle}


async def save(context: Context, group: Group, answers: Mapping[str, Any]) -> dict[str, str]:
    """Give a group the handle of a preview wherever user groups are allowed, or none. Returns what is to be
    recorded, nothing where it is so already.

    :raises UserError: somebody else has got the handle since.
    """
    if FIELD not in answers:
        return {}
    handle, platforms = str(answers[FIELD]), await user_groups.allowed(context.session)
    if handle:
        await _check(context, platforms, handle, group)
    changed = await put(context.session, group, handle, context.now)
    return {FIELD: handle} if changed else {}


async def put(session: AsyncSession, group: Group, handle: str, now: datetime) -> bool:
    """Give a group a handle wherever user groups are allowed; an empty one gives up what it has anywhere.
    False where it is so already."""
    if handle:
        platforms = await user_groups.allowed(session)
    else:
        platforms = [one.platform for one in await user_groups.of_group(session, group.id)]
    return any([await user_groups.put(session, group.id, one, handle, now) for one in platforms])


def preview(words: Words, answers: Mapping[str, Any]) -> list[Fact]:
    handle = answers.get(FIELD)
    return [Fact(label=words._("User group"), value=f"@{handle}")] if handle else []


async def _check(context: Context, platforms: Sequence[str], handle: str, group: Group | None) -> None:
    own = frozenset({group.id} if group else ())
    if wrong := await problem(context.session, context.words, platforms, handle, but=own):
        raise UserError(wrong, field=FIELD)


async def problem(
    session: AsyncSession, words: Words, platforms: Sequence[str], handle: str, *, but: Collection[int]
) -> str:
    """Why a handle cannot be, as a sentence; empty where it can. That the groups ``but`` have it is no
    problem. People's own handles the platform alone knows."""
    _ = words._
    if len(handle) > LONGEST_HANDLE or not _HANDLE.fullmatch(handle):
        said = _(
            "A handle is at most %(most)s small letters, figures, hyphens and dots, such as @housing-group."
        )
        return said % {"most": LONGEST_HANDLE}
    if handle in _RESERVED:
        return _("@%(handle)s means something else. Choose another.") % {"handle": handle}
    for platform in platforms:
        if taken_by := await _holder(session, words, platform, handle, but):
            return taken_by
    return ""


async def _holder(
    session: AsyncSession, words: Words, platform: str, handle: str, but: Collection[int]
) -> str:
    """Who has a handle, as a sentence; empty where nobody does as far as we know."""
    _ = words._
    named = {"handle": handle, "platform": PLATFORM_NAMES.get(platform, platform)}
    held = await user_groups.by_handle(session, platform, handle, but=but)
    if held is not None:
        other = await groups.by_id(session, held.group_id)
        name = other.name_for(words.locale) if other else ""
        return _("@%(handle)s is the handle of “%(group)s” already.") % (named | {"group": name})
    if handle in await user_groups.others_handles(session, platform):
        return _("There is a user group @%(handle)s in %(platform)s already. Choose another.") % named
    if await channels.named(session, platform, handle):
        said = _(
            "A channel in %(platform)s is called #%(handle)s, so no user group can be."
            " Choose another, such as @%(handle)s-group."
        )
        return said % named
    return ""
