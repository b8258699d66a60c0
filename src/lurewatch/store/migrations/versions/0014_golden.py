"""Findings with an agreed answer, and what people said of them."""

import sqlalchemy as sa
from alembic import op

from lurewatch.store.tables import Moment

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "golden",
        sa.Column("finding_id", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=16), nullable=False),
        sa.Column("stance", sa.String(length=16), nullable=False),
        sa.Column("set_by", sa.String(length=100), nullable=False),
        sa.Column("set_at", Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["findings.finding_id"], name=op.f("fk_golden_finding_id")
        ),
        sa.PrimaryKeyConstraint("finding_id", name=op.f("pk_golden")),
    )
    op.create_table(
        "golden_looks",
        sa.Column("look_id", sa.Integer(), nullable=False),
        sa.Column("finding_id", sa.Integer(), nullable=True),
        sa.Column("reviewer", sa.String(length=100), nullable=False),
        sa.Column("first_label", sa.String(length=16), nullable=False),
        sa.Column("first_stance", sa.String(length=16), nullable=False),
        sa.Column("asked_at", Moment(timezone=True), nullable=False),
        sa.Column("label", sa.String(length=16), nullable=True),
        sa.Column("stance", sa.String(length=16), nullable=True),
        sa.Column("decided_at", Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["findings.finding_id"], name=op.f("fk_golden_looks_finding_id")
        ),
        sa.PrimaryKeyConstraint("look_id", name=op.f("pk_golden_looks")),
    )
    op.create_index(op.f("ix_golden_looks_finding_id"), "golden_looks", ["finding_id"])
    op.create_index(op.f("ix_golden_looks_reviewer"), "golden_looks", ["reviewer"])


def downgrade() -> None:
    """Without them."""
    op.drop_table("golden_looks")
    op.drop_table("golden")
