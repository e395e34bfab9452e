"""Sign-in links from the command line: the operator vouches for whom a mail address belongs to."""

from __future__ import annotations

from datetime import datetime

from email_validator import EmailNotValidError, validate_email
from sqlalchemy.ext.asyncio import AsyncSession

from bot.app import open_database, prepare
from bot.settings import Settings, SettingsError
from bot.web import demo
from bot.web.sign_in import minter
from handlers.kit.platform import Clock
from store import audit, members, organisations, roles
from store.members import Member
from store.roles import Role

# The platform of an identity that is a mail address and nothing more.
PLATFORM = "email"


async def sign_in_link(settings: Settings, email: str, clock: Clock) -> str:
    """A one-time link for the person with this address, who becomes a member if they are none.

    :raises SettingsError: the address is none, or the database cannot be used.
    """
    try:
        address = validate_email(email, check_deliverability=False, test_environment=True).normalized.lower()
    except EmailNotValidError:
        raise SettingsError(f"“{email}” is no mail address") from None
    database = open_database(settings)
    try:
        await prepare(database, settings, clock)
        await demo.claim(database, clock(), demo=settings.demo)
        async with database.write() as session:
            now = clock()
            member = await _member_of(session, address, now)
            if not member.active:
                raise SettingsError(f"the member with the address {address} is no longer active")
            if address in settings.owner_emails:
                await roles.grant(session, member.id, Role.OWNER, by_id=None, now=now)
            # The operator acts without an account, so the record names nobody.
            await audit.record(
                session, "sign_in.vouched", "member", member.id, actor_id=None, now=now, about_id=member.id
            )
            member_id = member.id
        return await minter(database, clock, settings.address)(member_id)
    finally:
        await database.close()


async def _member_of(session: AsyncSession, address: str, now: datetime) -> Member:
    """Whoever some platform knows by this verified address; else the address itself is an identity."""
    known = await members.by_verified_email(session, address)
    if known is not None:
        return known
    vouched = await members.by_identity(session, PLATFORM, address)
    if vouched is not None:
        member, identity = vouched
        identity.active = identity.email_verified = True
        return member
    imported = await members.by_import(session, address)
    if imported is not None:
        await members.forget_import(session, address)
        await members.add_identity(
            session, imported, PLATFORM, address, email=address, email_verified=True, profiled=True
        )
        return imported
    # What the address says must do until they tell us their name.
    name = address.partition("@")[0].replace(".", " ").replace("_", " ").title()
    member = await members.add(session, name=name, now=now)
    recognised = await organisations.recognised_by(session, address)
    if len(recognised) == 1:
        member.organisation_id = recognised[0].id
    await members.add_identity(
        session, member, PLATFORM, address, email=address, email_verified=True, profiled=True
    )
    return member
