"""Every feature's messages and forms on every surface: valid, whole, readable and inert."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from handlers.faq_slots import SLOTS
from handlers.kit.form_flow import ContinueDraft
from handlers.kit.messages import Button
from handlers.kit.router import Router, RunCommand
from handlers.kit.updates import Command
from handlers.kit.words import Words
from tests.surfaces.conftest import HOSTILE_NAME, HOSTILE_TEXT, Tours
from tests.surfaces.screen import Screen, Surface, buttons_of, words_of, words_of_form
from tests.surfaces.touring import Album

PLAIN = ("english", "welsh")
# The texts that administrators edit are shown to them with their placeholders.
EDITED = re.compile("texts|journey|reminders|faq[-_]|insight[.]write|handovers[.]write")
PLACEHOLDERS = re.compile(
    r"\{(?:name|organisation|network|nobody|title|when|where|deadline|opens|closes|contact|decision|"
    + "|".join(SLOTS)
    + r")(?:\|[^{}]*)?\}"
)
UNFILLED = re.compile(r"%\(|\{[a-z_]*\}|%s")
SNAKE_CASE = re.compile(r"\b[a-z]+_[a-z_]+\b")
ADDRESS = re.compile(r"\S+(?:@|://)\S+")


def test_the_tour_reaches_every_feature(albums: Tours, router: Router) -> None:
    """A new command, action or form is one more stop of the tour."""
    album = albums("english")
    missed = sorted(set(_registered(router)) - album.reached)
    assert not missed, f"the tour (tests/surfaces/tour.py) does not reach {missed}"


def test_nothing_on_the_tour_is_a_fault_of_ours(album: Album) -> None:
    assert album.faults == []
    assert len(album.messages) > 100
    assert len(album.forms) > 30


def test_every_button_does_something(album: Album, router: Router) -> None:
    """What a button stores is what its handler reads, and a command that it runs is there."""
    for shown in album.messages:
        for button in buttons_of(shown.said):
            if button.action is not None:
                assert _works(button, router), (shown.origin, button)


def test_every_message_and_form_is_valid_and_whole(surface: Surface, album: Album, words: Words) -> None:
    problems: list[object] = []
    for origin, screen, wanted, labels in _shown(surface, album, words):
        problems += [(origin, "lacks", line) for line in screen.lacks(iter(wanted))]
        missing = [label for label in labels if " ".join(label.split()) not in screen.buttons]
        problems += [(origin, "has no button", label) for label in missing]
    assert problems == []


@pytest.mark.parametrize("album", PLAIN, indirect=True)
def test_people_read_words_alone(surface: Surface, album: Album, words: Words, router: Router) -> None:
    """No placeholder is left unfilled, and no name that only programs know is shown."""
    names = {name.partition(" ")[2] for name in _registered(router) if "." in name}
    problems: list[object] = []
    for origin, screen, _wanted, _labels in _shown(surface, album, words):
        text = PLACEHOLDERS.sub("", screen.text) if EDITED.search(origin) else screen.text
        problems += [(origin, found[0]) for found in UNFILLED.finditer(text)]
        problems += [(origin, found[0]) for found in SNAKE_CASE.finditer(ADDRESS.sub("", text))]
        problems += [(origin, name) for name in names if re.search(rf"\b{re.escape(name)}\b", text)]
    assert problems == []


@pytest.mark.parametrize("album", ["hostile"], indirect=True)
def test_what_people_type_leads_nowhere(surface: Surface, album: Album, words: Words) -> None:
    """Their words are there to be read, and lead only where they say that they lead."""
    said = set()
    for origin, screen, wanted, _labels in _shown(surface, album, words):
        said |= {mark for mark in (HOSTILE_NAME, HOSTILE_TEXT) if any(mark in text for text in wanted)}
        for link in screen.links:
            assert not link.startswith(("javascript:", "data:")), origin
            assert "evil.example.org" not in link or link == "https://evil.example.org", (origin, link)
    assert said == {HOSTILE_NAME, HOSTILE_TEXT}


def _shown(
    surface: Surface, album: Album, words: Words
) -> Iterator[tuple[str, Screen, list[str], list[str]]]:
    """Each thing shown: what led to it, what is seen, the texts that should be, and the buttons."""
    for shown in album.messages:
        labels = [button.label for button in buttons_of(shown.said)]
        show = surface.home if shown.home else surface.message
        yield shown.origin, show(shown.said, words), list(words_of(shown.said)), labels
    for form in album.forms:
        screen = surface.form(form.view, words)
        if screen is not None:
            yield form.origin, screen, list(words_of_form(form.view)), []


def _registered(router: Router) -> Iterator[str]:
    """Everything that handlers are registered under, as the album notes it."""
    for kind, names in (
        ("command", router.commands),
        ("action", router.actions),
        ("form", router.forms),
        ("shortcut", router.shortcuts),
        ("source", router.sources),
    ):
        yield from (f"{kind} {name}" for name in names)
    for kind, heard in (
        ("joined", router.joins),
        ("left", router.leaves),
        ("changed", router.changes),
        ("opened", router.opens),
        ("text", router.texts),
    ):
        if heard:
            yield kind


def _works(button: Button, router: Router) -> bool:
    assert button.action is not None
    name, data = button.action.name, button.action.data
    if name == RunCommand.wire_name:
        run = RunCommand.model_validate(data)
        return router.find_command(Command(run.command, run.text)) is not None
    kind = ContinueDraft if name == ContinueDraft.wire_name else router.actions[name].kind
    return kind.model_validate(data) is not None
