"""The fake Slack that the delivery benchmark posts to, in a process of its own.

It prints one line when ready. At each SIGUSR1 it prints how many posts were asked of it and how many of
them it refused with 429 since the last time.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections import Counter

from tests.fakes.slack import FakeSlack, RateLimits


class CountedLimits(RateLimits):
    """Limits that count what they allow and refuse; without a ceiling they refuse nothing."""

    def __init__(self, slack: FakeSlack, per_minute: int) -> None:
        super().__init__(slack.clock, workspace_per_minute=per_minute or 1, tiers=False)
        self._limited = per_minute > 0
        self.counts: Counter[str] = Counter()

    def count(self, method: str, channel: str = "") -> None:
        if method != "chat.postMessage":
            return
        self.counts["asked"] += 1
        self.counts["refused"] += 1
        if self._limited:
            super().count(method, channel)
        self.counts["refused"] -= 1


async def main(port: int, people: int, per_minute: int) -> None:
    """Serve until told to end. ``per_minute`` is the workspace's ceiling, 0 for none of any kind."""
    fake = FakeSlack(port=port)
    # The bot is asked to deliver here, not to listen to itself.
    fake.own_message_events = False
    # Channels stand for people: the bot would first learn about each person, which is not what is measured.
    places = [fake.add_channel(f"person-{number}", fake.workspace.bot) for number in range(people)]
    limits = fake.rate_limits = CountedLimits(fake, per_minute)

    def tell() -> None:
        print(limits.counts["asked"], limits.counts["refused"], flush=True)
        limits.counts.clear()

    await fake.start()
    print(*(place.id for place in places), flush=True)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    loop.add_signal_handler(signal.SIGUSR1, tell)
    await ended.wait()
    await fake.close()


if __name__ == "__main__":
    asyncio.run(main(*(int(one) for one in sys.argv[1:4])))
