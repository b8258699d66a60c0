"""Sources: which platform is being asked, which rests after a wall, and what its register says."""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from lurewatch.store import Db
from lurewatch.store.tables import readings, robots, sources

LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
ROBOTS_SIZE: Final = (
    512 << 10
)  # bytes kept of a robots.txt: what a crawler must read (RFC 9309 §2.5)


@dataclass(frozen=True, slots=True)
class Source:
    """How a platform stands."""

    platform: str
    holder: str = ""
    held_until: datetime = LONG_AGO
    rests_until: datetime = LONG_AGO
    blocks: int = 0
    failures: int = 0
    paused: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a person read in a platform's robots.txt and terms."""

    platform: str
    robots: str
    terms: str
    permission: str
    delay: float  # seconds between two pages
    read_by: str
    read_at: datetime


def get(db: Db, platform: str) -> Source:
    """How a platform stands; one that was never asked is free."""
    row = db.connection.execute(select(sources).where(sources.c.platform == platform)).one_or_none()
    return Source(**row._mapping) if row else Source(platform)


def every(db: Db) -> list[Source]:
    """All that were ever asked."""
    rows = db.connection.execute(select(sources).order_by(sources.c.platform))
    return [Source(**row._mapping) for row in rows]


def hold(db: Db, platform: str, holder: str, now: datetime, until: datetime) -> bool:
    """Take a platform for one holder; False while another has it."""
    try:
        with db.connection.begin_nested():
            free = Source(platform, holder, until)
            db.connection.execute(insert(sources).values(**values(free)))
        return True
    except IntegrityError:
        mine = or_(sources.c.held_until <= now, sources.c.holder == holder)
        done = db.connection.execute(
            update(sources)
            .where(sources.c.platform == platform, mine)
            .values(holder=holder, held_until=until)
        )
        return bool(done.rowcount)


def renew(db: Db, holder: str, until: datetime) -> None:
    """The holder lives: what it holds it holds longer."""
    db.connection.execute(
        update(sources).where(sources.c.holder == holder).values(held_until=until)
    )


def put(db: Db, source: Source) -> None:
    """How a platform stands from now on."""
    db.connection.execute(
        update(sources).where(sources.c.platform == source.platform).values(**values(source))
    )


def values(source: Source) -> dict[str, Any]:
    """As a row."""
    return {name: getattr(source, name) for name in Source.__slots__}


def add_reading(db: Db, reading: Reading) -> None:
    """One reading more; the newest holds."""
    row = {name: getattr(reading, name) for name in Reading.__slots__}
    db.connection.execute(insert(readings).values(**row))


def register(db: Db) -> dict[str, Reading]:
    """The newest reading of each platform."""
    newest = select(func.max(readings.c.reading_id)).group_by(readings.c.platform)
    rows = db.connection.execute(select(readings).where(readings.c.reading_id.in_(newest)))
    return {
        row.platform: Reading(**{name: getattr(row, name) for name in Reading.__slots__})
        for row in rows
    }


def keep_robots(db: Db, run_id: str, host: str, status: int, body: bytes, at: datetime) -> None:
    """The robots.txt that a run obeyed at a host."""
    db.connection.execute(
        insert(robots).values(
            run_id=run_id,
            host=host[:260],
            status=status,
            body_sha256=sha256(body).hexdigest(),
            body=body[:ROBOTS_SIZE],
            at=at,
        )
    )
