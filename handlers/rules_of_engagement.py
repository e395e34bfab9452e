"""Rules of engagement: shown once, accepted with the words that were shown, changed with a preview."""

from __future__ import annotations

from handlers import enrolment, group_entry
from handlers.group_entry import EntryOutcome
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import Form, NumberField, Step, TextField
from handlers.kit.messages import Action, Button, Message, Style
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import Router, RunCommand, Submitted, only
from handlers.kit.updates import Command
from handlers.kit.words import N_, Words
from store import groups, profiles, rules_of_engagement
from store.members import Member
from store.roles import Role
from store.rules_of_engagement import RulesAcceptance, RulesVersion

ADMINISTRATORS = only(Role.ADMINISTRATOR)
# A little below what every surface shows in one piece.
LONGEST_RULES = 2_800
LONGEST_GRACE_DAYS = 90

router = Router("rules_of_engagement")


class AcceptRules(Action, name="rules.accept"):
    """Accept a version; then come into the group that asked for it, if it was one that did."""

    version: int
    group_id: int | None = None


class EditRules(Action, name="rules.edit"):
    """Open the form, filled from a version that is being previewed or from the one in force."""

    version: int | None = None


class PublishRules(Action, name="rules.publish"):
    version: int


def key_of(version: int, member_id: int) -> str:
    """The outbox key of a version's card; a card is one person's, since it says what they did."""
    return f"rules:{version}:{member_id}"


def card(words: Words, version: RulesVersion, *, group_id: int | None = None, first: bool = True) -> Message:
    """The rules with their Accept button."""
    _ = words._
    why = (
        _("Before I add you to groups, please read what everybody there keeps to.")
        if first
        else _("The rules for our groups have changed. Please read the new wording.")
    )
    _language, text = version.text(words.locale)
    small_print = []
    if not first and version.grace_ends_at is not None and version.grace_days:
        small_print.append(
            _(
                "Until %(day)s nothing changes for you. After that I add you to no further groups until you "
                "accept; you stay in those you are in."
            )
            % {"day": words.day(version.grace_ends_at)}
        )
    return Message(
        heading=_("Rules of engagement"),
        text=f"{why}\n\n{text}",
        buttons=(
            Button.to(
                _("Accept"), AcceptRules(version=version.version, group_id=group_id), style=Style.PRIMARY
            ),
        ),
        small_print=tuple(small_print),
    )


async def ask_once(context: Context, member: Member) -> bool:
    """Send the rules in force to somebody who has neither accepted nor been shown them; False when there
    is nothing to ask."""
    in_force = await rules_of_engagement.current(context.session)
    if in_force is None or not member.active:
        return False
    newest = await rules_of_engagement.latest_accepted(context.session, member.id)
    if newest is not None and newest >= in_force.version:
        return False
    if not await rules_of_engagement.note_asked(context.session, member.id, in_force.version, context.now):
        return False
    return await context.send(
        member,
        lambda words: card(words, in_force, first=newest is None),
        key=key_of(in_force.version, member.id),
    )


async def card_for(context: Context, *, group_id: int | None = None) -> Message | None:
    """The card to answer with where the sender has to accept the rules first; None where they need not."""
    in_force = await rules_of_engagement.current(context.session)
    member = context.person
    newest = await rules_of_engagement.latest_accepted(context.session, member.id)
    if in_force is None or rules_of_engagement.suffices(in_force, newest, context.now):
        return None
    await rules_of_engagement.note_asked(context.session, member.id, in_force.version, context.now)
    context.reply_key = key_of(in_force.version, member.id)
    return card(context.words, in_force, group_id=group_id, first=newest is None)


@router.command("ccin rules", summary=N_("Read the rules of engagement for our groups"))
async def show(context: Context, command: Command) -> Reply:
    _ = context._
    in_force = await rules_of_engagement.current(context.session)
    edit = (Button.to(_("Change the rules"), EditRules()),) if ADMINISTRATORS.allows(context.roles) else ()
    if in_force is None:
        return Message(text=_("There are no rules of engagement yet."), buttons=edit)
    accepted = await rules_of_engagement.accepted(context.session, context.person.id, in_force.version)
    if accepted is None:
        asked = card(context.words, in_force)
        await rules_of_engagement.note_asked(
            context.session, context.person.id, in_force.version, context.now
        )
        context.reply_key = key_of(in_force.version, context.person.id)
        return asked.model_copy(update={"buttons": (*asked.buttons, *edit)})
    return _accepted_card(context.words, in_force, accepted).model_copy(update={"buttons": edit})


@router.action(AcceptRules)
async def accept(context: Context, action: AcceptRules) -> Reply:
    _ = context._
    member = context.person
    in_force = await rules_of_engagement.current(context.session)
    if in_force is None or in_force.version != action.version:
        changed = await card_for(context, group_id=action.group_id)
        return changed or Message(
            text=_("These rules are no longer in force, so there is nothing to accept.")
        )
    held = await rules_of_engagement.accepted(context.session, member.id, in_force.version)
    if held is not None:
        when = context.words.day(held.accepted_at)
        return Message(text=_("You accepted these rules on %(day)s. Thank you.") % {"day": when})
    language, text = in_force.text(context.words.locale)
    accepted = RulesAcceptance(
        member_id=member.id,
        version=in_force.version,
        language=language,
        text=text,
        platform=context.update.platform,
        accepted_at=context.now,
    )
    context.session.add(accepted)
    await context.session.flush()
    locale = context.words.locale
    admitted = await enrolment.evaluate(context.session, member.id, context.now)
    came_into = [group.name_for(locale) for group in admitted]
    group = await groups.by_id(context.session, action.group_id or 0)
    if group is not None and group.name_for(locale) not in came_into:
        outcome = await group_entry.join(context, group)
        if outcome in (EntryOutcome.IN, EntryOutcome.COMING):
            came_into.append(group.name_for(locale))
    await context.edit(
        key_of(in_force.version, member.id), lambda words: _accepted_card(words, in_force, accepted)
    )
    text = _came_into(context.words, came_into)
    buttons: tuple[Button, ...] = (
        Button.to(_("See all groups"), RunCommand(command="groups"), style=Style.PRIMARY),
    )
    profile = await profiles.of_member(context.session, member.id)
    if profile is None or not profile.capacity:
        text += " " + _("Tell me what you do and what interests you, and I add you to the groups for that.")
        fill_in = RunCommand(command="ccin", text="profile")
        buttons = (
            Button.to(_("Fill in my profile"), fill_in, style=Style.PRIMARY),
            Button.to(_("See all groups"), RunCommand(command="groups")),
        )
    return Message(text=text, buttons=buttons)


@router.action(EditRules, access=ADMINISTRATORS)
async def edit(context: Context, action: EditRules) -> Reply:
    version = (
        await rules_of_engagement.by_version(context.session, action.version)
        if action.version is not None
        else await rules_of_engagement.current(context.session)
    )
    if version is None:
        return Open("rules.edit")
    initial = {
        "text": version.texts["en"],
        "text_cy": version.texts.get("cy", ""),
        "grace_days": str(version.grace_days),
    }
    return Open("rules.edit", initial=initial)


async def build_edit(context: Context, subject: str) -> Form:
    _ = context._
    return Form(
        name="rules.edit",
        title=_("Change the rules of engagement"),
        submit=_("See a preview"),
        steps=(
            Step(
                title=_("The new wording"),
                fields=(
                    TextField(
                        name="text", label=_("Rules in English"), long=True, max_length=LONGEST_RULES,
                        help=_("One rule a line, begun with “- ”. People read this word for word."),
                    ),
                    TextField(
                        name="text_cy", label=_("Rules in Welsh"), long=True, max_length=LONGEST_RULES,
                        required=False, help=_("Left empty, Welsh readers get the English."),
                    ),
                    NumberField(
                        name="grace_days", label=_("Days of grace"), minimum=0, maximum=LONGEST_GRACE_DAYS,
                        help=_("For so long, people who accepted the rules before are still added."),
                    ),
                ),
            ),
        ),
    )  # fmt: skip


@router.form("rules.edit", build_edit, access=ADMINISTRATORS)
async def preview(context: Context, sent: Submitted) -> Result:
    _ = context._
    texts = {"en": sent.answers.text("text"), "cy": sent.answers.text("text_cy")}
    texts = {locale: text for locale, text in texts.items() if text}
    in_force = await rules_of_engagement.current(context.session)
    if in_force is not None and texts == in_force.texts:
        raise UserError(_("This is the wording in force already. Change it, or leave it."), field="text")
    version = await rules_of_engagement.write(
        context.session,
        texts,
        grace_days=sent.answers.number("grace_days") or 0,
        author_id=context.person.id,
        now=context.now,
    )
    shown = "\n\n".join(texts.values())
    return Message(
        heading=_("Preview of the rules"),
        text=_("This is what people will read. Nobody has been asked yet.") + "\n\n" + shown,
        buttons=(
            Button.to(_("Put in force"), PublishRules(version=version.version), style=Style.PRIMARY),
            Button.to(_("Change it again"), EditRules(version=version.version)),
        ),
        small_print=(
            _("Once in force, everybody who accepted the earlier rules is asked once, and reminded once."),
        ),
    )


@router.action(PublishRules, access=ADMINISTRATORS)
async def publish(context: Context, action: PublishRules) -> Reply:
    _ = context._
    version = await rules_of_engagement.by_version(context.session, action.version)
    in_force = await rules_of_engagement.current(context.session)
    if version is None:
        raise UserError(_("That wording is no longer there. Nothing was changed."))
    if version.published_at is not None:
        return Message(text=_("That wording has been put in force already. Nothing was changed."))
    if in_force is not None and in_force.version > version.version:
        raise UserError(_("A newer wording has come into force since. Change that one instead."))
    version.published_at = context.now
    await context.audit("rules.publish", "rules", version.version)
    return Message(
        text=_("The new rules are in force. Everybody who accepted the earlier ones is being asked."),
        buttons=(Button.to(_("Read the rules"), RunCommand(command="ccin", text="rules")),),
    )


def _accepted_card(words: Words, version: RulesVersion, accepted: RulesAcceptance) -> Message:
    return Message(
        heading=words._("Rules of engagement"),
        text=accepted.text,
        small_print=(
            words._("You accepted these rules on %(day)s.") % {"day": words.day(accepted.accepted_at)},
        ),
    )


def _came_into(words: Words, names: list[str]) -> str:
    _ = words._
    if not names:
        return _("Thank you. Have a look at the groups and join those you like.")
    return _("Thank you. I am adding you to %(groups)s.") % {"groups": words.listed(names)}
