"""What posts share, the clusters that makes, and the campaigns people confirm."""

import sqlalchemy as sa
from alembic import op

import lurewatch.store.tables

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; every post that was judged before is compared by the next `lurewatch link`."""

    op.create_table(
        "campaigns",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("named_by", sa.String(length=100), nullable=False),
        sa.Column("named_at", lurewatch.store.tables.Moment(timezone=True), nullable=False),
        sa.Column("withdrawn_by", sa.String(length=100), nullable=True),
        sa.Column("withdrawn_at", lurewatch.store.tables.Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("pk_campaigns")),
    )
    op.create_table(
        "wordings",
        sa.Column("wording", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("wording", name=op.f("pk_wordings")),
    )
    op.create_table(
        "alike",
        sa.Column("one", sa.BigInteger(), nullable=False),
        sa.Column("other", sa.BigInteger(), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["one"], ["wordings.wording"], name=op.f("fk_alike_one")),
        sa.ForeignKeyConstraint(["other"], ["wordings.wording"], name=op.f("fk_alike_other")),
        sa.PrimaryKeyConstraint("one", "other", name=op.f("pk_alike")),
    )
    with op.batch_alter_table("alike", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alike_other"), ["other"], unique=False)

    op.create_table(
        "bands",
        sa.Column("band", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("wording", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["wording"], ["wordings.wording"], name=op.f("fk_bands_wording")),
        sa.PrimaryKeyConstraint("band", "wording", name=op.f("pk_bands")),
    )
    with op.batch_alter_table("bands", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bands_wording"), ["wording"], unique=False)

    op.create_table(
        "campaign_members",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("post_key", sa.Integer(), nullable=False),
        sa.Column("confirmed_by", sa.String(length=100), nullable=False),
        sa.Column("confirmed_at", lurewatch.store.tables.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.campaign_id"], name=op.f("fk_campaign_members_campaign_id")
        ),
        sa.ForeignKeyConstraint(
            ["post_key"], ["posts.post_key"], name=op.f("fk_campaign_members_post_key")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "post_key", name=op.f("pk_campaign_members")),
    )
    with op.batch_alter_table("campaign_members", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_campaign_members_post_key"), ["post_key"], unique=False
        )

    op.create_table(
        "cluster_members",
        sa.Column("post_key", sa.Integer(), nullable=False),
        sa.Column("cluster", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_key"], ["posts.post_key"], name=op.f("fk_cluster_members_post_key")
        ),
        sa.PrimaryKeyConstraint("post_key", name=op.f("pk_cluster_members")),
    )
    with op.batch_alter_table("cluster_members", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cluster_members_cluster"), ["cluster"], unique=False)

    op.create_table(
        "link_keys",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("post_key", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_key"], ["posts.post_key"], name=op.f("fk_link_keys_post_key")
        ),
        sa.PrimaryKeyConstraint("kind", "key", "post_key", name=op.f("pk_link_keys")),
    )
    with op.batch_alter_table("link_keys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_link_keys_post_key"), ["post_key"], unique=False)

    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("linked_at", lurewatch.store.tables.Moment(timezone=True), nullable=True)
        )


def downgrade() -> None:
    """Remove them."""

    op.drop_column("posts", "linked_at")  # made anew, the table would lose what points at it
    with op.batch_alter_table("link_keys", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_link_keys_post_key"))

    op.drop_table("link_keys")
    with op.batch_alter_table("cluster_members", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_cluster_members_cluster"))

    op.drop_table("cluster_members")
    with op.batch_alter_table("campaign_members", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_campaign_members_post_key"))

    op.drop_table("campaign_members")
    with op.batch_alter_table("bands", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bands_wording"))

    op.drop_table("bands")
    with op.batch_alter_table("alike", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_alike_other"))

    op.drop_table("alike")
    op.drop_table("wordings")
    op.drop_table("campaigns")
