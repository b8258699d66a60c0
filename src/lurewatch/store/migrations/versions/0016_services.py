"""
Service accounts own tokens, campaigns have a state, requests keep what was reported.

A password that somebody else gave has an end.
"""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

from lurewatch.store.tables import Moment

revision = "0016"
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
    with op.batch_alter_table("people") as batch:
        batch.add_column(sa.Column("password_until", Moment(timezone=True), nullable=True))
    people = sa.table("people", sa.column("must_choose"), sa.column("password_until", Moment))
    op.execute(  # those that wait to be changed now hold as long as new ones do
        people.update()
        .where(people.c.must_choose == sa.true())
        .values(password_until=datetime.now(UTC) + timedelta(hours=72))
    )
    with op.batch_alter_table("campaigns") as batch:
        batch.add_column(
            sa.Column("state", sa.String(length=16), nullable=False, server_default="open")
        )
    op.create_table(
        "campaign_events",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("at", Moment(timezone=True), nullable=False),
        sa.Column("who", sa.String(length=100), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaigns.campaign_id"],
            name=op.f("fk_campaign_events_campaign_id"),
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_campaign_events")),
    )
    op.create_index(op.f("ix_campaign_events_campaign_id"), "campaign_events", ["campaign_id"])


def downgrade() -> None:
    """Take them away; a service account is nobody then who could log in."""
    op.drop_table("campaign_events")
    with op.batch_alter_table("people") as batch:
        batch.drop_column("password_until")
    with op.batch_alter_table("campaigns") as batch:
        batch.drop_column("state")
    with op.batch_alter_table("tokens") as batch:
        batch.drop_constraint(op.f("fk_tokens_account"), type_="foreignkey")
        batch.drop_column("account")
    with op.batch_alter_table("requests") as batch:
        batch.drop_column("reported")
