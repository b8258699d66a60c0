"""The tables. Columns in the clear hold what finding and ordering need; the rest is sealed."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    false,
    text,
)


class Moment(TypeDecorator[datetime]):
    """A moment in UTC; SQLite keeps no zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; a moment without a zone is a fault of ours."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"a moment without a time zone: {value}")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """In UTC."""
        if value is None:
            return None
        moment: datetime = value if value.tzinfo else value.replace(tzinfo=UTC)
        return moment.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

runs = Table(
    "runs",
    metadata,
    Column("run_id", String(32), primary_key=True),
    Column("platform", String(16), nullable=False),
    Column("how", String(16), nullable=False),
    Column("state", String(16), nullable=False, index=True),  # running, or a RunState
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("host", String(100)),  # whose process does it; null: not known
    Column("pid", Integer),
    Column("began", String(40)),  # tells that process from a later one of its number
    Column("alive_at", Moment),  # when it was last heard of
    Column("addresses", String(16)),  # a digest of the list that it reads, if it reads one
)

coverage = Table(
    "coverage",
    metadata,
    Column("coverage_id", Integer, primary_key=True),
    Column("run_id", ForeignKey("runs.run_id"), nullable=False, index=True),
    Column("platform", String(16), nullable=False),
    Column("keyword", String(200), nullable=False),
    Column("state", String(16), nullable=False),
    Column("posts", Integer, nullable=False),
    Column("detail", Text, nullable=False),
    Column("next_url", Text),  # where this keyword goes on after a stop
    Column("place", Integer),  # of an address in the list that is read
    Column("at", Moment, nullable=False, index=True),
)

captures = Table(
    "captures",
    metadata,
    Column("capture_id", Integer, primary_key=True),
    Column("run_id", ForeignKey("runs.run_id"), nullable=False),
    Column("platform", String(16), nullable=False),
    Column("status", Integer, nullable=False),
    Column("form", String(16), nullable=False),
    Column("body_sha256", String(64), nullable=False),
    Column("captured_at", Moment, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("expires_at", Moment, index=True),
)

posts = Table(
    "posts",
    metadata,
    Column("post_key", Integer, primary_key=True),
    Column("platform", String(16), nullable=False),
    Column("post_id", String(200), nullable=False),
    Column("author_hash", String(64), nullable=False, index=True),
    Column("text_sha256", String(64), nullable=False),
    Column("published_at", Moment),
    Column("first_seen", Moment, nullable=False),
    Column("last_seen", Moment, nullable=False),
    Column("source", String(100), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("expires_at", Moment, index=True),
    Column("judged_by", String(100)),  # model and lexicon of the last verdict; null: pending
    Column("linked_at", Moment),  # null: judged or changed since it was last compared with others
    Column("pictured_at", Moment),  # null: its pictures were not listed since they changed
    Index(None, "platform", "post_id", unique=True),
    Index(
        "ix_posts_articles",
        "published_at",
        sqlite_where=text("platform = 'wechat'"),
        postgresql_where=text("platform = 'wechat'"),
    ),
)

revisions = Table(
    "revisions",
    metadata,
    Column("revision_id", Integer, primary_key=True),
    Column("post_key", ForeignKey("posts.post_key"), nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),  # the bundle as it was before
    Column("replaced_at", Moment, nullable=False),
)

sightings = Table(
    "sightings",
    metadata,
    Column("sighting_id", Integer, primary_key=True),
    Column("post_key", ForeignKey("posts.post_key"), nullable=False, index=True),
    Column("capture_id", ForeignKey("captures.capture_id"), index=True),
    Column("seen_at", Moment, nullable=False),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("verdict_id", Integer, primary_key=True),
    Column("post_key", ForeignKey("posts.post_key"), nullable=False, index=True),
    Column("text_sha256", String(64), nullable=False),
    Column("grade", String(2), nullable=False),
    Column("stance", String(16), nullable=False),
    Column("services", String(64), nullable=False),
    Column("score", Float, nullable=False),
    Column("model", String(64), nullable=False),
    Column("lexicon", String(64), nullable=False),
    Column("judged_at", Moment, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # reasons and contacts hold personal data
)

observables = Table(
    "observables",
    metadata,
    Column("observable_id", Integer, primary_key=True),
    Column("post_key", ForeignKey("posts.post_key"), nullable=False, index=True),
    Column("channel", String(16), nullable=False),
    Column("value_hash", String(64), nullable=False, index=True),
)

findings = Table(
    "findings",
    metadata,
    Column("finding_id", Integer, primary_key=True),
    Column("post_key", ForeignKey("posts.post_key"), nullable=False, unique=True),
    Column("verdict_id", ForeignKey("verdicts.verdict_id"), nullable=False),
    Column("platform", String(16), nullable=False),
    Column("grade", String(2), nullable=False),
    Column("score", Float, nullable=False),
    Column("found_at", Moment, nullable=False),
    Column("decided", Boolean, nullable=False),
    Column("stance", String(16), nullable=False, server_default=""),  # as the verdict has them
    Column("services", String(64), nullable=False, server_default=""),
    Column("rank", Float, nullable=False, server_default="0"),  # the queue's order, highest first
    Column("named", Boolean, nullable=False, server_default=false()),  # the own institution is
    Column("ranked_by", String(16)),  # a digest of the names looked for; null: not yet
    Index(None, "rank", "grade", "platform", "stance", "services"),  # the queue is read from
    Index(None, "decided", "rank", "grade", "platform", "stance", "services"),  # these alone
    Index(None, "decided", "grade", "platform", "stance", "services", "found_at"),
)

decisions = Table(
    "decisions",
    metadata,
    Column("decision_id", Integer, primary_key=True),
    Column("finding_id", ForeignKey("findings.finding_id"), nullable=False, index=True),
    Column("label", String(16), nullable=False),  # lure not_lure unsure, or undone
    Column("stance", String(16), nullable=False),
    Column("services", String(64), nullable=False),
    Column("note", LargeBinary, nullable=False),
    Column("reviewer", String(100), nullable=False),
    Column("decided_at", Moment, nullable=False),
)

evidence = Table(
    "evidence",
    metadata,
    Column("evidence_id", Integer, primary_key=True),
    Column("finding_id", ForeignKey("findings.finding_id"), nullable=False, index=True),
    Column("path", Text, nullable=False),
    Column("sums_sha256", String(64), nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("kept_at", Moment, nullable=False),
)

requests = Table(
    "requests",
    metadata,
    Column("request_id", Integer, primary_key=True),
    Column("finding_id", ForeignKey("findings.finding_id"), nullable=False, index=True),
    Column("track", String(1), nullable=False),
    Column("recipient", String(200), nullable=False),
    Column("state", String(16), nullable=False),
    Column("letter", Text, nullable=False),
    Column("package", Text, nullable=False),
    Column("drafted_by", String(100), nullable=False),
    Column("drafted_at", Moment, nullable=False),
    Column("channel", String(32), nullable=False, server_default="platform-report"),
    Column("address_hash", String(64), index=True),  # keyed, of the address alone; null: not yet
    Column("cites", Text),  # JSON: the provisions the letter cites; null: not written down
    Column("why_again", LargeBinary),  # sealed: why the same address is reported once more
    Column("infringement", String(32), nullable=False, server_default=""),
    Column("quote", LargeBinary),  # sealed: the words that a person chose to quote of the post
    Column("reported", LargeBinary),  # sealed: the bundle that the letter tells of; null: not kept
)

request_files = Table(  # letter, zip and receipts: what they were when they were kept
    "request_files",
    metadata,
    Column("file_id", Integer, primary_key=True),
    Column("request_id", ForeignKey("requests.request_id"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),  # letter pdf archive receipt
    Column("path", Text, nullable=False),  # empty: kept no longer
    Column("sha256", String(64), nullable=False),
    Column("size", Integer, nullable=False),
    Column("kept_by", String(100), nullable=False),
    Column("kept_at", Moment, nullable=False),
)

people = Table(
    "people",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("password", String(200), nullable=False),
    Column("role", String(16), nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("added_at", Moment, nullable=False),
    Column("sessions", Integer, nullable=False, server_default="0"),  # one that began under another number is over
    Column("must_choose", Boolean, nullable=False, server_default=false()),  # the password was given by somebody else
    Column("last_in", Moment),
    Column("password_until", Moment),  # when a password that somebody else gave ends; null: no end
)  # fmt: skip

wrong_tries = Table(  # wrong passwords and codes of late
    "wrong_tries",
    metadata,
    Column("try_id", Integer, primary_key=True),
    Column("key_hash", String(64), nullable=False, index=True),  # keyed, of a name or an address
    Column("at", Moment, nullable=False, index=True),
)

audit = Table(
    "audit",
    metadata,
    Column("entry_id", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("who", String(100), nullable=False),
    Column("what", String(50), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("chain", String(64), nullable=False),  # SHA-256 over this entry and the one before
)

counters = Table(
    "counters",
    metadata,
    Column("name", String(50), primary_key=True),  # what was purged, without a trace of whom
    Column("count", Integer, nullable=False),
)

sources = Table(  # how a platform stands: who asks it now, and whether it is left in peace
    "sources",
    metadata,
    Column("platform", String(16), primary_key=True),
    Column("holder", String(100), nullable=False),  # whose spider asks it; empty: nobody's
    Column("held_until", Moment, nullable=False),
    Column("rests_until", Moment, nullable=False),
    Column("blocks", Integer, nullable=False),  # walls one after the other
    Column("failures", Integer, nullable=False),  # runs without a page one after the other
    Column("paused", Boolean, nullable=False),  # until a person lets it go on
    Column("why", Text, nullable=False),
)

readings = Table(  # the source register: what a person read in robots.txt and terms
    "readings",
    metadata,
    Column("reading_id", Integer, primary_key=True),
    Column("platform", String(16), nullable=False, index=True),
    Column("robots", Text, nullable=False),
    Column("terms", Text, nullable=False),
    Column("permission", Text, nullable=False),  # where a written permission is kept; empty: none
    Column("delay", Float, nullable=False),  # seconds between two pages
    Column("read_by", String(100), nullable=False),
    Column("read_at", Moment, nullable=False),
)

robots = Table(  # the robots.txt that a run obeyed
    "robots",
    metadata,
    Column("robots_id", Integer, primary_key=True),
    Column("run_id", ForeignKey("runs.run_id"), nullable=False, index=True),
    Column("host", String(260), nullable=False),
    Column("status", Integer, nullable=False),
    Column("body_sha256", String(64), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("at", Moment, nullable=False),
)

firings = Table(
    "firings",
    metadata,
    Column("firing_id", Integer, primary_key=True),
    Column("watch", String(100), nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("state", String(16), nullable=False),
    Column("holder", String(100), nullable=False),
    Column("held_until", Moment, nullable=False),  # a process that lives moves it on
    Column("began_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("detail", Text, nullable=False),
    Index(None, "watch", "due_at", unique=True),  # no due time is fired twice
)

custody = Table(  # what was done with an evidence package: append-only, a chain for each package
    "custody",
    metadata,
    Column("entry_id", Integer, primary_key=True),
    Column("sums_sha256", String(64), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("who", String(100), nullable=False),
    Column("what", String(200), nullable=False),
    Column("chain", String(64), nullable=False),
)

request_events = Table(  # what was done with a request: append-only
    "request_events",
    metadata,
    Column("event_id", Integer, primary_key=True),
    Column("request_id", ForeignKey("requests.request_id"), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("who", String(100), nullable=False),
    Column("step", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("receipt", String(200), nullable=False),
    Column("note", LargeBinary, nullable=False),  # sealed: a platform's words may name people
)

checks = Table(  # is a reported post still there?
    "checks",
    metadata,
    Column("check_id", Integer, primary_key=True),
    Column("request_id", ForeignKey("requests.request_id"), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("outcome", String(32), nullable=False),
    Column("detail", LargeBinary, nullable=False),  # sealed: what has changed in the post
)

claims = Table(
    "claims",
    metadata,
    Column("finding_id", ForeignKey("findings.finding_id"), primary_key=True),
    Column("holder", String(100), nullable=False, index=True),
    Column("until", Moment, nullable=False),
)

second_looks = Table(
    "second_looks",
    metadata,
    Column("look_id", Integer, primary_key=True),
    Column("finding_id", ForeignKey("findings.finding_id"), unique=True),  # null: purged since
    Column("first_reviewer", String(100), nullable=False),
    Column("first_label", String(16), nullable=False),
    Column("first_stance", String(16), nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("reviewer", String(100)),  # null: nobody has looked a second time yet
    Column("label", String(16)),
    Column("stance", String(16)),
    Column("services", String(64)),
    Column("note", LargeBinary),
    Column("decided_at", Moment),
)

golden = Table(  # findings with an agreed answer
    "golden",
    metadata,
    Column("finding_id", ForeignKey("findings.finding_id"), primary_key=True),
    Column("label", String(16), nullable=False),
    Column("stance", String(16), nullable=False),
    Column("set_by", String(100), nullable=False),
    Column("set_at", Moment, nullable=False),
)

golden_looks = Table(  # what each person said of them, once each
    "golden_looks",
    metadata,
    Column("look_id", Integer, primary_key=True),
    Column("finding_id", ForeignKey("findings.finding_id"), index=True),  # null: purged since
    Column("reviewer", String(100), nullable=False, index=True),
    Column("first_label", String(16), nullable=False),
    Column("first_stance", String(16), nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("label", String(16)),  # null: not answered yet
    Column("stance", String(16)),
    Column("decided_at", Moment),
)

referrals = Table(
    "referrals",
    metadata,
    Column("finding_id", ForeignKey("findings.finding_id"), primary_key=True),
    Column("reason", String(16), nullable=False),  # own: names us; disagreement: two looks differ
    Column("referred_by", String(100), nullable=False),
    Column("referred_at", Moment, nullable=False),
)

samples = Table(
    "samples",
    metadata,
    Column("sample_id", Integer, primary_key=True),
    Column("post_key", ForeignKey("posts.post_key"), unique=True),  # null: purged since
    Column("platform", String(16), nullable=False),
    Column("drawn_at", Moment, nullable=False),
    Column("label", String(16)),  # null: nobody has looked yet
    Column("reviewer", String(100)),
    Column("decided_at", Moment),
)

link_keys = Table(
    "link_keys",
    metadata,
    Column("kind", String(16), primary_key=True),  # as in link.grouping.COMMON, or brief
    Column("key", BigInteger, primary_key=True, autoincrement=False),  # a keyed hash
    Column("post_key", ForeignKey("posts.post_key"), primary_key=True, index=True),
)

wordings = Table(
    "wordings",
    metadata,
    Column("wording", BigInteger, primary_key=True, autoincrement=False),  # a key of link_keys
    Column("sealed", LargeBinary, nullable=False),  # its shingles: enough of them tell the text
)

bands = Table(
    "bands",
    metadata,
    Column("band", BigInteger, primary_key=True, autoincrement=False),
    Column("wording", ForeignKey("wordings.wording"), primary_key=True, index=True),
)

alike = Table(
    "alike",
    metadata,
    Column("one", ForeignKey("wordings.wording"), primary_key=True),  # the lesser of the two
    Column("other", ForeignKey("wordings.wording"), primary_key=True, index=True),
    Column("share", Float, nullable=False),
)

cluster_members = Table(
    "cluster_members",
    metadata,
    Column("post_key", ForeignKey("posts.post_key"), primary_key=True),
    Column("cluster", Integer, nullable=False, index=True),  # the least finding_id in it
)

cluster_sums = Table(  # what pages say of a cluster, as of its last grouping
    "cluster_sums",
    metadata,
    Column("cluster", Integer, primary_key=True, autoincrement=False),
    Column("accounts", Integer, nullable=False),
    Column("platforms", String(400), nullable=False),  # with spaces between
    Column("first_seen", Moment, nullable=False),
    Column("last_seen", Moment, nullable=False),
    Column("ties", String(400), nullable=False),  # JSON: how many posts have a link of each kind
)

campaigns = Table(
    "campaigns",
    metadata,
    Column("campaign_id", Integer, primary_key=True),
    Column("name", String(100), nullable=False),
    Column("named_by", String(100), nullable=False),
    Column("named_at", Moment, nullable=False),
    Column("withdrawn_by", String(100)),
    Column("withdrawn_at", Moment),
    Column("state", String(16), nullable=False, server_default="open"),
)

campaign_events = Table(  # what became of campaigns: append-only
    "campaign_events",
    metadata,
    Column("event_id", Integer, primary_key=True),
    Column("campaign_id", ForeignKey("campaigns.campaign_id"), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("who", String(100), nullable=False),
    Column("step", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("note", String(200), nullable=False),  # numbers of requests and findings, kinds of links
)

campaign_members = Table(
    "campaign_members",
    metadata,
    Column("campaign_id", ForeignKey("campaigns.campaign_id"), primary_key=True),
    Column("post_key", ForeignKey("posts.post_key"), primary_key=True, index=True),
    Column("confirmed_by", String(100), nullable=False),
    Column("confirmed_at", Moment, nullable=False),
)

holds = Table(  # findings that nothing may forget, whatever has expired
    "holds",
    metadata,
    Column("hold_id", Integer, primary_key=True),
    Column("finding_id", ForeignKey("findings.finding_id"), nullable=False, index=True),
    Column("why", LargeBinary, nullable=False),
    Column("held_by", String(100), nullable=False),
    Column("held_at", Moment, nullable=False),
    Column("released_by", String(100)),
    Column("released_at", Moment),
)

objections = Table(  # whoever had everything erased: told by a keyed hash when they post again
    "objections",
    metadata,
    Column("author_hash", String(64), primary_key=True),
    Column("objected_at", Moment, nullable=False),
)

tokens = Table(  # how other systems name themselves: of a token only its digest is kept
    "tokens",
    metadata,
    Column("token_id", Integer, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("scopes", String(200), nullable=False),
    Column("added_by", String(100), nullable=False),
    Column("added_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    Column("account", ForeignKey("people.name")),  # the service account that owns it; null: none
)

outcomes = Table(  # what a platform's desk says it did: append-only
    "outcomes",
    metadata,
    Column("outcome_id", Integer, primary_key=True),
    Column("finding_id", ForeignKey("findings.finding_id"), nullable=False, index=True),
    Column("result", String(16), nullable=False),
    Column("reference", String(200), nullable=False),
    Column("note", LargeBinary, nullable=False),
    Column("desk", String(64), nullable=False),
    Column("at", Moment, nullable=False),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("webhook_id", Integer, primary_key=True),
    Column("url", Text, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("added_by", String(100), nullable=False),
    Column("added_at", Moment, nullable=False),
)

deliveries = Table(  # what is to be told to a webhook, and how that went; no personal data
    "deliveries",
    metadata,
    Column("delivery_id", Integer, primary_key=True),
    Column("webhook_id", ForeignKey("webhooks.webhook_id"), nullable=False, index=True),
    Column("body", Text, nullable=False),
    Column("state", String(16), nullable=False),  # waiting delivered given_up
    Column("tries", Integer, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("answer", String(200), nullable=False),
    Index(None, "state", "due_at"),
)

picture_files = Table(  # what was fetched, by content; the bytes are sealed files under the home
    "picture_files",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("size", Integer, nullable=False),  # bytes; 0: they are gone
    Column("state", String(16), nullable=False, index=True),  # as in pictures.FileState
    Column("tries", Integer, nullable=False),  # of reading
    Column("width", Integer),
    Column("height", Integer),
    Column("animated", Boolean),
    Column("dhash", BigInteger),
    Column("likeness", BigInteger, index=True),  # the same for all pictures that look alike
    Column("sealed", LargeBinary),  # its lines: text, confidence, box
    Column("reader", String(64), nullable=False),
    Column("kept_at", Moment, nullable=False),
    Column("read_at", Moment),
)

pictures = Table(  # where a picture is asked for; one row an address, whatever posts show it
    "pictures",
    metadata,
    Column("picture_id", Integer, primary_key=True),
    Column("platform", String(16), nullable=False),
    Column("address_key", String(64), nullable=False, unique=True),
    Column("sealed", LargeBinary, nullable=False),  # the address
    Column("state", String(16), nullable=False),  # as in pictures.AddressState
    Column("tries", Integer, nullable=False),
    Column("sha256", ForeignKey("picture_files.sha256"), index=True),
    Column("asked_at", Moment),
    Index(None, "platform", "state"),
    Index(None, "platform", "asked_at"),
)

post_pictures = Table(
    "post_pictures",
    metadata,
    Column("post_key", ForeignKey("posts.post_key"), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("picture_id", ForeignKey("pictures.picture_id"), nullable=False, index=True),
)

emptied = Table(  # findings whose bundle is gone: the rows that count them stay
    "emptied",
    metadata,
    Column("finding_id", ForeignKey("findings.finding_id"), primary_key=True),
    Column("emptied_at", Moment, nullable=False),
)

second_factors = Table(  # one-time codes (TOTP) of people who have set them up
    "second_factors",
    metadata,
    Column("name", ForeignKey("people.name"), primary_key=True),
    Column("secret", LargeBinary),  # sealed; null until its first code was typed in
    Column("pending", LargeBinary),  # sealed: shown, and not proven yet
    Column(
        "last_step", BigInteger, nullable=False
    ),  # of the newest code accepted: none comes twice
    Column("since", Moment),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("code_id", Integer, primary_key=True),
    Column("name", ForeignKey("people.name"), nullable=False, index=True),
    Column("digest", String(200), nullable=False),  # argon2
    Column("used_at", Moment),
)

roles_with_factor = Table(  # who gets no further without a second factor
    "roles_with_factor",
    metadata,
    Column("role", String(16), primary_key=True),
    Column("since", Moment, nullable=False),
)

identities = Table(  # as whom an OpenID provider knows a person
    "identities",
    metadata,
    Column("name", ForeignKey("people.name"), primary_key=True),
    Column("value_hash", String(64), nullable=False, unique=True),  # of issuer, claim and value
    Column("since", Moment, nullable=False),
)

alliance_approvals = Table(  # counsel's word that keyed hashes may be given to an alliance
    "alliance_approvals",
    metadata,
    Column("approval_id", Integer, primary_key=True),
    Column("counsel", String(100), nullable=False),
    Column("approved_on", Date, nullable=False),
    Column("document", String(200), nullable=False),
    Column("recorded_by", String(100), nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("withdrawn_by", String(100)),
    Column("withdrawn_at", Moment),
)

handed_out = Table(  # files that were written for others, and the findings in them
    "handed_out",
    metadata,
    Column("handed_id", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("who", String(100), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("recipient", String(60), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("path", Text, nullable=False),
    Column("findings", Text, nullable=False),  # their numbers
    Column("campaign_id", Integer),
    Column("tlp", String(8), nullable=False),
    Column("told", Text, nullable=False),  # numbers that the recipient knows to be taken back
)
