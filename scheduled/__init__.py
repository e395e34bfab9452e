"""Jobs that run by the clock."""

from collections.abc import Mapping
from datetime import timedelta

from handlers.kit.context import Surroundings
from handlers.kit.platform import Clock, Platform
from scheduled import (
    comparisons,
    enrolment,
    event_feeds,
    event_thanks,
    faq_changes,
    greetings,
    group_channels,
    handovers,
    invitations,
    organisation_changes,
    reminders,
    retention,
    rules_of_engagement,
    user_groups,
    welcome_journey,
)
from scheduled.outbox_relay import OutboxRelay
from scheduled.runner import Job
from store.database import Database


def all_jobs(
    database: Database,
    clock: Clock,
    relay: OutboxRelay,
    platforms: Mapping[str, Platform],
    surroundings: Surroundings,
) -> list[Job]:
    """The one list of jobs that every process runs."""
    return [
        Job("outbox.relay", timedelta(seconds=1), relay.tick),
        Job("outbox.hold", timedelta(seconds=10), relay.hold),
        Job("enrolment", timedelta(seconds=2), enrolment.job(database, clock)),
        Job(
            "invitations",
            timedelta(seconds=2),
            invitations.job(database, clock, platforms, surroundings.process),
        ),
        Job(
            "group_channels",
            timedelta(seconds=2),
            group_channels.job(database, clock, platforms, surroundings),
        ),
        Job(
            "comparisons",
            timedelta(seconds=30),
            comparisons.job(database, clock, platforms, surroundings),
        ),
        Job("user_groups", timedelta(seconds=20), user_groups.job(database, clock, platforms, surroundings)),
        Job(
            "rules_of_engagement",
            timedelta(minutes=1),
            rules_of_engagement.job(database, clock, surroundings),
        ),
        Job("welcome_journey", timedelta(minutes=1), welcome_journey.job(database, clock, surroundings)),
        Job("greetings", timedelta(hours=1), greetings.job(database, clock, surroundings)),
        Job(
            "organisation_changes",
            timedelta(minutes=1),
            organisation_changes.job(database, clock, surroundings),
        ),
        Job("reminders", timedelta(seconds=20), reminders.job(database, clock, surroundings)),
        Job("event_thanks", timedelta(minutes=1), event_thanks.job(database, clock, surroundings)),
        Job("faq_changes.check", timedelta(seconds=2), faq_changes.check_job(database, clock, surroundings)),
        Job(
            "faq_changes.reviews",
            timedelta(minutes=10),
            faq_changes.review_job(database, clock, surroundings),
        ),
        Job("event_feeds", event_feeds.EVERY, event_feeds.job(database, clock, surroundings, relay.take)),
        Job("handovers", timedelta(minutes=5), handovers.job(database, clock, surroundings)),
        Job(
            "retention",
            timedelta(hours=1),
            retention.job(database, clock, surroundings.questions, surroundings.vault),
        ),
    ]
