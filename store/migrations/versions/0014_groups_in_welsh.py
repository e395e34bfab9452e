"""Names and purposes of groups in Welsh"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "member_groups", sa.Column("name_cy", sa.String(length=120), nullable=False, server_default="")
    )
    op.add_column("member_groups", sa.Column("purpose_cy", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("member_groups", "purpose_cy")
    op.drop_column("member_groups", "name_cy")
