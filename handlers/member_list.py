"""The list of members: the mark that it is complete, from which answers about numbers follow."""

from __future__ import annotations

from handlers.kit.context import Context
from handlers.kit.messages import Action, Button, Confirm, Fact, Message, Style
from handlers.kit.replies import Reply
from handlers.kit.router import Router, only
from handlers.kit.updates import Command
from handlers.kit.words import N_
from store import choices, organisations
from store.organisations import Category
from store.roles import Role

CATEGORIES = {
    Category.FULL: N_("Full members"),
    Category.ASSOCIATE: N_("Associates"),
    Category.AFFILIATE: N_("Affiliates"),
    Category.SUPPORTER: N_("Supporters"),
}

router = Router("member_list")


class MarkMemberList(Action, name="members.mark_list"):
    """Say whether the list of members is complete."""

    complete: bool


@router.command(
    "ccin members-complete",
    summary=N_("Say whether the list of members is complete"),
    access=only(Role.ADMINISTRATOR),
)
async def show_list(context: Context, command: Command) -> Reply:
    _ = context._
    complete = await choices.get(context.session, choices.MEMBER_LIST_COMPLETE) is not None
    published = context.words.month(context.network.member_counts.as_of)
    if complete:
        text = _("The list is marked as complete: answers about numbers of members come from it.")
        question = _("Answers about numbers of members will quote the figures of %(month)s again.")
    else:
        text = _("The list is not marked as complete: answers quote the figures of %(month)s.")
        question = _(
            "Answers about numbers of members will come from this list, not the figures of %(month)s."
        )
    counts = await organisations.counts_by_category(context.session)
    button = Button.to(
        _("Mark as not complete") if complete else _("Mark as complete"),
        MarkMemberList(complete=not complete),
        style=Style.PRIMARY,
        confirm=Confirm(
            title=_("Change what I answer?"),
            text=question % {"month": published},
            yes=_("Change it"),
            no=_("Leave it"),
        ),
    )
    return Message(
        heading=_("List of members"),
        text=text % {"month": published},
        facts=tuple(
            Fact(label=_(label), value=context.words.number(counts.get(category, 0)))
            for category, label in CATEGORIES.items()
        ),
        buttons=(button,),
    )


@router.action(MarkMemberList, access=only(Role.ADMINISTRATOR))
async def mark_list(context: Context, action: MarkMemberList) -> Reply:
    _ = context._
    held = await choices.get(context.session, choices.MEMBER_LIST_COMPLETE) is not None
    if held != action.complete:
        value = context.now.isoformat() if action.complete else ""
        await choices.put(context.session, choices.MEMBER_LIST_COMPLETE, value, now=context.now)
        await context.audit(
            "members.mark_list", "choices", choices.MEMBER_LIST_COMPLETE, {"complete": str(action.complete)}
        )
    if action.complete:
        return Message(text=_("The list is marked as complete. Answers about numbers come from it."))
    return Message(
        text=_("The list is not marked as complete. Answers about numbers quote published figures.")
    )
