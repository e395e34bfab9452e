"""Who came to an event, what they thought of it, and the links that go with the thanks"""

import sqlalchemy as sa
from alembic import op

import store.database

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "event_attendances",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("how", sa.String(length=10), nullable=False),
        sa.Column("noted_at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_event_attendances_event_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_event_attendances_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", "member_id", name=op.f("pk_event_attendances")),
    )
    op.create_index(op.f("ix_event_attendances_member_id"), "event_attendances", ["member_id"])
    op.create_table(
        "event_feedback",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("useful", sa.Text(), nullable=False),
        sa.Column("to_change", sa.Text(), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_event_feedback_event_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_event_feedback_member_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_feedback")),
    )
    op.create_index(op.f("ix_event_feedback_event_id"), "event_feedback", ["event_id"])
    op.create_index(op.f("ix_event_feedback_member_id"), "event_feedback", ["member_id"])
    op.create_table(
        "event_feedback_given",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_event_feedback_given_event_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_event_feedback_given_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", "member_id", name=op.f("pk_event_feedback_given")),
    )
    op.create_index(op.f("ix_event_feedback_given_member_id"), "event_feedback_given", ["member_id"])
    with op.batch_alter_table("events") as events:
        events.add_column(sa.Column("check_in_code", sa.String(length=12), nullable=True))
        events.add_column(sa.Column("links", sa.JSON(), server_default=sa.text("'[]'"), nullable=False))
        events.add_column(sa.Column("thanked_at", store.database.UTCDateTime(timezone=True), nullable=True))
        events.create_unique_constraint(op.f("uq_events_check_in_code"), ["check_in_code"])


def downgrade() -> None:
    with op.batch_alter_table("events") as events:
        events.drop_constraint(op.f("uq_events_check_in_code"), type_="unique")
        events.drop_column("thanked_at")
        events.drop_column("links")
        events.drop_column("check_in_code")
    op.drop_table("event_feedback_given")
    op.drop_table("event_feedback")
    op.drop_table("event_attendances")
