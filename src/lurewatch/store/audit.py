"""Who did what to what and when: append-only, each entry chained to the one before."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import and_, func, insert, literal, or_, select

from lurewatch.store import Db
from lurewatch.store.tables import audit

LISTS: Final = (
    "list findings",
    "found findings",
    "list clusters",
)  # entries that are about several numbers
LOCK: Final = 0x6C757265  # any number that nothing else locks


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was done."""

    at: datetime
    who: str
    what: str
    subject: str
    chain: str


def note(db: Db, at: datetime, who: str, what: str, subject: str) -> None:
    """Add an entry; whoever else adds one waits, so that two never follow the same one."""
    one_writer(db)
    query = select(audit.c.chain).order_by(audit.c.entry_id.desc()).limit(1)
    before = db.connection.scalar(query) or ""
    chain = chained(before, at, who, what, subject)
    db.connection.execute(
        insert(audit).values(at=at, who=who, what=what, subject=subject, chain=chain)
    )


def one_writer(db: Db) -> None:
    """Whoever else writes into a chain waits until this transaction ends."""
    if db.connection.dialect.name == "postgresql":  # SQLite has one writer at a time as it is
        db.connection.execute(select(func.pg_advisory_xact_lock(LOCK)))


def chained(before: str, at: datetime, who: str, what: str, subject: str) -> str:
    """The hash that ties an entry to the one before it."""
    written = "\n".join((before, f"{at.timestamp():.6f}", who, what, subject))
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()


def entries(db: Db) -> list[Entry]:
    """The log, oldest first."""
    rows = db.connection.execute(select(audit).order_by(audit.c.entry_id))
    return [Entry(row.at, row.who, row.what, row.subject, row.chain) for row in rows]


def subjects(db: Db, whats: Collection[str]) -> set[str]:
    """What these things were done to."""
    return set(db.connection.scalars(select(audit.c.subject).where(audit.c.what.in_(whats))))


def newest(db: Db, *, who: str, subject: str, limit: int, offset: int) -> list[Entry]:
    """The newest first; of one person and about one number, where they are given."""
    query = select(audit).order_by(audit.c.entry_id.desc()).limit(limit).offset(offset)
    if who:
        query = query.where(audit.c.who == who)
    if subject:
        longer = audit.c.subject.startswith(f"{subject} ", autoescape=True)
        spaced = literal(" ") + audit.c.subject + literal(" ")
        among = and_(audit.c.what.in_(LISTS), spaced.contains(f" {subject} ", autoescape=True))
        query = query.where(or_(audit.c.subject == subject, longer, among))
    rows = db.connection.execute(query)
    return [Entry(row.at, row.who, row.what, row.subject, row.chain) for row in rows]


def broken_at(found: list[Entry]) -> Entry | None:
    """The first entry that does not follow from the one before, if any."""
    before = ""
    for entry in found:
        if chained(before, entry.at, entry.who, entry.what, entry.subject) != entry.chain:
            return entry
        before = entry.chain
    return None
