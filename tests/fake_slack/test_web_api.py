"""The fake's Web API, called through Slack's own client."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.fake_slack.conftest import Office
from tests.fakes.slack import Fault, RateLimits
from tests.fakes.slack.errors import RateLimited
from tests.fakes.slack.workspace import Json


async def refusal(call: Any) -> Any:
    """The answer to a call that Slack refuses."""
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response


async def test_auth_test_names_the_bot_its_team_and_the_scopes_granted(
    office: Office, client: AsyncWebClient
) -> None:
    answer = await client.auth_test()
    assert answer["user_id"] == office.slack.app.bot_user_id
    assert answer["team_id"] == office.slack.workspace.team_id
    assert "chat:write" in answer.headers["X-OAuth-Scopes"].split(",")


async def test_a_wrong_token_or_none_is_refused(office: Office) -> None:
    stranger = AsyncWebClient(token="xoxb-another", base_url=office.slack.api_url)
    assert (await refusal(stranger.auth_test()))["error"] == "invalid_auth"
    nobody = AsyncWebClient(base_url=office.slack.api_url)
    assert (await refusal(nobody.auth_test()))["error"] == "not_authed"


async def test_a_revoked_token_is_refused(office: Office, client: AsyncWebClient) -> None:
    office.slack.app.token_error = "token_revoked"
    assert (await refusal(client.auth_test()))["error"] == "token_revoked"


async def test_people_come_in_pages_until_the_cursor_is_empty(office: Office, client: AsyncWebClient) -> None:
    for number in range(5):
        office.slack.add_user(f"member{number}")
    names: list[str] = []
    cursor = ""
    while True:
        answer = await client.users_list(limit=3, cursor=cursor)
        assert len(answer["members"]) <= 3
        names += [member["name"] for member in answer["members"]]
        cursor = answer["response_metadata"]["next_cursor"]
        if not cursor:
            break
    assert len(names) == len(set(names)) == 8


async def test_an_address_is_left_out_without_its_scope(office: Office, client: AsyncWebClient) -> None:
    user = (await client.users_info(user=office.officer.id))["user"]
    assert user["profile"]["email"] == "officer@example.org"
    assert user["is_email_confirmed"] is True
    office.slack.app.scopes.remove("users:read.email")
    user = (await client.users_info(user=office.officer.id))["user"]
    assert "email" not in user["profile"]


async def test_a_missing_scope_says_what_is_needed_and_what_was_granted(
    office: Office, client: AsyncWebClient
) -> None:
    office.slack.app.scopes = {"chat:write"}
    answer = await refusal(client.users_list())
    assert (answer["error"], answer["needed"], answer["provided"]) == (
        "missing_scope",
        "users:read",
        "chat:write",
    )


async def test_a_message_is_posted_changed_and_removed(office: Office, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel=office.general.id, text="Minutes are out")
    await client.chat_update(channel=office.general.id, ts=posted["ts"], text="Minutes are in")
    assert [message.text for message in office.slack.messages("general")] == ["Minutes are in"]
    await client.chat_delete(channel=office.general.id, ts=posted["ts"])
    assert office.slack.messages("general") == []
    gone = await refusal(client.chat_update(channel=office.general.id, ts=posted["ts"], text="?"))
    assert gone["error"] == "message_not_found"


async def test_an_update_that_mentions_no_blocks_keeps_them(office: Office, client: AsyncWebClient) -> None:
    channel = office.general.id
    posted = await client.chat_postMessage(channel=channel, text="Card", blocks=[{"type": "divider"}])
    await client.chat_update(channel=channel, ts=posted["ts"], text="Same card")
    (message,) = office.slack.messages("general")
    assert [block["type"] for block in message.blocks] == ["divider"]
    await client.chat_update(channel=channel, ts=posted["ts"], text="Bare", blocks=[])
    assert (message.text, message.blocks) == ("Bare", [])


async def test_the_bot_cannot_change_what_someone_else_wrote(office: Office, client: AsyncWebClient) -> None:
    message = await office.slack.say("officer", "general", "Mine")
    answer = await refusal(client.chat_update(channel=office.general.id, ts=message.ts, text="Yours"))
    assert answer["error"] == "cant_update_message"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C404"}, "channel_not_found"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"thread_ts": "1.000001"}, "thread_not_found"),
        ({"blocks": [{"type": "section"}]}, "invalid_blocks"),
        ({"metadata": {"event_type": "sent"}}, "invalid_metadata_format"),
    ],
)
async def test_a_post_that_slack_would_refuse_is_refused(
    office: Office, client: AsyncWebClient, arguments: Json, error: str
) -> None:
    answer = await refusal(
        client.chat_postMessage(**{"channel": office.general.id, "text": "Hello", **arguments})
    )
    assert answer["error"] == error


async def test_a_post_of_nothing_is_refused(office: Office, client: AsyncWebClient) -> None:
    call = client.api_call("chat.postMessage", params={"channel": office.general.id, "text": ""})
    assert (await refusal(call))["error"] == "no_text"


async def test_a_post_needs_an_open_channel_with_the_bot_in_it(
    office: Office, client: AsyncWebClient
) -> None:
    office.slack.app.scopes.remove("chat:write.public")
    elsewhere = office.slack.add_channel("elsewhere", bot=False)
    hidden = office.slack.add_channel("hidden", kind="private", bot=False)
    closed = office.slack.add_channel("closed", is_archived=True)
    expected = {elsewhere.id: "not_in_channel", hidden.id: "channel_not_found", closed.id: "is_archived"}
    for channel, error in expected.items():
        assert (await refusal(client.chat_postMessage(channel=channel, text="Hello")))["error"] == error
    await client.conversations_join(channel=elsewhere.id)
    assert (await client.chat_postMessage(channel=elsewhere.id, text="Hello"))["ok"]


async def test_a_persons_id_as_the_channel_posts_in_their_direct_messages(
    office: Office, client: AsyncWebClient
) -> None:
    posted = await client.chat_postMessage(channel=office.officer.id, text="Welcome")
    opened = await client.conversations_open(users=[office.officer.id])
    assert posted["channel"] == opened["channel"]["id"]
    assert [message.text for message in office.slack.messages(office.slack.dm("officer"))] == ["Welcome"]


async def test_a_message_is_found_again_by_its_metadata(office: Office, client: AsyncWebClient) -> None:
    metadata = {"event_type": "outbox", "event_payload": {"id": "42"}}
    parent = await client.chat_postMessage(channel=office.general.id, text="Card", metadata=metadata)
    await client.chat_postMessage(
        channel=office.general.id, text="Reply", thread_ts=parent["ts"], metadata=metadata
    )
    plain = await client.conversations_history(channel=office.general.id)
    assert "metadata" not in plain["messages"][0]
    full = await client.conversations_history(channel=office.general.id, include_all_metadata=True)
    assert [message["metadata"] for message in full["messages"]] == [metadata]
    thread = await client.conversations_replies(
        channel=office.general.id, ts=parent["ts"], include_all_metadata=True
    )
    assert [message["metadata"] for message in thread["messages"]] == [metadata, metadata]


async def test_an_ephemeral_message_is_seen_by_one_member_of_the_channel(
    office: Office, client: AsyncWebClient
) -> None:
    outsider = office.slack.add_user("outsider")
    channel = office.general.id
    await client.chat_postEphemeral(channel=channel, user=office.officer.id, text="Only you")
    assert [message.text for message in office.slack.ephemerals("officer")] == ["Only you"]
    assert office.slack.ephemerals("councillor") == []
    assert office.slack.messages("general") == []
    answer = await refusal(client.chat_postEphemeral(channel=channel, user=outsider.id, text="You"))
    assert answer["error"] == "user_not_in_channel"


async def test_an_invitation_of_several_says_for_each_why_not(office: Office, client: AsyncWebClient) -> None:
    slack = office.slack
    newcomer = slack.add_user("newcomer")
    guest = slack.add_user("guest", is_restricted=True, is_ultra_restricted=True)
    users = [newcomer.id, guest.id, office.officer.id, "U404"]
    refused = await refusal(client.conversations_invite(channel=office.general.id, users=users))
    errors = {error["user"]: error["error"] for error in refused["errors"]}
    assert errors == {
        guest.id: "ura_max_channels",
        office.officer.id: "already_in_channel",
        "U404": "user_not_found",
    }
    assert newcomer.id not in office.general.members
    forced = await client.conversations_invite(channel=office.general.id, users=users, force=True)
    assert len(forced["errors"]) == 3
    assert newcomer.id in office.general.members


async def test_a_channel_is_made_once_and_its_members_can_be_removed(
    office: Office, client: AsyncWebClient
) -> None:
    made = await client.conversations_create(name="policy-lab", is_private=True)
    again = await refusal(client.conversations_create(name="policy-lab"))
    assert again["error"] == "name_taken"
    odd = await refusal(client.conversations_create(name="Policy Lab"))
    assert odd["error"] == "invalid_name_specials"
    channel = made["channel"]["id"]
    await client.conversations_invite(channel=channel, users=office.officer.id)
    await client.conversations_kick(channel=channel, user=office.officer.id)
    members = await client.conversations_members(channel=channel)
    assert members["members"] == [office.slack.app.bot_user_id]
    listed = await client.conversations_list(types="public_channel,private_channel")
    assert [each["name"] for each in listed["channels"]] == ["general", "policy-lab"]


async def test_a_user_group_is_made_filled_and_disabled(office: Office, client: AsyncWebClient) -> None:
    made = await client.usergroups_create(name="Housing leads", handle="housing-leads")
    group = made["usergroup"]["id"]
    await client.usergroups_users_update(usergroup=group, users=[office.officer.id])
    assert (await client.usergroups_users_list(usergroup=group))["users"] == [office.officer.id]
    await client.usergroups_disable(usergroup=group)
    assert (await client.usergroups_list())["usergroups"] == []
    again = await refusal(client.usergroups_create(name="Housing leads"))
    assert again["error"] == "name_already_exists"
    office.slack.workspace.is_paid = False
    assert (await refusal(client.usergroups_enable(usergroup=group)))["error"] == "paid_teams_only"


async def test_a_reaction_is_added_once(office: Office, client: AsyncWebClient) -> None:
    message = await office.slack.say("officer", "general", "Done")
    await client.reactions_add(channel=office.general.id, timestamp=message.ts, name="wave")
    again = await refusal(client.reactions_add(channel=office.general.id, timestamp=message.ts, name="wave"))
    assert again["error"] == "already_reacted"


async def test_posts_beyond_one_a_second_in_a_channel_are_put_off(
    office: Office, client: AsyncWebClient
) -> None:
    office.slack.rate_limits = RateLimits(office.clock, channel_burst=2)
    elsewhere = office.slack.add_channel("elsewhere")
    for text in ("one", "two"):
        await client.chat_postMessage(channel=office.general.id, text=text)
    answer = await refusal(client.chat_postMessage(channel=office.general.id, text="three"))
    assert (answer.status_code, answer["error"]) == (429, "ratelimited")
    assert answer.headers["Retry-After"] == "1"
    assert (await client.chat_postMessage(channel=elsewhere.id, text="three"))["ok"]
    office.clock.seconds += 1
    assert (await client.chat_postMessage(channel=office.general.id, text="three"))["ok"]


async def test_the_whole_workspace_has_a_ceiling_and_each_method_a_tier(
    office: Office, client: AsyncWebClient
) -> None:
    office.slack.rate_limits = RateLimits(office.clock, workspace_per_minute=2)
    channels = [office.slack.add_channel(f"group{number}") for number in range(3)]
    for channel in channels[:2]:
        await client.chat_postMessage(channel=channel.id, text="Hello")
    answer = await refusal(client.chat_postMessage(channel=channels[2].id, text="Hello"))
    assert answer.headers["Retry-After"] == "30"
    for _ in range(20):
        await client.users_list()
    assert (await refusal(client.users_list())).headers["Retry-After"] == "3"


def test_a_workspace_takes_two_hundred_posts_a_minute_unless_told_otherwise() -> None:
    limits = RateLimits(lambda: 0.0)
    for number in range(200):
        limits.count("chat.postMessage", f"C{number}")
    with pytest.raises(RateLimited):
        limits.count("chat.postMessage", "C200")


async def test_faults_are_committed_as_asked(office: Office, client: AsyncWebClient) -> None:
    slack = office.slack
    faults = {
        "down": Fault("status", status=503),
        "busy": Fault("rate_limit", seconds=7),
        "lost": Fault("drop_after"),
        "never": Fault("drop_before"),
        "hung": Fault("hang", seconds=0),
        "late": Fault("slow", seconds=0),
    }
    slack.api.fault = lambda _method, arguments: faults.get(arguments.get("text", ""))
    with pytest.raises((SlackApiError, aiohttp.ClientError)):
        await client.chat_postMessage(channel=office.general.id, text="down")
    busy = await refusal(client.chat_postMessage(channel=office.general.id, text="busy"))
    assert (busy.status_code, busy.headers["Retry-After"]) == (429, "7")
    client.retry_handlers.clear()
    for text in ("lost", "never", "hung"):
        with pytest.raises(aiohttp.ClientError):
            await client.chat_postMessage(channel=office.general.id, text=text)
    await client.chat_postMessage(channel=office.general.id, text="late")
    assert [message.text for message in slack.messages("general")] == ["lost", "late"]
