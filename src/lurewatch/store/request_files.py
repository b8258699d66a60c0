"""The files of requests (the letter in each form, receipts) and what they were when they were kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import insert, select

from lurewatch.store import Db
from lurewatch.store.tables import request_files

LETTER: Final = "letter"
PDF: Final = "pdf"
ARCHIVE: Final = "archive"  # the evidence as a zip, as it goes with the letter
RECEIPT: Final = "receipt"


@dataclass(frozen=True, slots=True)
class RequestFile:
    """One file of a request; `path` is empty once it is kept no longer."""

    request_id: int
    kind: str  # letter pdf archive receipt
    path: Path | None
    sha256: str
    size: int
    kept_by: str
    kept_at: datetime


def add(db: Db, file: RequestFile) -> None:
    """A file was kept."""
    db.connection.execute(
        insert(request_files).values(
            request_id=file.request_id,
            kind=file.kind,
            path=str(file.path or ""),
            sha256=file.sha256,
            size=file.size,
            kept_by=file.kept_by,
            kept_at=file.kept_at,
        )
    )


def files_of(db: Db, request_ids: Sequence[int] | None = None) -> list[RequestFile]:
    """The files of these requests, or of all, in the order in which they were kept."""
    query = select(request_files).order_by(request_files.c.file_id)
    if request_ids is not None:
        query = query.where(request_files.c.request_id.in_(request_ids))
    return [
        RequestFile(
            row.request_id,
            row.kind,
            Path(row.path) if row.path else None,
            row.sha256,
            row.size,
            row.kept_by,
            row.kept_at,
        )
        for row in db.connection.execute(query)
    ]
