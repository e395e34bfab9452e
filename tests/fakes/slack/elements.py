"""What Block Kit's elements and composition objects may hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tests.fakes.slack import limits
from tests.fakes.slack.schema import (
    Check,
    anything,
    boolean,
    choice,
    clock_time,
    day,
    integer,
    items,
    link,
    mapping,
    one_of,
    problem,
    string,
)


def plain_text(maximum: int) -> Check:
    return mapping({"type": choice("plain_text"), "text": string(maximum, 1)}, {"emoji": boolean})


def any_text(maximum: int) -> Check:
    plain = plain_text(maximum)
    marked = mapping({"type": choice("mrkdwn"), "text": string(maximum, 1)}, {"verbatim": boolean})
    return one_of({"plain_text": plain, "mrkdwn": marked}, ("plain_text", "mrkdwn"))


def _option(text: Check, *, with_url: bool = False) -> Check:
    optional: dict[str, Check] = {"description": any_text(limits.OPTION_DESCRIPTION)}
    if with_url:
        optional["url"] = link(limits.OPTION_URL)
    return mapping({"text": text, "value": string(limits.OPTION_VALUE, 1)}, optional)


MENU_OPTION: Final = _option(plain_text(limits.OPTION_TEXT))
RICH_OPTION: Final = _option(any_text(limits.OPTION_TEXT))
OVERFLOW_OPTION: Final = _option(plain_text(limits.OPTION_TEXT), with_url=True)
OPTION_GROUP: Final = mapping(
    {
        "label": plain_text(limits.OPTION_GROUP_LABEL),
        "options": items(MENU_OPTION, limits.SELECT_OPTIONS),
    },
    {},
)
CONFIRM: Final = mapping(
    {
        "title": plain_text(limits.CONFIRM_TITLE),
        "text": any_text(limits.CONFIRM_TEXT),
        "confirm": plain_text(limits.CONFIRM_BUTTON),
        "deny": plain_text(limits.CONFIRM_BUTTON),
    },
    {"style": choice("primary", "danger")},
)
DISPATCH_CONFIG: Final = mapping(
    {"trigger_actions_on": items(choice("on_enter_pressed", "on_character_entered"), 2)}, {}
)
LOADED_OPTIONS: Final = mapping(
    {},
    {
        "options": items(MENU_OPTION, limits.SELECT_OPTIONS, 0),
        "option_groups": items(OPTION_GROUP, limits.SELECT_OPTION_GROUPS, 0),
    },
    any_of=("options", "option_groups"),
)

_INTERACTIVE: Final[Mapping[str, Check]] = {
    "type": anything,
    "action_id": string(limits.ACTION_ID, 1),
}
_CONFIRMED: Final[Mapping[str, Check]] = {"confirm": CONFIRM}
_FOCUS: Final[Mapping[str, Check]] = {"focus_on_load": boolean}
_PLACEHOLDER: Final[Mapping[str, Check]] = {"placeholder": plain_text(limits.PLACEHOLDER)}
_MENU: Final[Mapping[str, Check]] = {**_INTERACTIVE, **_CONFIRMED, **_FOCUS, **_PLACEHOLDER}
_TYPED: Final[Mapping[str, Check]] = {
    **_INTERACTIVE,
    **_FOCUS,
    **_PLACEHOLDER,
    "dispatch_action_config": DISPATCH_CONFIG,
}
_STATIC: Final[Mapping[str, Check]] = {
    "options": items(MENU_OPTION, limits.SELECT_OPTIONS),
    "option_groups": items(OPTION_GROUP, limits.SELECT_OPTION_GROUPS),
}
_SEVERAL: Final[Mapping[str, Check]] = {"max_selected_items": integer(1, 100)}
_QUERY: Final[Mapping[str, Check]] = {"min_query_length": integer(0, 3000)}


def _options_offered(element: dict[str, Any]) -> list[Any]:
    offered = list(element.get("options") or [])
    for group in element.get("option_groups") or []:
        if isinstance(group, dict):
            offered += group.get("options") or []
    return offered


def _initials_are_offered(check: Check) -> Check:
    """Slack refuses an initial option that does not match one of the options exactly."""

    def checked(value: Any, at: str, problems: list[str]) -> None:
        check(value, at, problems)
        if not isinstance(value, dict):
            return
        offered = _options_offered(value)
        if value.get("options") and value.get("option_groups"):
            problem(problems, "options and option_groups cannot both be given", at)
        values = [option.get("value") for option in offered if isinstance(option, dict)]
        if len(set(values)) != len(values):
            problem(problems, "option values must be unique", at)
        initial = value.get("initial_option")
        if initial is not None and _bare(initial) not in map(_bare, offered):
            problem(problems, "initial_option must match one of the options", f"{at}/initial_option")
        for index, each in enumerate(value.get("initial_options") or []):
            if _bare(each) not in map(_bare, offered):
                pointer = f"{at}/initial_options/{index}"
                problem(problems, "initial_options must match the options", pointer)

    return checked


def _bare(option: Any) -> Any:
    """An option without `emoji`, which Slack ignores when it compares."""
    if not isinstance(option, dict) or not isinstance(option.get("text"), dict):
        return option
    return (option["text"].get("text"), option.get("value"))


def _text_input_fits(check: Check) -> Check:
    def checked(value: Any, at: str, problems: list[str]) -> None:
        check(value, at, problems)
        if not isinstance(value, dict):
            return
        initial = value.get("initial_value")
        most = value.get("max_length", limits.TEXT_INPUT_LENGTH)
        least = value.get("min_length", 0)
        if isinstance(most, int) and isinstance(least, int) and least > most:
            problem(problems, "min_length must not be greater than max_length", f"{at}/min_length")
        if isinstance(initial, str) and isinstance(most, int) and len(initial) > most:
            problem(problems, f"must be less than {most + 1} characters", f"{at}/initial_value")

    return checked


def _element(required: Mapping[str, Check], optional: Mapping[str, Check]) -> Check:
    return mapping({"type": anything, **required}, optional)


def _group(options: Check, **initial: Check) -> Check:
    """Checkboxes or radio buttons."""
    return _initials_are_offered(
        _element({"options": options}, {**_INTERACTIVE, **_CONFIRMED, **_FOCUS, **initial})
    )


def _static(optional: Mapping[str, Check]) -> Check:
    either = ("options", "option_groups")
    return _initials_are_offered(mapping({"type": anything}, {**_MENU, **_STATIC, **optional}, any_of=either))


ELEMENTS: Final[Mapping[str, Check]] = {
    "button": _element(
        {"text": plain_text(limits.BUTTON_TEXT)},
        {
            **_INTERACTIVE,
            **_CONFIRMED,
            "value": string(limits.BUTTON_VALUE),
            "url": link(limits.BUTTON_URL),
            "style": choice("primary", "danger"),
            "accessibility_label": string(limits.BUTTON_ACCESSIBILITY_LABEL),
        },
    ),
    "checkboxes": _group(
        items(RICH_OPTION, limits.CHECKBOX_OPTIONS),
        initial_options=items(RICH_OPTION, limits.CHECKBOX_OPTIONS),
    ),
    "radio_buttons": _group(items(RICH_OPTION, limits.RADIO_OPTIONS), initial_option=RICH_OPTION),
    "overflow": _element(
        {"options": items(OVERFLOW_OPTION, limits.OVERFLOW_OPTIONS)}, {**_INTERACTIVE, **_CONFIRMED}
    ),
    "datepicker": _element({}, {**_MENU, "initial_date": day}),
    "timepicker": _element({}, {**_MENU, "initial_time": clock_time, "timezone": string()}),
    "datetimepicker": _element(
        {}, {**_INTERACTIVE, **_CONFIRMED, **_FOCUS, "initial_date_time": integer(10**9, 10**10)}
    ),
    "static_select": _static({"initial_option": MENU_OPTION}),
    "multi_static_select": _static(
        {"initial_options": items(MENU_OPTION, limits.SELECT_OPTIONS), **_SEVERAL}
    ),
    "external_select": _element({}, {**_MENU, **_QUERY, "initial_option": MENU_OPTION}),
    "multi_external_select": _element(
        {},
        {
            **_MENU,
            **_QUERY,
            **_SEVERAL,
            "initial_options": items(MENU_OPTION, limits.SELECT_OPTIONS),
        },
    ),
    "users_select": _element({}, {**_MENU, "initial_user": string()}),
    "multi_users_select": _element({}, {**_MENU, **_SEVERAL, "initial_users": items(string(), 100)}),
    "channels_select": _element({}, {**_MENU, "initial_channel": string(), "response_url_enabled": boolean}),
    "conversations_select": _element(
        {},
        {
            **_MENU,
            "initial_conversation": string(),
            "default_to_current_conversation": boolean,
            "response_url_enabled": boolean,
            "filter": anything,
        },
    ),
    "plain_text_input": _text_input_fits(
        _element(
            {},
            {
                **_TYPED,
                "multiline": boolean,
                "initial_value": string(limits.TEXT_INPUT_LENGTH),
                "min_length": integer(0, limits.TEXT_INPUT_LENGTH),
                "max_length": integer(1, limits.TEXT_INPUT_LENGTH),
            },
        )
    ),
    "email_text_input": _element({}, {**_TYPED, "initial_value": string()}),
    "url_text_input": _element({}, {**_TYPED, "initial_value": string()}),
    "number_input": _element(
        {"is_decimal_allowed": boolean},
        {**_TYPED, "initial_value": string(), "min_value": string(), "max_value": string()},
    ),
    "image": _element({"image_url": link(limits.IMAGE_URL), "alt_text": string(limits.IMAGE_ALT_TEXT)}, {}),
}
