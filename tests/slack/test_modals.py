"""Forms as modals: opened, filled in, gone through step by step, refused and sent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from store.drafts import Draft
from tests.fakes.slack import Fault
from tests.slack.workspace import Workspace

AMOUNT, COUNCIL = "field:amount", "field:council"


async def opened(place: Workspace, text: str = "Hello there") -> None:
    """Ann opens the form by a command."""
    ack = await place.slack.command(place.ann, "/apply", text, place.general)
    assert ack.ok
    await place.settle()


async def draft(place: Workspace) -> Draft:
    async with place.bot.database.read() as session:
        return (await session.scalars(select(Draft))).one()


async def test_a_command_opens_a_form_at_its_first_step(place: Workspace) -> None:
    await opened(place)
    body = place.modal().body
    held = await draft(place)
    assert {key: body[key] for key in ("callback_id", "title", "submit", "close")} == {
        "callback_id": "form:small.application",
        "title": {"type": "plain_text", "text": "An application for a sm…", "emoji": False},
        "submit": {"type": "plain_text", "text": "Next", "emoji": False},
        "close": {"type": "plain_text", "text": "Close", "emoji": False},
    }
    assert json.loads(body["private_metadata"]) == {"draft": held.id, "step": 0}
    shown = [
        block.get("text", {}).get("text") or block.get("elements", [{}])[0].get("text")
        for block in body["blocks"]
    ]
    assert shown[:4] == [
        "*An application for a small grant*",
        "Step 1 of 2",
        "Your idea",
        "Two sentences are enough.",
    ]
    assert body["blocks"][4] == {
        "type": "input",
        "block_id": "field:title",
        "label": {"type": "plain_text", "text": "Title", "emoji": False},
        "element": {
            "action_id": "field:title",
            "type": "plain_text_input",
            "dispatch_action_config": {"trigger_actions_on": ["on_character_entered"]},
            "initial_value": "Hello there",
            "multiline": False,
            "max_length": 60,
        },
        "optional": False,
        "dispatch_action": True,
    }


async def test_a_problem_stands_beside_its_field_and_what_was_typed_stays(place: Workspace) -> None:
    await opened(place)
    ack = await place.slack.submit_view(place.ann, values={"field:title": "ab"})
    assert ack.body == {
        "response_action": "errors",
        "errors": {"field:title": "Write at least 3 characters."},
    }
    assert place.modal().values["field:title"]["field:title"]["value"] == "ab"
    assert (await draft(place)).answers["title"] == "ab"


async def test_a_form_is_gone_through_and_sent(place: Workspace) -> None:
    await opened(place)
    ack = await place.slack.submit_view(place.ann)
    assert ack.ok
    assert ack.body["response_action"] == "update"
    assert place.modal().body["submit"]["text"] == "Send it"
    found = await place.slack.options(place.ann, place.modal(), COUNCIL, "brook")
    assert [one["text"]["text"] for one in found] == ["Brookford Council"]
    ack = await place.slack.submit_view(place.ann, values={AMOUNT: "£1,500", COUNCIL: found[0]})
    assert (ack.status, ack.body) == (200, None)
    assert place.slack.views.top(place.ann.id) is None
    await place.settle()
    assert [said.text for said in place.said(place.slack.dm(place.ann))] == ["We have “Hello there”."]


async def test_a_problem_of_another_step_leads_back_to_it(place: Workspace) -> None:
    await opened(place, "taken")
    await place.slack.submit_view(place.ann)
    found = await place.slack.options(place.ann, place.modal(), COUNCIL, "brook")
    ack = await place.slack.submit_view(place.ann, values={AMOUNT: "20", COUNCIL: found[0]})
    assert ack.ok
    assert ack.body["response_action"] == "update"
    texts = json.dumps(place.modal().body["blocks"], ensure_ascii=False)
    assert "Step 1 of 2" in texts
    assert "• Title: Somebody has this title already." in texts
    # What was typed on the later step is there when one comes back to it.
    await place.slack.submit_view(place.ann, values={"field:title": "mine"})
    assert place.modal().values[AMOUNT][AMOUNT]["value"] == "20"
    assert place.modal().values[COUNCIL][COUNCIL]["selected_option"]["value"] == "2"


async def test_a_problem_of_the_whole_form_stands_at_its_top(place: Workspace) -> None:
    await opened(place, "closed")
    await place.slack.submit_view(place.ann)
    found = await place.slack.options(place.ann, place.modal(), COUNCIL, "brook")
    ack = await place.slack.submit_view(place.ann, values={AMOUNT: "20", COUNCIL: found[0]})
    assert ack.ok
    assert "• The round is closed." in json.dumps(ack.body, ensure_ascii=False)


async def test_one_can_go_back_a_step_and_nothing_is_lost(place: Workspace) -> None:
    await opened(place)
    await place.slack.submit_view(place.ann)
    await place.slack.fill(place.ann, place.modal(), AMOUNT, "300")
    await place.slack.press(place.ann, place.modal(), "form.back")
    await place.settle()
    assert "Step 1 of 2" in json.dumps(place.modal().body)
    assert (await draft(place)).answers["amount"] == "300"


async def test_every_change_is_kept_before_anything_is_sent(place: Workspace) -> None:
    await opened(place)
    for text in ("I", "It", "It be", "It begins"):
        await place.slack.fill(place.ann, place.modal(), "field:story", text)
    await place.bot.surface.listeners.edits.flush()
    assert (await draft(place)).answers == {"title": "Hello there", "story": "It begins"}


async def test_what_was_typed_last_is_kept_when_the_form_is_closed(place: Workspace) -> None:
    await opened(place)
    place.modal().values["field:story"]["field:story"]["value"] = "It ends"
    ack = await place.slack.close_view(place.ann)
    await place.bot.surface.listeners.edits.flush()
    assert ack is not None
    assert ack.ok
    assert (await draft(place)).answers["story"] == "It ends"


async def test_a_form_that_was_closed_empty_is_no_draft(place: Workspace) -> None:
    await opened(place)
    await place.slack.close_view(place.ann)
    await place.bot.surface.listeners.edits.flush()
    await place.slack.command(place.ann, "/apply", "", place.general)
    await place.settle()
    assert place.whispered() == []
    assert place.slack.open_view(place.ann) is not None


async def test_a_draft_is_offered_again_and_continued(place: Workspace) -> None:
    await opened(place)
    await place.slack.fill(place.ann, place.modal(), "field:story", "It begins")
    await place.bot.surface.listeners.edits.flush()
    await place.slack.close_view(place.ann)
    await place.slack.command(place.ann, "/apply", "", place.general)
    await place.settle()
    (offer,) = place.whispered()
    await place.slack.press(place.ann, offer, "form.continue#0")
    await place.settle()
    assert place.modal().values["field:story"]["field:story"]["value"] == "It begins"


async def test_a_point_in_time_is_a_day_and_an_hour_in_london(place: Workspace) -> None:
    await opened(place)
    await place.slack.submit_view(place.ann)
    blocks = {block["block_id"]: block for block in place.modal().blocks}
    assert blocks["field:when:day"]["element"]["type"] == "datepicker"
    assert blocks["field:when:hour"]["element"]["timezone"] == "Europe/London"
    found = await place.slack.options(place.ann, place.modal(), COUNCIL, "brook")
    values = {AMOUNT: "20", COUNCIL: found[0], "field:when:day": "2027-03-16"}
    ack = await place.slack.submit_view(place.ann, values=values)
    assert ack.body == {
        "response_action": "errors",
        "errors": {"field:when:hour": "Enter the time as well as the date."},
    }
    ack = await place.slack.submit_view(place.ann, values={"field:when:hour": "23:59"})
    assert ack.body is None


@pytest.mark.parametrize(
    "metadata",
    [
        "",
        "{",
        "[]",
        "7",
        '{"draft": 1, "step": 0}',
        '{"draft": "x", "step": "0"}',
        '{"draft": "x", "step": -1}',
    ],
)
async def test_a_tampered_form_is_refused_with_a_sentence(place: Workspace, metadata: str) -> None:
    await opened(place)
    place.modal().body["private_metadata"] = metadata
    ack = await place.slack.submit_view(place.ann)
    await place.settle()
    assert ack.status == 200
    assert [said.text for said in place.said(place.slack.dm(place.ann))] == [
        "That form is no longer open. Nothing was sent. Start it again."
    ]
    assert (await draft(place)).sent_at is None


async def test_somebody_elses_draft_is_none(place: Workspace) -> None:
    await opened(place)
    theirs = place.modal().body["private_metadata"]
    await place.slack.command(place.bob, "/apply", "Mine", place.general)
    await place.settle()
    view = place.slack.views.top(place.bob.id)
    assert view is not None
    view.body["private_metadata"] = theirs
    await place.slack.submit_view(place.bob, values={"field:title": "stolen"})
    await place.slack.fill(place.ann, place.modal(), "field:story", "still mine")
    await place.settle()
    await place.bot.surface.listeners.edits.flush()
    assert [said.text for said in place.said(place.slack.dm(place.bob))] == [
        "That form is no longer open. Nothing was sent. Start it again."
    ]
    async with place.bot.database.read() as session:
        titles = {one.answers["title"] for one in await session.scalars(select(Draft))}
    assert titles == {"Hello there", "Mine"}


async def test_a_form_that_came_too_late_is_offered_by_a_button(place: Workspace) -> None:
    place.slack.triggers.seconds = -1
    await opened(place)
    assert place.slack.views.top(place.ann.id) is None
    (offer,) = place.whispered()
    assert offer.text == "The form could not be opened in time. Nothing is lost."
    place.slack.triggers.seconds = 3
    await place.slack.press(place.ann, offer, "form.continue#0")
    await place.settle()
    assert place.modal().values["field:title"]["field:title"]["value"] == "Hello there"


async def test_a_form_is_offered_by_a_button_where_slack_does_not_open_it(place: Workspace) -> None:
    place.slack.api.fault = lambda method, _arguments: Fault("status") if method == "views.open" else None
    await opened(place)
    assert [said.text for said in place.whispered()] == [
        "The form could not be opened in time. Nothing is lost."
    ]


async def test_a_fault_of_ours_loses_nothing(place: Workspace) -> None:
    await opened(place, "break")
    await place.slack.submit_view(place.ann)
    found = await place.slack.options(place.ann, place.modal(), COUNCIL, "brook")
    ack = await place.slack.submit_view(place.ann, values={AMOUNT: "20", COUNCIL: found[0]})
    await place.settle()
    assert ack.status == 200
    (said,) = place.said(place.slack.dm(place.ann))
    assert said.text.startswith("Something went wrong on our side")
    assert (await draft(place)).answers["amount"] == "20"


async def test_a_shortcut_on_a_message_opens_a_form_with_its_words(place: Workspace) -> None:
    message = await place.slack.say(place.bob, place.general, "We saved &pound; &amp; time")
    ack = await place.slack.shortcut(place.ann, "small.keep", message)
    await place.settle()
    assert (ack.status, ack.body) == (200, None)
    assert place.modal().values["field:story"]["field:story"]["value"] == "We saved £ & time"


async def test_every_kind_of_field_can_be_shown_filled_in_and_read(place: Workspace) -> None:
    await place.slack.command(place.ann, "/everything", "", place.general)
    await place.settle()
    shown = {
        block["block_id"]: block["element"]["type"] for block in place.modal().blocks if "element" in block
    }
    assert shown == {
        "field:text": "plain_text_input",
        "field:long": "plain_text_input",
        "field:number": "plain_text_input",
        "field:money": "plain_text_input",
        "field:email": "email_text_input",
        "field:link": "url_text_input",
        "field:date": "datepicker",
        "field:time": "timepicker",
        "field:moment:day": "datepicker",
        "field:moment:hour": "timepicker",
        "field:yes": "radio_buttons",
        "field:agree": "checkboxes",
        "field:one": "radio_buttons",
        "field:maybe": "static_select",
        "field:some": "checkboxes",
        "field:many": "multi_static_select",
        "field:more": "static_select",
        "field:council": "external_select",
        "field:councils": "multi_external_select",
    }
    found = await place.slack.options(place.ann, place.modal(), "field:councils", "c")
    values: dict[str, Any] = {
        "field:text": "One line",
        "field:long": "Several\nlines",
        "field:number": "1,234",
        "field:money": "£12.50",
        "field:email": "ann@example.org",
        "field:link": "https://example.org",
        "field:date": "2027-03-16",
        "field:time": "09:30",
        "field:moment:day": "2027-03-16",
        "field:moment:hour": "23:59",
        "field:yes": "no",
        "field:agree": ["yes"],
        "field:one": "2",
        "field:some": ["1", "3"],
        "field:many": ["5", "39"],
        "field:more": "249",
        "field:council": found[0],
        "field:councils": found[:2],
    }
    for name, value in values.items():
        assert await place.slack.fill(place.ann, place.modal(), name, value) is not None
    await place.bot.surface.listeners.edits.flush()
    assert (await draft(place)).answers == {
        "text": "One line",
        "long": "Several\nlines",
        "number": "1,234",
        "money": "£12.50",
        "email": "ann@example.org",
        "link": "https://example.org",
        "date": "2027-03-16",
        "time": "09:30",
        "moment": "2027-03-16T23:59",
        "yes": "no",
        "agree": ["yes"],
        "one": "2",
        "maybe": "",
        "some": ["1", "3"],
        "many": ["5", "39"],
        "more": "249",
        "council": found[0]["value"],
        "councils": [one["value"] for one in found[:2]],
    }
    # Opened again, everything is there.
    await place.slack.close_view(place.ann)
    await place.slack.command(place.ann, "/everything", "", place.general)
    await place.settle()
    await place.slack.press(place.ann, place.whispered()[-1], "form.continue#0")
    await place.settle()
    ack = await place.slack.submit_view(place.ann)
    await place.settle()
    assert (ack.status, ack.body) == (200, None)
    assert [said.text for said in place.said(place.slack.dm(place.ann))] == ["We have everything."]
