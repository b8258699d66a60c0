"""Dispose of what was proposed: whether the neighbourhood of a coded form agrees with its reading."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

Gate = Literal["open", "near", "far", "route", "number"]
NEAR: Final = 15  # characters within which a B form needs a term of the field
FAR: Final = 30  # the same for C forms and for proposals
CLOSE: Final = 8  # the same for two letters alone, or two terms near
LONG: Final = 4  # characters from which a form is too long for an accident
LONGEST: Final = 8  # characters of a form
CROWD: Final = 64  # coded forms looked at on either side: more say nothing new

INVITE: Final = re.compile(
    r"(?:加|➕|\+|＋|私|戳|踢|扫|找|联系|看|进|咨询|添加|有意|需要|留|备注|我|的|q|Q|号)[我下个一\s:：,，]{0,2}$"
)
HANDLE: Final = re.compile(
    r"(?:号|同号)?[\s:：=>（(【\-—~～.。是→👉]{0,4}(?:[A-Za-z0-9_]{5,}|看|同|聊|详|号|我)"
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stretch of text that may be a coded form."""

    start: int
    end: int
    plain: str
    gate: Gate
    changed: tuple[int, ...] = ()  # places of characters that only sound or look like the term's
    attested: bool = False  # a form somebody has listed
    loose: bool = False  # looks alike, or sounds alike but for the tone


def accepted(found: list[Candidate], low: str, terms: list[int]) -> list[Candidate]:
    """Those the neighbourhood agrees with, longest first, without overlaps, in order."""
    opened = [one for one in found if one.gate == "open"]
    places = sorted(terms + [(one.start + one.end) // 2 for one in opened])
    coded = sorted(
        (one for one in found if one.gate in ("near", "far") and vouches(one, low)),
        key=lambda one: one.start,
    )
    kept: list[Candidate] = []
    taken = bytearray(len(low))
    for one in sorted(found, key=lambda one: (one.start - one.end, not one.attested, one.start)):
        if any(taken[one.start : one.end]) or not agrees(one, low, places, coded):
            continue
        taken[one.start : one.end] = b"\1" * (one.end - one.start)
        kept.append(one)
    return sorted(kept, key=lambda one: one.start)


def vouches(one: Candidate, low: str) -> bool:
    """Whether a form speaks for another: a single letter (C款, D款) names a model as often."""
    letters = sum(char.isascii() and char.isalpha() for char in low[one.start : one.end])
    return not one.changed and letters != 1


def agrees(one: Candidate, low: str, places: Sequence[int], coded: Sequence[Candidate]) -> bool:
    """What the grade and the neighbours of a form say."""
    match one.gate:
        case "open" | "number":
            return True
        case "route":
            before, after = low[max(0, one.start - 6) : one.start], low[one.end : one.end + 24]
            invited = one.plain.startswith("加") or INVITE.search(before)
            return bool(invited and near(one, places, 2 * FAR)) or bool(HANDLE.match(after))
        case "near":
            return near(one, places, NEAR) or (one.attested and beside(one, coded))
        case "far" if one.end - one.start == 2 and low[one.start : one.end].isascii():
            crowd = within(places, one.start - FAR, one.end + FAR)
            return near(one, places, CLOSE) or crowd > 1 or beside(one, coded)
        case "far":
            return near(one, places, FAR) or (not one.changed and beside(one, coded))


def near(one: Candidate, places: Sequence[int], reach: int) -> bool:
    """Whether a term stands within *reach* characters outside the form."""
    before = within(places, one.start - reach, one.start)
    return before + within(places, one.end, one.end + reach) > 0


def within(places: Sequence[int], start: int, end: int) -> int:
    """How many of the ordered places lie from *start* up to *end*."""
    return max(0, bisect_left(places, end) - bisect_left(places, start))


def beside(one: Candidate, coded: Sequence[Candidate]) -> bool:
    """Whether another coded form for another term stands close by: each speaks for the other."""
    at = bisect_left(coded, one.start - NEAR - LONGEST, key=lambda other: other.start)
    seen = 0
    while at < len(coded) and coded[at].start < one.end + NEAR and seen < CROWD:
        other = coded[at]
        apart = one.end <= other.start or other.end <= one.start < other.end + NEAR
        if apart and other.plain != one.plain:
            return True
        at, seen = at + 1, seen + 1
    return False
