"""Firings: each due time of a watch, claimed by one process and done once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from lurewatch.store import Db
from lurewatch.store.tables import firings

# began: the watch was seen for the first time, nothing ran
FiringState = Literal["began", "running", "finished", "blocked", "failed", "stopped", "skipped"]


@dataclass(frozen=True, slots=True)
class Firing:
    """One due time of a watch and what came of it."""

    firing_id: int
    watch: str
    due_at: datetime
    state: FiringState
    holder: str
    held_until: datetime
    began_at: datetime
    ended_at: datetime | None
    detail: str


def claim(
    db: Db,
    watch: str,
    due_at: datetime,
    state: FiringState,
    holder: str,
    now: datetime,
    until: datetime,
    detail: str = "",
) -> Firing | None:
    """The firing, if nobody has claimed this due time yet."""
    try:
        with db.connection.begin_nested():
            made = db.connection.execute(
                insert(firings).values(
                    watch=watch,
                    due_at=due_at,
                    state=state,
                    holder=holder,
                    held_until=until,
                    began_at=now,
                    ended_at=None if state == "running" else now,
                    detail=detail,
                )
            )
    except IntegrityError:
        return None
    return get(db, int(made.inserted_primary_key[0]))  # type: ignore[index]  # one row was inserted


def get(db: Db, firing_id: int) -> Firing:
    """One firing."""
    row = db.connection.execute(select(firings).where(firings.c.firing_id == firing_id)).one()
    return Firing(**row._mapping)


def running(db: Db, watch: str) -> Firing | None:
    """The firing of a watch that has not ended."""
    row = db.connection.execute(
        select(firings)
        .where(firings.c.watch == watch, firings.c.state == "running")
        .order_by(firings.c.firing_id)
        .limit(1)
    ).one_or_none()
    return Firing(**row._mapping) if row else None


def take_over(db: Db, firing: Firing, holder: str, now: datetime, until: datetime) -> bool:
    """Go on with a firing whose holder has not been heard of; False when another was first."""
    done = db.connection.execute(
        update(firings)
        .where(
            firings.c.firing_id == firing.firing_id,
            firings.c.state == "running",
            firings.c.held_until <= now,
        )
        .values(holder=holder, held_until=until)
    )
    return bool(done.rowcount)


def renew(db: Db, firing: Firing, holder: str, until: datetime) -> bool:
    """The holder lives; False when the firing is no longer its own."""
    done = db.connection.execute(
        update(firings)
        .where(firings.c.firing_id == firing.firing_id, firings.c.holder == holder)
        .values(held_until=until)
    )
    return bool(done.rowcount)


def finish(db: Db, firing: Firing, state: FiringState, detail: str, now: datetime) -> None:
    """What came of it."""
    db.connection.execute(
        update(firings)
        .where(firings.c.firing_id == firing.firing_id)
        .values(state=state, ended_at=now, detail=detail[:2000])
    )


def forget(db: Db, watch: str, before: datetime) -> None:
    """Forget what came of a watch long ago."""
    db.connection.execute(
        delete(firings).where(
            firings.c.watch == watch, firings.c.due_at < before, firings.c.state != "running"
        )
    )


def newest(db: Db, watch: str) -> Firing | None:
    """The latest due time of a watch that was claimed."""
    row = db.connection.execute(
        select(firings).where(firings.c.watch == watch).order_by(firings.c.due_at.desc()).limit(1)
    ).one_or_none()
    return Firing(**row._mapping) if row else None


def ended(db: Db) -> dict[tuple[str, str], datetime]:
    """When each watch last ended in each state."""
    rows = db.connection.execute(
        select(firings.c.watch, firings.c.state, func.max(firings.c.ended_at))
        .where(firings.c.ended_at.is_not(None))
        .group_by(firings.c.watch, firings.c.state)
    ).all()
    return {(str(watch), str(state)): at for watch, state, at in rows}
