"""Second factors, the roles that need one, and as whom an OpenID provider knows people."""

import sqlalchemy as sa
from alembic import op

from lurewatch.store.tables import Moment

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "second_factors",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("pending", sa.LargeBinary(), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("since", Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["name"], ["people.name"], name=op.f("fk_second_factors_name")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_second_factors")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("code_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("digest", sa.String(length=200), nullable=False),
        sa.Column("used_at", Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["name"], ["people.name"], name=op.f("fk_recovery_codes_name")),
        sa.PrimaryKeyConstraint("code_id", name=op.f("pk_recovery_codes")),
    )
    op.create_index(op.f("ix_recovery_codes_name"), "recovery_codes", ["name"])
    op.create_table(
        "roles_with_factor",
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("since", Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("role", name=op.f("pk_roles_with_factor")),
    )
    op.create_table(
        "identities",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("value_hash", sa.String(length=64), nullable=False),
        sa.Column("since", Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["name"], ["people.name"], name=op.f("fk_identities_name")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_identities")),
        sa.UniqueConstraint("value_hash", name=op.f("uq_identities_value_hash")),
    )


def downgrade() -> None:
    """Remove them."""
    for table in ("identities", "roles_with_factor", "recovery_codes", "second_factors"):
        op.drop_table(table)
