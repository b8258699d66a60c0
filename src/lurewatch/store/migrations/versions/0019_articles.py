"""An article of WeChat is looked for by the second in which it was published."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None
OF_WECHAT = sa.text("platform = 'wechat'")


def upgrade() -> None:
    """Make the index, of that platform's posts alone."""
    op.create_index(
        "ix_posts_articles",
        "posts",
        ["published_at"],
        sqlite_where=OF_WECHAT,
        postgresql_where=OF_WECHAT,
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_index("ix_posts_articles", "posts")
