"""The welcome journey, and greetings of newcomers"""

import sqlalchemy as sa
from alembic import op

import store.database

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "journey_steps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("offset_days", sa.Integer(), nullable=False),
        sa.Column("condition", sa.String(length=20), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("commands", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journey_steps")),
    )
    op.create_table(
        "greetings",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("claimed_by_id", sa.Integer(), nullable=True),
        sa.Column("claimed_at", store.database.UTCDateTime(timezone=True), nullable=True),
        sa.Column("closed_at", store.database.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["claimed_by_id"], ["members.id"], name=op.f("fk_greetings_claimed_by_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_greetings_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_greetings")),
    )
    op.create_index(op.f("ix_greetings_claimed_by_id"), "greetings", ["claimed_by_id"], unique=False)
    op.create_table(
        "journey_decisions",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("step_id", sa.Integer(), nullable=False),
        sa.Column("decided_at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("sent", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_journey_decisions_member_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["step_id"], ["journey_steps.id"], name=op.f("fk_journey_decisions_step_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("member_id", "step_id", name=op.f("pk_journey_decisions")),
    )
    op.create_index(op.f("ix_journey_decisions_step_id"), "journey_decisions", ["step_id"], unique=False)
    op.create_table(
        "journeys",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("started_at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("backfilled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_journeys_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_journeys")),
    )
    op.create_index(op.f("ix_journeys_started_at"), "journeys", ["started_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_journeys_started_at"), table_name="journeys")
    op.drop_table("journeys")
    op.drop_index(op.f("ix_journey_decisions_step_id"), table_name="journey_decisions")
    op.drop_table("journey_decisions")
    op.drop_index(op.f("ix_greetings_claimed_by_id"), table_name="greetings")
    op.drop_table("greetings")
    op.drop_table("journey_steps")
