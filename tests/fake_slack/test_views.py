"""Modals and Home tabs: triggers, submissions and their answers, and what stays filled in."""

from __future__ import annotations

from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.fake_slack.conftest import Office
from tests.fake_slack.test_blocks import field, modal, option, plain, section, typed
from tests.fakes.slack import NotSubmitted, View
from tests.fakes.slack.workspace import Json

FORM = modal(
    field(typed(max_length=80), block_id="title"),
    field(
        {"type": "multi_external_select", "action_id": "partners"},
        block_id="partners",
        optional=True,
    ),
    callback_id="case_study",
)


def opened(office: Office, body: Json | None = None) -> View:
    """A modal that stands open before the officer."""
    return office.slack.views.open(office.officer.id, body or modal(field(typed(), block_id="title")))


async def refused(call: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    error: str = caught.value.response["error"]
    return error


async def test_a_trigger_opens_one_view_within_three_seconds(office: Office, client: AsyncWebClient) -> None:
    slack = office.slack
    trigger = slack.triggers.issue(office.officer.id)
    answer = await client.views_open(trigger_id=trigger, view=FORM)
    view = slack.open_view("officer")
    assert view is not None
    assert answer["view"]["id"] == view.id
    assert answer["view"]["state"]["values"]["title"]["title"] == {"type": "plain_text_input", "value": None}
    assert await refused(client.views_open(trigger_id=trigger, view=FORM)) == "exchanged_trigger_id"
    late = slack.triggers.issue(office.officer.id)
    office.clock.seconds += 3.1
    assert await refused(client.views_open(trigger_id=late, view=FORM)) == "expired_trigger_id"
    assert await refused(client.views_open(trigger_id="nonsense", view=FORM)) == "invalid_trigger_id"


async def test_an_invalid_view_opens_nothing(office: Office, client: AsyncWebClient) -> None:
    trigger = office.slack.triggers.issue(office.officer.id)
    body = {**FORM, "title": plain("A title longer than twenty-four characters")}
    assert await refused(client.views_open(trigger_id=trigger, view=body)) == "invalid_arguments"
    assert office.slack.open_view("officer") is None


async def test_an_update_with_an_old_hash_conflicts(office: Office, client: AsyncWebClient) -> None:
    view = opened(office)
    before = view.hash
    body = modal(field(typed(), block_id="title"), section("Saved"))
    await client.views_update(view_id=view.id, view=body, hash=before)
    assert await refused(client.views_update(view_id=view.id, view=body, hash=before)) == "hash_conflict"
    assert await refused(client.views_update(view_id="V404", view=body)) == "not_found"


async def test_what_was_typed_survives_an_update_of_the_same_field(
    office: Office, client: AsyncWebClient
) -> None:
    view = opened(office)
    await office.slack.fill("officer", view, "title", "A shed for all")
    await client.views_update(view_id=view.id, view=modal(field(typed(), block_id="title")))
    assert view.values["title"]["title"]["value"] == "A shed for all"
    await client.views_update(view_id=view.id, view=modal(field(typed(), block_id="other")))
    assert view.values["other"]["title"]["value"] is None


async def test_at_most_three_views_are_stacked(office: Office, client: AsyncWebClient) -> None:
    opened(office)
    for _ in range(2):
        await client.views_push(trigger_id=office.slack.triggers.issue(office.officer.id), view=FORM)
    trigger = office.slack.triggers.issue(office.officer.id)
    assert await refused(client.views_push(trigger_id=trigger, view=FORM)) == "push_limit_reached"
    assert len(office.slack.views.stack(office.officer.id)) == 3


async def test_a_home_tab_is_published_and_opened(
    office: Office, client: AsyncWebClient, over_http: AsyncApp
) -> None:
    heard: list[str] = []

    @over_http.event("app_home_opened")
    async def home_opened(event: Any) -> None:
        heard.append(event["view"]["blocks"][0]["text"]["text"])

    home = {"type": "home", "blocks": [section("Your next step")]}
    await client.views_publish(user_id=office.officer.id, view=home)
    await office.slack.open_home("officer")
    assert heard == ["Your next step"]
    published = office.slack.home("officer")
    assert published is not None
    assert published.body["type"] == "home"


async def test_errors_in_the_answer_keep_the_modal_open_beside_its_fields(
    office: Office, over_http: AsyncApp
) -> None:
    @over_http.view("case_study")
    async def submitted(ack: Any, view: Any) -> None:
        if view["state"]["values"]["title"]["title"]["value"] == "Shed":
            await ack(response_action="errors", errors={"title": "Say a little more."})
        else:
            await ack()

    view = opened(office, FORM)
    assert (await office.slack.submit_view("officer", view, {"title": "Shed"})).ok
    assert office.slack.open_view("officer") is view
    assert view.errors == {"title": "Say a little more."}
    await office.slack.submit_view("officer", values={"title": "A shed for all"})
    assert office.slack.open_view("officer") is None


async def test_an_answer_may_show_another_view_or_close_everything(
    office: Office, over_http: AsyncApp
) -> None:
    @over_http.view("case_study")
    async def submitted(ack: Any, view: Any) -> None:
        match view["state"]["values"]["title"]["title"]["value"]:
            case "push":
                await ack(response_action="push", view=modal(section("Sure?"), callback_id="sure"))
            case "update":
                await ack(response_action="update", view=modal(section("Thank you")))

    @over_http.view("sure")
    async def sure(ack: Any) -> None:
        await ack(response_action="clear")

    slack = office.slack
    first = opened(office, FORM)
    await slack.submit_view("officer", values={"title": "push"})
    second = slack.open_view("officer")
    assert second is not None
    assert (second.previous_view_id, second.root_view_id) == (first.id, first.id)
    await slack.submit_view("officer")
    assert slack.open_view("officer") is None
    view = opened(office, FORM)
    await slack.submit_view("officer", values={"title": "update"})
    assert slack.open_view("officer") is view
    assert view.blocks[0]["text"]["text"] == "Thank you"


async def test_an_answer_that_slack_would_not_take_is_trouble(office: Office, over_http: AsyncApp) -> None:
    @over_http.view("case_study")
    async def submitted(ack: Any) -> None:
        await ack(response_action="errors", errors={"nowhere": "Lost"})

    view = opened(office, FORM)
    ack = await office.slack.submit_view("officer", view, {"title": "Shed"})
    assert not ack.ok
    assert "no input block nowhere" in ack.problem
    assert view.trouble


async def test_an_empty_required_field_is_never_sent(office: Office, over_http: AsyncApp) -> None:
    view = opened(office, FORM)
    with pytest.raises(NotSubmitted) as caught:
        await office.slack.submit_view("officer", view)
    assert caught.value.problems == {"title": "Please complete this required field."}
    with pytest.raises(NotSubmitted):
        await office.slack.submit_view("officer", view, {"title": "x" * 81})
    assert office.slack.acks == []


async def test_a_search_brings_options_that_can_be_chosen(office: Office, over_http: AsyncApp) -> None:
    submitted: list[Any] = []

    @over_http.options("partners")
    async def search(ack: Any, payload: Any) -> None:
        await ack(options=[option("7", f"{payload['value']} Council")])

    @over_http.view("case_study")
    async def note(ack: Any, view: Any) -> None:
        await ack()
        submitted.append(view["state"]["values"]["partners"]["partners"]["selected_options"])

    view = opened(office, FORM)
    found = await office.slack.options("officer", view, "partners", "Demo")
    assert [each["text"]["text"] for each in found] == ["Demo Council"]
    await office.slack.submit_view("officer", view, {"title": "A shed", "partners": found})
    assert submitted == [found]


async def test_a_field_that_dispatches_tells_of_each_change(office: Office, over_http: AsyncApp) -> None:
    heard: list[Any] = []

    @over_http.action("title")
    async def typing(ack: Any, action: Any, body: Any) -> None:
        await ack()
        heard.append((action["value"], body["view"]["state"]["values"]["title"]["title"]["value"]))

    view = opened(office, modal(field(typed(), block_id="title", dispatch_action=True)))
    await office.slack.fill("officer", view, "title", "A shed")
    assert heard == [("A shed", "A shed")]
    quiet = opened(office)
    assert await office.slack.fill("officer", quiet, "title", "A shed") is None


async def test_closing_is_told_only_when_asked_for(office: Office, over_http: AsyncApp) -> None:
    heard: list[str] = []

    @over_http.view_closed("case_study")
    async def closed(ack: Any, view: Any) -> None:
        await ack()
        heard.append(view["callback_id"])

    opened(office, {**FORM, "notify_on_close": True})
    await office.slack.close_view("officer")
    opened(office, FORM)
    assert await office.slack.close_view("officer") is None
    assert heard == ["case_study"]
    assert office.slack.open_view("officer") is None
