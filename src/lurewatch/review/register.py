"""The takedown register as a file to take along."""

import tempfile
from pathlib import Path
from typing import Final

from fastapi import APIRouter, HTTPException, Request, Response

from lurewatch import workflow
from lurewatch.letters.register import Beside, row_of, write
from lurewatch.review.app import person, store_of
from lurewatch.store import Store
from lurewatch.takedown import Institution, read_institution

router = APIRouter()
KINDS: Final = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


def rows_of(store: Store, reader: str, institution: Institution) -> list[list[str]]:
    """A row for each request; that its finding was read is on record."""
    rows = []
    for at, one in enumerate(workflow.recorded(store, reader=reader), 1):
        kept, look = one.evidence, one.second_look
        beside = Beside(
            (kept.path.name, kept.sums_sha256, kept.kept_at) if kept else None,
            (look.reviewer, look.decided_at) if look and look.reviewer else None,
            one.cluster,
            one.fingerprints,
            one.checks[-1].at if one.checks else None,
            one.cause,
        )
        rows.append(row_of(at, one.request, one.events, one.finding, institution, beside))
    return rows


@router.get("/register.{kind}")
def table(request: Request, kind: str) -> Response:
    """All requests in the columns that compliance keeps."""
    user = person(request)
    if kind not in KINDS:
        raise HTTPException(404)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / f"register.{kind}"
        institution = read_institution(request.app.state.settings.profile_file)
        write(rows_of(store_of(request), user.name, institution), target)
        content = target.read_bytes()
    disposition = f'attachment; filename="{target.name}"'
    return Response(content, media_type=KINDS[kind], headers={"Content-Disposition": disposition})
