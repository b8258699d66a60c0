"""Counsel's approvals of the list for an alliance: one stands at most, those before stay on record."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import insert, select, update

from lurewatch.store import Db
from lurewatch.store.tables import alliance_approvals as approvals


@dataclass(frozen=True, slots=True)
class Approval:
    """Who approved, when and in which document, and who wrote that down."""

    counsel: str
    approved_on: date
    document: str
    recorded_by: str
    recorded_at: datetime


def standing(db: Db) -> Approval | None:
    """The approval that holds now."""
    row = db.connection.execute(
        select(approvals)
        .where(approvals.c.withdrawn_at.is_(None))
        .order_by(approvals.c.approval_id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    return Approval(row.counsel, row.approved_on, row.document, row.recorded_by, row.recorded_at)


def record(db: Db, approval: Approval) -> None:
    """Keep an approval, which takes the place of one that stood."""
    withdraw(db, approval.recorded_by, approval.recorded_at)
    db.connection.execute(
        insert(approvals).values(
            counsel=approval.counsel,
            approved_on=approval.approved_on,
            document=approval.document,
            recorded_by=approval.recorded_by,
            recorded_at=approval.recorded_at,
        )
    )


def withdraw(db: Db, who: str, at: datetime) -> bool:
    """No approval holds any more; gives whether one did."""
    done = db.connection.execute(
        update(approvals)
        .where(approvals.c.withdrawn_at.is_(None))
        .values(withdrawn_by=who, withdrawn_at=at)
    )
    return bool(done.rowcount)
