"""The first tables."""

import sqlalchemy as sa
from alembic import op

import lurewatch.store.tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""

    op.create_table(
        "audit",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("at", lurewatch.store.tables.Moment(timezone=True), nullable=False),
        sa.Column("who", sa.String(length=100), nullable=False),
        sa.Column("what", sa.String(length=50), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_audit")),
    )
    op.create_table(
        "counters",
        sa.Column("name", sa.String(length=50), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
    )
    op.create_table(
        "people",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("password", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("added_at", lurewatch.store.tables.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_people")),
    )
    op.create_table(
        "posts",
        sa.Column("post_key", sa.Integer(), nullable=False),
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("post_id", sa.String(length=200), nullable=False),
        sa.Column("author_hash", sa.String(length=64), nullable=False),
        sa.Column("text_sha256", sa.String(length=64), nullable=False),
        sa.Column("published_at", lurewatch.store.tables.Moment(timezone=True), nullable=True),
        sa.Column("first_seen", lurewatch.store.tables.Moment(timezone=True), nullable=False),
        sa.Column("last_seen", lurewatch.store.tables.Moment(timezone=True), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", lurewatch.store.tables.Moment(timezone=True), nullable=True),
        sa.Column("judged_by", sa.String(length=100), nullable=True),
        sa.PrimaryKeyConstraint("post_key", name=op.f("pk_posts")),
    )
    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_posts_author_hash"), ["author_hash"], unique=False)
        batch_op.create_index(batch_op.f("ix_posts_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_posts_platform_post_id"), ["platform", "post_id"], unique=True
        )

    op.create_table(
        "runs",
        sa.Column("run_id", sa.String(length=32), nullable=False),
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("how", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("started_at", lurewatch.store.tables.Moment(timezone=True), nullable=False),
        sa.Column("ended_at", lurewatch.store.tables.Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_runs")),
    )
    op.create_table(
        "captures",
        sa.Column("capture_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.String(length=32), nullable=False),
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("form", sa.String(length=16), nullable=False),
        sa.Column("body_sha256", sa.String(length=64), nullable=False),
        sa.Column("captured_at", lurewatch.store.tables.Moment(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", lurewatch.store.tables.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name=op.f("fk_captures_run_id")),
        sa.PrimaryKeyConstraint("capture_id", name=op.f("pk_captures")),
    )
    with op.batch_alter_table("captures", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_captures_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "coverage",
        sa.Column("coverage_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.String(length=32), nullable=False),
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("keyword", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("posts", sa.Integer(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("next_url", sa.Text(), nullable=True),
        sa.Column("at", lurewatch.store.tables.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name=op.f("fk_coverage_run_id")),
        sa.PrimaryKeyConstraint("coverage_id", name=op.f("pk_coverage")),
    )
    with op.batch_alter_table("coverage", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_coverage_run_id"), ["run_id"], unique=False)

    op.create_table(
        "observables",
        sa.Column("observable_id", sa.Integer(), nullable=False),
        sa.Column("post_key", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("value_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_key"], ["posts.post_key"], name=op.f("fk_observables_post_key")
        ),
        sa.PrimaryKeyConstraint("observable_id", name=op.f("pk_observables")),
    )
    with op.batch_alter_table("observables", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_observables_post_key"), ["post_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_observables_value_hash"), ["value_hash"], unique=False)

    op.create_table(
        "revisions",
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("post_key", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("replaced_at", lurewatch.store.tables.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_key"], ["posts.post_key"], name=op.f("fk_revisions_post_key")
        ),
        sa.PrimaryKeyConstraint("revision_id", name=op.f("pk_revisions")),
    )
    with op.batch_alter_table("revisions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_revisions_post_key"), ["post_key"], unique=False)

    op.create_table(
        "verdicts",
        sa.Column("verdict_id", sa.Integer(), nullable=False),
        sa.Column("post_key", sa.Integer(), nullable=False),
        sa.Column("text_sha256", sa.String(length=64), nullable=False),
        sa.Column("grade", sa.String(length=2), nullable=False),
        sa.Column("stance", sa.String(length=16), nullable=False),
        sa.Column("services", sa.String(length=64), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("model", sa.String(length=64), nullable=False),
        sa.Column("lexicon", sa.String(length=64), nullable=False),
        sa.Column("judged_at", lurewatch.store.tables.Moment(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_key"], ["posts.post_key"], name=op.f("fk_verdicts_post_key")
        ),
        sa.PrimaryKeyConstraint("verdict_id", name=op.f("pk_verdicts")),
    )
    with op.batch_alter_table("verdicts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_verdicts_post_key"), ["post_key"], unique=False)

    op.create_table(
        "findings",
        sa.Column("finding_id", sa.Integer(), nullable=False),
        sa.Column("post_key", sa.Integer(), nullable=False),
        sa.Column("verdict_id", sa.Integer(), nullable=False),
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("grade", sa.String(length=2), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("found_at", lurewatch.store.tables.Moment(timezone=True), nullable=False),
        sa.Column("decided", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_key"], ["posts.post_key"], name=op.f("fk_findings_post_key")
        ),
        sa.ForeignKeyConstraint(
            ["verdict_id"], ["verdicts.verdict_id"], name=op.f("fk_findings_verdict_id")
        ),
        sa.PrimaryKeyConstraint("finding_id", name=op.f("pk_findings")),
        sa.UniqueConstraint("post_key", name=op.f("uq_findings_post_key")),
    )
    with op.batch_alter_table("findings", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_findings_decided_grade_score"),
            ["decided", "grade", "score"],
            unique=False,
        )

    op.create_table(
        "sightings",
        sa.Column("sighting_id", sa.Integer(), nullable=False),
        sa.Column("post_key", sa.Integer(), nullable=False),
        sa.Column("capture_id", sa.Integer(), nullable=True),
        sa.Column("seen_at", lurewatch.store.tables.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["capture_id"], ["captures.capture_id"], name=op.f("fk_sightings_capture_id")
        ),
        sa.ForeignKeyConstraint(
            ["post_key"], ["posts.post_key"], name=op.f("fk_sightings_post_key")
        ),
        sa.PrimaryKeyConstraint("sighting_id", name=op.f("pk_sightings")),
    )
    with op.batch_alter_table("sightings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sightings_capture_id"), ["capture_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_sightings_post_key"), ["post_key"], unique=False)

    op.create_table(
        "decisions",
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("finding_id", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=16), nullable=False),
        sa.Column("stance", sa.String(length=16), nullable=False),
        sa.Column("services", sa.String(length=64), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.Column("reviewer", sa.String(length=100), nullable=False),
        sa.Column("decided_at", lurewatch.store.tables.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["findings.finding_id"], name=op.f("fk_decisions_finding_id")
        ),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_decisions")),
    )
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_decisions_finding_id"), ["finding_id"], unique=False)

    op.create_table(
        "evidence",
        sa.Column("evidence_id", sa.Integer(), nullable=False),
        sa.Column("finding_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("sums_sha256", sa.String(length=64), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("kept_at", lurewatch.store.tables.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["findings.finding_id"], name=op.f("fk_evidence_finding_id")
        ),
        sa.PrimaryKeyConstraint("evidence_id", name=op.f("pk_evidence")),
    )
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_evidence_finding_id"), ["finding_id"], unique=False)

    op.create_table(
        "requests",
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("finding_id", sa.Integer(), nullable=False),
        sa.Column("track", sa.String(length=1), nullable=False),
        sa.Column("recipient", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("letter", sa.Text(), nullable=False),
        sa.Column("package", sa.Text(), nullable=False),
        sa.Column("drafted_by", sa.String(length=100), nullable=False),
        sa.Column("drafted_at", lurewatch.store.tables.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["findings.finding_id"], name=op.f("fk_requests_finding_id")
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_requests")),
    )
    with op.batch_alter_table("requests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_requests_finding_id"), ["finding_id"], unique=False)


def downgrade() -> None:
    """Remove them."""

    with op.batch_alter_table("requests", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_requests_finding_id"))

    op.drop_table("requests")
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_evidence_finding_id"))

    op.drop_table("evidence")
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_decisions_finding_id"))

    op.drop_table("decisions")
    with op.batch_alter_table("sightings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sightings_post_key"))
        batch_op.drop_index(batch_op.f("ix_sightings_capture_id"))

    op.drop_table("sightings")
    with op.batch_alter_table("findings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_findings_decided_grade_score"))

    op.drop_table("findings")
    with op.batch_alter_table("verdicts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_verdicts_post_key"))

    op.drop_table("verdicts")
    with op.batch_alter_table("revisions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_revisions_post_key"))

    op.drop_table("revisions")
    with op.batch_alter_table("observables", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_observables_value_hash"))
        batch_op.drop_index(batch_op.f("ix_observables_post_key"))

    op.drop_table("observables")
    with op.batch_alter_table("coverage", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_coverage_run_id"))

    op.drop_table("coverage")
    with op.batch_alter_table("captures", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_captures_expires_at"))

    op.drop_table("captures")
    op.drop_table("runs")
    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_posts_platform_post_id"))
        batch_op.drop_index(batch_op.f("ix_posts_expires_at"))
        batch_op.drop_index(batch_op.f("ix_posts_author_hash"))

    op.drop_table("posts")
    op.drop_table("people")
    op.drop_table("counters")
    op.drop_table("audit")
