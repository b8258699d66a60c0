"""Which column of an unknown table is what: guessed from its name, shown, and confirmed by a person."""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from lurewatch.errors import InputError

Columns = dict[str, str]  # our field -> the table's column


@cache
def known_names() -> dict[str, str]:
    """What each column name means, as `data/columns.tsv` lists them."""
    table = (files("lurewatch.collect") / "data" / "columns.tsv").read_text("utf-8")
    found: dict[str, str] = {}
    for line in table.splitlines()[1:]:
        field, names = line.split("\t")
        for name in names.split(","):
            found.setdefault(name, field)
    return found


def guessed(columns: Iterable[str]) -> Columns:
    """
    What the columns seem to be; the first column of a meaning is taken.

    >>> guessed(["博主昵称", "博文内容", "链接", "序号"])
    {'author_name': '博主昵称', 'text': '博文内容', 'url': '链接'}
    """
    found: Columns = {}
    for column in columns:
        field = known_names().get(column.strip().lower().replace(" ", ""))
        if field:
            found.setdefault(field, column)
    return found


def is_enough(columns: Columns) -> bool:
    """Whether there is a text, and something that tells one post from another."""
    return bool(columns.keys() & {"text", "title"} and columns.keys() & {"post_id", "url"})


def read_map(written: Iterable[str]) -> Columns:
    """
    A person's own mapping, `FIELD=COLUMN` each. Raises InputError for what is none.

    >>> read_map(["text=正文", "url=链接"])
    {'text': '正文', 'url': '链接'}
    """
    fields = set(known_names().values())
    found: Columns = {}
    for one in written:
        for part in one.split(","):
            field, mark, column = part.partition("=")
            if not mark or field.strip() not in fields or not column.strip():
                raise InputError(
                    f"--map {part!r}: write FIELD=COLUMN, with FIELD one of {', '.join(sorted(fields))}"
                )
            found[field.strip()] = column.strip()
    return found


def shown(columns: Columns) -> str:
    """A mapping as it is written on the command line."""
    return ",".join(f"{field}={column}" for field, column in columns.items())
