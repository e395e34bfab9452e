"""groups and profiles"""

import sqlalchemy as sa
from alembic import op

import store.database

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "member_groups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("visibility", sa.String(length=20), nullable=False),
        sa.Column("requires_rules", sa.Boolean(), nullable=False),
        sa.Column("rule", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("merged_into_id", sa.Integer(), nullable=True),
        sa.Column("created_at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("evaluate_from", sa.Integer(), nullable=True),
        sa.Column("evaluate_removes", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merged_into_id"],
            ["member_groups.id"],
            name="fk_member_groups_merged_into_id",
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_groups")),
        sa.UniqueConstraint("slug", name=op.f("uq_member_groups_slug")),
    )
    with op.batch_alter_table("member_groups", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_member_groups_evaluate_from"), ["evaluate_from"], unique=False)

    op.create_table(
        "group_channels",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("joined", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["member_groups.id"], name=op.f("fk_group_channels_group_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "platform", name=op.f("pk_group_channels")),
        sa.UniqueConstraint("platform", "external_id", name=op.f("uq_group_channels_platform_external_id")),
    )
    op.create_table(
        "appointments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("office", sa.String(length=20), nullable=False),
        sa.Column("scope", sa.String(length=40), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("recorded_at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_appointments_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointments")),
    )
    with op.batch_alter_table("appointments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_appointments_member_id"), ["member_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_appointments_office_scope"), ["office", "scope"], unique=False)

    op.create_table(
        "group_changes",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("created_at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("saved_at", store.database.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"], ["member_groups.id"], name=op.f("fk_group_changes_group_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_group_changes_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_changes")),
    )
    with op.batch_alter_table("group_changes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_group_changes_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_group_changes_member_id"), ["member_id"], unique=False)

    op.create_table(
        "group_leads",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("since", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["member_groups.id"], name=op.f("fk_group_leads_group_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_group_leads_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "member_id", name=op.f("pk_group_leads")),
    )
    with op.batch_alter_table("group_leads", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_group_leads_member_id"), ["member_id"], unique=False)

    op.create_table(
        "group_suggestions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("suggested_at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("decided_at", store.database.UTCDateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["decided_by_id"],
            ["members.id"],
            name=op.f("fk_group_suggestions_decided_by_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["member_groups.id"],
            name=op.f("fk_group_suggestions_group_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_group_suggestions_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_suggestions")),
    )
    with op.batch_alter_table("group_suggestions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_group_suggestions_member_id"), ["member_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_group_suggestions_state"), ["state"], unique=False)

    op.create_table(
        "invitations",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("action", sa.String(length=10), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("settled_at", store.database.UTCDateTime(timezone=True), nullable=True),
        sa.Column("owner", sa.String(length=32), nullable=True),
        sa.Column("lease_until", store.database.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"], ["member_groups.id"], name=op.f("fk_invitations_group_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_invitations_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "member_id", "platform", name=op.f("pk_invitations")),
    )
    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invitations_member_id"), ["member_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_invitations_status_due_at"), ["status", "due_at"], unique=False)

    op.create_table(
        "memberships",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("how", sa.String(length=15), nullable=False),
        sa.Column("since", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", store.database.UTCDateTime(timezone=True), nullable=True),
        sa.Column("confirmed_on", sa.String(length=20), nullable=True),
        sa.Column("ended_at", store.database.UTCDateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["member_groups.id"], name=op.f("fk_memberships_group_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_memberships_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "member_id", name=op.f("pk_memberships")),
    )
    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_memberships_group_id_state"), ["group_id", "state"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_memberships_member_id"), ["member_id"], unique=False)

    op.create_table(
        "profiles",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("capacity", sa.String(length=20), nullable=False),
        sa.Column("job", sa.String(length=200), nullable=False),
        sa.Column("interests", sa.JSON(), nullable=False),
        sa.Column("wants", sa.JSON(), nullable=False),
        sa.Column("snoozed_until", store.database.UTCDateTime(timezone=True), nullable=True),
        sa.Column("pending_organisation_id", sa.Integer(), nullable=True),
        sa.Column("updated_at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_profiles_member_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["pending_organisation_id"],
            ["organisations.id"],
            name=op.f("fk_profiles_pending_organisation_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_profiles")),
    )
    with op.batch_alter_table("profiles", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_profiles_pending_organisation_id"), ["pending_organisation_id"], unique=False
        )

    op.create_table(
        "rules_versions",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("grace_days", sa.Integer(), nullable=False),
        sa.Column("created_at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("published_at", store.database.UTCDateTime(timezone=True), nullable=True),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["author_id"], ["members.id"], name=op.f("fk_rules_versions_author_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_rules_versions")),
    )
    op.create_table(
        "rules_acceptances",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("accepted_at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_rules_acceptances_member_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["version"], ["rules_versions.version"], name=op.f("fk_rules_acceptances_version")
        ),
        sa.PrimaryKeyConstraint("member_id", "version", name=op.f("pk_rules_acceptances")),
    )
    op.create_table(
        "rules_asked",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("asked_at", store.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("reminded_at", store.database.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_rules_asked_member_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["version"], ["rules_versions.version"], name=op.f("fk_rules_asked_version")),
        sa.PrimaryKeyConstraint("member_id", "version", name=op.f("pk_rules_asked")),
    )


def downgrade() -> None:
    op.drop_table("rules_asked")
    op.drop_table("rules_acceptances")
    op.drop_table("rules_versions")
    with op.batch_alter_table("profiles", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_profiles_pending_organisation_id"))

    op.drop_table("profiles")
    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_memberships_member_id"))
        batch_op.drop_index(batch_op.f("ix_memberships_group_id_state"))

    op.drop_table("memberships")
    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invitations_status_due_at"))
        batch_op.drop_index(batch_op.f("ix_invitations_member_id"))

    op.drop_table("invitations")
    with op.batch_alter_table("group_suggestions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_group_suggestions_state"))
        batch_op.drop_index(batch_op.f("ix_group_suggestions_member_id"))

    op.drop_table("group_suggestions")
    with op.batch_alter_table("group_leads", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_group_leads_member_id"))

    op.drop_table("group_leads")
    with op.batch_alter_table("group_changes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_group_changes_member_id"))
        batch_op.drop_index(batch_op.f("ix_group_changes_created_at"))

    op.drop_table("group_changes")
    with op.batch_alter_table("appointments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_appointments_office_scope"))
        batch_op.drop_index(batch_op.f("ix_appointments_member_id"))

    op.drop_table("appointments")
    op.drop_table("group_channels")
    with op.batch_alter_table("member_groups", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_member_groups_evaluate_from"))

    op.drop_table("member_groups")
