"""Calendars of others that are followed, and which event came from where"""

import sqlalchemy as sa
from alembic import op

from store.database import UTCDateTime

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "event_feeds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("organiser", sa.String(length=200), nullable=False),
        sa.Column("everyone", sa.Boolean(), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("announces", sa.Boolean(), nullable=False),
        sa.Column("created_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("paused_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("due_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("read_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("succeeded_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.JSON(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("etag", sa.String(length=200), nullable=False),
        sa.Column("last_modified", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_feeds")),
        sa.UniqueConstraint("source", name=op.f("uq_event_feeds_source")),
        sa.UniqueConstraint("url", name=op.f("uq_event_feeds_url")),
    )
    op.create_index(op.f("ix_event_feeds_due_at"), "event_feeds", ["due_at"], unique=False)
    op.create_table(
        "event_feed_groups",
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["event_feeds.id"], name=op.f("fk_event_feed_groups_feed_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["member_groups.id"], name=op.f("fk_event_feed_groups_group_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("feed_id", "group_id", name=op.f("pk_event_feed_groups")),
    )
    op.create_index(op.f("ix_event_feed_groups_group_id"), "event_feed_groups", ["group_id"], unique=False)
    op.create_table(
        "imported_events",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("feed_id", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("uid_hash", sa.String(length=64), nullable=False),
        sa.Column("recurrence", sa.String(length=20), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("missing_since", UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_imported_events_event_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["event_feeds.id"], name=op.f("fk_imported_events_feed_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_imported_events")),
        sa.UniqueConstraint(
            "source", "uid_hash", "recurrence", name=op.f("uq_imported_events_source_uid_hash_recurrence")
        ),
    )
    op.create_index(op.f("ix_imported_events_feed_id"), "imported_events", ["feed_id"], unique=False)


def downgrade() -> None:
    op.drop_table("imported_events")
    op.drop_table("event_feed_groups")
    op.drop_table("event_feeds")
