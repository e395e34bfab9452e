"""What the user groups of groups look like: on a group's card, among its failures, and in what
administrators are told."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.group_actions import EditGroup, ListFailures, ShowGroup
from handlers.kit.messages import Button, Fact, Message, Style
from handlers.kit.words import Words
from handlers.refusals import PLATFORM_NAMES, sentence
from store import user_groups
from store.groups import Group
from store.user_groups import UserGroup, UserGroupRefusal


async def facts(session: AsyncSession, words: Words, group: Group, *, administrator: bool) -> list[Fact]:
    """The user groups of a group; how far they are is for administrators."""
    found = []
    for held in await user_groups.of_group(session, group.id):
        works = held.enabled and held.wanted and not held.problem
        if works or (administrator and held.wanted):
            label = words._("User group in %(platform)s") % {"platform": _platform(held)}
            found.append(Fact(label=label, value=line(words, held)))
    return found


def line(words: Words, held: UserGroup) -> str:
    """“@housing” and, where it does not work, why not."""
    _ = words._
    said = f"@{held.handle}"
    if held.problem:
        return f"{said}: {sentence(words, held.platform, held.problem)}"
    if held.enabled:
        return said
    if held.compared_at is not None:
        return f"{said}: " + _("switched off until there is somebody in it")
    return f"{said}: " + _("is being made")


def problem_lines(words: Words, held: Sequence[UserGroup]) -> list[str]:
    """A sentence for each user group that is not as it should be."""
    return [f"{line(words, one)}" for one in held if one.problem and one.wanted]


def refusal_line(words: Words, refusal: UserGroupRefusal) -> str:
    """“Is not in the user group in Slack. Guests, bots …”"""
    said = words._("Is not in the user group in %(platform)s.")
    named = {"platform": PLATFORM_NAMES.get(refusal.platform, refusal.platform)}
    return said % named + " " + sentence(words, refusal.platform, refusal.reason)


def not_kept(words: Words, group: Group, held: UserGroup) -> Message:
    """The user group cannot be as it should be until somebody does something."""
    _ = words._
    named = {"handle": held.handle, "group": group.name_for(words.locale), "platform": _platform(held)}
    return Message(
        text=_("I cannot keep the user group @%(handle)s of “%(group)s” in %(platform)s.") % named
        + " "
        + sentence(words, held.platform, held.problem),
        buttons=(
            Button.to(_("Edit the group"), EditGroup(group_id=group.id), style=Style.PRIMARY),
            Button.to(_("See the problems"), ListFailures(group_id=group.id)),
            Button.to(_("See the group"), ShowGroup(group_id=group.id)),
        ),
        small_print=(_("I try again every hour."),),
    )


def _platform(held: UserGroup) -> str:
    return PLATFORM_NAMES.get(held.platform, held.platform)
