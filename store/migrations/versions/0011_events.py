"""Events, whom they are for, and who comes"""

import sqlalchemy as sa
from alembic import op

import store.database

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=80), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=150), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("starts_at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("zone", sa.String(length=40), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("link", sa.String(length=2000), nullable=False),
        sa.Column("everyone", sa.Boolean(), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("reply_by", store.database.UTCDateTime(timezone=True), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("organiser", sa.String(length=200), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("announced_at", store.database.UTCDateTime(timezone=True), nullable=True),
        sa.Column("held_until", sa.Date(), nullable=True),
        sa.Column("cancelled_at", store.database.UTCDateTime(timezone=True), nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["members.id"], name=op.f("fk_events_created_by_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_events_organisation_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sa.UniqueConstraint("slug", name=op.f("uq_events_slug")),
        sa.UniqueConstraint("uid", name=op.f("uq_events_uid")),
    )
    op.create_index(op.f("ix_events_created_by_id"), "events", ["created_by_id"], unique=False)
    op.create_index(op.f("ix_events_organisation_id"), "events", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_events_starts_at"), "events", ["starts_at"], unique=False)
    op.create_table(
        "event_categories",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_event_categories_event_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", "category", name=op.f("pk_event_categories")),
    )
    op.create_table(
        "event_groups",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_event_groups_event_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["member_groups.id"], name=op.f("fk_event_groups_group_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", "group_id", name=op.f("pk_event_groups")),
    )
    op.create_index(op.f("ix_event_groups_group_id"), "event_groups", ["group_id"], unique=False)
    op.create_table(
        "event_replies",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(length=10), nullable=False),
        sa.Column("since", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_event_replies_event_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_event_replies_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", "member_id", name=op.f("pk_event_replies")),
    )
    op.create_index(
        op.f("ix_event_replies_event_id_answer"), "event_replies", ["event_id", "answer"], unique=False
    )
    op.create_index(op.f("ix_event_replies_member_id"), "event_replies", ["member_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_event_replies_member_id"), table_name="event_replies")
    op.drop_index(op.f("ix_event_replies_event_id_answer"), table_name="event_replies")
    op.drop_table("event_replies")
    op.drop_index(op.f("ix_event_groups_group_id"), table_name="event_groups")
    op.drop_table("event_groups")
    op.drop_table("event_categories")
    op.drop_index(op.f("ix_events_starts_at"), table_name="events")
    op.drop_index(op.f("ix_events_organisation_id"), table_name="events")
    op.drop_index(op.f("ix_events_created_by_id"), table_name="events")
    op.drop_table("events")
