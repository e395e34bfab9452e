"""The table of who may do what agrees with what the code asks for."""

from __future__ import annotations

import re

from handlers import all_routers
from handlers.kit.router import Access, Router
from handlers.people import ROLE_DUTIES, ROLE_NAMES
from store.roles import Role
from tests.bot import ROOT

DOCUMENT = (ROOT / "docs" / "permissions.md").read_text(encoding="utf-8")
PLURALS = {
    Role.OWNER: "Owners",
    Role.ADMINISTRATOR: "Administrators",
    Role.REVIEWER: "Reviewers",
    Role.PANEL: "Panel",
}


def who(access: Access) -> str:
    if access.visitors:
        return "Everybody"
    return ", ".join(PLURALS[role] for role in Role if role in access.roles) or "Members"


def rows(section: str) -> list[str]:
    body = DOCUMENT.partition(f"### {section}\n")[2].partition("\n#")[0]
    return re.findall(r"^\| `.*$", body, flags=re.MULTILINE)


def test_every_command_button_and_form_stands_in_the_document_with_who_may_use_it() -> None:
    router = Router("all").include(*all_routers())
    asked_for = {
        "Commands": {f"| `/{name}` | {who(route.access)} |" for name, route in router.commands.items()},
        "Buttons": {f"| `{name}` | {who(route.access)} |" for name, route in router.actions.items()},
        "Forms": {f"| `{name}` | {who(route.access)} |" for name, route in router.forms.items()},
    }
    assert {section: rows(section) for section in asked_for} == {
        section: sorted(lines, key=lambda line: line.split("`")[1]) for section, lines in asked_for.items()
    }


def test_every_role_has_a_name_and_a_duty() -> None:
    assert ROLE_NAMES.keys() == ROLE_DUTIES.keys() == set(Role)
    for role in Role:
        assert f"| {ROLE_NAMES[role]} |" in DOCUMENT
