"""Holding all announcements, changes to single reminders, and why one was late or skipped"""

import sqlalchemy as sa
from alembic import op

import store.database

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "announcement_holds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("begins_at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcement_holds")),
    )
    op.create_index(op.f("ix_announcement_holds_ends_at"), "announcement_holds", ["ends_at"], unique=False)
    op.create_table(
        "reminder_changes",
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("bodies", sa.JSON(), nullable=False),
        sa.Column("changed_at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["reminder_rules.id"], name=op.f("fk_reminder_changes_rule_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("rule_id", "subject_id", name=op.f("pk_reminder_changes")),
    )
    op.create_index(op.f("ix_reminder_changes_subject_id"), "reminder_changes", ["subject_id"], unique=False)
    op.add_column(
        "reminder_runs", sa.Column("reason", sa.String(length=10), nullable=False, server_default="")
    )


def downgrade() -> None:
    op.drop_column("reminder_runs", "reason")
    op.drop_table("reminder_changes")
    op.drop_table("announcement_holds")
