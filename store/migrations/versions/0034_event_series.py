"""Events that are held again by a rule"""

import sqlalchemy as sa
from alembic import op

from store.database import UTCDateTime

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "event_series",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=80), nullable=False),
        sa.Column("rule", sa.String(length=200), nullable=False),
        sa.Column("starts_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("zone", sa.String(length=40), nullable=False),
        sa.Column("left_out", sa.JSON(), nullable=False),
        sa.Column("created_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_series")),
        sa.UniqueConstraint("uid", name=op.f("uq_event_series_uid")),
    )
    with op.batch_alter_table("events") as batch:
        batch.add_column(sa.Column("series_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("series_day", sa.Date(), nullable=True))
        batch.create_foreign_key(
            op.f("fk_events_series_id"), "event_series", ["series_id"], ["id"], ondelete="SET NULL"
        )
        batch.create_unique_constraint(op.f("uq_events_series_id_series_day"), ["series_id", "series_day"])


def downgrade() -> None:
    with op.batch_alter_table("events") as batch:
        batch.drop_constraint(op.f("uq_events_series_id_series_day"), type_="unique")
        batch.drop_constraint(op.f("fk_events_series_id"), type_="foreignkey")
        batch.drop_column("series_day")
        batch.drop_column("series_id")
    op.drop_table("event_series")
