"""Findings with an agreed answer, which come up again to see whether people still agree with it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, func, insert, select, update

from lurewatch.finding import Decision, Label, Stance
from lurewatch.store import Db
from lurewatch.store.quality import SecondLook
from lurewatch.store.tables import decisions, findings, golden, golden_looks

EVERY: Final = 25  # decisions of a person between two of them
AGREED: Final = "golden"  # stands for whoever said it first


def put(db: Db, answer: Decision, who: str, at: datetime) -> None:
    """A decision is the agreed answer from now on; what was asked before is measured by the old one."""
    take_out(db, answer.finding_id)
    db.connection.execute(
        insert(golden).values(
            finding_id=answer.finding_id,
            label=answer.label,
            stance=answer.stance,
            set_by=who,
            set_at=at,
        )
    )


def take_out(db: Db, finding_id: int) -> bool:
    """No agreed answer any more; False when there was none. What people said stays as a figure."""
    db.connection.execute(
        delete(golden_looks).where(
            golden_looks.c.finding_id == finding_id, golden_looks.c.label.is_(None)
        )
    )
    gone = db.connection.execute(delete(golden).where(golden.c.finding_id == finding_id))
    return bool(gone.rowcount)


def is_golden(db: Db, finding_id: int) -> bool:
    """Whether a finding has an agreed answer."""
    known = select(golden.c.finding_id).where(golden.c.finding_id == finding_id)
    return db.connection.scalar(known) is not None


def due(db: Db, name: str) -> int | None:
    """
    The finding a person is to be asked about now, if it is time: one they never said anything of.

    One that was asked and not answered comes first.
    """
    waits = select(golden_looks.c.finding_id).where(
        golden_looks.c.reviewer == name, golden_looks.c.label.is_(None)
    )
    if asked := db.connection.scalar(waits.limit(1)):
        return int(asked)
    last = select(func.max(golden_looks.c.asked_at)).where(golden_looks.c.reviewer == name)
    since = db.connection.scalar(last)
    made = select(func.count()).where(decisions.c.reviewer == name)
    if since:
        made = made.where(decisions.c.decided_at > since)
    if (db.connection.scalar(made) or 0) < EVERY:
        return None
    theirs = select(decisions.c.finding_id).where(decisions.c.reviewer == name)
    seen = select(golden_looks.c.finding_id).where(
        golden_looks.c.reviewer == name, golden_looks.c.finding_id.is_not(None)
    )
    query = select(golden.c.finding_id).where(
        golden.c.set_by != name,
        golden.c.finding_id.not_in(theirs),
        golden.c.finding_id.not_in(seen),
    )
    found = db.connection.scalar(query.order_by(func.random()).limit(1))
    return None if found is None else int(found)


def ask(db: Db, finding_id: int, name: str, at: datetime) -> None:
    """From now on this person's word on the finding is waited for."""
    if waiting(db, finding_id, name):
        return
    answer = db.connection.execute(select(golden).where(golden.c.finding_id == finding_id)).one()
    db.connection.execute(
        insert(golden_looks).values(
            finding_id=finding_id,
            reviewer=name,
            first_label=answer.label,
            first_stance=answer.stance,
            asked_at=at,
        )
    )


def waiting(db: Db, finding_id: int, name: str) -> SecondLook | None:
    """What this person is asked about a finding with an agreed answer."""
    row = db.connection.execute(
        select(golden_looks).where(
            golden_looks.c.finding_id == finding_id,
            golden_looks.c.reviewer == name,
            golden_looks.c.label.is_(None),
        )
    ).one_or_none()
    return _look(row) if row else None


def answered(
    db: Db, finding_id: int, name: str, label: Label, stance: Stance, at: datetime
) -> None:
    """Record what the person says."""
    db.connection.execute(
        update(golden_looks)
        .where(
            golden_looks.c.finding_id == finding_id,
            golden_looks.c.reviewer == name,
            golden_looks.c.label.is_(None),
        )
        .values(label=label, stance=stance, decided_at=at)
    )


def looks(db: Db) -> list[SecondLook]:
    """Every answer, oldest first; `reviewer` is whose it is."""
    rows = db.connection.execute(
        select(golden_looks)
        .where(golden_looks.c.label.is_not(None))
        .order_by(golden_looks.c.look_id)
    )
    return [_look(row) for row in rows]


def forget(db: Db, keys: Sequence[int]) -> None:
    """Posts are removed: what was said of them stays as a figure."""
    gone = select(findings.c.finding_id).where(findings.c.post_key.in_(keys))
    db.connection.execute(
        delete(golden_looks).where(
            golden_looks.c.finding_id.in_(gone), golden_looks.c.label.is_(None)
        )
    )
    db.connection.execute(
        update(golden_looks).where(golden_looks.c.finding_id.in_(gone)).values(finding_id=None)
    )


def _look(row: Any) -> SecondLook:
    return SecondLook(
        finding_id=row.finding_id,
        first_reviewer=AGREED,
        first_label=Label(row.first_label),
        first_stance=Stance(row.first_stance),
        reviewer=row.reviewer,
        label=Label(row.label) if row.label else None,
        stance=Stance(row.stance) if row.stance else None,
        decided_at=row.decided_at,
    )
