"""What should never come: a 4xx or a polite sentence on every surface, and never a change."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select

from handlers import all_routers
from handlers.kit.router import Router
from handlers.member_list import MarkMemberList
from handlers.people import GrantRole
from store import seed
from store.database import Database
from store.drafts import Draft
from store.roles import Role
from store.schema import METADATA
from tests.bot import NOW, ROOT, TestClock
from tests.fakes.slack import interactions
from tests.fakes.slack.delivery import encode
from tests.fakes.slack.workspace import Json
from tests.slack.workspace import Workspace, workspace
from tests.web.conftest import Browser, WebBot, composer, filled

# What is written of everything that comes, refused or not.
NOTES = {"received_updates", "outbox", "lanes", "conversations", "conversation_entries", "web_sessions"}


@pytest.fixture
async def database(tmp_path: Path, sqlite_template: Path) -> AsyncIterator[Database]:
    path = tmp_path / "bot.db"
    shutil.copy(sqlite_template, path)
    opened = Database(f"sqlite:///{path}")
    await seed.seed(opened, ROOT / "data", NOW)
    yield opened
    await opened.close()


async def held(database: Database) -> dict[str, list[Any]]:
    """All that the network knows."""
    async with database.read() as session:
        return {
            table.name: sorted(map(repr, await session.execute(select(table))))
            for table in METADATA.sorted_tables
            if table.name not in NOTES
        }


async def test_in_slack(database: Database) -> None:
    async with workspace(database, router=Router("all").include(*all_routers())) as place:
        for person in (place.ann, place.bob):
            await place.slack.command(person, "/case-study", "", place.general)
        await place.settle()
        before, said = (
            await held(database),
            len(place.whispered()) + len(place.said(place.slack.dm(place.ann))),
        )
        sent = [*_commands(place), *_presses(place), *await _submissions(place, database)]
        for kind, payload in sent:
            body, content_type = encode(kind, payload)
            status, text = await place.post(body, Content_Type=content_type)
            assert status in (200, 400), (payload, status)
            assert "Traceback" not in text
        for raw, headers in _misshapen(place):
            status, text = await place.post(raw, **headers)
            assert 400 <= status < 500, (raw, status)
            assert "Traceback" not in text
        await place.settle()
        assert await held(database) == before
        answers = [*place.whispered(), *place.said(place.slack.dm(place.ann))]
        assert len(answers) - said == len(sent)
        assert all(one.text.endswith((".", "see what there is.")) for one in answers)


def _commands(place: Workspace) -> list[tuple[Any, Json]]:
    typed = (
        ("/dance", ""),
        ("/ccin", "roles"),
        ("/ccin", "texts"),
        ("/case-study", "review"),
        ("/nonsense", "x" * 3_000),
    )
    return [
        ("slash_commands", interactions.command(place.slack, place.ann, place.general, name, text))
        for name, text in typed
    ]


def _presses(place: Workspace) -> list[tuple[Any, Json]]:
    """Buttons that nobody was shown, or whose value somebody changed."""
    told = place.slack.workspace.post(place.general, place.bob, "Look here")
    values = [
        _value("no.such.action", {}),
        _value(GrantRole.wire_name, {"member_id": 1, "role": "owner"}),
        _value(MarkMemberList.wire_name, {"complete": True}),
        _value("case_study.publish", {"study_id": 1, "version": 1}),
        _value("case_study.publish", {"study_id": "one", "version": None}),
        _value("form.continue", {"draft_id": "somebody else's"}),
        _value("command.run", {"command": "ccin", "text": "roles"}),
        "not json",
        "[]",
        "[" * 5_000,
        json.dumps({"name": {"no": "text"}, "data": []}),
        "",
    ]
    return [
        (
            "interactive",
            interactions.block_actions(
                place.slack,
                place.ann,
                told,
                {"type": "button", "action_id": f"forged#{number}", "block_id": "b", "value": value},
            ),
        )
        for number, value in enumerate(values)
    ]


async def _submissions(place: Workspace, database: Database) -> list[tuple[Any, Json]]:
    """Ann's own form with Bob's draft, with none, and under another form's name."""
    async with database.read() as session:
        drafts = list(await session.scalars(select(Draft.id).order_by(Draft.created_at)))
    view = place.slack.views.top(place.bob.id)
    assert view is not None
    stolen = json.loads(view.body["private_metadata"])["draft"]
    assert stolen in drafts
    forged = [
        ("form:case_study.submit", json.dumps({"draft": stolen, "step": 0})),
        ("form:people.grant", json.dumps({"draft": stolen, "step": 0})),
        ("form:case_study.submit", json.dumps({"draft": "gone", "step": 0})),
        ("form:case_study.submit", "[" * 2_000),
        ("nothing", ""),
    ]
    found = []
    for callback, metadata in forged:
        payload = interactions.view_submission(place.slack, place.ann, place.modal())
        payload["view"] |= {"callback_id": callback, "private_metadata": metadata}
        found.append(("interactive", payload))
    return found


def _misshapen(place: Workspace) -> list[tuple[str, dict[str, str]]]:
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    signed_long_ago = place.slack.delivery.signed_headers(b"{}", time.time() - 301)
    return [
        ("payload=%7B", form),
        ("payload=null", form),
        ("payload=5", form),
        ("payload=%7B%22type%22%3A%22block_actions%22%7D", form),
        ("payload=%7B%22type%22%3A%22view_submission%22%2C%22user%22%3A5%7D", form),
        ("command=%2Fccin", form),
        ("%ff%fe", form),
        ("{}", {name.replace("-", "_"): value for name, value in signed_long_ago.items()}),
        ("{}", {"X_Slack_Signature": "v0=forged"}),
        ("{}", {"X_Slack_Request_Timestamp": "yesterday"}),
    ]


def _value(name: str, data: Json) -> str:
    return json.dumps({"name": name, "data": data})


async def test_on_the_web(database: Database) -> None:
    bot = WebBot(database, TestClock())
    server = TestServer(bot.application())
    await server.start_server()
    async with TestClient(server) as ours, TestClient(server) as theirs:
        ann, bob = Browser(bot, ours), Browser(bot, theirs)
        await ann.sign_in(await bot.add_member("Ann"))
        await bob.sign_in(await bot.add_member("Bob", Role.REVIEWER))
        path = (await bob.say("/case-study")).path.partition("?")[0]
        page = await ann.say("/ccin")
        before = await held(database)
        typed = ("/dance", "/ccin roles", "/ccin texts", "/case-study review", "/" + "x" * 2_000)
        for number, said in enumerate(typed, start=1):
            answered = await ann.say(said)
            assert answered.status == 200
            refused = [answered.text.count(text) for text in ("You may not do this", "There is no command")]
            assert sum(refused) == number, said
        csrf = composer(page).value("csrf")
        press = filled(page.form("/chat/press"), {"csrf": csrf})
        forged: list[tuple[str, list[tuple[str, str]]]] = [
            ("/chat/press", [*press, ("button", "0" * 16)]),
            ("/chat/press", [("csrf", csrf), ("entry", "999999"), ("button", "x")]),
            ("/chat/press", [("csrf", csrf)]),
            (path, [("csrf", csrf), ("step", "0"), ("title", "stolen"), ("go", "on")]),
            (path, [("csrf", csrf), ("step", "3"), ("go", "send")]),
            ("/forms/gone", [("csrf", csrf), ("step", "0"), ("go", "later")]),
            ("/admin/people", [("csrf", csrf), ("member", "1"), ("role", "owner"), ("change", "grant")]),
            ("/admin/deliveries", [("csrf", csrf), ("row", "1")]),
            ("/chat", [("csrf", "forged"), ("say", "hello")]),
            ("/chat", [("say", "hello")]),
        ]
        for address, fields in forged:
            answered = await ann.post(address, fields)
            assert 400 <= answered.status < 500, (address, fields, answered.status)
            assert "Traceback" not in answered.html
        assert await held(database) == before
    await bot.surface.stop()
    await server.close()
