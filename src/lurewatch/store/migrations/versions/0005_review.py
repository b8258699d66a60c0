"""Who holds a finding, its rank, second looks, what waits for a lead, and samples."""

import sqlalchemy as sa
from alembic import op

import lurewatch.store.tables

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

FACETS = ["grade", "platform", "stance", "services"]
INDICES = (
    ("findings", ["rank", *FACETS]),
    ("findings", ["decided", "rank", *FACETS]),
    ("findings", ["decided", *FACETS, "found_at"]),
    ("coverage", ["at"]),
)


def moment() -> lurewatch.store.tables.Moment:
    """The type of a moment."""
    return lurewatch.store.tables.Moment(timezone=True)


def upgrade() -> None:
    """Make them; findings are ranked by grade and score until their posts have been read again."""
    for column in (
        sa.Column("stance", sa.String(length=16), nullable=False, server_default=""),
        sa.Column("services", sa.String(length=64), nullable=False, server_default=""),
        sa.Column("rank", sa.Float(), nullable=False, server_default="0"),
        sa.Column("named", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("ranked_by", sa.String(length=16), nullable=True),
    ):
        op.add_column("findings", column)
    verdict = "FROM verdicts WHERE verdicts.verdict_id = findings.verdict_id"
    op.execute(
        f"UPDATE findings SET stance = (SELECT verdicts.stance {verdict}),"
        f" services = (SELECT verdicts.services {verdict}),"
        " rank = score * CASE grade WHEN 'L3' THEN 2 ELSE 1 END"
    )
    op.drop_index(op.f("ix_findings_decided_grade_score"), table_name="findings")
    for table, columns in INDICES:
        op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, columns)

    op.create_table(
        "claims",
        sa.Column("finding_id", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(length=100), nullable=False),
        sa.Column("until", moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["findings.finding_id"], name=op.f("fk_claims_finding_id")
        ),
        sa.PrimaryKeyConstraint("finding_id", name=op.f("pk_claims")),
    )
    op.create_index(op.f("ix_claims_holder"), "claims", ["holder"])

    op.create_table(
        "second_looks",
        sa.Column("look_id", sa.Integer(), nullable=False),
        sa.Column("finding_id", sa.Integer(), nullable=True),
        sa.Column("first_reviewer", sa.String(length=100), nullable=False),
        sa.Column("first_label", sa.String(length=16), nullable=False),
        sa.Column("first_stance", sa.String(length=16), nullable=False),
        sa.Column("asked_at", moment(), nullable=False),
        sa.Column("reviewer", sa.String(length=100), nullable=True),
        sa.Column("label", sa.String(length=16), nullable=True),
        sa.Column("stance", sa.String(length=16), nullable=True),
        sa.Column("services", sa.String(length=64), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("decided_at", moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["findings.finding_id"], name=op.f("fk_second_looks_finding_id")
        ),
        sa.PrimaryKeyConstraint("look_id", name=op.f("pk_second_looks")),
        sa.UniqueConstraint("finding_id", name=op.f("uq_second_looks_finding_id")),
    )

    op.create_table(
        "referrals",
        sa.Column("finding_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("referred_by", sa.String(length=100), nullable=False),
        sa.Column("referred_at", moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["findings.finding_id"], name=op.f("fk_referrals_finding_id")
        ),
        sa.PrimaryKeyConstraint("finding_id", name=op.f("pk_referrals")),
    )

    op.create_table(
        "samples",
        sa.Column("sample_id", sa.Integer(), nullable=False),
        sa.Column("post_key", sa.Integer(), nullable=True),
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("drawn_at", moment(), nullable=False),
        sa.Column("label", sa.String(length=16), nullable=True),
        sa.Column("reviewer", sa.String(length=100), nullable=True),
        sa.Column("decided_at", moment(), nullable=True),
        sa.ForeignKeyConstraint(["post_key"], ["posts.post_key"], name=op.f("fk_samples_post_key")),
        sa.PrimaryKeyConstraint("sample_id", name=op.f("pk_samples")),
        sa.UniqueConstraint("post_key", name=op.f("uq_samples_post_key")),
    )


def downgrade() -> None:
    """Remove them."""
    for table in ("samples", "referrals", "second_looks", "claims"):
        op.drop_table(table)
    for table, columns in INDICES:
        op.drop_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table_name=table)
    op.create_index(
        op.f("ix_findings_decided_grade_score"), "findings", ["decided", "grade", "score"]
    )
    for name in ("ranked_by", "named", "rank", "services", "stance"):
        op.drop_column("findings", name)
