"""Organisations of the network and the mail domains they are recognised by."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum

from sqlalchemy import Date, ForeignKey, Index, String, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import Base

# A mail address at one of these says nothing about whom somebody works for.
PUBLIC_MAIL_DOMAINS = frozenset(
    {
        "aol.com",
        "btinternet.com",
        "fastmail.com",
        "gmail.com",
        "gmx.com",
        "googlemail.com",
        "hotmail.co.uk",
        "hotmail.com",
        "icloud.com",
        "live.co.uk",
        "live.com",
        "mac.com",
        "mail.com",
        "me.com",
        "msn.com",
        "ntlworld.com",
        "outlook.com",
        "pm.me",
        "proton.me",
        "protonmail.com",
        "sky.com",
        "talktalk.net",
        "tiscali.co.uk",
        "virginmedia.com",
        "yahoo.co.uk",
        "yahoo.com",
        "ymail.com",
        "zoho.com",
    }
)

# Whole families of addresses end in these: learning one would take in every council at once.
SHARED_SUFFIXES = frozenset(
    {
        "ac.uk",
        "co.uk",
        "com.uk",
        "gov.scot",
        "gov.uk",
        "gov.wales",
        "llyw.cymru",
        "ltd.uk",
        "nhs.uk",
        "org.uk",
        "parliament.uk",
        "plc.uk",
        "police.uk",
        "sch.uk",
    }
)
_DOMAIN = re.compile(r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+")


class Category(StrEnum):
    """What an organisation is to the network; who may be which stands in the network's criteria."""

    FULL = "full"
    ASSOCIATE = "associate"
    AFFILIATE = "affiliate"
    SUPPORTER = "supporter"


class Organisation(Base):
    __tablename__ = "organisations"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    category: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(40))
    region: Mapped[str] = mapped_column(String(40), default="")
    # Since when it is part of others, and how they are called; None: it is there.
    ended_on: Mapped[date | None] = mapped_column(Date)
    now_called: Mapped[str] = mapped_column(String(400), default="", server_default="")

    @property
    def shown(self) -> str:
        """The name in history: “Old Name (now New Name)”."""
        return f"{self.name} (now {self.now_called})" if self.now_called else self.name


class MailDomain(Base):
    """A domain of an organisation's mail; several organisations may share one."""

    __tablename__ = "mail_domains"
    __table_args__ = (Index(None, "domain"),)

    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisations.id", ondelete="CASCADE"), primary_key=True
    )
    domain: Mapped[str] = mapped_column(String(253), primary_key=True)


async def by_id(session: AsyncSession, organisation_id: int) -> Organisation | None:
    return await session.get(Organisation, organisation_id)


async def by_ids(session: AsyncSession, ids: list[int]) -> list[Organisation]:
    """In order of name; unknown ids are left out."""
    rows = await session.scalars(
        select(Organisation).where(Organisation.id.in_(ids)).order_by(Organisation.name)
    )
    return list(rows)


async def recognised_by(session: AsyncSession, email: str) -> list[Organisation]:
    """The organisations that a verified address belongs to by its domain or a parent domain of it."""
    domain = email.rpartition("@")[2].lower()
    if not domain or domain in PUBLIC_MAIL_DOMAINS:
        return []
    parts = domain.split(".")
    candidates = [".".join(parts[start:]) for start in range(len(parts) - 1)]
    rows = await session.execute(
        select(MailDomain.domain, Organisation)
        .join(Organisation, Organisation.id == MailDomain.organisation_id)
        .where(MailDomain.domain.in_([name for name in candidates if name not in PUBLIC_MAIL_DOMAINS]))
        .order_by(Organisation.name)
    )
    found = [(name, organisation) for name, organisation in rows]
    # The most exact domain decides: housing.example.gov.uk before example.gov.uk.
    for name in candidates:
        exact = [organisation for known, organisation in found if known == name]
        if exact:
            return exact
    return []


async def search(session: AsyncSession, query: str, *, limit: int = 20) -> list[Organisation]:
    """Organisations whose name holds the words of the query, whatever the case."""
    statement = select(Organisation).where(Organisation.ended_on.is_(None))
    statement = statement.order_by(Organisation.name).limit(limit)
    for word in query.split():
        statement = statement.where(func.lower(Organisation.name).contains(word.lower(), autoescape=True))
    return list(await session.scalars(statement))


async def named(session: AsyncSession, name: str) -> Organisation | None:
    """The organisation with this name, whatever the case."""
    return await session.scalar(select(Organisation).where(func.lower(Organisation.name) == name.lower()))


def category_of(organisation: Organisation) -> Category | None:
    return next((one for one in Category if one.value == organisation.category), None)


async def counts_by_category(session: AsyncSession) -> dict[str, int]:
    rows = await session.execute(
        select(Organisation.category, func.count())
        .where(Organisation.ended_on.is_(None))
        .group_by(Organisation.category)
    )
    return {row[0]: row[1] for row in rows}


def may_be_learnt(domain: str) -> bool:
    """Whether an address at a domain, in lower case, can tell where somebody works."""
    if len(domain) > 253 or not _DOMAIN.fullmatch(domain) or domain in SHARED_SUFFIXES:
        return False
    parts = domain.split(".")
    return not any(".".join(parts[start:]) in PUBLIC_MAIL_DOMAINS for start in range(len(parts)))


async def domains_of(session: AsyncSession, organisation_id: int) -> frozenset[str]:
    rows = await session.scalars(
        select(MailDomain.domain).where(MailDomain.organisation_id == organisation_id)
    )
    return frozenset(rows)


async def domains(session: AsyncSession) -> dict[int, frozenset[str]]:
    """Every organisation's domains, by its id."""
    found: dict[int, set[str]] = {}
    for organisation_id, domain in await session.execute(
        select(MailDomain.organisation_id, MailDomain.domain)
    ):
        found.setdefault(organisation_id, set()).add(domain)
    return {organisation_id: frozenset(known) for organisation_id, known in found.items()}


async def of_domain(session: AsyncSession, domain: str) -> list[Organisation]:
    """The organisations that exactly this domain is known of, in order of name."""
    rows = await session.scalars(
        select(Organisation)
        .join(MailDomain, MailDomain.organisation_id == Organisation.id)
        .where(MailDomain.domain == domain)
        .order_by(Organisation.name)
    )
    return list(rows)


async def learn_domain(session: AsyncSession, organisation_id: int, domain: str) -> bool:
    """False when it is known of this organisation already."""
    if await session.get(MailDomain, (organisation_id, domain)) is not None:
        return False
    session.add(MailDomain(organisation_id=organisation_id, domain=domain))
    await session.flush()
    return True
