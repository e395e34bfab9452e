"""Whose organisation is which: an administrator's word on where a person belongs."""

from __future__ import annotations

from handlers import enrolment, greetings, people
from handlers import organisations as organisation_options
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import Form, SearchField, Step
from handlers.kit.messages import Message
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import Router, Submitted, only
from handlers.kit.updates import Command
from handlers.kit.words import N_, Words
from store.organisations import Organisation
from store.roles import Role

FORM = "members.place"

router = Router("placing")


@router.command(
    "ccin organisation", summary=N_("Say which organisation a person is here for"),
    access=only(Role.ADMINISTRATOR),
)  # fmt: skip
async def choose_person(context: Context, command: Command) -> Reply:
    return Open(FORM)


async def build_place(context: Context, subject: str) -> Form:
    _ = context._
    return Form(
        name=FORM,
        title=_("A person's organisation"),
        submit=_("Save"),
        steps=(
            Step(
                title=_("A person's organisation"),
                fields=(
                    SearchField(
                        name="member", label=_("Who?"), source="member", help=_("Type a part of their name.")
                    ),
                    SearchField(
                        name="organisation",
                        label=_("Which organisation are they here for?"),
                        help=_("Leave this empty if they are here for none."),
                        source=organisation_options.SOURCE,
                        required=False,
                    ),
                ),
            ),
        ),
    )


@router.form(FORM, build_place, access=only(Role.ADMINISTRATOR))
async def place_person(context: Context, sent: Submitted) -> Result:
    """An administrator's word stands whatever the person's mail domain says."""
    _ = context._
    member = await people.chosen_member(context, sent.answers.text("member"), field="member")
    value = sent.answers.text("organisation")
    found = await organisation_options.chosen(context, [value])
    if value and not found:
        raise UserError(_("Choose an organisation from the list."), field="organisation")
    organisation = found[0] if found else None
    named = {
        "name": people.name_of(member, context.words),
        "organisation": organisation.name if organisation else "",
    }
    chosen_id = organisation.id if organisation else None
    changed = member.organisation_id != chosen_id
    if changed or not member.organisation_fixed:
        member.organisation_id, member.organisation_fixed = chosen_id, True
        await enrolment.evaluate(context.session, member.id, context.now)
        await greetings.introduce(context, member)
        values = {"organisation_id": str(chosen_id or "")}
        await context.audit("members.place", "member", member.id, values, about=member)
        if changed and member.id != context.person.id:
            await context.send(member, lambda words: _placed(words, organisation))
    if organisation is None:
        return Message(text=_("%(name)s is here for no organisation now.") % named)
    return Message(text=_("%(name)s is here for %(organisation)s now.") % named)


def _placed(words: Words, organisation: Organisation | None) -> Message:
    _ = words._
    if organisation is None:
        return Message(text=_("An administrator has noted that you are here for no organisation."))
    text = _("An administrator has noted that you are here for %(organisation)s.")
    return Message(text=text % {"organisation": organisation.name})
