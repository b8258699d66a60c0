"""Read rows from the files of other tools: JSON lines, JSON arrays and CSV."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from lurewatch.errors import InputError

csv.field_size_limit(1 << 26)  # a post may be long; Python's own limit is 128 KiB


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it stood in a file, or why it is none."""

    number: int
    values: dict[str, Any]
    repairs: tuple[str, ...] = ()
    error: str = ""


def rows_of(path: Path) -> Iterator[Row]:
    """
    Every row of a file, one at a time; a broken row is given with its error, the rest go on.

    Raises InputError for a file that cannot be opened or is of no kind we read.
    """
    readers = {".jsonl": json_lines, ".ndjson": json_lines, ".json": json_array, ".csv": csv_rows}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InputError(
            f"{path}: cannot import {path.suffix or 'this'}; give .jsonl, .json or .csv"
        )
    try:
        with path.open("rb") as file:
            yield from reader(file)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None


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
    try:
        head[: head.rfind(b"\n") + 1].decode("utf-8")
        encoding = "utf-8-sig"
    except UnicodeDecodeError:
        encoding = "gb18030"
    repairs = ("read as GBK",) if encoding == "gb18030" else ()
    text = io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="")
    reader = csv.DictReader(text)
    try:
        for number, values in enumerate(reader, start=2):
            if None in values or None in values.values():
                kept = {str(name): value for name, value in values.items()}
                yield Row(number, kept, repairs, "the row has not as many cells as the header")
            else:
                yield Row(number, dict(values), repairs)
    except csv.Error as error:
        yield Row(reader.line_num, {}, repairs, f"the table breaks off: {error}")
    finally:
        text.detach()
