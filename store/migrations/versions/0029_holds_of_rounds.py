"""Whose a funding round is, and from when it may be announced"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("funding_rounds") as rounds:
        rounds.add_column(sa.Column("organisation_id", sa.Integer(), nullable=True))
        rounds.add_column(sa.Column("held_until", sa.Date(), nullable=True))
        rounds.create_index(op.f("ix_funding_rounds_organisation_id"), ["organisation_id"])
        rounds.create_foreign_key(
            op.f("fk_funding_rounds_organisation_id"),
            "organisations",
            ["organisation_id"],
            ["id"],
            ondelete="SET NULL",
        )


def downgrade() -> None:
    with op.batch_alter_table("funding_rounds") as rounds:
        rounds.drop_constraint(op.f("fk_funding_rounds_organisation_id"), type_="foreignkey")
        rounds.drop_index(op.f("ix_funding_rounds_organisation_id"))
        rounds.drop_column("held_until")
        rounds.drop_column("organisation_id")
