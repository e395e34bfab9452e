"""User groups of groups, and whom they do not take"""

import sqlalchemy as sa
from alembic import op

import store.database

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "user_groups",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("handle", sa.String(length=40), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("problem", sa.String(length=80), nullable=False),
        sa.Column("applied", sa.String(length=200), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("compared_at", store.database.UTCDateTime(timezone=True), nullable=True),
        sa.Column("owner", sa.String(length=32), nullable=True),
        sa.Column("lease_until", store.database.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"], ["member_groups.id"], name=op.f("fk_user_groups_group_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "platform", name=op.f("pk_user_groups")),
    )
    op.create_index(op.f("ix_user_groups_platform_handle"), "user_groups", ["platform", "handle"])
    op.create_table(
        "user_group_refusals",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=80), nullable=False),
        sa.Column("until", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["member_groups.id"],
            name=op.f("fk_user_group_refusals_group_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_user_group_refusals_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "platform", "member_id", name=op.f("pk_user_group_refusals")),
    )
    op.create_index(op.f("ix_user_group_refusals_member_id"), "user_group_refusals", ["member_id"])


def downgrade() -> None:
    op.drop_table("user_group_refusals")
    op.drop_table("user_groups")
