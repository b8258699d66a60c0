"""Pictures of posts: where they are asked for, what was fetched, and what is read in it."""

import sqlalchemy as sa
from alembic import op

from lurewatch.store.tables import Moment

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; the pictures of every post that is kept are listed by the next command."""
    op.add_column("posts", sa.Column("pictured_at", Moment(timezone=True), nullable=True))
    op.create_table(
        "picture_files",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("animated", sa.Boolean(), nullable=True),
        sa.Column("dhash", sa.BigInteger(), nullable=True),
        sa.Column("likeness", sa.BigInteger(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("reader", sa.String(length=64), nullable=False),
        sa.Column("kept_at", Moment(timezone=True), nullable=False),
        sa.Column("read_at", Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_picture_files")),
    )
    op.create_index(op.f("ix_picture_files_state"), "picture_files", ["state"])
    op.create_index(op.f("ix_picture_files_likeness"), "picture_files", ["likeness"])
    op.create_table(
        "pictures",
        sa.Column("picture_id", sa.Integer(), nullable=False),
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("address_key", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("asked_at", Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["sha256"], ["picture_files.sha256"], name=op.f("fk_pictures_sha256")
        ),
        sa.PrimaryKeyConstraint("picture_id", name=op.f("pk_pictures")),
        sa.UniqueConstraint("address_key", name=op.f("uq_pictures_address_key")),
    )
    op.create_index(op.f("ix_pictures_sha256"), "pictures", ["sha256"])
    op.create_index(op.f("ix_pictures_platform_state"), "pictures", ["platform", "state"])
    op.create_index(op.f("ix_pictures_platform_asked_at"), "pictures", ["platform", "asked_at"])
    op.create_table(
        "post_pictures",
        sa.Column("post_key", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("picture_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["picture_id"], ["pictures.picture_id"], name=op.f("fk_post_pictures_picture_id")
        ),
        sa.ForeignKeyConstraint(
            ["post_key"], ["posts.post_key"], name=op.f("fk_post_pictures_post_key")
        ),
        sa.PrimaryKeyConstraint("post_key", "place", name=op.f("pk_post_pictures")),
    )
    op.create_index(op.f("ix_post_pictures_picture_id"), "post_pictures", ["picture_id"])


def downgrade() -> None:
    """Remove them."""
    for table in ("post_pictures", "pictures", "picture_files"):
        op.drop_table(table)
    op.drop_column("posts", "pictured_at")
