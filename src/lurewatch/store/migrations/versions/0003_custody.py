"""The custody log of evidence packages."""

import sqlalchemy as sa
from alembic import op

from lurewatch.store.tables import Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "custody",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("sums_sha256", sa.String(length=64), nullable=False),
        sa.Column("at", Moment(timezone=True), nullable=False),
        sa.Column("who", sa.String(length=100), nullable=False),
        sa.Column("what", sa.String(length=200), nullable=False),
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_custody")),
    )
    op.create_index(op.f("ix_custody_sums_sha256"), "custody", ["sums_sha256"])


def downgrade() -> None:
    """Remove it."""
    op.drop_table("custody")
