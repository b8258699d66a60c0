"""What was done with takedown requests, and whether what they are about is still there."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from lurewatch.store.tables import Moment

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _of_requests(
        "request_events",
        "event_id",
        sa.Column("who", sa.String(length=100), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("receipt", sa.String(length=200), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
    )
    _of_requests(
        "checks",
        "check_id",
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("detail", sa.LargeBinary(), nullable=False),
    )


def _of_requests(name: str, number: str, *own: sa.Column[Any]) -> None:
    op.create_table(
        name,
        sa.Column(number, sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("at", Moment(timezone=True), nullable=False),
        *own,
        sa.ForeignKeyConstraint(
            ["request_id"], ["requests.request_id"], name=op.f(f"fk_{name}_request_id")
        ),
        sa.PrimaryKeyConstraint(number, name=op.f(f"pk_{name}")),
    )
    op.create_index(op.f(f"ix_{name}_request_id"), name, ["request_id"])


def downgrade() -> None:
    """Remove them."""
    op.drop_table("checks")
    op.drop_table("request_events")
