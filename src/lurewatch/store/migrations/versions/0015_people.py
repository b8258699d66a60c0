"""Which sessions of a person hold, who has to choose a password, wrong tries, and the words a letter quotes."""

import sqlalchemy as sa
from alembic import op

from lurewatch.store.tables import Moment

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ENTERED = "('log in', 'second factor', 'recovery code')"


def upgrade() -> None:
    """Add the columns and make the table; who came in last is told by the audit log."""
    with op.batch_alter_table("people") as batch:
        batch.add_column(sa.Column("sessions", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(
            sa.Column("must_choose", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch.add_column(sa.Column("last_in", Moment(timezone=True), nullable=True))
    op.execute(
        "UPDATE people SET last_in = (SELECT max(at) FROM audit"
        f" WHERE audit.who = people.name AND audit.what IN {ENTERED})"
    )
    with op.batch_alter_table("requests") as batch:
        batch.add_column(sa.Column("quote", sa.LargeBinary(), nullable=True))
    op.create_table(
        "wrong_tries",
        sa.Column("try_id", sa.Integer(), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("at", Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("try_id", name=op.f("pk_wrong_tries")),
    )
    op.create_index(op.f("ix_wrong_tries_key_hash"), "wrong_tries", ["key_hash"])
    op.create_index(op.f("ix_wrong_tries_at"), "wrong_tries", ["at"])


def downgrade() -> None:
    """Take them away."""
    op.drop_table("wrong_tries")
    with op.batch_alter_table("requests") as batch:
        batch.drop_column("quote")
    with op.batch_alter_table("people") as batch:
        for name in ("last_in", "must_choose", "sessions"):
            batch.drop_column(name)
