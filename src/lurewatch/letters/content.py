"""What a letter says, apart from how it is written: the Word file and the PDF come of the same content."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading of a part."""

    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph."""

    text: str
    right: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """A table of two columns: what it is called, and what it is."""

    rows: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, rows: Sequence[tuple[str, str]]) -> "Rows":
        """A table of any sequence of rows."""
        return cls(tuple(rows))


Part = Heading | Line | Rows


@dataclass(frozen=True, slots=True)
class Letter:
    """A whole letter, and the provisions it cites as `law.yaml` writes them."""

    title: str
    parts: tuple[Part, ...]
    cites: tuple[str, ...]

    @property
    def own_words(self) -> tuple[str, ...]:
        """The paragraphs: what we say ourselves. Tables hold addresses, names and digests."""
        return tuple(part.text for part in self.parts if isinstance(part, Line))
