"""The check-up: scopes, the team, the channels that were chosen; and the channels kept by name."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.slack import checkup
from bot.slack.checkup import Severity
from store import channels, choices
from store.channels import Channel
from store.database import Database
from tests.slack.workspace import Workspace, workspace

NOW = datetime(2026, 11, 21, tzinfo=UTC)


async def choose(place: Workspace, name: str, value: str) -> None:
    async with place.bot.database.write() as session:
        await choices.put(session, name, value, now=NOW)


async def channel(place: Workspace, external_id: str) -> Channel | None:
    async with place.bot.database.read() as session:
        return await channels.by_id(session, "slack", external_id)


async def test_all_is_well_where_nothing_is_missing(place: Workspace) -> None:
    findings = await checkup.check(place.bot.services)
    assert [(one.severity, one.sentence) for one in findings] == [
        (Severity.OK, f"Slack: connected to the workspace {place.slack.workspace.team_id}."),
        (Severity.OK, "Slack user groups: offered to administrators in a group's form."),
    ]


async def test_a_missing_scope_names_what_it_blocks(place: Workspace) -> None:
    place.slack.app.scopes -= {"users:read.email", "commands"}
    findings = await checkup.check(place.bot.services)
    assert [one.severity for one in findings] == [Severity.WARNING] * 2 + [Severity.OK]
    assert "users:read.email. This blocks recognising people's organisations" in findings[0].sentence
    assert "commands. This blocks commands and shortcuts" in findings[1].sentence


async def test_a_token_slack_refuses_is_an_error(place: Workspace) -> None:
    place.slack.app.token_error = "invalid_auth"
    (finding,) = await checkup.check(place.bot.services)
    assert finding.severity is Severity.ERROR
    assert "check SLACK_BOT_TOKEN" in finding.sentence


async def test_another_team_than_the_first_is_refused(database: Database) -> None:
    async with workspace(database) as place:
        await place.connected()
    async with database.write() as session:
        await choices.put(session, choices.SLACK_TEAM, "T0OTHER", now=NOW)
    async with workspace(database, connected=False) as place:
        await place.connected()
        problem = place.bot.surface.problem()
        assert problem is not None
        assert problem.startswith("This database belongs to the Slack workspace T0OTHER")
        assert len(place.calls("users.list")) == 0
        assert (await checkup.check(place.bot.services))[0].severity is Severity.ERROR


async def test_a_chosen_public_channel_is_joined(place: Workspace) -> None:
    review = place.slack.add_channel("review", bot=False)
    await choose(place, choices.REVIEW_CHANNEL, f"slack:{review.id}")
    findings = await checkup.check(place.bot.services)
    assert findings[0].severity is Severity.OK
    assert place.slack.app.bot_user_id in review.members
    kept = await channel(place, review.id)
    assert kept is not None
    assert kept.joined


async def test_a_chosen_channel_that_cannot_be_used_names_what_it_blocks(place: Workspace) -> None:
    secret = place.slack.add_channel("secret", kind="private", bot=False)
    old = place.slack.add_channel("old", is_archived=True)
    await choose(place, choices.REVIEW_CHANNEL, f"slack:{secret.id}")
    await choose(place, choices.ANNOUNCEMENT_CHANNEL, f"slack:{old.id}")
    findings = await checkup.check(place.bot.services)
    assert [one.sentence for one in findings if one.severity is Severity.WARNING] == [
        f"The bot cannot see the Slack channel {secret.id}: invite it there, or choose another. "
        "This blocks case studies to review.",
        "The Slack channel #old is archived: choose another. This blocks announcements.",
    ]


async def test_channels_are_kept_by_name(place: Workspace) -> None:
    await place.connected()
    kept = await channel(place, place.general.id)
    assert kept is not None
    assert (kept.name, kept.joined, kept.is_private, kept.is_archived) == ("general", True, False, False)
    new = {"id": "C0NEW", "name": "new-ideas", "created": 1}
    await tell(place, {"type": "channel_created", "channel": new})
    await tell(place, {"type": "channel_rename", "channel": {**new, "name": "old-ideas"}})
    await tell(place, {"type": "channel_archive", "channel": "C0NEW", "user": place.ann.id})
    kept = await channel(place, "C0NEW")
    assert kept is not None
    assert (kept.name, kept.joined, kept.is_archived) == ("old-ideas", False, True)
    await tell(place, {"type": "channel_unarchive", "channel": "C0NEW", "user": place.ann.id})
    kept = await channel(place, "C0NEW")
    assert kept is not None
    assert not kept.is_archived


async def test_where_the_bot_is_invited_and_removed_is_known(place: Workspace) -> None:
    await place.connected()
    ideas = place.slack.add_channel("ideas", place.ann, kind="private", bot=False)
    await place.slack.join_channel(place.slack.workspace.bot, ideas, inviter=place.ann)
    await place.settle()
    kept = await channel(place, ideas.id)
    assert kept is not None
    assert (kept.name, kept.joined, kept.is_private) == ("ideas", True, True)
    await place.slack.leave_channel(place.slack.workspace.bot, ideas)
    kept = await channel(place, ideas.id)
    assert kept is not None
    assert not kept.joined


async def tell(place: Workspace, told: dict[str, object]) -> None:
    assert (await place.post(place.slack.events.envelope(dict(told))))[0] == 200
