"""A fake Slack in a process of its own, with the channels that the benchmark speaks in."""

from __future__ import annotations

import asyncio
import signal
import sys

from tests.fakes.slack import FakeSlack


async def main(port: int, channels: int) -> None:
    """Serve until told to end; print one line when ready."""
    fake = FakeSlack(port=port)
    user = fake.add_user("councillor")
    places = []
    for number in range(channels):
        channel = fake.add_channel(f"bench-{number}", user)
        # The bot answers in a thread, and a thread needs the message that it hangs on.
        places.append(f"{channel.id}:{fake.workspace.post(channel, user, 'A thread for questions').ts}")
    await fake.start()
    print(fake.workspace.team_id, fake.workspace.bot.id, user.id, *places, flush=True)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()
    await fake.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
