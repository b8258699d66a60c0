"""Legal holds, and findings whose bundle is gone."""

import sqlalchemy as sa
from alembic import op

from lurewatch.store.tables import Moment

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "holds",
        sa.Column("hold_id", sa.Integer(), nullable=False),
        sa.Column("finding_id", sa.Integer(), nullable=False),
        sa.Column("why", sa.LargeBinary(), nullable=False),
        sa.Column("held_by", sa.String(length=100), nullable=False),
        sa.Column("held_at", Moment(timezone=True), nullable=False),
        sa.Column("released_by", sa.String(length=100), nullable=True),
        sa.Column("released_at", Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["findings.finding_id"], name=op.f("fk_holds_finding_id")
        ),
        sa.PrimaryKeyConstraint("hold_id", name=op.f("pk_holds")),
    )
    op.create_index(op.f("ix_holds_finding_id"), "holds", ["finding_id"])
    op.create_table(
        "emptied",
        sa.Column("finding_id", sa.Integer(), nullable=False),
        sa.Column("emptied_at", Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["findings.finding_id"], name=op.f("fk_emptied_finding_id")
        ),
        sa.PrimaryKeyConstraint("finding_id", name=op.f("pk_emptied")),
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_table("emptied")
    op.drop_table("holds")
