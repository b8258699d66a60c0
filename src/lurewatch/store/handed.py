"""What was given out to whom, and which findings stood in it: a file of ours in another's hands."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import insert, select

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
        )
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
        )
        for row in db.connection.execute(query)
    ]
