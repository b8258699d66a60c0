"""Room for the names of what a re-check found: who saw to it that a post is gone."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Widen the column."""
    with op.batch_alter_table("checks", schema=None) as batch_op:
        batch_op.alter_column(
            "outcome", existing_type=sa.String(16), type_=sa.String(32), existing_nullable=False
        )


def downgrade() -> None:
    """As it was; what has no room in it is *gone* again."""
    op.execute("UPDATE checks SET outcome = 'gone' WHERE length(outcome) > 16")
    with op.batch_alter_table("checks", schema=None) as batch_op:
        batch_op.alter_column(
            "outcome", existing_type=sa.String(32), type_=sa.String(16), existing_nullable=False
        )
