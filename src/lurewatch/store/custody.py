"""The custody log of each package, as the store keeps it."""

from datetime import datetime

from sqlalchemy import insert, select

from lurewatch.custody import Entry, chained
from lurewatch.store import Db
from lurewatch.store.audit import one_writer
from lurewatch.store.tables import custody


def note(db: Db, sums_sha256: str, at: datetime, who: str, what: str) -> None:
    """Add an entry to a package's log."""
    one_writer(db)
    log = entries(db, sums_sha256)
    chain = chained(log[-1].chain if log else "", sums_sha256, at, who, what)
    db.connection.execute(
        insert(custody).values(sums_sha256=sums_sha256, at=at, who=who, what=what, chain=chain)
    )


def entries(db: Db, sums_sha256: str) -> list[Entry]:
    """The log of a package, oldest first."""
    rows = db.connection.execute(
        select(custody).where(custody.c.sums_sha256 == sums_sha256).order_by(custody.c.entry_id)
    )
    return [Entry(row.sums_sha256, row.at, row.who, row.what, row.chain) for row in rows]
