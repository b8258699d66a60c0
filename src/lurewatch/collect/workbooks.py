"""Read the tables of a spreadsheet or of another tool's SQLite database, row by row."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import chain, islice
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from lurewatch.collect.guess import guessed, is_enough
from lurewatch.collect.layouts import MEDIACRAWLER, OTHERS
from lurewatch.collect.tables import Row
from lurewatch.errors import InputError

Table = tuple[str, Iterator[Row]]
TITLES = 10  # rows among which the header is looked for
MAGIC = b"SQLite format 3\0"


def sheets(path: Path) -> Iterator[Table]:
    """The sheets of an .xlsx, each with a header in its first row. Raises InputError for a broken one."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, ValueError, EOFError) as error:
        raise InputError(
            f"{path} is no spreadsheet that can be opened ({error}); save it again as .xlsx or .csv"
        ) from None
    try:
        for sheet in book.worksheets:
            yield sheet.title, sheet_rows(sheet.iter_rows(values_only=True))
    finally:
        book.close()


def sheet_rows(rows: Iterator[tuple[Any, ...]]) -> Iterator[Row]:
    """
    The rows below the header; empty cells are left out, whole numbers stay whole.

    Titles may stand above it: the first of some rows whose names we know is the header.
    """
    first = list(islice(rows, TITLES))
    heads = [[str(name).strip() if name is not None else "" for name in cells] for cells in first]
    place = next((at for at, names in enumerate(heads) if is_header(names)), 0)
    head = heads[place] if heads else []
    repairs = (f"the header stands in row {place + 1}",) if place else ()
    for number, cells in enumerate(chain(first[place + 1 :], rows), start=place + 2):
        values = {
            name: written(cell)
            for name, cell in zip(head, cells, strict=False)
            if name and cell is not None
        }
        if values:
            yield Row(number, values, repairs)


def is_header(names: list[str]) -> bool:
    """
    Whether a row names the columns of a table that we can read.

    >>> is_header(["note_id", "shared_count"]), is_header(["博主", "正文", "链接"]), is_header(["2026年11月"])
    (True, True, False)
    """
    known = any(one.known_by in names and one.post_id in names for one in (*MEDIACRAWLER, *OTHERS))
    return known or "comment_id" in names or is_enough(guessed(names))


def written(cell: Any) -> Any:
    """
    A cell as a person sees it: a number of more digits than a spreadsheet keeps has lost some.

    >>> written(12.0), written(5.0999999999999999e18)
    (12, '5.1E+18')
    """
    if isinstance(cell, float) and cell.is_integer():
        return int(cell) if abs(cell) < 1e15 else f"{cell:.3G}"
    return cell if isinstance(cell, (str, int, float, bool)) else str(cell)


def database(path: Path) -> Iterator[Table]:
    """The tables of a SQLite file, opened for reading only. Raises InputError for a broken one."""
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise InputError(f"{path} is no SQLite database")
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
        db.row_factory = sqlite3.Row
        db.text_factory = lambda raw: raw.decode("utf-8", "replace")
        try:
            names = [
                str(row[0])
                for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
                if not str(row[0]).startswith("sqlite_")
            ]
            for name in names:
                yield name, table_rows(db, name)
        except sqlite3.DatabaseError as error:
            raise InputError(
                f"{path} cannot be read ({error}): copy it while nobody writes"
            ) from None


def table_rows(db: sqlite3.Connection, name: str) -> Iterator[Row]:
    """The rows of one table, in the order they were written."""
    quoted = name.replace('"', '""')
    for number, row in enumerate(
        db.execute(f'SELECT * FROM "{quoted}"'), start=1
    ):  # a name of the file's own, quoted
        yield Row(number, {key: row[key] for key in row.keys() if row[key] is not None})  # noqa: SIM118 # no dict
