"""Accounts whose owner had everything erased, by keyed hash."""

import sqlalchemy as sa
from alembic import op

from lurewatch.store.tables import Moment

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "objections",
        sa.Column("author_hash", sa.String(length=64), nullable=False),
        sa.Column("objected_at", Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("author_hash", name=op.f("pk_objections")),
    )


def downgrade() -> None:
    """Without it."""
    op.drop_table("objections")
