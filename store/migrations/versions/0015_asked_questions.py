"""Questions that were asked, and what people thought of the answers"""

import sqlalchemy as sa
from alembic import op

import store.database

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "asked_questions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("locale", sa.String(length=5), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("surface", sa.String(length=20), nullable=False),
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("entry", sa.String(length=80), nullable=True),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("helpful", sa.Boolean(), nullable=True),
        sa.Column("asked_at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_asked_questions_member_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asked_questions")),
    )
    op.create_index(op.f("ix_asked_questions_asked_at"), "asked_questions", ["asked_at"], unique=False)
    op.create_index(
        op.f("ix_asked_questions_conversation"), "asked_questions", ["conversation"], unique=False
    )
    op.create_index(op.f("ix_asked_questions_member_id"), "asked_questions", ["member_id"], unique=False)
    op.create_table(
        "answer_votes",
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("helpful", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_answer_votes_member_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["question_id"],
            ["asked_questions.id"],
            name=op.f("fk_answer_votes_question_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("question_id", "member_id", name=op.f("pk_answer_votes")),
    )
    op.create_index(op.f("ix_answer_votes_member_id"), "answer_votes", ["member_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_answer_votes_member_id"), table_name="answer_votes")
    op.drop_table("answer_votes")
    op.drop_index(op.f("ix_asked_questions_member_id"), table_name="asked_questions")
    op.drop_index(op.f("ix_asked_questions_conversation"), table_name="asked_questions")
    op.drop_index(op.f("ix_asked_questions_asked_at"), table_name="asked_questions")
    op.drop_table("asked_questions")
