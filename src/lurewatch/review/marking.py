"""A post's text cut into pieces, those marked that were a reason."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from lurewatch.finding import PROTECTED, Finding, Reason
from lurewatch.post import visible
from lurewatch.text.mask import mask_personal


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text; `reasons` is empty where nothing was found."""

    text: str
    reasons: tuple[Reason, ...]

    @property
    def kind(self) -> str:
        """What it is shown as: coding before all else."""
        kinds = [reason.kind for reason in self.reasons]
        return "coding" if "coding" in kinds else kinds[0] if kinds else ""


def marks_of(finding: Finding) -> list[Reason]:
    """Every reason, and every contact as one."""
    contacts = [
        Reason(c.field, c.index, c.start, c.end, "", f"{c.channel}: {c.value}", "contact")
        for c in finding.verdict.contacts
    ]
    return [*finding.verdict.reasons, *contacts]


def pieces(text: str, reasons: Iterable[Reason]) -> list[Piece]:
    """
    Cut at each place where a reason begins or ends; overlapping ones share their piece.

    >>> r = Reason("text", None, 1, 3, "崔收", "催收", "coding")
    >>> [(piece.text, piece.kind) for piece in pieces("被崔收打", [r])]
    [('被', ''), ('崔收', 'coding'), ('打', '')]
    """
    kept = [reason for reason in reasons if 0 <= reason.start < reason.end <= len(text)]
    edges = sorted({0, len(text)} | {r.start for r in kept} | {r.end for r in kept})
    return [
        Piece(
            visible(text[start:end]),
            tuple(r for r in kept if r.start <= start and end <= r.end),
        )
        for start, end in pairwise(edges)
    ]


@dataclass(frozen=True, slots=True)
class Part:
    """One field of the bundle, as shown."""

    field: str
    pieces: list[Piece]


def parts_of(finding: Finding) -> list[Part]:
    """The bundle in reading order, with its marks."""
    marks = marks_of(finding)
    return [
        Part(
            field,
            pieces(
                masked(finding, value), [m for m in marks if (m.field, m.index) == (field, index)]
            ),
        )
        for field, index, value in finding.post.values()
    ]


def masked(finding: Finding, text: str) -> str:
    """Text of a post as people see it: numbers of protected persons are hidden."""
    stance = finding.decision.stance if finding.decision else finding.verdict.stance
    return mask_personal(text) if stance in PROTECTED else text
