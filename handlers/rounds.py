"""Funding rounds: what is open to one's organisation, being reminded, and running a round."""

from __future__ import annotations

from datetime import datetime, timedelta

from handlers import announcement_holds, announcing, group_options, group_posts, round_cards, round_form
from handlers import organisations as organisation_options
from handlers.group_cards import ADMINISTRATORS
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import Form
from handlers.kit.messages import Button, Confirm, Message, Style
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import Router, RunCommand, Submitted
from handlers.kit.updates import Command
from handlers.kit.words import N_, Words
from handlers.organisations import is_id
from handlers.round_actions import AnnounceRound, DecideRound, EditRound, RemindOfRound, ShowRound
from store import organisations, outbox, publicity, rounds
from store.local_times import HOME_ZONE, local
from store.organisations import Organisation
from store.profiles import MessageKind
from store.rounds import FundingRound, RoundState
from store.slugs import slug_of

# A round that closed stays in the list for so long.
LISTED_AFTER_CLOSING = timedelta(days=90)

router = Router("rounds")


def key_of(one: FundingRound) -> str:
    """The outbox key of a round's announcement."""
    return f"round:{one.id}:announced"


@router.command("funding", summary=N_("See which funding is open to your organisation"))
async def list_rounds(context: Context, command: Command) -> Reply:
    _ = context._
    administers = ADMINISTRATORS.allows(context.roles)
    since = context.now - LISTED_AFTER_CLOSING
    found = await rounds.current(context.session, since=since, drafts=administers)
    organisation = await _organisation(context)
    items = tuple(round_cards.list_item(context.words, one, organisation, context.now) for one in found)
    buttons = []
    if organisation is None:
        profile = RunCommand(command="ccin", text="profile")
        buttons.append(Button.to(_("Say which organisation I am here for"), profile, style=Style.PRIMARY))
    if administers:
        buttons.append(Button.to(_("New round"), RunCommand(command="funding", text="new")))
    return Message(
        heading=_("Funding"),
        text=_list_line(context.words, found, organisation, context.now),
        items=items,
        buttons=tuple(buttons),
    )


@router.command("funding new", summary=N_("Prepare a funding round"), access=ADMINISTRATORS)
async def new_round(context: Context, command: Command) -> Reply:
    return Open(round_form.FORM, initial=round_form.FRESH)


@router.action(ShowRound)
async def show(context: Context, action: ShowRound) -> Reply:
    one = await _visible(context, action.round_id)
    return await _card(context, one)


@router.action(RemindOfRound)
async def remind(context: Context, action: RemindOfRound) -> Reply:
    _ = context._
    one = await _visible(context, action.round_id)
    named = {"name": one.name}
    if not action.on:
        await rounds.stop_wishing(context.session, one.id, context.person.id)
        return Message(text=_("I no longer remind you of “%(name)s”.") % named)
    if one.state(context.now) not in (RoundState.ANNOUNCED, RoundState.OPEN):
        raise UserError(_("“%(name)s” has closed, so there is nothing to remind you of.") % named)
    await rounds.wish(context.session, one.id, context.person.id, context.now)
    return Message(
        text=_("I remind you of “%(name)s” before it closes.") % named,
        buttons=(
            Button.to(_("See the round"), ShowRound(round_id=one.id)),
            Button.to(_("Do not remind me"), RemindOfRound(round_id=one.id, on=False)),
        ),
        small_print=(round_cards.when_line(context.words, one, context.now),),
    )


@router.action(EditRound, access=ADMINISTRATORS)
async def edit(context: Context, action: EditRound) -> Reply:
    one = await _known(context, action.round_id)
    group_ids = await rounds.group_ids(context.session, one.id)
    return Open(round_form.FORM, initial=round_form.initial(one, group_ids), subject=str(one.id))


async def build(context: Context, subject: str) -> Form:
    return await round_form.build(context, new=not subject)


@router.form(round_form.FORM, build, access=ADMINISTRATORS)
async def save(context: Context, sent: Submitted) -> Result:
    """A new round is a draft. Where an announced one has new dates, those who were told the old ones are
    told, and the posts change."""
    audience = await group_options.chosen(context, sent.answers.several("groups"))
    holders = await organisation_options.chosen(context, [sent.answers.text("organisation")])
    if sent.subject:
        one = await _known(context, int(sent.subject) if is_id(sent.subject) else 0, lock=True)
        old = (one.opens_at, one.closes_at)
        round_form.fill(context, one, sent.answers)
    else:
        old = None
        one = FundingRound(
            created_at=context.now, created_by_id=context.person.id, announced_at=None, decided_at=None,
            held_until=None, revision=0,
        )  # fmt: skip
        round_form.fill(context, one, sent.answers)
        one.slug = await rounds.free_slug(context.session, slug_of(one.name) or "round")
        context.session.add(one)
    one.organisation_id = holders[0].id if holders else None
    if one.announced_at is not None and old is not None and old != (one.opens_at, one.closes_at):
        one.revision += 1
        # Reminders that wait for their turn name the old dates.
        await outbox.withdraw(context.session, f"reminder:round:{one.id}:", context.now)
        await _tell_of_move(context, one, old[0], old[1])
    await context.session.flush()
    await rounds.set_groups(context.session, one.id, [group.id for group in audience])
    await context.audit("round.save", "round", one.id)
    await _change_posts(context, one)
    return await _card(context, one)


@router.action(AnnounceRound, access=ADMINISTRATORS)
async def announce(context: Context, action: AnnounceRound) -> Reply:
    _ = context._
    one = await _known(context, action.round_id, lock=True)
    if one.announced_at is not None:
        return Message(text=_("“%(name)s” has been announced already.") % {"name": one.name})
    if one.closes_at <= context.now:
        raise UserError(_("Its closing date is past. Change the dates first; nothing was announced."))
    hold = await publicity.on_day(context.session, one.organisation_id, local(context.now, HOME_ZONE).date())
    if hold is not None:
        one.held_until = hold.until_on + timedelta(days=1)
        when = {"title": one.name, "day": context.words.day(one.held_until)}
        return Message(
            text=_("The publicity of whoever holds “%(title)s” is on hold. I announce it on %(day)s.") % when
        )
    one.announced_at, one.held_until = context.now, None
    await context.audit("round.announce", "round", one.id)
    now = context.now
    posted = await group_posts.post(
        context,
        await rounds.group_ids(context.session, one.id),
        lambda words: round_cards.announcement(words, one, now),
        key=key_of(one),
        kind=MessageKind.FUNDING,
    )
    said = [_announced_line(context.words, one, posted.channels), await announcement_holds.note(context)]
    return Message(
        text="\n\n".join(one for one in said if one),
        buttons=(Button.to(_("See the round"), ShowRound(round_id=one.id)),),
    )


@router.action(DecideRound, access=ADMINISTRATORS)
async def decide(context: Context, action: DecideRound) -> Reply:
    _ = context._
    one = await _known(context, action.round_id, lock=True)
    if one.state(context.now) is not RoundState.CLOSED:
        raise UserError(_("Only a round that has closed and waits for its decision can be marked so."))
    one.decided_at = context.now
    await context.audit("round.decide", "round", one.id)
    await _change_posts(context, one)
    return Message(
        text=_("“%(name)s” is marked as decided. I tell nobody: the decision is yours to announce.")
        % {"name": one.name}
    )


async def _tell_of_move(
    context: Context, one: FundingRound, old_opens: datetime, old_closes: datetime
) -> None:
    """One post wherever the announcement stands, and a message to each who asked to be reminded."""
    key = f"round:{one.id}:moved:{one.revision}"

    def compose(words: Words) -> Message:
        return round_cards.moved(words, one, old_opens, old_closes)

    await group_posts.post(context, await rounds.group_ids(context.session, one.id), compose, key=key)
    for member in await rounds.wishers(context.session, one.id):
        await context.send(member, compose, key=key)


async def _change_posts(context: Context, one: FundingRound) -> None:
    now = context.now
    await group_posts.edit(context, lambda words: round_cards.announcement(words, one, now), key=key_of(one))


async def _card(context: Context, one: FundingRound) -> Message:
    reminded = await rounds.wishes(context.session, one.id, context.person.id)
    more = await _administration(context, one) if ADMINISTRATORS.allows(context.roles) else ()
    return round_cards.card(
        context.words,
        one,
        await _organisation(context),
        context.now,
        reminded=reminded,
        more=(*more, round_cards.find_button(context.words)),
    )


async def _administration(context: Context, one: FundingRound) -> tuple[Button, ...]:
    _ = context._
    change = Button.to(_("Change"), EditRound(round_id=one.id))
    match one.state(context.now):
        case RoundState.DRAFT:
            boards = await announcing.boards(context.session, await rounds.group_ids(context.session, one.id))
            count = context.words.ngettext(
                "I post it in %(count)s channel.", "I post it in %(count)s channels.", len(boards)
            )
            return (
                Button.to(
                    _("Announce"),
                    AnnounceRound(round_id=one.id),
                    style=Style.PRIMARY,
                    confirm=Confirm(
                        title=_("Announce this round?"),
                        text=count % {"count": len(boards)},
                        yes=_("Announce it"),
                        no=_("Not yet"),
                    ),
                ),
                change,
            )
        case RoundState.CLOSED:
            return (Button.to(_("Mark as decided"), DecideRound(round_id=one.id)), change)
    return (change,)


async def _organisation(context: Context) -> Organisation | None:
    """The sender's confirmed organisation."""
    return await organisations.by_id(context.session, context.person.organisation_id or 0)


async def _visible(context: Context, round_id: int) -> FundingRound:
    """:raises UserError: there is none, or it is a draft and the sender is no administrator."""
    one = await _known(context, round_id)
    if one.announced_at is None and not ADMINISTRATORS.allows(context.roles):
        raise _gone(context)
    return one


async def _known(context: Context, round_id: int, *, lock: bool = False) -> FundingRound:
    one = await rounds.by_id(context.session, round_id, lock=lock)
    if one is None:
        raise _gone(context)
    return one


def _gone(context: Context) -> UserError:
    return UserError(context._("That funding round is not there. Type /funding to see what there is."))


def _list_line(
    words: Words, found: list[FundingRound], organisation: Organisation | None, now: datetime
) -> str:
    _ = words._
    is_open = [one for one in found if one.state(now) is RoundState.OPEN]
    if not found:
        return _("No funding round is open or announced at the moment. New ones appear here.")
    if not is_open:
        return _("No funding round is open at the moment. This is what is coming, or has just closed.")
    if organisation is None:
        return _("These rounds are open or coming. Tell me your organisation, and I say what it may do.")
    mine = [one for one in is_open if one.may_be_led_by(organisation.category)]
    said = words.ngettext(
        "%(organisation)s may lead a project in %(count)s round that is open.",
        "%(organisation)s may lead a project in %(count)s rounds that are open.",
        len(mine),
    )
    return said % {"organisation": organisation.name, "count": words.number(len(mine))}


def _announced_line(words: Words, one: FundingRound, posted: int) -> str:
    _ = words._
    if not posted:
        return _(
            "“%(name)s” is announced: people see it with /funding. No channel is chosen for it, so I posted "
            "nowhere."
        ) % {"name": one.name}
    said = words.ngettext(
        "“%(name)s” is announced in %(count)s channel, and people see it with /funding.",
        "“%(name)s” is announced in %(count)s channels, and people see it with /funding.",
        posted,
    )
    return said % {"name": one.name, "count": words.number(posted)}
