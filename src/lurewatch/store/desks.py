"""Platform desks: their tokens, what they may fetch, and what they say they did."""

from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from sqlalchemy import insert, select, update

from lurewatch.finding import Decision, Label, Service
from lurewatch.store import Db
from lurewatch.store.findings import UNDONE, decisions_on
from lurewatch.store.people import get
from lurewatch.store.tables import decisions, emptied, findings, outcomes, tokens

BATCH = 200  # decisions looked through at a time


@dataclass(frozen=True, slots=True)
class Token:
    """A system that may use the API, and for what; the token itself is nowhere."""

    name: str
    scopes: tuple[str, ...]
    added_by: str
    added_at: datetime
    revoked_at: datetime | None = None
    account: str = ""  # the service account that owns it; empty: made before there were any

    @property
    def holder(self) -> str:
        """Whose word it is."""
        return self.account or self.name

    @property
    def known_as(self) -> str:
        """What the audit log calls whoever shows it."""
        return self.account or f"desk {self.name}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a desk says it did about a finding; `outcome_id` is 0 until the store has it."""

    outcome_id: int
    finding_id: int
    result: str  # removed, refused
    reference: str
    note: str
    desk: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which decided findings are asked for; nothing set: all."""

    label: Label | None = None
    platform: str | None = None
    grade: str | None = None
    service: Service | None = None
    since: datetime | None = None  # decided at or after this moment


def add_token(db: Db, token: Token, written: str) -> None:
    """A new token; *written* is what its holder shows."""
    db.connection.execute(
        insert(tokens).values(
            name=token.name,
            digest=digest(written),
            scopes=" ".join(token.scopes),
            added_by=token.added_by,
            added_at=token.added_at,
            account=token.account or None,
        )
    )


def digest(written: str) -> str:
    """What is kept of a token: it is 256 random bits, so a plain hash cannot be tried out."""
    return sha256(written.encode("utf-8", "surrogatepass")).hexdigest()


def shown(db: Db, written: str) -> Token | None:
    """Whose token this is, if it holds; none of a disabled account does."""
    found = next((one for one in _tokens(db, digest(written)) if not one.revoked_at), None)
    owner = get(db, found.account) if found and found.account else None
    return None if owner and owner.disabled else found


def every_token(db: Db) -> list[Token]:
    """All tokens by name."""
    return _tokens(db)


def _tokens(db: Db, kept: str | None = None) -> list[Token]:
    query = select(tokens).order_by(tokens.c.name)
    if kept is not None:
        query = query.where(tokens.c.digest == kept)
    return [
        Token(
            row.name,
            tuple(row.scopes.split()),
            row.added_by,
            row.added_at,
            row.revoked_at,
            row.account or "",
        )
        for row in db.connection.execute(query)
    ]


def revoke(db: Db, name: str, at: datetime) -> bool:
    """A token no longer holds; False when none of this name does."""
    changed = db.connection.execute(
        update(tokens)
        .where(tokens.c.name == name, tokens.c.revoked_at.is_(None))
        .values(revoked_at=at)
    )
    return bool(changed.rowcount)


def decided(db: Db, wanted: Wanted, after: int, limit: int) -> list[Decision]:
    """
    The decisions that stand and are wanted, in the order they were made, after one of that number.

    A finding that is decided again comes again: whoever asks from the last number on misses nothing.
    """
    found: list[Decision] = []
    while len(found) < limit:
        query = (
            select(decisions.c.decision_id, decisions.c.finding_id)
            .join(findings, findings.c.finding_id == decisions.c.finding_id)
            .where(decisions.c.decision_id > after, decisions.c.label != UNDONE)
            .where(decisions.c.finding_id.not_in(select(emptied.c.finding_id)))
            .order_by(decisions.c.decision_id)
            .limit(BATCH)
        )
        if wanted.label:
            query = query.where(decisions.c.label == wanted.label)
        if wanted.platform:
            query = query.where(findings.c.platform == wanted.platform)
        if wanted.grade:
            query = query.where(findings.c.grade == wanted.grade)
        if wanted.since:
            query = query.where(decisions.c.decided_at >= wanted.since)
        rows = db.connection.execute(query).all()
        if not rows:
            break
        for row in rows:
            after = row.decision_id
            last = standing(db, row.finding_id)
            if last is None or last.decision_id != row.decision_id:
                continue
            if wanted.service is None or wanted.service in last.services:
                found.append(last)
                if len(found) == limit:
                    break
    return found


def standing(db: Db, finding_id: int) -> Decision | None:
    """The decision that stands on a finding whose bundle is still there."""
    gone = select(emptied.c.finding_id).where(emptied.c.finding_id == finding_id)
    if db.connection.scalar(gone) is not None:
        return None
    made = decisions_on(db, finding_id)
    return made[-1] if made else None


def add_outcome(db: Db, outcome: Outcome) -> Outcome:
    """Keep what a desk said; gives it with its number."""
    kept = db.connection.execute(
        insert(outcomes).values(
            finding_id=outcome.finding_id,
            result=outcome.result,
            reference=outcome.reference,
            note=db.vault.seal(outcome.note.encode("utf-8", "surrogatepass")),
            desk=outcome.desk,
            at=outcome.at,
        )
    )
    return replace(outcome, outcome_id=int(kept.inserted_primary_key[0]))  # type: ignore[index]


def outcomes_of(db: Db, finding_id: int) -> list[Outcome]:
    """What desks said about a finding, oldest first."""
    query = (
        select(outcomes).where(outcomes.c.finding_id == finding_id).order_by(outcomes.c.outcome_id)
    )
    return [
        Outcome(
            row.outcome_id,
            row.finding_id,
            row.result,
            row.reference,
            db.vault.open(row.note).decode("utf-8", "surrogatepass"),
            row.desk,
            row.at,
        )
        for row in db.connection.execute(query)
    ]
