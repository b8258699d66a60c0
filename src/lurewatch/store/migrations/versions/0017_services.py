"""What requests tell of their posts, which later looks are compared with; whose service account's a token is."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; of requests from before the wording on their day is looked up."""
    with op.batch_alter_table("requests") as batch:
        batch.add_column(sa.Column("reported", sa.LargeBinary(), nullable=True))
    with op.batch_alter_table("tokens") as batch:
        batch.add_column(sa.Column("account", sa.String(length=100), nullable=True))
        batch.create_foreign_key(op.f("fk_tokens_account"), "people", ["account"], ["name"])


def downgrade() -> None:
    """Take them away; a service account is nobody then who could log in."""
    with op.batch_alter_table("tokens") as batch:
        batch.drop_constraint(op.f("fk_tokens_account"), type_="foreignkey")
        batch.drop_column("account")
    with op.batch_alter_table("requests") as batch:
        batch.drop_column("reported")
