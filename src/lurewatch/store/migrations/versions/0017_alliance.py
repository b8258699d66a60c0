"""Counsel's approval of the list of keyed hashes for an alliance."""

import sqlalchemy as sa
from alembic import op

from lurewatch.store.tables import Moment

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "alliance_approvals",
        sa.Column("approval_id", sa.Integer(), nullable=False),
        sa.Column("counsel", sa.String(length=100), nullable=False),
        sa.Column("approved_on", sa.Date(), nullable=False),
        sa.Column("document", sa.String(length=200), nullable=False),
        sa.Column("recorded_by", sa.String(length=100), nullable=False),
        sa.Column("recorded_at", Moment(timezone=True), nullable=False),
        sa.Column("withdrawn_by", sa.String(length=100), nullable=True),
        sa.Column("withdrawn_at", Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("approval_id", name=op.f("pk_alliance_approvals")),
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("alliance_approvals")
