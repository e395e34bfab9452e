"""Messages and forms as Block Kit: valid, within Slack's limits, and inert."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack import limits
from bot.slack.forms import modal
from bot.slack.messages import home, message
from bot.slack.mrkdwn import mrkdwn, pieces
from bot.slack.options import options_of
from handlers.kit.forms import (
    ChoiceField,
    DateField,
    DateTimeField,
    Form,
    Option,
    Step,
    TextField,
    TimeField,
)
from handlers.kit.messages import Action, Button, Confirm, Fact, Item, Message, Style
from handlers.kit.replies import FormView
from handlers.kit.words import Words
from tests.fakes.slack.blocks import check_message, check_view
from tests.fakes.slack.ui import mrkdwn as drawn

BASE = "https://bot.example.org"
# A mark that stands for itself.
LITERAL = re.compile(r"<!date\^0{8}\^\{_\}\|([*_~`＊＿～｀]+|&gt;|＞)>")


class Do(Action, name="small.do"):
    what: str = ""


def button(label: str = "Do it", **values: Any) -> Button:
    return Button.to(label, Do(what=values.pop("what", "")), **values)


def rendered(said: Message) -> list[dict[str, Any]]:
    found = message(said, BASE)
    check_message(found["blocks"])
    assert found["text"]
    assert len(found["text"]) <= limits.FALLBACK_TEXT
    check_view(home(said, BASE), home=True)
    blocks: list[dict[str, Any]] = found["blocks"]
    return blocks


def test_a_message_with_everything_in_it() -> None:
    said = Message(
        heading="A case study to review",
        text="Ann sent one in.\n\n- It is long\n- It is good",
        quote="We saved\ntime",
        facts=(Fact(label="Council", value="Aberdale"), Fact(label="Year", value="2026")),
        items=(Item(title="First", text="One", buttons=(button("See"),)), Item(title="Second")),
        buttons=(
            button(
                "Publish",
                style=Style.PRIMARY,
                confirm=Confirm(title="Sure?", text="All see it", yes="Yes", no="No"),
            ),
            Button(label="Page", path="/case-studies/x"),
        ),
        small_print=("Sent on Monday 16 March 2026",),
    )
    assert rendered(said) == [
        {"type": "header", "text": {"type": "plain_text", "text": "A case study to review", "emoji": False}},
        section("Ann sent one in.\n\n• It is long\n• It is good"),
        section(">We saved\n>time"),
        {
            "type": "section",
            "fields": [
                {"type": "mrkdwn", "text": "*Council*\nAberdale", "verbatim": True},
                {"type": "mrkdwn", "text": "*Year*\n2026", "verbatim": True},
            ],
        },
        {
            **section("*First*\nOne"),
            "accessory": {
                "type": "button",
                "text": {"type": "plain_text", "text": "See", "emoji": False},
                "action_id": "small.do#2",
                "value": '{"name":"small.do","data":{"what":""}}',
            },
        },
        section("*Second*"),
        {
            "type": "actions",
            "elements": [
                {
                    "type": "button",
                    "text": {"type": "plain_text", "text": "Publish", "emoji": False},
                    "action_id": "small.do#0",
                    "value": '{"name":"small.do","data":{"what":""}}',
                    "style": "primary",
                    "confirm": {
                        "title": {"type": "plain_text", "text": "Sure?", "emoji": False},
                        "text": {"type": "plain_text", "text": "All see it", "emoji": False},
                        "confirm": {"type": "plain_text", "text": "Yes", "emoji": False},
                        "deny": {"type": "plain_text", "text": "No", "emoji": False},
                        "style": "primary",
                    },
                },
                {
                    "type": "button",
                    "text": {"type": "plain_text", "text": "Page", "emoji": False},
                    "action_id": "link#1",
                    "url": "https://bot.example.org/case-studies/x",
                },
            ],
        },
        {
            "type": "context",
            "elements": [{"type": "mrkdwn", "text": "Sent on Monday 16 March 2026", "verbatim": True}],
        },
    ]


@pytest.mark.parametrize(
    "typed",
    ["<!channel>", "<@U1>", "<#C1>", "<http://evil.example|your bank>", "<javascript:alert(1)|x>",
     "<b>bold</b>", "&lt;!channel&gt;", "a & b < c > d", "<!date^1^{date}|x>",
     "*bold* _slanted_ ~struck~ `code`", "> quoted"],
)  # fmt: skip
def test_what_people_type_comes_out_inert_everywhere(typed: str) -> None:
    said = Message(
        heading=typed,
        text=typed,
        quote=typed,
        facts=(Fact(label=typed, value=typed),),
        items=(Item(title=typed, text=typed),),
        small_print=(typed,),
    )
    rendered(said)
    found = message(said, BASE)
    for text in [found["text"], *marked(found["blocks"])]:
        # Whatever is in angle brackets was put there by us, and is a web or mail address without a label
        # of its own; ampersands begin only the three things that Slack knows.
        for entity in LITERAL.sub("", text).split("<")[1:]:
            assert entity.startswith(("http://", "https://", "mailto:"))
            address, _mark, label = entity.partition(">")[0].partition("|")
            assert label in ("", address.removeprefix("mailto:"), address.removeprefix("https://"))
        for entity in text.split("&")[1:]:
            assert entity.startswith(("amp;", "lt;", "gt;"))
    assert "<" not in found["text"]


@pytest.mark.parametrize(
    "typed",
    ["*bold*", "_slanted_", "~struck~", "`code`", "```block```", "> quoted", " > quoted", "(*x*)", "“_x_”",
     "*_~both~_*", "a *b* c `d` e", "5* hotel", "*", "＊broad＊ ＿broad＿", "one\n> two\n*three*",
     "<b>*x*</b>"],
)  # fmt: skip
def test_what_people_type_shows_as_they_typed_it(typed: str) -> None:
    shown = html.unescape(str(drawn.mrkdwn(mrkdwn(typed), str)).replace("<br>", "\n"))
    assert shown == typed
    bold = html.unescape(str(drawn.mrkdwn(f"*{mrkdwn('Fun' + typed)}*", str)).replace("<br>", "\n"))
    assert "\n" in typed or bold == f"<b>Fun{typed}</b>"


@pytest.mark.parametrize("typed", ["snake_case_name", "a * b", "2~3", "x > y", "Well - yes"])
def test_a_mark_that_formats_nothing_is_left_alone(typed: str) -> None:
    assert mrkdwn(typed) == typed.replace(">", "&gt;")


def test_web_and_mail_addresses_can_be_clicked() -> None:
    assert mrkdwn("See https://example.org/a?b=1&c=2, or ask ann@example.org.") == (
        "See <https://example.org/a?b=1&amp;c=2>, or ask <mailto:ann@example.org|ann@example.org>."
    )
    assert mrkdwn("on www.example.org/a, too") == "on <https://www.example.org/a|www.example.org/a>, too"
    assert mrkdwn("javascript:alert(1) ftp://example.org") == "javascript:alert(1) ftp://example.org"


def test_long_texts_go_on_in_further_sections() -> None:
    text = "\n\n".join(f"Paragraph {number} & more. " + "word " * 100 for number in range(40))
    blocks = rendered(Message(text=text))
    assert len(blocks) > 6
    assert "".join("".join(marked(blocks)).split()) == "".join(text.replace("&", "&amp;").split())


def test_a_list_too_long_for_a_message_says_how_much_is_missing() -> None:
    items = tuple(Item(title=f"Entry {number}", buttons=(button(),)) for number in range(70))
    blocks = rendered(Message(text="A list", items=items, buttons=(button(),)))
    assert len(blocks) == limits.MESSAGE_BLOCKS
    assert blocks[-2]["elements"][0]["text"] == "… + 23"


def test_what_one_menu_does_not_hold_stands_in_the_row() -> None:
    buttons = (button("Main", style=Style.PRIMARY), *(button(f"More {number}") for number in range(7)))
    (_text, row) = rendered(Message(text="Choose", buttons=buttons))
    assert [element.get("text", {}).get("text", "⋯") for element in row["elements"]] == [
        "Main", "More 0", "More 1", "⋯",
    ]  # fmt: skip
    assert [option["text"]["text"] for option in row["elements"][3]["options"]] == [
        f"More {number}" for number in range(2, 7)
    ]
    assert len({element["action_id"] for element in row["elements"]}) == 4


def test_buttons_of_which_none_is_the_main_one_are_all_seen() -> None:
    (_text, row) = rendered(Message(text="Choose", buttons=tuple(button(f"{number}") for number in range(5))))
    assert [element["text"]["text"] for element in row["elements"]] == ["0", "1", "2", "3", "4"]
    (_text, row) = rendered(Message(text="Choose", buttons=tuple(button(f"{number}") for number in range(6))))
    assert [element["type"] for element in row["elements"]] == ["button", "overflow"]


def test_many_buttons_go_into_a_menu_behind_the_main_one() -> None:
    buttons = (
        button("One"),
        button("Two"),
        button("Main", style=Style.PRIMARY),
        button("Three", what="x" * 200),
        button("Four"),
        Button(label="Page", path="/x"),
        button("More"),
    )
    (_text, row) = rendered(Message(text="Choose", buttons=buttons))
    kinds = [(element["type"], element.get("text", {}).get("text")) for element in row["elements"]]
    # What a menu cannot hold stays in front.
    assert kinds == [("button", "Main"), ("button", "Three"), ("overflow", None)]
    assert [option["text"]["text"] for option in row["elements"][2]["options"]] == [
        "One", "Two", "Four", "Page", "More",
    ]  # fmt: skip
    assert row["elements"][2]["options"][3]["url"] == "https://bot.example.org/x"
    assert len({element["action_id"] for element in row["elements"]}) == 3


def test_a_mail_address_is_a_link_and_a_sign_in_without_its_link_is_nothing() -> None:
    said = Message(
        text="Ask",
        buttons=(Button(label="Write", url="mailto:a@example.org"), Button(label="Sign in", sign_in=True)),
    )
    assert rendered(said)[1:] == [section("<mailto:a@example.org|Write>")]


def test_a_payload_too_long_for_slack_is_a_fault_of_ours() -> None:
    with pytest.raises(ValueError, match="is longer than Slack takes"):
        message(Message(text="x", buttons=(button(what="x" * 3000),)), BASE)


TEXTS = st.text(st.characters(codec="utf-8"), max_size=4_000)


@given(TEXTS, TEXTS, TEXTS, st.lists(TEXTS, max_size=12))
def test_any_message_is_valid(heading: str, text: str, quote: str, lines: list[str]) -> None:
    rendered(
        Message(
            heading=heading,
            text=text,
            quote=quote,
            facts=tuple(Fact(label=line[:100], value=line) for line in lines),
            items=tuple(Item(title=line, text=text, buttons=(button(line or "x"),)) for line in lines),
            small_print=tuple(lines),
        )
    )


@given(st.text(alphabet="ab \n&<>*_`", max_size=300), st.integers(40, 90))
def test_pieces_lose_nothing_but_breaks(text: str, most: int) -> None:
    found = list(pieces(text, most, mrkdwn))
    assert all(0 < len(piece) <= most for piece in found)
    plain = [LITERAL.sub(lambda mark: mark[1], shown) for shown in ("".join(found), mrkdwn(text))]
    assert "".join(plain[0].split()) == "".join(plain[1].split())


def test_a_long_form_is_cut_where_slack_has_no_room() -> None:
    options = tuple(Option(value=f"{number}", label=f"{number} " + "x" * 100) for number in range(12))
    form = Form(
        name="long",
        title="T" * 400,
        submit="S" * 40,
        steps=(
            Step(
                title="Step " + "x" * 200,
                help="H" * 4_000,
                fields=(
                    TextField(name="a", label="L" * 3_000, help="h" * 3_000, placeholder="p" * 300),
                    ChoiceField(name="b", label="B", options=options),
                    ChoiceField(name="c", label="C", options=options[:3]),
                ),
            ),
        ),
    )
    view = FormView(
        form,
        "draft",
        0,
        {"a": "typed " * 700, "b": "3", "c": "gone"},
        problems={"a": "Too <long>."},
        notes=("Cut.",),
    )
    found = modal(view, Words("en"))
    check_view(found)
    blocks = {block["block_id"]: block for block in found["blocks"] if "block_id" in block}
    assert blocks["field:b"]["element"]["initial_option"]["text"]["text"].endswith("…")
    assert blocks["field:b"]["element"]["initial_option"]["description"]["text"].startswith("…x")
    assert "initial_option" not in blocks["field:c"]["element"]
    assert json.dumps(found).count("Too &lt;long&gt;.") == 2
    # What was typed on a page has no room here, and that is said.
    assert "was longer than this form can hold" in json.dumps(found)


def test_the_options_of_a_menu_break_off_after_a_word_and_no_two_read_the_same() -> None:
    name = "Community-led homes on public land and what it took, " + "as told by those who were there, " * 4
    labels = [name + "in the North", name + "in the South", *["of one name " * 20] * 2, "x" * 200]
    found = options_of([Option(value=str(number), label=label) for number, label in enumerate(labels)])
    read = [(one["text"]["text"], one["description"]["text"]) for one in found]
    assert len(set(read)) == len(labels)
    assert [one["value"] for one in found] == ["0", "1", "2", "3", "4"]
    assert read[0][0] == "Community-led homes on public land and what it took, as told by those who…"
    assert read[0][1].startswith("…")
    assert read[0][1].endswith("in the North")
    assert f" {read[0][1].removeprefix('…')}" in labels[0]
    assert [text[-5:] for text, _below in read[2:4]] == ["… (1)", "… (2)"]
    assert all(len(text) <= limits.OPTION_TEXT for pair in read for text in pair)


def test_a_date_that_is_none_leaves_its_picker_empty() -> None:
    """A page without script takes what is typed, and the draft can be opened here."""
    fields = (
        DateField(name="day", label="Day"),
        DateTimeField(name="at", label="At"),
        TimeField(name="to", label="To"),
    )
    form = Form(name="dates", title="Dates", submit="Send", steps=(Step(title="Dates", fields=fields),))
    for day, hour in (
        ("16/3/2026", "2 pm"),
        ("20260316", "1430"),
        ("2026-W12-1", "14"),
        ("2026-02-31", "25:00"),
    ):
        found = modal(
            FormView(form, "draft", 0, {"day": day, "at": f"{day}T{hour}", "to": hour}), Words("en")
        )
        check_view(found)
        assert "initial" not in json.dumps(found)
    found = modal(
        FormView(form, "draft", 0, {"day": "2026-03-16", "at": "2026-03-16T", "to": "14:30"}), Words("en")
    )
    check_view(found)
    assert json.dumps(found).count('"initial_') == 3


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def marked(value: Any) -> list[str]:
    """Every mrkdwn text in some blocks."""
    if isinstance(value, list):
        return [text for one in value for text in marked(one)]
    if not isinstance(value, dict):
        return []
    if value.get("type") == "mrkdwn":
        assert value["verbatim"] is True
        return [value["text"]]
    return marked(list(value.values()))


def test_answers_stay_in_sight_beside_the_menu() -> None:
    yes = button("Yes", style=Style.PRIMARY)
    kept = [one.model_copy(update={"in_sight": True}) for one in (yes, button("Maybe"), button("No"))]
    (_text, row) = rendered(Message(text="Choose", buttons=(*kept, button("More"), button("All"))))
    kinds = [(element["type"], element.get("text", {}).get("text")) for element in row["elements"]]
    assert kinds == [("button", "Yes"), ("button", "Maybe"), ("button", "No"), ("overflow", None)]
