"""Channels of groups that a platform still has to make, and why the bot is shut out of one"""

import sqlalchemy as sa
from alembic import op

import store.database

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "channel_tasks",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("action", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=True),
        sa.Column("lease_until", store.database.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["members.id"], name=op.f("fk_channel_tasks_asked_by_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["member_groups.id"], name=op.f("fk_channel_tasks_group_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "platform", name=op.f("pk_channel_tasks")),
    )
    op.create_index(op.f("ix_channel_tasks_asked_by_id"), "channel_tasks", ["asked_by_id"], unique=False)
    op.create_index(
        op.f("ix_channel_tasks_status_due_at"), "channel_tasks", ["status", "due_at"], unique=False
    )
    op.add_column(
        "group_channels", sa.Column("problem", sa.String(length=80), nullable=False, server_default="")
    )


def downgrade() -> None:
    op.drop_column("group_channels", "problem")
    op.drop_table("channel_tasks")
