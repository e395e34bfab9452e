"""Organisations are merged and split on a day, and keep their old name in history"""

import sqlalchemy as sa
from alembic import op

import store.database

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "organisation_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("successor_id", sa.Integer(), nullable=False),
        sa.Column("by_domain", sa.JSON(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("planned_by_id", sa.Integer(), nullable=True),
        sa.Column("planned_at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("settled_at", store.database.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_organisation_changes_organisation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["successor_id"],
            ["organisations.id"],
            name=op.f("fk_organisation_changes_successor_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["planned_by_id"],
            ["members.id"],
            name=op.f("fk_organisation_changes_planned_by_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_changes")),
    )
    op.create_index(
        op.f("ix_organisation_changes_organisation_id"), "organisation_changes", ["organisation_id"]
    )
    op.create_index(op.f("ix_organisation_changes_state_on_day"), "organisation_changes", ["state", "on_day"])
    op.add_column("organisations", sa.Column("ended_on", sa.Date(), nullable=True))
    op.add_column(
        "organisations", sa.Column("now_called", sa.String(length=400), nullable=False, server_default="")
    )


def downgrade() -> None:
    op.drop_column("organisations", "now_called")
    op.drop_column("organisations", "ended_on")
    op.drop_table("organisation_changes")
