"""Find out what a file or a folder is, and give its posts."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lurewatch.collect.captured import (
    comments_of,
    flattened,
    from_capture,
    is_capture,
    is_comment,
)
from lurewatch.collect.comments import Shelf
from lurewatch.collect.guess import Columns, guessed, is_enough, shown
from lurewatch.collect.mapping import mapper_for, sound
from lurewatch.collect.tables import KINDS, Row, tables_of
from lurewatch.errors import InputError
from lurewatch.post import Post, visible

APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND  # rows hold people's words: for the owner alone
TRIED = 20  # rows looked at before a file is left out: the first may be an odd one


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
                raise InputError(f"{path} holds no file we read ({', '.join(KINDS)})")
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


def read_files(
    paths: list[Path], platform: str, tally: Tally, columns: Columns | None = None
) -> Iterator[tuple[Post, datetime]]:
    """
    Every post in *paths*, with its author's own comments; what could not be read is in the tally.

    Comments are read first, whatever file they stand in, so that a post comes whole.
    """
    shelf = Shelf()
    try:
        for path in paths:
            keep_comments(path, shelf)
        for path in paths:
            tally.files += 1
            empty = True
            for name, rows in tables_of(path):
                table = TableReader(f"{path} {name}".rstrip(), path, platform, tally, columns)
                for post, seen_at in table.posts(rows):
                    yield shelf.joined(post), seen_at
                empty = empty and table.empty
            if empty:
                tally.notes.append(f"{path} is empty")
    finally:
        shelf.close()


def keep_comments(path: Path, shelf: Shelf) -> None:
    """Shelve the comments of a file; a table without any is left at its first rows."""
    for _, rows in tables_of(path):
        for row in rows:
            if row.error:
                continue
            if is_comment(row.values):
                for said in comments_of(row.values):
                    shelf.add(said)
            elif not is_capture(row.values):
                break


@dataclass
class TableReader:
    """One table on its way to posts."""

    name: str
    path: Path
    platform: str
    tally: Tally
    columns: Columns | None
    empty: bool = True
    comments: int = 0
    unread: list[Row] = field(default_factory=list)

    def posts(self, rows: Iterator[Row]) -> Iterator[tuple[Post, datetime]]:
        """Its posts; a table that nobody knows is left out whole, and said so."""
        mapper = None
        for row in rows:
            self.empty = False
            self.tally.rows += 1
            if row.error:
                self.reject(row, row.error)
                continue
            values = flattened(row.values)
            if is_comment(values):
                self.comments += 1
                if mapper is None and self.comments >= TRIED and not is_capture(values):
                    break
                continue
            mapper = mapper or self.mapper(values)
            if mapper is None:
                self.unread.append(row)
                if len(self.unread) < TRIED:
                    continue
                break
            try:
                post, seen_at = sound(
                    *mapper(Row(row.number, values, row.repairs)), datetime.now(UTC)
                )
                check_writable(post)
            except (ValueError, TypeError, OverflowError) as error:
                self.reject(row, str(error))
                continue
            yield post, seen_at
        self.finish(known=mapper is not None)

    def mapper(self, values: dict[str, Any]) -> Callable[[Row], tuple[Post, datetime]] | None:
        """How a table that holds such a row is read, if anybody knows."""
        if is_capture(values):
            return from_capture
        return mapper_for(values, self.platform, self.columns)

    def finish(self, *, known: bool) -> None:
        """Say what was left out."""
        self.tally.rows -= self.comments
        if self.comments:
            self.tally.notes.append(
                f"{self.name}: comments; those of a post's own author were kept with the post"
            )
        if known or not self.unread:
            for row in self.unread:
                self.reject(row, "not a post: its columns are unknown")
            return
        self.tally.rows -= len(self.unread)
        first = self.unread[0].values
        listed = visible(", ".join(str(name)[:40] for name in list(first)[:8]))
        note = f"{self.name}: not posts we can read, left out (columns {listed})"
        columns = guessed(map(str, first))
        if is_enough(columns):
            note += f"; they look like posts: import again with --map '{shown(columns)}'"
        self.tally.notes.append(note)

    def reject(self, row: Row, reason: str) -> None:
        """Keep a row that became no post."""
        self.tally.reject(self.path, row.number, reason, row.values)
