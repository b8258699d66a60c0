"""Which process does a run and when it was last heard of; how far a list of addresses was read."""

import sqlalchemy as sa
from alembic import op

from lurewatch.store.tables import Moment

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; of earlier runs nothing is known."""
    for column in (
        sa.Column("host", sa.String(length=100), nullable=True),
        sa.Column("pid", sa.Integer(), nullable=True),
        sa.Column("began", sa.String(length=40), nullable=True),
        sa.Column("alive_at", Moment(timezone=True), nullable=True),
        sa.Column("addresses", sa.String(length=16), nullable=True),
    ):
        op.add_column("runs", column)
    op.create_index(op.f("ix_runs_state"), "runs", ["state"])
    op.add_column("coverage", sa.Column("place", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Without them."""
    op.drop_column("coverage", "place")
    op.drop_index(op.f("ix_runs_state"), "runs")
    for name in ("addresses", "alive_at", "began", "pid", "host"):
        op.drop_column("runs", name)
