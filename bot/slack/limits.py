"""Slack's limits, each with the page that states it; the renderers keep within them."""

# "no more than 1 per second per channel … short bursts", https://docs.slack.dev/apis/web-api/rate-limits/
CHANNEL_SECONDS = 1.0
CHANNEL_BURST = 3
# How many posts in the whole workspace may go at once, of those that a minute has.
WORKSPACE_BURST = 10
# https://docs.slack.dev/reference/block-kit/blocks/
MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
# https://docs.slack.dev/reference/block-kit/blocks/section-block/
SECTION_TEXT = 3_000
SECTION_FIELDS = 10
FIELD_TEXT = 2_000
# https://docs.slack.dev/reference/block-kit/blocks/header-block/
HEADER_TEXT = 150
# https://docs.slack.dev/reference/block-kit/blocks/context-block/
CONTEXT_ELEMENTS = 10
# https://docs.slack.dev/reference/block-kit/blocks/input-block/
INPUT_LABEL = 2_000
INPUT_HINT = 2_000
# https://docs.slack.dev/reference/block-kit/composition-objects/option-object/
OPTION_TEXT = 75
OPTION_VALUE = 150
# https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object/
CONFIRM_TITLE = 100
CONFIRM_TEXT = 300
CONFIRM_BUTTON = 30
# https://docs.slack.dev/reference/block-kit/block-elements/button-element/
BUTTON_TEXT = 75
BUTTON_VALUE = 2_000
BUTTON_URL = 3_000
# https://docs.slack.dev/reference/block-kit/block-elements/overflow-menu-element/
OVERFLOW_OPTIONS = 5
# https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element/
PLACEHOLDER = 150
TEXT_INPUT = 3_000
# https://docs.slack.dev/reference/block-kit/block-elements/radio-button-group-element/
RADIO_OPTIONS = 10
# https://docs.slack.dev/reference/block-kit/block-elements/checkboxes-element/
CHECKBOX_OPTIONS = 10
# https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element/
SELECT_OPTIONS = 100
SELECT_GROUPS = 100
# https://docs.slack.dev/reference/block-kit/block-elements/ (an action's id)
ACTION_ID = 255
# https://docs.slack.dev/reference/views/modal-views/
VIEW_TITLE = 24
VIEW_SUBMIT = 24
VIEW_CLOSE = 24
# https://docs.slack.dev/reference/methods/chat.update/ (chat.postMessage takes more)
FALLBACK_TEXT = 4_000
# https://docs.slack.dev/reference/app-manifest/
MANIFEST_NAME = 35
MANIFEST_DESCRIPTION = 140
COMMAND_DESCRIPTION = 2_000
USAGE_HINT = 1_000
SHORTCUT_NAME = 24
SHORTCUT_DESCRIPTION = 150
# https://docs.slack.dev/reference/methods/conversations.create/
CHANNEL_NAME = 80
# https://docs.slack.dev/reference/methods/conversations.setPurpose/
CHANNEL_PURPOSE = 250
# Slack names no limit for a user group's description; what it shows beside the name is a line or two.
USER_GROUP_DESCRIPTION = 140


def cut(text: str, most: int) -> str:
    """A text that fits, ending in "…" where something is missing."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
