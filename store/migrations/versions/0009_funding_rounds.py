"""Funding rounds, the groups that hear of them, and who wants to be reminded"""

import sqlalchemy as sa
from alembic import op

import store.database

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "funding_rounds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("opens_at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("closes_at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("maximum_pence", sa.Integer(), nullable=True),
        sa.Column("pot_pence", sa.Integer(), nullable=True),
        sa.Column("lead_categories", sa.JSON(), nullable=False),
        sa.Column("partners", sa.Integer(), nullable=False),
        sa.Column("delivery_months", sa.Integer(), nullable=True),
        sa.Column("decision_on", sa.Date(), nullable=True),
        sa.Column("links", sa.JSON(), nullable=False),
        sa.Column("contact", sa.String(length=200), nullable=False),
        sa.Column("created_at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("announced_at", store.database.UTCDateTime(timezone=True), nullable=True),
        sa.Column("decided_at", store.database.UTCDateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"],
            ["members.id"],
            name=op.f("fk_funding_rounds_created_by_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_funding_rounds")),
        sa.UniqueConstraint("slug", name=op.f("uq_funding_rounds_slug")),
    )
    op.create_index(op.f("ix_funding_rounds_closes_at"), "funding_rounds", ["closes_at"], unique=False)
    op.create_table(
        "round_groups",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["member_groups.id"], name=op.f("fk_round_groups_group_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["funding_rounds.id"], name=op.f("fk_round_groups_round_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("round_id", "group_id", name=op.f("pk_round_groups")),
    )
    op.create_index(op.f("ix_round_groups_group_id"), "round_groups", ["group_id"], unique=False)
    op.create_table(
        "round_wishes",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_round_wishes_member_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["funding_rounds.id"], name=op.f("fk_round_wishes_round_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("round_id", "member_id", name=op.f("pk_round_wishes")),
    )
    op.create_index(op.f("ix_round_wishes_member_id"), "round_wishes", ["member_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_round_wishes_member_id"), table_name="round_wishes")
    op.drop_table("round_wishes")
    op.drop_index(op.f("ix_round_groups_group_id"), table_name="round_groups")
    op.drop_table("round_groups")
    op.drop_index(op.f("ix_funding_rounds_closes_at"), table_name="funding_rounds")
    op.drop_table("funding_rounds")
