"""Starts the local Slack: `python -m tests.fakes.slack`."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path

from tests.fakes.slack import demo
from tests.fakes.slack.manifest import Manifest
from tests.fakes.slack.rate_limits import RateLimits
from tests.fakes.slack.server import FakeSlack


def main() -> None:
    options = _options()
    asyncio.run(_serve(options))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.fakes.slack", description="A Slack to develop against."
    )
    parser.add_argument("--port", type=int, default=3001, help="0 takes any free port (default: %(default)s)")
    parser.add_argument(
        "--app-url",
        default="http://127.0.0.1:8080/slack/events",
        help="where events go while the bot has no socket open (default: %(default)s)",
    )
    parser.add_argument(
        "--manifest", type=Path, help="the app's manifest, as `python -m bot slack-manifest` prints it"
    )
    parser.add_argument("--empty", action="store_true", help="start without the demonstration workspace")
    parser.add_argument("--rate-limits", action="store_true", help="hold the app to Slack's rate limits")
    parser.add_argument(
        "--quick-retries",
        action="store_true",
        help="repeat unacknowledged events within seconds, not minutes",
    )
    return parser.parse_args()


async def _serve(options: argparse.Namespace) -> None:
    slack = FakeSlack(port=options.port, app_url=options.app_url or None, name="Demo Borough Council")
    if options.quick_retries:
        slack.delivery.retry_delays = (0.0, 1.0, 5.0)
    if options.rate_limits:
        slack.rate_limits = RateLimits(slack.clock)
    if options.manifest is not None:
        slack.install(Manifest.parsed(json.loads(options.manifest.read_text())))
    if not options.empty:
        demo.fill(slack)
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with slack:
        sys.stdout.write(_welcome(slack))
        sys.stdout.flush()
        await stopped.wait()


def _welcome(slack: FakeSlack) -> str:
    return (
        f"The local Slack is at {slack.url}/\n"
        "Start the bot with these settings; leave out SLACK_APP_TOKEN to be sent signed HTTP requests"
        f" at {slack.delivery.app_url or 'no address'} instead of using Socket Mode:\n\n"
        f"SLACK_API_URL={slack.api_url}\n"
        f"SLACK_BOT_TOKEN={slack.app.bot_token}\n"
        f"SLACK_SIGNING_SECRET={slack.app.signing_secret}\n"
        f"SLACK_APP_TOKEN={slack.app.app_token}\n"
    )


if __name__ == "__main__":
    main()
