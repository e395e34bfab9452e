"""The way through a form: opening it, going from step to step, keeping what was typed, sending it."""

from __future__ import annotations

from handlers.kit import answers, private_fields
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import Form, Option, SearchField
from handlers.kit.messages import Action, Button, Message, Style
from handlers.kit.replies import FormView, Open, Rejected, Result
from handlers.kit.router import FormRoute, Submitted
from handlers.kit.updates import Edited, Lookup, RawAnswers, Submission
from store import drafts
from store.drafts import Draft


class ContinueDraft(Action, name="form.continue"):
    """Open a saved draft where it was left."""

    draft_id: str


async def open_form(context: Context, opened: Open) -> Message | FormView:
    """Show a form's first step; where a draft of it waits, ask which one to go on with."""
    route = _route(context, opened.form)
    form = await route.build(context, opened.subject)
    member = context.person
    kept, shortened = answers.cut_to_fit(form, opened.initial)
    waiting = await drafts.unfinished(context.session, member.id, form.name, opened.subject)
    draft = await drafts.start(
        context.session,
        member.id,
        form.name,
        opened.subject,
        _sealed(context, form, kept, {}),
        now=context.now,
    )
    if waiting is None:
        return await _view(context, form, draft, step=0, notes=_cut_notes(context, shortened))
    _ = context._
    saved = context.words.moment(waiting.updated_at)
    return Message(
        text=_("You have a draft of “%(form)s” that you have not sent, saved on %(when)s.")
        % {"form": form.title, "when": saved},
        buttons=(
            Button.to(_("Continue the draft"), ContinueDraft(draft_id=waiting.id), style=Style.PRIMARY),
            Button.to(_("Start a new one"), ContinueDraft(draft_id=draft.id)),
        ),
    )


async def continue_draft(context: Context, action: ContinueDraft) -> Message | FormView:
    """Show a draft at the step where it was left."""
    draft = await _own_draft(context, action.draft_id)
    route = _route(context, draft.form)
    form = await route.build(context, draft.subject)
    return await _view(context, form, draft, step=min(draft.step, len(form.steps) - 1))


async def submit(context: Context, submission: Submission) -> Result | FormView:
    """Keep what was typed; then its problems, the next step, the check page, or the handler's reply."""
    draft = await _own_draft(context, submission.draft_id, lock=True)
    route = _route(context, draft.form)
    if submission.form != route.name:
        raise UserError(context._("That form is no longer open. Nothing was sent. Start it again."))
    form = await route.build(context, draft.subject)
    step = max(0, min(submission.step, len(form.steps)))
    typed = _of_step(form, step, submission.answers)
    typed = _sealed(context, form, typed, draft.answers)
    draft.save(typed, now=context.now, step=min(step, len(form.steps) - 1))
    await context.session.flush()
    held = private_fields.opened(form, draft.answers, context.surroundings.vault)
    if step < len(form.steps):
        problems = answers.check_step(form, step, held, context.words)
        if problems:
            return await _view(context, form, draft, step=step, problems=problems)
        if problems := _disagreement(context, route, form, step, held):
            return await _rejected(context, form, draft, Rejected(problems))
        if not submission.send or step + 1 < len(form.steps):
            draft.save({}, now=context.now, step=min(step + 1, len(form.steps) - 1))
            return await _view(context, form, draft, step=step + 1)
    read, problems = answers.read_form(form, held, context.words)
    if problems:
        return await _rejected(context, form, draft, Rejected(problems))
    if not submission.send:
        return await _view(context, form, draft, step=len(form.steps))
    try:
        async with context.session.begin_nested():
            result = await route.handler(context, Submitted(form.name, draft.subject, read))
            if not isinstance(result, Rejected):
                draft.send(context.now)
    except UserError as error:
        context.session.expire(draft)
        await context.session.refresh(draft)
        return await _rejected(context, form, draft, Rejected({error.field or "": error.text}))
    if isinstance(result, Rejected):
        return await _rejected(context, form, draft, result)
    return result


async def keep(context: Context, edited: Edited) -> None:
    """Save a form while it is typed into. A draft that is gone, sent or not theirs is left alone."""
    if context.member is None:
        return
    draft = await drafts.of_member(context.session, edited.draft_id, context.member.id, lock=True)
    route = context.router.forms.get(draft.form) if draft else None
    if draft is None or route is None or draft.sent_at is not None or not route.access.allows(context.roles):
        return
    form = await route.build(context, draft.subject)
    step = max(0, min(edited.step, len(form.steps) - 1))
    typed = _sealed(context, form, _of_step(form, step, edited.answers), draft.answers)
    draft.save(typed, now=context.now, step=step)


async def view_of(context: Context, draft_id: str, step: int | None = None) -> FormView:
    """A draft as it stands, for a surface whose forms are pages with an address."""
    draft = await _own_draft(context, draft_id)
    route = _route(context, draft.form)
    form = await route.build(context, draft.subject)
    shown = draft.step if step is None else max(0, min(step, len(form.steps)))
    return await _view(context, form, draft, step=shown)


async def look_up(context: Context, lookup: Lookup) -> list[Option]:
    """The options of a search field that fit what was typed; none for a field that has no search.

    :raises UserError: the form is not open to them, or its draft is gone.
    """
    route = _route(context, lookup.form)
    subject = ""
    if lookup.draft_id and context.member is not None:
        draft = await _own_draft(context, lookup.draft_id)
        subject = draft.subject if draft.form == lookup.form else ""
    form = await route.build(context, subject)
    field = form.field(lookup.field)
    if not isinstance(field, SearchField):
        return []
    return await context.router.sources[field.source].find(context, lookup.query)


def _route(context: Context, name: str) -> FormRoute:
    route = context.router.forms.get(name)
    if route is None:
        raise UserError(context._("That form is no longer open. Nothing was sent. Start it again."))
    if context.member is None and not route.access.visitors:
        raise UserError(context._("Sign in first: this needs to know who you are."))
    if not route.access.allows(context.roles):
        raise UserError(context._("You may not do this. An administrator of the network can help."))
    return route


async def _own_draft(context: Context, draft_id: str, *, lock: bool = False) -> Draft:
    draft = await drafts.of_member(context.session, draft_id, context.person.id, lock=lock)
    if draft is None:
        raise UserError(context._("That form is no longer open. Nothing was sent. Start it again."))
    if draft.sent_at is not None:
        raise UserError(context._("You have sent this form already. Nothing was sent twice."))
    return draft


def _of_step(form: Form, step: int, typed: RawAnswers) -> RawAnswers:
    """Only the fields that the step asks for: nothing else that a client sends is kept."""
    if step >= len(form.steps):
        return {}
    names = {field.name for field in form.steps[step].fields}
    return {name: answer for name, answer in typed.items() if name in names}


def _sealed(context: Context, form: Form, typed: RawAnswers, held: RawAnswers) -> RawAnswers:
    return private_fields.sealed(form, typed, held, context.surroundings.vault)


def _disagreement(
    context: Context, route: FormRoute, form: Form, step: int, held: RawAnswers
) -> dict[str, str]:
    """What the route's own check says of the answers up to a step. Where one of an earlier step cannot be
    read, that is said at the end."""
    if route.check is None:
        return {}
    read, problems = answers.read_until(form, step, held, context.words)
    if problems:
        return {}
    try:
        route.check(context, read)
    except UserError as error:
        return {error.field or "": error.text}
    return {}


async def _rejected(context: Context, form: Form, draft: Draft, rejected: Rejected) -> FormView:
    """The form at the first step that has a problem."""
    first = min((form.step_of(name) for name in rejected.problems if name), default=len(form.steps) - 1)
    return await _view(context, form, draft, step=first, problems=dict(rejected.problems))


async def _view(
    context: Context, form: Form, draft: Draft, *, step: int, problems: dict[str, str] | None = None,
    notes: tuple[str, ...] = (),
) -> FormView:  # fmt: skip
    chosen: dict[str, tuple[Option, ...]] = {}
    for field in form.fields:
        if isinstance(field, SearchField) and (held := draft.answers.get(field.name)):
            values = (held,) if isinstance(held, str) else tuple(held)
            chosen[field.name] = tuple(await context.router.sources[field.source].named(context, values))
    return FormView(
        form=form,
        draft_id=draft.id,
        step=step,
        answers=private_fields.opened(form, draft.answers, context.surroundings.vault),
        problems=problems or {},
        chosen=chosen,
        notes=notes,
    )


def _cut_notes(context: Context, shortened: list[str]) -> tuple[str, ...]:
    _ = context._
    return tuple(
        _("“%(label)s” was longer than this form can hold, so its end was cut off.") % {"label": label}
        for label in shortened
    )
