"""When a profile was last changed is asked for at every tick of the reminders"""

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_profiles_updated_at"), "profiles", ["updated_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_profiles_updated_at"), "profiles")
