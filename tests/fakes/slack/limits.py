"""Slack's published limits, each with the page that states it."""

# https://docs.slack.dev/reference/block-kit/blocks
MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
BLOCK_ID = 255

# https://docs.slack.dev/reference/block-kit/blocks/section-block
SECTION_TEXT = 3000
SECTION_FIELDS = 10
SECTION_FIELD_TEXT = 2000

# https://docs.slack.dev/reference/block-kit/blocks/header-block
HEADER_TEXT = 150

# https://docs.slack.dev/reference/block-kit/blocks/context-block
CONTEXT_ELEMENTS = 10

# https://docs.slack.dev/reference/block-kit/blocks/actions-block
ACTIONS_ELEMENTS = 25

# https://docs.slack.dev/reference/block-kit/blocks/input-block
INPUT_LABEL = 2000
INPUT_HINT = 2000

# https://docs.slack.dev/reference/block-kit/blocks/image-block
IMAGE_URL = 3000
IMAGE_ALT_TEXT = 2000
IMAGE_TITLE = 2000

# https://docs.slack.dev/reference/block-kit/blocks/markdown-block (all of a message's together)
MARKDOWN_TEXT = 12_000

# https://docs.slack.dev/reference/block-kit/composition-objects/text-object
TEXT = 3000

# https://docs.slack.dev/reference/block-kit/composition-objects/option-object
OPTION_TEXT = 75
OPTION_DESCRIPTION = 75
OPTION_VALUE = 150
OPTION_URL = 3000

# https://docs.slack.dev/reference/block-kit/composition-objects/option-group-object
OPTION_GROUP_LABEL = 75

# https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object
CONFIRM_TITLE = 100
CONFIRM_TEXT = 300
CONFIRM_BUTTON = 30

# https://docs.slack.dev/reference/block-kit/block-elements/button-element
BUTTON_TEXT = 75
BUTTON_VALUE = 2000
BUTTON_URL = 3000
BUTTON_ACCESSIBILITY_LABEL = 75

# https://docs.slack.dev/reference/block-kit/block-elements
ACTION_ID = 255
PLACEHOLDER = 150

# https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element
SELECT_OPTIONS = 100
SELECT_OPTION_GROUPS = 100

# https://docs.slack.dev/reference/block-kit/block-elements/checkboxes-element
CHECKBOX_OPTIONS = 10

# https://docs.slack.dev/reference/block-kit/block-elements/radio-button-group-element
RADIO_OPTIONS = 10

# https://docs.slack.dev/reference/block-kit/block-elements/overflow-menu-element
OVERFLOW_OPTIONS = 5

# https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element
TEXT_INPUT_LENGTH = 3000

# https://docs.slack.dev/reference/views
VIEW_TITLE = 24
VIEW_SUBMIT = 24
VIEW_CLOSE = 24
VIEW_CALLBACK_ID = 255
VIEW_PRIVATE_METADATA = 3000
VIEW_EXTERNAL_ID = 255

# https://docs.slack.dev/reference/methods/views.open
VIEW_BYTES = 250_000

# https://docs.slack.dev/surfaces/modals
VIEW_STACK = 3

# https://docs.slack.dev/reference/methods/chat.postMessage
MESSAGE_TEXT = 40_000
METADATA_BYTES = 16_000

# https://docs.slack.dev/reference/methods/chat.update
UPDATE_TEXT = 4000

# https://docs.slack.dev/interactivity/handling-user-interaction
TRIGGER_SECONDS = 3.0
ACK_SECONDS = 3.0
RESPONSE_URL_USES = 5
RESPONSE_URL_SECONDS = 30 * 60.0

# https://docs.slack.dev/apis/events-api
RETRY_DELAYS = (0.0, 60.0, 300.0)

# https://docs.slack.dev/apis/events-api/using-socket-mode
SOCKETS = 10

# https://docs.slack.dev/reference/methods/conversations.create
CHANNEL_NAME = 80

# https://docs.slack.dev/reference/methods/conversations.setPurpose
CHANNEL_PURPOSE = 250

# https://docs.slack.dev/reference/methods/conversations.invite
INVITE_USERS = 100

# https://docs.slack.dev/apis/web-api/rate-limits (requests a minute; "1+" and so on are floors)
TIER_1 = 1
TIER_2 = 20
TIER_3 = 50
TIER_4 = 100
