"""A local Slack: stands in for the real one in tests, on a developer's machine and in the bench."""

from tests.fakes.slack.delivery import Ack
from tests.fakes.slack.errors import NotSubmitted
from tests.fakes.slack.faults import Fault
from tests.fakes.slack.rate_limits import RateLimits
from tests.fakes.slack.server import FakeSlack
from tests.fakes.slack.views import View
from tests.fakes.slack.workspace import App, Channel, Message, User

__all__ = [
    "Ack",
    "App",
    "Channel",
    "FakeSlack",
    "Fault",
    "Message",
    "NotSubmitted",
    "RateLimits",
    "User",
    "View",
]
