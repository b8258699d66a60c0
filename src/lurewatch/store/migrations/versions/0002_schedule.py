"""Sources, their register, the robots.txt each run obeyed, and firings of the schedule."""

import sqlalchemy as sa
from alembic import op

from lurewatch.store.tables import Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "sources",
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("holder", sa.String(length=100), nullable=False),
        sa.Column("held_until", Moment(timezone=True), nullable=False),
        sa.Column("rests_until", Moment(timezone=True), nullable=False),
        sa.Column("blocks", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("platform", name=op.f("pk_sources")),
    )
    op.create_table(
        "readings",
        sa.Column("reading_id", sa.Integer(), nullable=False),
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("robots", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("permission", sa.Text(), nullable=False),
        sa.Column("delay", sa.Float(), nullable=False),
        sa.Column("read_by", sa.String(length=100), nullable=False),
        sa.Column("read_at", Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("reading_id", name=op.f("pk_readings")),
    )
    op.create_index(op.f("ix_readings_platform"), "readings", ["platform"])
    op.create_table(
        "robots",
        sa.Column("robots_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.String(length=32), nullable=False),
        sa.Column("host", sa.String(length=260), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body_sha256", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name=op.f("fk_robots_run_id")),
        sa.PrimaryKeyConstraint("robots_id", name=op.f("pk_robots")),
    )
    op.create_index(op.f("ix_robots_run_id"), "robots", ["run_id"])
    op.create_table(
        "firings",
        sa.Column("firing_id", sa.Integer(), nullable=False),
        sa.Column("watch", sa.String(length=100), nullable=False),
        sa.Column("due_at", Moment(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("holder", sa.String(length=100), nullable=False),
        sa.Column("held_until", Moment(timezone=True), nullable=False),
        sa.Column("began_at", Moment(timezone=True), nullable=False),
        sa.Column("ended_at", Moment(timezone=True), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("firing_id", name=op.f("pk_firings")),
    )
    op.create_index(op.f("ix_firings_watch_due_at"), "firings", ["watch", "due_at"], unique=True)


def downgrade() -> None:
    """Remove them."""
    for table in ("firings", "robots", "readings", "sources"):
        op.drop_table(table)
