"""Joining: recognising whoever comes, and welcoming them once."""

from __future__ import annotations

from handlers import greetings, help, recognition, texts
from handlers.kit.context import Context
from handlers.kit.messages import Button, Message, Style
from handlers.kit.replies import Reply
from handlers.kit.router import Router, RunCommand
from handlers.kit.updates import Changed, Joined, PlaceKind
from store import organisations, welcome_journey
from store import texts as stored_texts

router = Router("onboarding")


@router.joined
async def join(context: Context, joined: Joined) -> Reply:
    """Recognise whoever joins the workspace, and greet them the first time."""
    if joined.place.kind is not PlaceKind.WORKSPACE or joined.by_bot or context.member is None:
        return None
    if joined.profile is not None:
        await recognition.recognise(context, joined.profile)
    member = context.person
    if member.greeted_at is not None or not member.active:
        return None
    member.greeted_at = context.now
    await welcome_journey.start(context.session, member.id, context.now)
    await greetings.introduce(context, member)
    return await greeting(context)


@router.changed
async def change(context: Context, changed: Changed) -> Reply:
    """Recognise anew. People who were there before the bot count as greeted."""
    if context.member is None:
        return None
    await recognition.recognise(context, changed.profile, quiet=changed.known)
    if changed.known and context.person.greeted_at is None:
        context.person.greeted_at = context.now
    return None


async def greeting(context: Context) -> Message:
    """The welcome, by name and organisation where they are known, with the next steps."""
    _ = context._
    member = context.person
    organisation = await organisations.by_id(context.session, member.organisation_id or 0)
    body = await stored_texts.body(context.session, texts.WELCOME, context.words.locale)
    values = texts.values_of(
        context, name=member.name, organisation=organisation.name if organisation else ""
    )
    said = [texts.fill(body, values)]
    steps = help.next_steps(context)
    if organisation is None and not await recognition.candidates(context, member):
        said.append(_("I could not tell which organisation you belong to. Please say it in your profile."))
        profile = RunCommand(command="ccin", text="profile")
        steps = (
            Button.to(_("Fill in my profile"), profile, style=Style.PRIMARY),
            *(one.model_copy(update={"style": Style.PLAIN}) for one in steps),
        )
    return Message(
        heading=_("Welcome to %(network)s") % {"network": context.network.short_name},
        text="\n\n".join(part for part in said if part),
        buttons=steps,
    )
