"""Writing a rule with conditions inside conditions: groups of conditions, shown one at a time with the
sentence and the number of people that come of them."""

from __future__ import annotations

from typing import Any

from handlers import enrolment, group_rule_form
from handlers.enrolment_rules import MOST_CONDITIONS, BadRule, read
from handlers.group_actions import AddBlock, EditBlock, RemoveBlock, ShowBlock, ShowChange
from handlers.group_cards import ADMINISTRATORS
from handlers.group_preview import change_of, counted, preview_card, saved_already
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import ChoiceField, Form, Option, Step
from handlers.kit.messages import Button, Fact, Item, Message, Style
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import Router, Submitted
from handlers.kit.updates import RawAnswers
from handlers.kit.words import N_, Words
from handlers.rule_blocks import ROOT, Block, Mode, blocks_of, rule_data
from handlers.rule_sentences import Names, names_for, sentence
from store import groups
from store.group_changes import GroupChange
from store.groups import Group, Visibility

FORM = "groups.block"
SHOWN = 10
MODE_NAMES = {
    Mode.ALL: N_("People who fit all of these"),
    Mode.ANY: N_("People who fit at least one of these"),
    Mode.NONE: N_("People who fit none of these"),
    Mode.EVERYBODY: N_("Everybody"),
}

router = Router("group_rule_blocks")


@router.action(ShowChange, access=ADMINISTRATORS)
async def show_change(context: Context, action: ShowChange) -> Reply:
    change = await change_of(context, action.change_id)
    if change.saved_at is not None:
        return saved_already(context)
    return await preview_card(context, change, await _group(context, change))


@router.action(ShowBlock, access=ADMINISTRATORS)
async def show(context: Context, action: ShowBlock) -> Reply:
    change = await change_of(context, action.change_id)
    if change.saved_at is not None:
        return saved_already(context)
    return await _card(context, change, _held(change), action.block_id, page=action.page)


@router.action(EditBlock, access=ADMINISTRATORS)
async def edit(context: Context, action: EditBlock) -> Reply:
    change = await _unsaved(context, action.change_id)
    block = _block(context, _held(change), action.block_id)
    filled: RawAnswers = {"mode": block.mode.value}
    for name, value in block.conditions.items():
        filled[name] = value if isinstance(value, str) else [str(one) for one in value]
    return Open(FORM, initial=filled, subject=f"{change.id}/{block.id}")


@router.action(AddBlock, access=ADMINISTRATORS)
async def add(context: Context, action: AddBlock) -> Reply:
    change = await _unsaved(context, action.change_id)
    root = _held(change)
    _block(context, root, action.into)
    if sum(1 for _one in root.walk()) >= MOST_CONDITIONS:
        raise UserError(_too_many(context))
    return Open(FORM, initial={"mode": Mode.ALL.value}, subject=f"{change.id}/+{action.into}")


@router.action(RemoveBlock, access=ADMINISTRATORS)
async def remove(context: Context, action: RemoveBlock) -> Reply:
    change = await _unsaved(context, action.change_id)
    root = _held(change)
    holder = root.holder_of(action.block_id)
    if holder is None:
        raise UserError(_gone(context))
    _keep(change, root.without(action.block_id))
    return await _card(context, change, _held(change), holder.id)


async def build(context: Context, subject: str) -> Form:
    _ = context._
    change_id, _slash, where = subject.partition("/")
    change = await _unsaved(context, change_id)
    _block(context, _held(change), _number(where))
    title = _("Conditions of the rule") if where == str(ROOT) else _("A group of conditions")
    return Form(
        name=FORM,
        title=_("Conditions"),
        submit=_("Take these"),
        steps=(
            Step(
                title=title,
                help=_(
                    "Choose as many as you like. Leave all of it empty if only groups of conditions are to "
                    "stand in it."
                ),
                fields=(
                    ChoiceField(
                        name="mode",
                        label=_("Whom does it mean?"),
                        options=tuple(
                            Option(value=mode.value, label=_(name)) for mode, name in MODE_NAMES.items()
                        ),
                    ),
                    *group_rule_form.fields(context.words, await group_rule_form.themes(context)),
                ),
            ),
        ),
    )


@router.form(FORM, build, access=ADMINISTRATORS)
async def take(context: Context, sent: Submitted) -> Result:
    _ = context._
    change_id, _slash, where = sent.subject.partition("/")
    change = await _unsaved(context, change_id)
    root, number = _held(change), _number(where)
    _block(context, root, number)
    mode = Mode(sent.answers.text("mode"))
    conditions: dict[str, Any] = {}
    for leaf in await group_rule_form.leaves(context, sent.answers):
        conditions.update(leaf)
    if mode is Mode.EVERYBODY and conditions:
        text = _("You have chosen conditions below. Choose “all” or “any” to use them, or take them out.")
        raise UserError(text, field="mode")
    if where.startswith("+"):
        root = root.added(number, mode, conditions)
    else:
        root = root.changed(number, mode=mode, conditions=conditions)
    try:
        data = rule_data(root)
        if data is not None:
            read(data)
    except BadRule:
        raise UserError(_too_many(context), field="mode") from None
    _keep(change, root)
    holder = root.holder_of(number)
    shown = number if where.startswith("+") or holder is None else holder.id
    return await _card(context, change, root, shown)


async def _card(context: Context, change: GroupChange, root: Block, number: int, *, page: int = 0) -> Message:
    """A block with what stands in it, and what the whole rule has come to."""
    _, words = context._, context.words
    block = _block(context, root, number)
    data = change.values["rule"]
    rule = read(data) if data is not None else None
    names = await names_for(context.session, rule, words.locale)
    group = await _group(context, change)
    counts = await enrolment.preview(
        context.session,
        group,
        rule,
        context.now,
        requires_rules=change.values["requires_rules"],
        open_to_all=change.values["visibility"] == Visibility.OPEN,
    )
    lines = _leaf_lines(block, words, names)
    if block.blocks:
        lines.append(_("The groups of conditions below"))
    text = _(MODE_NAMES[block.mode]) + _list(lines)
    if not lines and block.mode is not Mode.EVERYBODY:
        text = _("Nothing is chosen here yet, so it counts for nothing.")
    first = max(page, 0) * SHOWN
    inside = block.blocks[first : first + SHOWN]
    buttons = [
        Button.to(_("See the preview"), ShowChange(change_id=change.id), style=Style.PRIMARY),
        Button.to(_("Change these conditions"), EditBlock(change_id=change.id, block_id=block.id)),
        Button.to(_("Add a group of conditions"), AddBlock(change_id=change.id, into=block.id)),
    ]
    if len(block.blocks) > first + SHOWN:
        following = ShowBlock(change_id=change.id, block_id=block.id, page=max(page, 0) + 1)
        buttons.append(Button.to(_("See more"), following))
    holder = root.holder_of(block.id)
    if holder is not None:
        up = ShowBlock(change_id=change.id, block_id=holder.id)
        buttons.append(Button.to(_("Go back up"), up))
    heading = (
        _("Who is added to “%(group)s”") if holder is None else _("A group of conditions in “%(group)s”")
    )
    return Message(
        heading=heading % {"group": change.values["name"]},
        text=text,
        items=tuple(_item(words, names, change, one) for one in inside),
        facts=(
            Fact(label=_("The whole rule"), value=sentence(rule, words, names)),
            Fact(label=_("What it would do"), value=counted(words, counts)),
        ),
        buttons=tuple(buttons),
        small_print=(_("Nothing is saved yet: you save in the preview."),),
    )


def _item(words: Words, names: Names, change: GroupChange, block: Block) -> Item:
    _ = words._
    lines = _leaf_lines(block, words, names)
    lines += [
        sentence(read(data), words, names).rstrip(".")
        for inside in block.blocks
        if (data := rule_data(inside)) is not None
    ]
    text = _list(lines).strip() or ("" if block.mode is Mode.EVERYBODY else _("Nothing is chosen here yet."))
    numbers = {"change_id": change.id, "block_id": block.id}
    return Item(
        title=_(MODE_NAMES[block.mode]),
        text=text,
        buttons=(
            Button.to(_("Change"), EditBlock(**numbers)),
            Button.to(_("Groups inside it"), ShowBlock(**numbers)),
            Button.to(_("Take out"), RemoveBlock(**numbers), style=Style.DANGER),
        ),
    )


def _leaf_lines(block: Block, words: Words, names: Names) -> list[str]:
    """Each condition as the people that it means."""
    return [
        sentence(read({name: value}), words, names).rstrip(".") for name, value in block.conditions.items()
    ]


def _list(lines: list[str]) -> str:
    return "\n\n" + "\n".join(f"- {line}" for line in lines) if lines else ""


def _held(change: GroupChange) -> Block:
    """The rule as blocks: as it was left here, else as the form or the group had it."""
    if change.blocks is not None:
        return Block.model_validate(change.blocks)
    data = change.values["rule"]
    return blocks_of(read(data) if data is not None else None)


def _keep(change: GroupChange, root: Block) -> None:
    """Write down the blocks, the rule they say, and what the form shows of it."""
    data = rule_data(root)
    shown = group_rule_form.initial(read(data) if data is not None else None)
    change.blocks = root.model_dump(mode="json")
    change.values = {**change.values, "rule": data}
    about = {name: value for name, value in change.answers.items() if name not in group_rule_form.NAMES}
    change.answers = {**about, **shown}


def _block(context: Context, root: Block, number: int) -> Block:
    block = root.find(number)
    if block is None:
        raise UserError(_gone(context))
    return block


async def _unsaved(context: Context, change_id: str) -> GroupChange:
    change = await change_of(context, change_id)
    if change.saved_at is not None:
        raise UserError(saved_already(context).text)
    return change


async def _group(context: Context, change: GroupChange) -> Group | None:
    return await groups.by_id(context.session, change.group_id) if change.group_id else None


def _number(where: str) -> int:
    typed = where.removeprefix("+")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 5 else -1


def _gone(context: Context) -> str:
    return context._("That group of conditions is no longer there. Nothing was changed.")


def _too_many(context: Context) -> str:
    return context._(
        "These are more conditions than I can keep, or too deep inside each other. Choose fewer."
    )
