"""What a request's letter tells of its post: later looks are compared with that."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of requests from before the wording on their day is looked up."""
    with op.batch_alter_table("requests") as batch:
        batch.add_column(sa.Column("reported", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Take it away."""
    with op.batch_alter_table("requests") as batch:
        batch.drop_column("reported")
