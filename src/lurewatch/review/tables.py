"""Tables as files that a spreadsheet opens and does not calculate."""

import csv
import io
from collections.abc import Iterable, Sequence

from fastapi import Response

from lurewatch.post import safe_cell


def csv_file(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A CSV to be kept under *name*; numbers as they are, texts formula-safe."""
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(header)
    for row in rows:
        writer.writerow([safe_cell(cell) if isinstance(cell, str) else cell for cell in row])
    return Response(
        written.getvalue().encode("utf-8-sig", "replace"),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
