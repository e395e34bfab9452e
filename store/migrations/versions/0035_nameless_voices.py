"""What others thought of an answer is counted without their names once it is old"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("others_for", "others_against"):
        op.add_column("asked_questions", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    with op.batch_alter_table("asked_questions") as table:
        table.drop_column("others_against")
        table.drop_column("others_for")
