"""What the bot posted to each group, for its page"""

import sqlalchemy as sa
from alembic import op

import store.database

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "group_posts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=150), nullable=False),
        sa.Column("message", sa.JSON(), nullable=False),
        sa.Column("posted_at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("edited_at", store.database.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"], ["member_groups.id"], name=op.f("fk_group_posts_group_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_posts")),
        sa.UniqueConstraint("group_id", "key", name=op.f("uq_group_posts_group_id_key")),
    )
    op.create_index(
        op.f("ix_group_posts_group_id_posted_at"), "group_posts", ["group_id", "posted_at"], unique=False
    )


def downgrade() -> None:
    op.drop_table("group_posts")
