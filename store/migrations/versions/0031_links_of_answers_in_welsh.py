"""Where an answer comes from, and what its links say, in another language"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("faq_translations") as table:
        table.add_column(sa.Column("source", sa.String(length=200), nullable=False, server_default=""))
        table.add_column(sa.Column("link_labels", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("faq_translations") as table:
        table.alter_column("source", server_default=None)
        table.alter_column("link_labels", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("faq_translations") as table:
        table.drop_column("link_labels")
        table.drop_column("source")
