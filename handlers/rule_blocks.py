"""Rules as groups of conditions, one inside another: the shape in which people write them."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from itertools import count
from typing import Any

from pydantic import Field

from handlers.enrolment_rules import AllOf, AnyOf, Condition, Everyone, NotThat
from handlers.kit.messages import Frozen

ROOT = 0


class Mode(StrEnum):
    """How what stands in a block decides whom the block fits."""

    EVERYBODY = "everybody"
    ALL = "all"
    ANY = "any"
    NONE = "none"


class Block(Frozen):
    """A group of conditions. One without any counts for nothing."""

    id: int
    mode: Mode = Mode.ALL
    # Data of the rule's leaves by their key, one of each.
    conditions: dict[str, Any] = Field(default_factory=dict)
    blocks: tuple[Block, ...] = ()

    def walk(self) -> Iterator[Block]:
        """This block and all inside it."""
        yield self
        for inside in self.blocks:
            yield from inside.walk()

    def find(self, block_id: int) -> Block | None:
        return next((one for one in self.walk() if one.id == block_id), None)

    def holder_of(self, block_id: int) -> Block | None:
        """The block in which another stands; None for the outermost and for one that is not there."""
        return next((one for one in self.walk() if block_id in {part.id for part in one.blocks}), None)

    def changed(self, block_id: int, **values: Any) -> Block:
        """The same with one block's mode, conditions or blocks replaced."""
        if self.id == block_id:
            return self.model_copy(update=values)
        inside = tuple(one.changed(block_id, **values) for one in self.blocks)
        return self.model_copy(update={"blocks": inside})

    def added(self, into: int, mode: Mode, conditions: dict[str, Any]) -> Block:
        """The same with a new block inside another."""
        holder = self.find(into)
        held = holder.blocks if holder else ()
        number = max(one.id for one in self.walk()) + 1
        return self.changed(into, blocks=(*held, Block(id=number, mode=mode, conditions=conditions)))

    def without(self, block_id: int) -> Block:
        inside = tuple(one.without(block_id) for one in self.blocks if one.id != block_id)
        return self.model_copy(update={"blocks": inside})


def blocks_of(rule: Condition | None) -> Block:
    """Any rule as blocks that fit the same people; a second condition of a kind gets a block of its own."""
    numbers = count(ROOT)

    def block(part: Condition) -> Block:
        match part:
            case Everyone():
                return Block(id=next(numbers), mode=Mode.EVERYBODY)
            case AllOf():
                return gathered(Mode.ALL, part.all)
            case AnyOf():
                return gathered(Mode.ANY, part.any)
            case NotThat():
                that = part.that
                return gathered(Mode.NONE, that.any if isinstance(that, AnyOf) else (that,))
        return gathered(Mode.ALL, (part,))

    def gathered(mode: Mode, parts: tuple[Condition, ...]) -> Block:
        number = next(numbers)
        conditions: dict[str, Any] = {}
        inside: list[Block] = []
        for part in parts:
            if isinstance(part, Everyone | AllOf | AnyOf | NotThat):
                inside.append(block(part))
                continue
            (named,) = part.model_dump(mode="json").items()
            if named[0] in conditions:
                inside.append(block(part))
            else:
                conditions.update([named])
        return Block(id=number, mode=mode, conditions=conditions, blocks=tuple(inside))

    return block(rule) if rule is not None else Block(id=next(numbers))


def rule_data(block: Block) -> dict[str, Any] | None:
    """The rule that a block says, as data; None where nothing is chosen."""
    parts: list[dict[str, Any]] = [{name: value} for name, value in block.conditions.items()]
    parts += [data for inside in block.blocks if (data := rule_data(inside)) is not None]
    if not parts:
        return {"everyone": True} if block.mode is Mode.EVERYBODY else None
    joint = "any" if block.mode in (Mode.ANY, Mode.NONE) else "all"
    said = parts[0] if len(parts) == 1 else {joint: parts}
    return {"not": said} if block.mode is Mode.NONE else said
