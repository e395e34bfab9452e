"""Finding one's way: what somebody may do, their own page, signing in, language, what is held on them."""

from __future__ import annotations

from handlers import enrolment, people, recognition
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.form_flow import ContinueDraft
from handlers.kit.messages import Action, Button, Fact, Item, Message, Style
from handlers.kit.replies import Reply
from handlers.kit.router import EVERYONE, CommandRoute, Router, RunCommand
from handlers.kit.updates import Command, Opened
from handlers.kit.words import LOCALES, N_, Words
from store import drafts, members, organisations
from store.members import Member
from store.surfaces import PASSIVE_PLATFORM

DRAFTS_SHOWN = 5
# How platforms are called; any other by its own name.
PLATFORM_NAMES = {
    "slack": "Slack",
    "whatsapp": "WhatsApp",
    "web": N_("the web pages"),
    "email": N_("e-mail"),
    "demo": N_("the demonstration"),
    "import": N_("a list of members"),
}
# What people may type for a language.
SPOKEN = {"en": "en", "english": "en", "saesneg": "en", "cy": "cy", "cymraeg": "cy", "welsh": "cy"}

router = Router("help")


class SetLanguage(Action, name="help.set_language"):
    """Choose the language that the bot speaks to one."""

    locale: str


@router.command("ccin", summary=N_("See what you can do here"), access=EVERYONE)
async def show_commands(context: Context, command: Command) -> Reply:
    _ = context._
    said = [_("This is what you can do. Type a command as it stands here, or press a button.")]
    if command.text:
        unknown = {"name": command.text[:40]}
        said[0] = _("There is no command /ccin %(name)s. This is what there is.") % unknown
    routes = context.router.commands_for(context.roles if context.member else None)
    said.append(_list_commands([route for route in routes if not route.access.roles], context.words))
    if extra := [route for route in routes if route.access.roles]:
        said.append(
            _("For your role (%(roles)s):") % {"roles": people.name_roles(context.roles, context.words)}
        )
        said.append(_list_commands(extra, context.words))
    return Message(
        heading=_("What you can do"),
        text="\n\n".join(said),
        buttons=next_steps(context, listed=True),
        small_print=(_where_to_ask(context), *_how_to_sign_in(context)),
    )


@router.command("ccin help", summary=N_("See what you can do here"), access=EVERYONE, listed=False)
async def show_help(context: Context, command: Command) -> Reply:
    return await show_commands(context, Command("ccin"))


@router.opened
async def show_home(context: Context, opened: Opened) -> Reply:
    """The bot's own page for one person: who they are here, what waits for them, what they can do."""
    _ = context._
    if context.member is None:
        return await show_commands(context, Command("ccin"))
    member = context.person
    waiting = await _drafts(context, member)
    found = await recognition.candidates(context, member) if member.organisation_id is None else []
    if len(found) > 1:
        which = Item(
            title=_("Which organisation are you here for?"), buttons=recognition.organisation_buttons(found)
        )
        waiting = (which, *waiting)
    return Message(
        heading=_("Hello, %(name)s") % {"name": member.name} if member.name else _("Hello"),
        text=_("Ask me about the network in your own words, here in our messages or with /ask.")
        + (" " + _("These things wait for you:") if waiting else ""),
        facts=await _who(context, member),
        items=waiting,
        buttons=next_steps(context),
        small_print=(_where_to_ask(context),),
    )


@router.command("ccin web", summary=N_("Sign in on the web pages"), access=EVERYONE)
async def sign_in(context: Context, command: Command) -> Reply:
    _ = context._
    if context.member is None:
        return Message(text=" ".join(_how_to_sign_in(context)))
    if context.update.platform == PASSIVE_PLATFORM:
        name = people.name_of(context.member, context.words)
        return Message(text=_("You are on the web pages already, signed in as %(name)s.") % {"name": name})
    return Message(
        text=_("Press the button to sign in on the web pages. It works once, for ten minutes."),
        buttons=(Button(label=_("Sign in on the web"), sign_in=True, style=Style.PRIMARY),),
        small_print=(_("Do not pass it on: whoever opens it is signed in as you."),),
    )


@router.command("ccin language", summary=N_("English or Welsh"), usage=N_("[english or cymraeg]"))
async def choose_language(context: Context, command: Command) -> Reply:
    if spoken := SPOKEN.get(command.text.lower()):
        return await _speak(context, spoken)
    buttons = tuple(Button.to(name, SetLanguage(locale=locale)) for locale, name in LOCALES.items())
    return Message(text=context._("Which language shall I speak with you?"), buttons=buttons)


@router.action(SetLanguage)
async def set_language(context: Context, action: SetLanguage) -> Reply:
    if action.locale not in LOCALES:
        raise UserError(context._("I do not speak that language. Nothing was changed."))
    return await _speak(context, action.locale)


@router.command("ccin me", summary=N_("See what I know about you, and how to correct it"))
async def show_me(context: Context, command: Command) -> Reply:
    _ = context._
    member = context.person
    known = [one for one in await members.identities(context.session, member.id) if one.active]
    platforms = list(dict.fromkeys(one.platform for one in known))
    emails = [
        (_("%(email)s (confirmed)") if one.email_verified else _("%(email)s (not confirmed)"))
        % {"email": one.email}
        for one in known
        if one.email
    ]
    facts = (
        Fact(label=_("Name"), value=member.name or _("not known")),
        Fact(label=_("E-mail"), value=", ".join(dict.fromkeys(emails)) or _("not known")),
        *await _who(context, member),
        Fact(label=_("Language"), value=LOCALES[context.words.locale]),
        Fact(
            label=_("I know you from"),
            value=context.words.listed([_(PLATFORM_NAMES.get(name, name)) for name in platforms]),
        ),
    )
    return Message(
        heading=_("What I know about you"),
        text=_(
            "Your name and e-mail address come from your profile where we talk: change them there, "
            "and I follow."
        )
        + " "
        + recognition.how_to_correct(context, context.words),
        facts=facts,
        buttons=(
            Button.to(_("Change my language"), RunCommand(command="ccin", text="language")),
            Button.to(_("See all that is held"), RunCommand(command="ccin", text="my-data")),
        ),
    )


def next_steps(context: Context, *, listed: bool = False) -> tuple[Button, ...]:
    """What somebody may like to do next, of what there is. ``listed``: the commands are on show already."""
    _ = context._
    steps = (
        ("ask", _("Ask an example question"), _("What are the benefits of membership?")),
        ("groups", _("Find groups"), ""),
        ("case-study", _("Submit a case study"), ""),
        ("ccin", _("See what you can do"), ""),
    )
    routes = context.router.commands_for(context.roles if context.member else None)
    allowed = {route.name for route in routes} - ({"ccin"} if listed else set())
    buttons = [
        Button.to(label, RunCommand(command=name, text=text))
        for name, label, text in steps
        if name in allowed
    ]
    if buttons:
        buttons[0] = buttons[0].model_copy(update={"style": Style.PRIMARY})
    return tuple(buttons)


def _list_commands(routes: list[CommandRoute], words: Words) -> str:
    _ = words._
    return "\n".join(
        f"- /{route.name}{' ' + _(route.usage) if route.usage else ''}: {_(route.summary)}"
        for route in routes
    )


async def _who(context: Context, member: Member) -> tuple[Fact, ...]:
    _ = context._
    organisation = await organisations.by_id(context.session, member.organisation_id or 0)
    roles = people.name_roles(context.roles, context.words)
    facts = [Fact(label=_("Organisation"), value=organisation.name if organisation else _("not known"))]
    if roles:
        facts.append(Fact(label=_("Roles"), value=roles))
    return tuple(facts)


async def _drafts(context: Context, member: Member) -> tuple[Item, ...]:
    """Forms begun and not sent; those that they may no longer use are left out."""
    _ = context._
    items = []
    for draft in await drafts.waiting(context.session, member.id, limit=DRAFTS_SHOWN):
        route = context.router.forms.get(draft.form)
        if route is None or not route.access.allows(context.roles):
            continue
        try:
            form = await route.build(context, draft.subject)
        except UserError:
            continue
        items.append(
            Item(
                title=form.title,
                text=_("A draft, saved on %(when)s") % {"when": context.words.moment(draft.updated_at)},
                buttons=(Button.to(_("Continue"), ContinueDraft(draft_id=draft.id)),),
            )
        )
    return tuple(items)


async def _speak(context: Context, locale: str) -> Message:
    member = context.person
    member.speak(locale)
    await enrolment.evaluate(context.session, member.id, context.now)
    context.become(member, context.roles)
    text = context._("From now on I speak %(language)s with you.")
    return Message(text=text % {"language": LOCALES[locale]})


def _where_to_ask(context: Context) -> str:
    text = context._("If you are stuck, the network's team can help: write to %(mail)s.")
    return text % {"mail": context.network.general_mail}


def _how_to_sign_in(context: Context) -> tuple[str, ...]:
    """How a visitor becomes somebody the bot knows; nothing to say to a member."""
    _ = context._
    if context.member is not None:
        return ()
    return (
        _("You are not signed in: you can ask questions and read what is public."),
        _("To sign in, type /ccin web where you and the network chat; I answer with a link."),
    )
