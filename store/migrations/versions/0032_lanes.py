"""The pace of platforms, in common for every process"""

import sqlalchemy as sa
from alembic import op

from store.database import UTCDateTime

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lanes",
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("next_at", UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("platform", "name", name=op.f("pk_lanes")),
    )


def downgrade() -> None:
    op.drop_table("lanes")
