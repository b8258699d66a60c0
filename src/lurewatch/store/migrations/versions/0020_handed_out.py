"""What was given out to whom, and which findings stood in it."""

import sqlalchemy as sa
from alembic import op

from lurewatch.store.tables import Moment

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; what was given out before is in the audit log alone."""
    op.create_table(
        "handed_out",
        sa.Column("handed_id", sa.Integer(), nullable=False),
        sa.Column("at", Moment(timezone=True), nullable=False),
        sa.Column("who", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("recipient", sa.String(length=60), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=True),
        sa.Column("tlp", sa.String(length=8), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("handed_id", name=op.f("pk_handed_out")),
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("handed_out")
