"""Who people are: what is believed of Slack's word, and who was there before the bot."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from bot.slack.people import is_bot, profile_of
from store import members
from store.database import Database
from store.members import Identity, Member
from tests.slack.workspace import Workspace, workspace

TEAM = "T1"


def user(**values: Any) -> dict[str, Any]:
    return {
        "id": "U1",
        "team_id": TEAM,
        "is_email_confirmed": True,
        "locale": "en-GB",
        "profile": {"real_name": "Ann Example", "email": "Ann@Example.org"},
        **values,
    }


def test_a_confirmed_address_of_a_full_member_of_our_workspace_is_verified() -> None:
    profile = profile_of(user(), TEAM)
    assert (profile.name, profile.email, profile.email_verified) == ("Ann Example", "ann@example.org", True)
    assert (profile.locale, profile.active) == ("en", True)


@pytest.mark.parametrize(
    "values",
    [
        {"is_email_confirmed": False},
        {"is_email_confirmed": None},
        {"is_email_confirmed": "true"},
        {"team_id": "T2"},
        {"is_stranger": True},
        {"is_restricted": True},
        {"is_ultra_restricted": True},
        {"deleted": True},
        {"is_bot": True},
        {"profile": {"real_name": "Ann", "email": ""}},
        {"profile": None},
    ],
)
def test_no_other_address_is_verified(values: dict[str, Any]) -> None:
    assert profile_of(user(**values), TEAM).email_verified is False


def test_somebody_deactivated_is_active_no_more() -> None:
    assert profile_of(user(deleted=True), TEAM).active is False


def test_a_language_we_do_not_speak_is_none() -> None:
    assert profile_of(user(locale="fr-FR"), TEAM).locale is None
    assert profile_of(user(locale="cy-GB"), TEAM).locale == "cy"


def test_slackbot_is_a_program() -> None:
    assert is_bot({"id": "USLACKBOT"})
    assert not is_bot(user())


async def known(database: Database) -> dict[str, tuple[Member, Identity]]:
    async with database.read() as session:
        rows = (await session.execute(select(Member, Identity).join(Identity))).all()
    return {identity.external_id: (member, identity) for member, identity in rows}


async def test_the_first_installation_greets_nobody_who_was_there(database: Database) -> None:
    async with workspace(database) as place:
        await place.connected()
        everybody = await known(database)
        assert everybody.keys() == {place.ann.id, place.bob.id}
        assert all(member.greeted_at for member, _identity in everybody.values())
        assert everybody[place.ann.id][1].email == "ann@example.org"
        assert place.calls("chat.postMessage") == []


async def test_somebody_who_joined_while_the_bot_was_away_is_welcomed_at_its_return(
    database: Database,
) -> None:
    async with workspace(database) as place:
        await place.connected()
    async with workspace(database, people=("ann", "bob", "carol")) as place:
        await place.connected()
        await place.settle()
        carol = place.slack.user("carol")
        assert [said.text for said in place.said(place.slack.dm(carol))] == ["Welcome, Carol."]
        assert len(place.calls("chat.postMessage")) == 1


async def test_somebody_the_bot_meets_is_asked_about(place: Workspace) -> None:
    await place.connected()
    carol = place.slack.add_user("carol", real_name="Carol Example")
    await place.slack.say(carol, place.slack.dm(carol), "Hello")
    await place.settle()
    member, identity = (await known(place.bot.database))[carol.id]
    assert (member.name, identity.email, identity.email_verified) == (
        "Carol Example",
        "carol@example.org",
        True,
    )


async def test_somebody_who_is_deactivated_is_reached_no_more(place: Workspace) -> None:
    await place.connected()
    await place.slack.change_user(place.ann, deleted=True)
    await place.settle()
    async with place.bot.database.read() as session:
        found = await members.by_identity(session, "slack", place.ann.id)
    assert found is not None
    assert found[0].active is False
    assert found[1].email_verified is False
