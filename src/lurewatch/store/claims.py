"""Who holds which finding, and until when: one person at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from lurewatch.store import Db
from lurewatch.store.tables import claims


@dataclass(frozen=True, slots=True)
class Claim:
    """One finding in one person's hands."""

    finding_id: int
    holder: str
    until: datetime


def take(db: Db, finding_id: int, holder: str, until: datetime, now: datetime) -> bool:
    """Claim a finding, or hold it longer; False while it is another person's."""
    dialect = postgresql if db.connection.dialect.name == "postgresql" else sqlite
    wanted = dialect.insert(claims).values(finding_id=finding_id, holder=holder, until=until)
    free = or_(claims.c.holder == holder, claims.c.until <= now)
    taken = db.connection.execute(
        wanted.on_conflict_do_update(
            index_elements=[claims.c.finding_id],
            set_={"holder": holder, "until": until},
            where=free,
        ).returning(claims.c.holder)
    )
    return taken.one_or_none() is not None


def release(db: Db, holder: str, finding_id: int | None = None) -> None:
    """Let go of one finding, or of all that a person holds."""
    gone = delete(claims).where(claims.c.holder == holder)
    db.connection.execute(
        gone if finding_id is None else gone.where(claims.c.finding_id == finding_id)
    )


def held(db: Db, numbers: Sequence[int], now: datetime) -> dict[int, Claim]:
    """Which of these findings somebody holds now."""
    rows = db.connection.execute(
        select(claims).where(claims.c.finding_id.in_(numbers), claims.c.until > now)
    )
    return {row.finding_id: Claim(row.finding_id, row.holder, row.until) for row in rows}
