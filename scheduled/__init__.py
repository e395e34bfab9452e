"""Jobs that run by the clock."""

from datetime import timedelta

from handlers.kit.platform import Clock
from scheduled import retention
from scheduled.outbox_relay import OutboxRelay
from scheduled.runner import Job
from store.database import Database


def all_jobs(database: Database, clock: Clock, relay: OutboxRelay) -> list[Job]:
    """The one list of jobs that every process runs."""
    return [
        Job("outbox.relay", timedelta(seconds=1), relay.tick),
        Job("outbox.hold", timedelta(seconds=10), relay.hold),
        Job("retention", timedelta(hours=1), retention.job(database, clock)),
    ]
