"""Kept evidence and the takedown requests that rest on it."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Select, insert, select

from lurewatch.store import Db
from lurewatch.store.tables import evidence, requests
from lurewatch.takedown import TakedownRequest, TakedownState, Track


@dataclass(frozen=True, slots=True)
class KeptEvidence:
    """One package on disk and the digest of its SHA256SUMS."""

    finding_id: int
    path: Path
    sums_sha256: str
    complete: bool
    kept_at: datetime


def record_evidence(db: Db, kept: KeptEvidence) -> None:
    """A package has been kept."""
    db.connection.execute(
        insert(evidence).values(
            finding_id=kept.finding_id,
            path=str(kept.path),
            sums_sha256=kept.sums_sha256,
            complete=kept.complete,
            kept_at=kept.kept_at,
        )
    )


def evidence_of(db: Db, finding_id: int) -> list[KeptEvidence]:
    """The packages of a finding, newest first."""
    return _packages(db, select(evidence).where(evidence.c.finding_id == finding_id))


def all_evidence(db: Db) -> list[KeptEvidence]:
    """Every package, newest first."""
    return _packages(db, select(evidence))


def _packages(db: Db, query: Select[Any]) -> list[KeptEvidence]:
    there = query.where(evidence.c.path != "")  # one that was kept long enough is gone
    rows = db.connection.execute(there.order_by(evidence.c.evidence_id.desc()))
    return [
        KeptEvidence(row.finding_id, Path(row.path), row.sums_sha256, row.complete, row.kept_at)
        for row in rows
    ]


def record(db: Db, request: TakedownRequest) -> TakedownRequest:
    """Keep a request; gives it with its number."""
    kept = db.connection.execute(
        insert(requests).values(
            finding_id=request.finding_id,
            track=request.track,
            recipient=request.recipient,
            state=request.state,
            letter=str(request.letter),
            package=str(request.package),
            drafted_by=request.drafted_by,
            drafted_at=request.drafted_at,
        )
    )
    return replace(request, request_id=int(kept.inserted_primary_key[0]))  # type: ignore[index]


def every(db: Db) -> list[TakedownRequest]:
    """All requests, newest first."""
    rows = db.connection.execute(select(requests).order_by(requests.c.request_id.desc()))
    return [of_row(row) for row in rows]


def of_row(row: Any) -> TakedownRequest:
    """A request as its row keeps it."""
    return TakedownRequest(
        request_id=row.request_id,
        finding_id=row.finding_id,
        track=Track(row.track),
        recipient=row.recipient,
        state=TakedownState(row.state),
        letter=Path(row.letter),
        package=Path(row.package),
        drafted_by=row.drafted_by,
        drafted_at=row.drafted_at,
    )
