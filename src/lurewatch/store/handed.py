"""What was given out to whom, and which findings stood in it: a file of ours in another's hands."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import insert, select, update

from lurewatch.store import Db
from lurewatch.store.tables import handed_out

Kind = Literal["stix", "misp", "clue", "alliance"]


@dataclass(frozen=True, slots=True)
class Handed:
    """A file that was written for somebody; `path` is empty where a browser took it."""

    at: datetime
    who: str
    kind: Kind
    recipient: str
    sha256: str
    path: str
    findings: tuple[int, ...]
    campaign_id: int | None = None
    tlp: str = ""
    told: tuple[int, ...] = ()  # of these the recipient knows that they are taken back
    handed_id: int = 0


def record(db: Db, one: Handed) -> None:
    """Keep it."""
    db.connection.execute(
        insert(handed_out).values(
            at=one.at,
            who=one.who,
            kind=one.kind,
            recipient=one.recipient,
            sha256=one.sha256,
            path=one.path,
            findings=" ".join(map(str, one.findings)),
            campaign_id=one.campaign_id,
            tlp=one.tlp,
            told=" ".join(map(str, one.told)),
        )
    )


def tell(db: Db, handed_id: int, numbers: Iterable[int]) -> None:
    """The recipient of a file knows that these of its findings are taken back."""
    told = " ".join(map(str, sorted(numbers)))
    db.connection.execute(
        update(handed_out).where(handed_out.c.handed_id == handed_id).values(told=told)
    )


def everything(db: Db) -> list[Handed]:
    """All of it, newest first."""
    query = select(handed_out).order_by(handed_out.c.handed_id.desc())
    return [
        Handed(
            row.at,
            row.who,
            row.kind,
            row.recipient,
            row.sha256,
            row.path,
            tuple(map(int, row.findings.split())),
            row.campaign_id,
            row.tlp,
            tuple(map(int, row.told.split())),
            row.handed_id,
        )
        for row in db.connection.execute(query)
    ]
