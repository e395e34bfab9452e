"""Replies: what a handler gives back, and what a surface gets to render."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from handlers.kit.forms import Form, Option
from handlers.kit.messages import Message
from handlers.kit.platform import Delivery
from handlers.kit.updates import RawAnswer, RawAnswers


@dataclass(frozen=True, slots=True)
class Open:
    """Open a form. ``initial`` fills fields of a new draft; ``subject`` is what the form is about."""

    form: str
    initial: Mapping[str, RawAnswer] = field(default_factory=dict)
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A submission that has to be put right: sentences by field; the empty name speaks of the whole."""

    problems: Mapping[str, str]


Reply = Message | Open | None
Result = Reply | Rejected


@dataclass(frozen=True, slots=True)
class FormView:
    """A form at one of its steps, ready to be rendered.

    ``step`` counts from 0; equal to ``len(form.steps)`` it is the check-your-answers page. ``chosen`` has
    the options to show for fields searched in the database. ``notes`` say what was done to what was
    carried in (cut to fit, say).
    """

    form: Form
    draft_id: str
    step: int
    answers: RawAnswers
    problems: Mapping[str, str] = field(default_factory=dict)
    chosen: Mapping[str, tuple[Option, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def checking(self) -> bool:
        return self.step >= len(self.form.steps)


class Outcome(StrEnum):
    """How an update ended; the word stands in logs and measures."""

    HANDLED = "handled"
    DUPLICATE = "duplicate"  # Handled before: nothing to render.
    IGNORED = "ignored"  # Nothing of ours: nothing was claimed or stored.
    REFUSED = "refused"  # A UserError: the reply is its sentence.
    FAILED = "failed"  # A fault of ours: the reply carries a reference.


@dataclass(frozen=True, slots=True)
class Handled:
    """What came of an update. A reply that is a message is also among ``deliveries``."""

    outcome: Outcome
    reply: Message | FormView | None = None
    options: tuple[Option, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    # The platform should be asked who the sender is: we have not been told yet.
    unprofiled: bool = False
