"""A post's text cut into pieces, those marked that were a reason."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from lurewatch.finding import PROTECTED, Contact, Finding, Reason
from lurewatch.post import Post, visible
from lurewatch.text.forms import device_of
from lurewatch.text.mask import mask_handle, mask_handles, mask_personal

POINTER: Final = "pointer"  # a channel that shows the way and names nobody


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text; `reasons` is empty where nothing was found."""

    text: str
    reasons: tuple[Reason, ...]

    @property
    def kind(self) -> str:
        """What it is shown as: coding before all else, what the model weighed last."""
        kinds = sorted((reason.kind for reason in self.reasons), key=_first)
        return kinds[0] if kinds else ""


def _first(kind: str) -> int:
    return {"coding": 0, "contact": 1, "model": 3}.get(kind, 2)


def marks_of(finding: Finding, *, contacts_shown: bool = False) -> list[Reason]:
    """Every reason as the text shows it, and every contact as one."""
    values = {(field, index): value for field, index, value in finding.post.values()}
    texts = {key: shown_text(finding, *key, value, contacts_shown=contacts_shown) for key, value in values.items()}  # fmt: skip
    reasons = [
        replace(one, surface=texts.get((one.field, one.index), "")[one.start : one.end])
        for one in finding.verdict.reasons
    ]
    contacts = [
        Reason(
            one.field,
            one.index,
            one.start,
            one.end,
            texts.get((one.field, one.index), "")[one.start : one.end],
            f"{one.channel}: {shown_value(one, contacts_shown=contacts_shown)}",
            "contact",
        )
        for one in finding.verdict.contacts
    ]
    return [*reasons, *contacts]


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


def parts_of(finding: Finding, *, contacts_shown: bool = False) -> list[Part]:
    """The bundle in reading order, with its marks."""
    marks = marks_of(finding, contacts_shown=contacts_shown)
    return [
        Part(
            field,
            pieces(
                shown_text(finding, field, index, value, contacts_shown=contacts_shown),
                [m for m in marks if (m.field, m.index) == (field, index)],
            ),
        )
        for field, index, value in finding.post.values()
    ]


def shown_text(
    finding: Finding, field: str, index: int | None, value: str, *, contacts_shown: bool = False
) -> str:
    """
    One text of a post as people see it, at the same length.

    Numbers of protected persons are hidden always, ways to reach somebody until a person asks.
    """
    stance = finding.decision.stance if finding.decision else finding.verdict.stance
    text = mask_personal(value) if stance in PROTECTED else value
    if contacts_shown:
        return text
    for one in finding.verdict.contacts:
        if (one.field, one.index) == (field, index) and one.channel != POINTER:
            text = text[: one.start] + mask_handle(text[one.start : one.end]) + text[one.end :]
    return text


def shown_value(contact: Contact, *, contacts_shown: bool) -> str:
    """A contact as people see it."""
    hidden = contact.channel != POINTER and not contacts_shown
    return mask_handle(contact.value) if hidden else contact.value


def first_line(finding: Finding, size: int = 90) -> str:
    """The beginning of a post."""
    post = finding.post
    shown = [shown_text(finding, field, None, getattr(post, field)) for field in ("title", "text")]
    line = " ".join(" ".join(shown)[: 4 * size].split())
    return visible(line[:size]) + ("…" if len(line) > size else "")


def excerpt(post: Post, size: int = 60) -> str:
    """The beginning of a post that nobody has looked through for contacts."""
    line = " ".join(f"{post.title} {post.text}"[: 4 * size].split())
    return visible(mask_handles(line[:size])) + ("…" if len(line) > size else "")


@dataclass(frozen=True, slots=True)
class Row:
    """One reason in the table beside the post."""

    kind: str
    surface: str
    meaning: str
    device: str  # of a coded term
    source: str  # of a listed form: where it was seen


def reason_rows(marks: Sequence[Reason], sources: dict[str, str]) -> list[Row]:
    """
    Each reason once, coded terms first; *sources* says where a listed form was seen.

    >>> r = Reason("text", None, 1, 3, "崔收", "催收", "coding")
    >>> reason_rows([r, r], {"崔收": "DOMAIN, 2026-11"})
    [Row(kind='coding', surface='崔收', meaning='催收', device='homophone', source='DOMAIN, 2026-11')]
    """
    found = {
        Row(
            one.kind,
            one.surface,
            one.meaning,
            device_of(one.surface, one.meaning) if one.kind == "coding" else "",
            sources.get(one.surface.lower(), "") if one.kind in ("coding", "term") else "",
        ): None
        for one in marks
    }
    return sorted(found, key=lambda row: (row.kind != "coding", row.kind == "term", row.kind))
