"""Texts that administrators edit; languages and organisations that people chose"""

import sqlalchemy as sa
from alembic import op

import store.database

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "texts",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("locale", sa.String(length=5), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("updated_at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", "locale", name=op.f("pk_texts")),
    )
    # Not in a batch, which would drop the table on SQLite and with it the rows that refer to it.
    op.add_column(
        "members", sa.Column("locale_chosen", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column(
        "members", sa.Column("organisation_fixed", sa.Boolean(), nullable=False, server_default=sa.false())
    )


def downgrade() -> None:
    op.drop_column("members", "organisation_fixed")
    op.drop_column("members", "locale_chosen")
    op.drop_table("texts")
