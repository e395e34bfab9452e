"""When administrators heard that the bot went back into a channel"""

import sqlalchemy as sa
from alembic import op

import store.database

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "group_channels",
        sa.Column("returns_told_at", store.database.UTCDateTime(timezone=True), nullable=True),
    )
    op.add_column(
        "group_channels", sa.Column("returns_untold", sa.Integer(), nullable=False, server_default="0")
    )


def downgrade() -> None:
    op.drop_column("group_channels", "returns_untold")
    op.drop_column("group_channels", "returns_told_at")
