"""The tables in `data/`: one entry a line, with where it was seen."""

from functools import cache
from importlib.resources import files


@cache
def text_of(name: str) -> str:
    """A whole table."""
    return (files("lurewatch.text") / "data" / name).read_text("utf-8")


def rows(name: str) -> list[list[str]]:
    """The rows of a table, without its head."""
    return [line.split("\t") for line in text_of(name).splitlines()[1:] if line]


@cache
def common_words() -> frozenset[str]:
    """Frequent two-character words, which a reading must not cut in two."""
    return frozenset(text_of("common.txt").split())


@cache
def characters(use: str) -> frozenset[str]:
    """The characters that `characters.tsv` lists for a use: little words, surnames."""
    return frozenset(next(listed for name, listed, _ in rows("characters.tsv") if name == use))
