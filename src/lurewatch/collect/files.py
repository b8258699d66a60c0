"""Find out what a file or a folder is, and give its posts."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from lurewatch.collect.mapping import mapper_for
from lurewatch.collect.tables import Row, rows_of
from lurewatch.errors import InputError
from lurewatch.post import Post

APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND  # rows hold people's words: for the owner alone
TRIED = 20  # rows looked at before a file is left out: the first may be an odd one
KINDS = (".jsonl", ".ndjson", ".json", ".csv")


@dataclass
class Tally:
    """What reading files came to; rejected rows are written beside the imports with their reason."""

    rejected_file: Path
    files: int = 0
    rows: int = 0
    rejected: int = 0
    notes: list[str] = field(default_factory=list)

    def reject(self, path: Path, number: int, reason: str, values: object) -> None:
        """Keep a row that became no post."""
        self.rejected += 1
        self.rejected_file.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(self.rejected_file, APPEND, 0o600), "a", encoding="utf-8") as file:
            row = {"file": path.name, "row": number, "reason": reason, "raw": values}
            file.write(json.dumps(row) + "\n")


def files_in(paths: list[Path]) -> list[Path]:
    """The files to read, folders walked. Raises InputError for what is not there."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(one for one in path.rglob("*") if one.suffix.lower() in KINDS)
            if not inside:
                raise InputError(f"{path} holds no .jsonl, .json or .csv")
            found += inside
        elif path.exists():
            found.append(path)
        else:
            raise InputError(f"{path} cannot be read: there is no such file")
    return found


def check_writable(post: Post) -> None:
    """Raises ValueError for an id or an address that no database can hold."""
    for name in ("post_id", "url", "platform"):
        try:
            getattr(post, name).encode("utf-8")
        except UnicodeEncodeError:
            raise ValueError(f"{name} holds half a character (a lone surrogate)") from None
        if "\0" in getattr(post, name):
            raise ValueError(f"{name} holds a NUL")


def read_files(paths: list[Path], platform: str, tally: Tally) -> Iterator[tuple[Post, datetime]]:
    """Every post in *paths*; what could not be read is in the tally."""
    for path in paths:
        tally.files += 1
        mapper = None
        empty = True
        unread: list[Row] = []
        for row in rows_of(path):
            empty = False
            tally.rows += 1
            if row.error:
                tally.reject(path, row.number, row.error, row.values)
                continue
            mapper = mapper or mapper_for(row.values, platform)
            if mapper is None:
                unread.append(row)
                if len(unread) < TRIED:
                    continue
                break
            try:
                post, seen_at = mapper(row)
                check_writable(post)
            except (ValueError, TypeError, OverflowError) as error:
                tally.reject(path, row.number, str(error), row.values)
                continue
            yield post, seen_at
        if mapper is None and unread:
            tally.rows -= len(unread)
            tally.notes.append(f"{path}: not posts we can read, left out (columns {', '.join(map(str, list(unread[0].values)[:8]))})")  # fmt: skip
        else:
            for row in unread:
                tally.reject(path, row.number, "not a post: its columns are unknown", row.values)
        if empty:
            tally.notes.append(f"{path} is empty")
