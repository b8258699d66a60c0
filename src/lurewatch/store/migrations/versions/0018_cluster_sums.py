"""What pages say of each cluster is written down when clusters are computed."""

import sqlalchemy as sa
from alembic import op

from lurewatch.store.tables import Moment

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; each cluster's row says no more than its posts do until it is computed anew."""
    op.create_table(
        "cluster_sums",
        sa.Column("cluster", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("accounts", sa.Integer(), nullable=False),
        sa.Column("platforms", sa.String(length=400), nullable=False),
        sa.Column("first_seen", Moment(timezone=True), nullable=False),
        sa.Column("last_seen", Moment(timezone=True), nullable=False),
        sa.Column("ties", sa.String(length=400), nullable=False),
        sa.PrimaryKeyConstraint("cluster", name=op.f("pk_cluster_sums")),
    )
    op.execute(
        "insert into cluster_sums (cluster, accounts, platforms, first_seen, last_seen, ties)"
        " select m.cluster, count(distinct p.author_hash), '', min(p.first_seen), max(p.last_seen), '{}'"
        " from cluster_members m join posts p on p.post_key = m.post_key group by m.cluster"
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("cluster_sums")
