"""How far comparisons with channels have come, and what they found"""

import sqlalchemy as sa
from alembic import op

import store.database

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "channel_comparisons",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=False),
        sa.Column("started_at", store.database.UTCDateTime(timezone=True), nullable=True),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("compared_at", store.database.UTCDateTime(timezone=True), nullable=True),
        sa.Column("due_at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=True),
        sa.Column("lease_until", store.database.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["member_groups.id"],
            name=op.f("fk_channel_comparisons_group_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("group_id", "platform", name=op.f("pk_channel_comparisons")),
    )
    op.create_table(
        "channel_drifts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("found_at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["member_groups.id"], name=op.f("fk_channel_drifts_group_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_channel_drifts_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_drifts")),
    )
    op.create_index(op.f("ix_channel_drifts_found_at"), "channel_drifts", ["found_at"], unique=False)
    op.create_index(
        op.f("ix_channel_drifts_group_id_found_at"), "channel_drifts", ["group_id", "found_at"], unique=False
    )
    op.create_index(op.f("ix_channel_drifts_member_id"), "channel_drifts", ["member_id"], unique=False)
    op.add_column(
        "memberships", sa.Column("seen_at", store.database.UTCDateTime(timezone=True), nullable=True)
    )


def downgrade() -> None:
    op.drop_column("memberships", "seen_at")
    op.drop_table("channel_drifts")
    op.drop_table("channel_comparisons")
