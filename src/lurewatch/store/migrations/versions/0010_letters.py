"""Where a request goes, about which address, citing what; and the files that belong to it."""

import sqlalchemy as sa
from alembic import op

from lurewatch.store.tables import Moment

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and make the table; requests from before went to platforms."""
    with op.batch_alter_table("requests") as batch:
        batch.add_column(
            sa.Column("channel", sa.String(32), nullable=False, server_default="platform-report")
        )
        batch.add_column(sa.Column("address_hash", sa.String(64), nullable=True))
        batch.add_column(sa.Column("cites", sa.Text(), nullable=True))
        batch.add_column(sa.Column("why_again", sa.LargeBinary(), nullable=True))
        batch.add_column(
            sa.Column("infringement", sa.String(32), nullable=False, server_default="")
        )
        batch.create_index(op.f("ix_requests_address_hash"), ["address_hash"])
    op.create_table(
        "request_files",
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("kept_by", sa.String(length=100), nullable=False),
        sa.Column("kept_at", Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["requests.request_id"], name=op.f("fk_request_files_request_id")
        ),
        sa.PrimaryKeyConstraint("file_id", name=op.f("pk_request_files")),
    )
    op.create_index(op.f("ix_request_files_request_id"), "request_files", ["request_id"])


def downgrade() -> None:
    """Take them away."""
    op.drop_table("request_files")
    with op.batch_alter_table("requests") as batch:
        batch.drop_index(op.f("ix_requests_address_hash"))
        for name in ("infringement", "why_again", "cites", "address_hash", "channel"):
            batch.drop_column(name)
