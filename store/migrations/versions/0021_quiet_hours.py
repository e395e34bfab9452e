"""Quiet hours, a surface for each kind of message, and what a message is"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("kind", sa.String(length=20), nullable=True))
    op.add_column("profiles", sa.Column("platforms", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("profiles", sa.Column("quiet_from", sa.Time(), nullable=True))
    op.add_column("profiles", sa.Column("quiet_until", sa.Time(), nullable=True))
    op.add_column(
        "reminder_rules", sa.Column("quiet", sa.String(length=10), nullable=False, server_default="before")
    )
    # What does not go before something would be wrong if it came earlier.
    op.execute("UPDATE reminder_rules SET quiet = 'after' WHERE amount <= 0")


def downgrade() -> None:
    op.drop_column("reminder_rules", "quiet")
    op.drop_column("profiles", "quiet_until")
    op.drop_column("profiles", "quiet_from")
    op.drop_column("profiles", "platforms")
    op.drop_column("outbox", "kind")
