"""People who are sent to a successor one by one when their organisation is split"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "organisation_moves",
        sa.Column("change_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("successor_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["change_id"],
            ["organisation_changes.id"],
            name=op.f("fk_organisation_moves_change_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_organisation_moves_member_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["successor_id"],
            ["organisations.id"],
            name=op.f("fk_organisation_moves_successor_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("change_id", "member_id", name=op.f("pk_organisation_moves")),
    )
    op.create_index(op.f("ix_organisation_moves_member_id"), "organisation_moves", ["member_id"])


def downgrade() -> None:
    op.drop_table("organisation_moves")
