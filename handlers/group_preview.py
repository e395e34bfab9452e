"""The preview of a group: what a change would do before it is saved."""

from __future__ import annotations

from handlers import enrolment, user_groups
from handlers.enrolment_rules import read
from handlers.group_actions import EditChange, SaveChange, ShowBlock
from handlers.group_cards import KIND_NAMES, VISIBILITY_NAMES
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.messages import Button, Confirm, Fact, Message, Style
from handlers.kit.words import Words
from handlers.rule_sentences import names_for, sentence
from store import group_changes
from store.group_changes import GroupChange
from store.groups import Group, GroupKind, Visibility


async def preview_card(context: Context, change: GroupChange, group: Group | None) -> Message:
    """What a change would do, with the buttons that do it; ``group`` is None for a new one."""
    _ = context._
    words, values = context.words, change.values
    rule = read(values["rule"]) if values["rule"] is not None else None
    counts = await enrolment.preview(
        context.session,
        group,
        rule,
        context.now,
        requires_rules=values["requires_rules"],
        open_to_all=values["visibility"] == Visibility.OPEN,
    )
    save_button = Button.to(_("Save"), SaveChange(change_id=change.id), style=Style.PRIMARY)
    buttons = [save_button]
    if counts.leaving:
        leaving = {"count": words.number(counts.leaving)}
        label = words.ngettext(
            "Save, and take out %(count)s person", "Save, and take out %(count)s people", counts.leaving
        )
        question = words.ngettext(
            "%(count)s person whom the rule had added no longer fits, and is taken out.",
            "%(count)s people whom the rule had added no longer fit, and are taken out.",
            counts.leaving,
        )
        buttons.append(
            Button.to(
                label % leaving,
                SaveChange(change_id=change.id, remove=True),
                style=Style.DANGER,
                confirm=Confirm(
                    title=_("Take people out?"),
                    text=question % leaving,
                    yes=_("Save and take out"),
                    no=_("Go back"),
                ),
            )
        )
    buttons += [
        Button.to(_("Change it again"), EditChange(change_id=change.id)),
        Button.to(_("Groups of conditions"), ShowBlock(change_id=change.id)),
    ]
    names = await names_for(context.session, rule, words.locale)
    small_print = [_("Nothing is saved yet. No rule puts back people who left by choice or were taken out.")]
    if counts.joining < counts.fitting:
        small_print.append(
            _("Who fits and is not added is in already, has not accepted the rules of engagement, or left.")
        )
    return Message(
        heading=_("Preview: %(group)s") % {"group": values["name"]},
        text=values["purpose"] + "\n\n" + counted(words, counts),
        facts=(
            Fact(label=_("Kind"), value=_(KIND_NAMES[GroupKind(values["kind"])])),
            Fact(label=_("Who may join"), value=_(VISIBILITY_NAMES[Visibility(values["visibility"])])),
            Fact(label=_("Added without asking"), value=sentence(rule, words, names)),
            *user_groups.preview(words, change.answers),
        ),
        buttons=tuple(buttons),
        small_print=tuple(small_print),
    )


def counted(words: Words, counts: enrolment.Preview) -> str:
    """“37 people fit now: 5 would be added. 4 who were added by the rule no longer fit.”"""
    said = words._("Nobody fits the rule now.")
    if counts.fitting:
        said = words.ngettext(
            "%(count)s person fits the rule now; %(joining)s would be added.",
            "%(count)s people fit the rule now; %(joining)s would be added.",
            counts.fitting,
        ) % {"count": words.number(counts.fitting), "joining": words.number(counts.joining)}
    if counts.leaving:
        said += " " + words.ngettext(
            "%(count)s who is in would no longer fit, and stays unless you take them out.",
            "%(count)s who are in would no longer fit, and stay unless you take them out.",
            counts.leaving,
        ) % {"count": words.number(counts.leaving)}
    return said


async def change_of(context: Context, change_id: str) -> GroupChange:
    """A change that was previewed.

    :raises UserError: it is gone.
    """
    change = await group_changes.by_id(context.session, change_id)
    if change is None:
        raise UserError(context._("That preview is no longer there. Start again; nothing was changed."))
    return change


def saved_already(context: Context) -> Message:
    return Message(text=context._("That change has been saved already. Nothing was changed."))
