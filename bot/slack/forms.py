"""Forms as modals: one step at a time, with what was typed, and problems beside their fields."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from bot.slack import limits
from bot.slack.buttons import plain_text
from bot.slack.fields import block_with, blocks_of
from bot.slack.limits import cut
from bot.slack.messages import context, section
from bot.slack.mrkdwn import mrkdwn, paragraphs, pieces
from handlers.kit.forms import Form
from handlers.kit.replies import FormView
from handlers.kit.words import Words

Json = dict[str, Any]

# A view's callback id is "form:" and the form's wire name.
CALLBACK = "form:"
BACK_ACTION = "form.back"


@dataclass(frozen=True, slots=True)
class Held:
    """What a view carries: a draft's id and its step, and nothing of what was typed."""

    draft_id: str = ""
    step: int = 0


def modal(view: FormView, words: Words) -> Json:
    """The modal for a form at one of its steps."""
    _ = words._
    form, step = view.form, view.form.steps[view.step]
    last = view.step == len(form.steps) - 1
    blocks = _above(view, words)
    for field in step.fields:
        blocks += blocks_of(field, view, words)
        if problem := view.problems.get(field.name):
            blocks.append(context([mrkdwn(cut(f"⚠️ {problem}", limits.FIELD_TEXT))]))
    return {
        "type": "modal",
        "callback_id": CALLBACK + form.name,
        "title": plain_text(form.title, limits.VIEW_TITLE),
        "submit": plain_text(form.submit if last else _("Next"), limits.VIEW_SUBMIT),
        "close": plain_text(_("Close"), limits.VIEW_CLOSE),
        # The last letters before somebody closes it may not have been told otherwise.
        "notify_on_close": True,
        "private_metadata": json.dumps({"draft": view.draft_id, "step": view.step}),
        "blocks": blocks[: limits.VIEW_BLOCKS],
    }


def errors(view: FormView, shown_step: int) -> Json | None:
    """Problems as Slack shows them beside the inputs of the step that is open, by block; None where one
    of them belongs elsewhere, so that the view has to be drawn again."""
    if view.step != shown_step or not view.problems:
        return None
    fields = {field.name: field for field in view.form.steps[view.step].fields}
    if not view.problems.keys() <= fields.keys():
        return None
    return {block_with(fields[name], view): problem for name, problem in view.problems.items()}


def held_by(view: object) -> Held:
    """What a view that came back carries; nothing of ours where somebody changed it."""
    try:
        held = json.loads(view["private_metadata"])  # type: ignore[index]
        draft_id, step = held["draft"], held["step"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return Held()
    if isinstance(draft_id, str) and isinstance(step, int) and 0 <= step < limits.VIEW_BLOCKS:
        return Held(draft_id, step)
    return Held()


def form_name(view: object) -> str:
    callback = view.get("callback_id") if isinstance(view, dict) else None
    return callback.removeprefix(CALLBACK) if isinstance(callback, str) else ""


def _above(view: FormView, words: Words) -> list[Json]:
    """What stands above the inputs: where one is, what is wrong, what was done, what this step asks."""
    _ = words._
    form, step = view.form, view.form.steps[view.step]
    blocks: list[Json] = []
    if len(form.title) > limits.VIEW_TITLE:
        blocks += [section(f"*{part}*") for part in pieces(form.title, limits.SECTION_TEXT - 2, mrkdwn)]
    if len(form.steps) > 1:
        where = _("Step %(step)s of %(steps)s") % {"step": view.step + 1, "steps": len(form.steps)}
        blocks += [context([mrkdwn(where)])]
        blocks += [{"type": "header", "text": plain_text(step.title, limits.HEADER_TEXT)}]
    elif step.title != form.title:
        blocks += [{"type": "header", "text": plain_text(step.title, limits.HEADER_TEXT)}]
    blocks += _problems(form, view, words)
    notes = (*view.notes, *_shortened(view, words))
    blocks += [context([part]) for note in notes for part in pieces(note, limits.FIELD_TEXT, mrkdwn)]
    blocks += [section(part) for part in pieces(step.help, limits.SECTION_TEXT, paragraphs)]
    if view.step:
        back = {"type": "button", "action_id": BACK_ACTION, "text": plain_text(_("Back"), limits.BUTTON_TEXT)}
        blocks.append({"type": "actions", "elements": [back]})
    return blocks


def _shortened(view: FormView, words: Words) -> list[str]:
    """What was typed elsewhere may be longer than an input here holds: nobody should send it unawares."""
    text = words._("“%(label)s” was longer than this form can hold, so its end was cut off.")
    return [
        text % {"label": field.label}
        for field in view.form.steps[view.step].fields
        if len(view.answers.get(field.name, "")) > limits.TEXT_INPUT
    ]


def _problems(form: Form, view: FormView, words: Words) -> list[Json]:
    """A summary for a view that is drawn again; each problem names its field."""
    if not view.problems:
        return []
    labels = {field.name: field.label for field in form.fields}
    heading = words._("There is a problem")
    lines = [f"*{mrkdwn(heading)}*"]
    for name, problem in view.problems.items():
        label = labels.get(name, "")
        lines.append(f"• {mrkdwn(label)}: {mrkdwn(problem)}" if label else f"• {mrkdwn(problem)}")
    return [section(part) for part in pieces("\n".join(lines), limits.SECTION_TEXT, str)]
