"""Versions of the answers, changes that wait to be published, and when each answer is read again"""

import sqlalchemy as sa
from alembic import op

import store.database

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("faq_entries", sa.Column("checks", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column(
        "faq_entries", sa.Column("review_months", sa.Integer(), nullable=False, server_default="12")
    )
    op.add_column(
        "faq_entries", sa.Column("archived_at", store.database.UTCDateTime(timezone=True), nullable=True)
    )
    op.create_table(
        "faq_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("act", sa.String(length=20), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["members.id"], name=op.f("fk_faq_versions_author_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["slug"], ["faq_entries.slug"], name=op.f("fk_faq_versions_slug"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_faq_versions")),
        sa.UniqueConstraint("slug", "number", name=op.f("uq_faq_versions_slug_number")),
    )
    op.create_index(op.f("ix_faq_versions_author_id"), "faq_versions", ["author_id"], unique=False)
    op.create_table(
        "faq_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("preview", sa.JSON(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("findings", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("closed_at", store.database.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["author_id"], ["members.id"], name=op.f("fk_faq_changes_author_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_faq_changes")),
    )
    op.create_index(op.f("ix_faq_changes_author_id"), "faq_changes", ["author_id"], unique=False)
    op.create_index(op.f("ix_faq_changes_slug"), "faq_changes", ["slug"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_faq_changes_slug"), table_name="faq_changes")
    op.drop_index(op.f("ix_faq_changes_author_id"), table_name="faq_changes")
    op.drop_table("faq_changes")
    op.drop_index(op.f("ix_faq_versions_author_id"), table_name="faq_versions")
    op.drop_table("faq_versions")
    op.drop_column("faq_entries", "archived_at")
    op.drop_column("faq_entries", "review_months")
    op.drop_column("faq_entries", "checks")
