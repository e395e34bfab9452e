"""Case studies"""

import sqlalchemy as sa
from alembic import op

import store.database

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tags",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("name_cy", sa.String(length=120), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "slug", name=op.f("pk_tags")),
    )
    op.create_table(
        "case_studies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=100), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("themes", sa.JSON(), nullable=False),
        sa.Column("principles", sa.JSON(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("challenge", sa.Text(), nullable=False),
        sa.Column("done", sa.Text(), nullable=False),
        sa.Column("outcomes", sa.Text(), nullable=False),
        sa.Column("learning", sa.Text(), nullable=False),
        sa.Column("links", sa.JSON(), nullable=False),
        sa.Column("contact", sa.String(length=300), nullable=False),
        sa.Column("consent_at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("submitted_at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("decided_at", store.database.UTCDateTime(timezone=True), nullable=True),
        sa.Column("published_at", store.database.UTCDateTime(timezone=True), nullable=True),
        sa.Column("updated_at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["members.id"], name=op.f("fk_case_studies_author_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_case_studies_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_studies")),
        sa.UniqueConstraint("slug", name=op.f("uq_case_studies_slug")),
    )
    with op.batch_alter_table("case_studies", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_studies_author_id"), ["author_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_case_studies_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_case_studies_state_published_at"), ["state", "published_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_case_studies_state_submitted_at"), ["state", "submitted_at"], unique=False
        )

    op.create_table(
        "case_study_partners",
        sa.Column("case_study_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_study_id"],
            ["case_studies.id"],
            name=op.f("fk_case_study_partners_case_study_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_case_study_partners_organisation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("case_study_id", "organisation_id", name=op.f("pk_case_study_partners")),
    )
    with op.batch_alter_table("case_study_partners", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_case_study_partners_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "case_study_reviews",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_study_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reviewer_id", sa.Integer(), nullable=True),
        sa.Column("decision", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_study_id"],
            ["case_studies.id"],
            name=op.f("fk_case_study_reviews_case_study_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["reviewer_id"],
            ["members.id"],
            name=op.f("fk_case_study_reviews_reviewer_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_study_reviews")),
    )
    with op.batch_alter_table("case_study_reviews", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_case_study_reviews_case_study_id"), ["case_study_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_case_study_reviews_reviewer_id"), ["reviewer_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("case_study_reviews", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_study_reviews_reviewer_id"))
        batch_op.drop_index(batch_op.f("ix_case_study_reviews_case_study_id"))

    op.drop_table("case_study_reviews")
    with op.batch_alter_table("case_study_partners", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_study_partners_organisation_id"))

    op.drop_table("case_study_partners")
    with op.batch_alter_table("case_studies", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_studies_state_submitted_at"))
        batch_op.drop_index(batch_op.f("ix_case_studies_state_published_at"))
        batch_op.drop_index(batch_op.f("ix_case_studies_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_case_studies_author_id"))

    op.drop_table("case_studies")
    op.drop_table("tags")
