"""Guests of those who come to an event, and what they need"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("events", sa.Column("asks_guests", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("events", sa.Column("asks_needs", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("event_replies", sa.Column("guests", sa.Integer(), server_default="0", nullable=False))
    op.add_column(
        "event_replies",
        sa.Column("guest_names", sa.String(length=500), server_default=sa.text("''"), nullable=False),
    )
    op.add_column("event_replies", sa.Column("needs", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("event_replies", "needs")
    op.drop_column("event_replies", "guest_names")
    op.drop_column("event_replies", "guests")
    op.drop_column("events", "asks_needs")
    op.drop_column("events", "asks_guests")
