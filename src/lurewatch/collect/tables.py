"""Read rows from the files of other tools: JSON lines, JSON arrays and CSV; `workbooks` reads the rest."""

import csv
import io
import json
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from lurewatch.collect.layouts import COMMENTS, MEDIACRAWLER
from lurewatch.errors import InputError

csv.field_size_limit(1 << 26)  # a post may be long; Python's own limit is 128 KiB


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it stood in a file, or why it is none."""

    number: int
    values: dict[str, Any]
    repairs: tuple[str, ...] = ()
    error: str = ""


def tables_of(path: Path) -> Iterator[tuple[str, Iterator[Row]]]:
    """
    The tables of a file, by name, with their rows one at a time; most files are one table without a name.

    A broken row is given with its error, the rest go on. Raises InputError for a file that cannot be
    opened or is of no kind we read.
    """
    from lurewatch.collect.workbooks import database, sheets

    suffix = path.suffix.lower()
    try:
        if suffix in (".xlsx", ".xlsm"):
            yield from sheets(path)
        elif suffix in (".db", ".sqlite", ".sqlite3"):
            yield from database(path)
        elif reader := READERS.get(suffix):
            with path.open("rb") as file:
                yield "", named(path, reader(file))
        else:
            raise InputError(
                f"{path}: cannot import {path.suffix or 'this'}; give {', '.join(KINDS)}"
            )
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from None


def named(path: Path, rows: Iterator[Row]) -> Iterator[Row]:
    """The same rows; an InputError says of which file."""
    try:
        yield from rows
    except InputError as error:
        raise InputError(f"{path} cannot be imported: {error}") from None


def decoded(line: bytes) -> tuple[str, tuple[str, ...]]:
    """
    A line as text, and what had to be mended: GBK, or bytes that are no text at all.

    >>> decoded("逾期".encode("gbk"))
    ('逾期', ('read as GBK',))
    >>> decoded("逾".encode() + b"\\xff")
    ('逾\ufffd', ('bytes that are no UTF-8 were replaced',))
    """
    try:
        return line.decode("utf-8"), ()
    except UnicodeDecodeError:
        pass
    try:
        return line.decode("gb18030"), ("read as GBK",)
    except UnicodeDecodeError:
        return line.decode("utf-8", "replace"), ("bytes that are no UTF-8 were replaced",)


def json_lines(file: IO[bytes]) -> Iterator[Row]:
    """One object a line; blank lines are skipped, a BOM is dropped."""
    for number, line in enumerate(file, start=1):
        bare = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if not bare.strip():
            continue
        text, repairs = decoded(bare)
        yield one_object(number, text, repairs)


def one_object(number: int, text: str, repairs: tuple[str, ...]) -> Row:
    """A row from one JSON text."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        return Row(number, {"line": text[:2000]}, repairs, f"not JSON: {error}")
    if not isinstance(values, dict):
        return Row(number, {"line": text[:2000]}, repairs, "not a JSON object")
    return Row(number, values, repairs)


def json_array(file: IO[bytes]) -> Iterator[Row]:
    """One array of objects; what stands before a break is still given."""
    text, repairs = decoded(file.read().removeprefix(b"\xef\xbb\xbf"))
    decoder, at, number = json.JSONDecoder(), text.find("[") + 1, 0
    if not at:
        yield Row(1, {"line": text[:200]}, repairs, "not a JSON array")
        return
    while True:
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
        if at >= len(text) or text[at] == "]":
            return
        number += 1
        try:
            values, at = decoder.raw_decode(text, at)
        except ValueError as error:
            yield Row(
                number, {"line": text[at : at + 200]}, repairs, f"the array breaks off: {error}"
            )
            return
        if isinstance(values, dict):
            yield Row(number, values, repairs)
        else:
            yield Row(number, {"line": str(values)[:200]}, repairs, "not a JSON object")


def csv_rows(file: IO[bytes]) -> Iterator[Row]:
    """A table with a header; UTF-8 with or without BOM, else GBK."""
    head = file.read(1 << 16)
    file.seek(0)
    encoding, repairs = encoding_of(head)
    text = io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="")
    lines = Replayed(text)
    head_row, _ = next(records(lines), ([], ""))
    done = lines.taken()
    try:
        for cells, error in records(lines):
            yield table_row(done + 1, head_row, cells, error, repairs)
            done += lines.taken()
    finally:
        with suppress(ValueError):  # the file is closed already where nobody read to the end
            text.detach()


def encoding_of(head: bytes) -> tuple[str, tuple[str, ...]]:
    """
    How a table begins to be written, and what that is called among the repairs.

    Raises InputError for what is no text.

        >>> encoding_of("逾期\\n".encode("gbk")), encoding_of("逾期\\n".encode("utf-16"))
        (('gb18030', ('read as GBK',)), ('utf-16', ('read as UTF-16',)))
    """
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16", ("read as UTF-16",)
    if b"\0" in head:
        raise InputError("it is no text (it holds NUL bytes)")
    try:
        head[: head.rfind(b"\n") + 1].decode("utf-8")
        return "utf-8-sig", ()
    except UnicodeDecodeError:
        return "gb18030", ("read as GBK",)


def records(lines: "Replayed") -> Iterator[tuple[list[str], str]]:
    """
    The cells of each row, and what is wrong with it; empty lines are left out.

    A quotation mark that is never closed swallows what follows: then only its own line is lost, and
    the others are read again.
    """
    reader = csv.reader(lines, strict=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if lines.since > 1:
                yield [lines.replay()], "a quotation mark is never closed"
                continue
            line = lines.replay()
            cells = read_loosely(line)
            if not cells:
                yield [line], f"not a row of a table: {error}"
                continue
        if cells:
            yield cells, ""


def read_loosely(line: str) -> list[str]:
    """The cells of one line whose quotation marks are not by the book; none where even so it fails."""
    try:
        return next(csv.reader([line]), [])
    except csv.Error:
        return []


def table_row(
    number: int, head: list[str], cells: list[str], error: str, repairs: tuple[str, ...]
) -> Row:
    """The row that starts in a line, or why it is none."""
    if error:
        return Row(number, {"line": cells[0][:2000]}, repairs, error)
    later = later_header(head)
    if len(cells) != len(head) and len(cells) == len(later):
        said = "a row of the tool's later version under its older header"
        return Row(number, dict(zip(later, cells, strict=True)), (*repairs, said))
    if len(cells) != len(head):
        kept = dict(zip(head, cells, strict=False)) | {"line": ",".join(cells)[:2000]}
        return Row(number, kept, repairs, "the row has not as many cells as the header")
    return Row(number, dict(zip(head, cells, strict=True)), repairs)


def later_header(head: list[str]) -> list[str]:
    """What MediaCrawler writes since July 2026 where a file began with its older header."""
    if "comment_id" in head:
        listed = (one.split() for one in COMMENTS.values())
        fitting = [names for names in listed if {*names} - {"creator_hash"} <= {*head}]
        return max(fitting, key=len, default=[])
    known = (one for one in MEDIACRAWLER if one.known_by in head and one.post_id in head)
    return next((one.header.split() for one in known), [])


class Replayed:
    """Lines that can be read once more, all but the first of those taken since last asked."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = iter(lines)
        self.waiting: deque[str] = deque()
        self.given: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self.waiting.popleft() if self.waiting else next(self.lines)
        self.given.append(line)
        return line

    @property
    def since(self) -> int:
        """How many lines were taken since."""
        return len(self.given)

    def taken(self) -> int:
        """How many lines were taken since last asked."""
        count, self.given = len(self.given), []
        return count

    def replay(self) -> str:
        """The first line taken since; the others come again."""
        first, *others = self.given
        self.waiting.extendleft(reversed(others))
        self.given = [first]
        return first


READERS = {".jsonl": json_lines, ".ndjson": json_lines, ".json": json_array, ".csv": csv_rows}
KINDS = (*READERS, ".xlsx", ".xlsm", ".db", ".sqlite", ".sqlite3")
