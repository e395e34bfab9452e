"""Questions handed over to a person"""

import sqlalchemy as sa
from alembic import op

import store.database

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "handovers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=True),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("closest", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("claimed_by_id", sa.Integer(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("asked_at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("due_at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("late_told_at", store.database.UTCDateTime(timezone=True), nullable=True),
        sa.Column("closed_at", store.database.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["claimed_by_id"], ["members.id"], name=op.f("fk_handovers_claimed_by_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_handovers_member_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["question_id"],
            ["asked_questions.id"],
            name=op.f("fk_handovers_question_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handovers")),
    )
    op.create_index(op.f("ix_handovers_claimed_by_id"), "handovers", ["claimed_by_id"], unique=False)
    op.create_index(op.f("ix_handovers_member_id"), "handovers", ["member_id"], unique=False)
    op.create_index(op.f("ix_handovers_question_id"), "handovers", ["question_id"], unique=False)
    op.create_index(op.f("ix_handovers_state"), "handovers", ["state"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_handovers_state"), table_name="handovers")
    op.drop_index(op.f("ix_handovers_question_id"), table_name="handovers")
    op.drop_index(op.f("ix_handovers_member_id"), table_name="handovers")
    op.drop_index(op.f("ix_handovers_claimed_by_id"), table_name="handovers")
    op.drop_table("handovers")
