"""Wrong passwords and codes of late, so that they cannot be tried without end, whatever process is asked."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import delete, func, insert, select

from lurewatch.store import Db
from lurewatch.store.tables import wrong_tries

LOCK: Final = 0x74726965  # any number that nothing else locks


def take(db: Db, keys: Sequence[str], at: datetime, *, since: datetime, most: int) -> list[int]:
    """
    Count one wrong try more for each key, a name or an address; gives the numbers to forgive it by.

    Gives nothing, and counts nothing, where one of them has had as many as may be. Two processes that
    ask at once are asked one after the other.
    """
    if db.connection.dialect.name == "postgresql":  # SQLite has one writer at a time as it is
        db.connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
    db.connection.execute(delete(wrong_tries).where(wrong_tries.c.at <= since))
    hashed = [db.vault.keyed_hash(f"try {key}") for key in keys]
    for one in hashed:
        count = select(func.count()).where(wrong_tries.c.key_hash == one)
        if (db.connection.scalar(count) or 0) >= most:
            return []
    made = (
        db.connection.execute(insert(wrong_tries).values(key_hash=one, at=at)) for one in hashed
    )
    return [int(one.inserted_primary_key[0]) for one in made]  # type: ignore[index]


def forgive(db: Db, tries: Sequence[int]) -> None:
    """These were none; others stay."""
    db.connection.execute(delete(wrong_tries).where(wrong_tries.c.try_id.in_(tries)))
