"""
Dispose of what was proposed: whether the neighbourhood of a coded form agrees with its reading.

Two ways lead to a yes. Another term of the field stands near; or what stands around sounds like the
field, by the weights of `data/neighbours.tsv`, and the kind of form is one that innocent text hardly
ever holds, by those of `data/kinds.tsv`.
"""

import math
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import Final, Literal

from lurewatch.text.data_files import characters, common_words, rows

Spelling = Literal["plain", "odd", "name"]  # odd: in circles, boxes or another alphabet
Likeness = Literal["sound", "tone", "syllable", "shape"]  # how far a character is from a term's own
Gate = Literal["open", "near", "far", "route", "number"]
NEAR: Final = 15  # characters within which a B form needs a term of the field
FAR: Final = 30  # the same for C forms and for proposals
CLOSE: Final = 8  # the same for two letters alone, or two terms near
SHORT: Final = 3  # letters that mean too many things to be read alone
LONG: Final = 4  # characters from which a form is too long for an accident
LONGEST: Final = 8  # characters of a form
NEVER: Final = -99.0  # the favour of a kind that only a term near can speak for
AROUND: Final = 24  # characters on either side that are weighed
VOUCHED: Final = 0.95  # how sure a reading is that another term speaks for
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
    spelling: Spelling = "plain"  # of its letters
    likeness: Likeness = "sound"  # of what was changed


@dataclass(frozen=True, slots=True)
class Reading:
    """A candidate that was taken, and how sure it is."""

    start: int
    end: int
    plain: str
    confidence: float  # 0 to 1


def accepted(found: list[Candidate], low: str, terms: Sequence[tuple[int, float]]) -> list[Reading]:
    """
    What the neighbourhood agrees with, longest first, without overlaps, in order.

    *terms* are the places of the field's terms and how surely each was read. What only a doubtful
    reading speaks for is taken with that doubt.
    """
    opened = [(one.start + one.end) // 2 for one in found if one.gate == "open"]
    places = sorted([at for at, _ in terms] + opened)
    certain = sorted([at for at, sure in terms if sure >= VOUCHED] + opened)
    doubtful = max((sure for _, sure in terms if sure < VOUCHED), default=1.0)
    coded = sorted(
        (one for one in found if one.gate in ("near", "far") and vouches(one, low)),
        key=lambda one: one.start,
    )
    around = Surroundings(low)
    kept: list[Reading] = []
    taken = bytearray(len(low))
    for one in sorted(found, key=lambda one: (one.start - one.end, not one.attested, one.start)):
        if any(taken[one.start : one.end]):
            continue
        vouched = agrees(one, low, places, coded)
        confidence = 1.0 if one.gate == "open" else around.confidence(one)
        if vouched and one.gate != "open":
            sure = len(certain) == len(places) or agrees(one, low, certain, coded)
            confidence = max(confidence, VOUCHED if sure else VOUCHED * doubtful)
        if vouched or confidence > 0.5:
            taken[one.start : one.end] = b"\1" * (one.end - one.start)
            kept.append(Reading(one.start, one.end, one.plain, confidence))
    return sorted(kept, key=lambda one: one.start)


class Surroundings:
    """How much what stands around any place of a text speaks for a term of the field there."""

    def __init__(self, low: str) -> None:
        self.low = low
        self.singles: list[float] | None = None  # sums up to each place
        self.pairs: list[float] = []

    def weight(self, start: int, end: int) -> float:
        """The sum over the AROUND characters on both sides of a stretch, which itself is left out."""
        if self.singles is None:
            weights = neighbours()
            chars = digits_alike(self.low)
            singles = (weights.get(char, 0.0) for char in chars)
            pairs = (weights.get(chars[at : at + 2], 0.0) for at in range(len(chars)))
            self.singles = list(accumulate(singles, initial=0.0))
            self.pairs = list(accumulate(pairs, initial=0.0))
        total = 0.0
        for first, last in (
            (max(0, start - AROUND), start),
            (end, min(len(self.low), end + AROUND)),
        ):
            if first < last:
                total += self.singles[last] - self.singles[first]
                total += self.pairs[last - 1] - self.pairs[first]
        return total

    def confidence(self, one: Candidate) -> float:
        """How likely a form is what it may be; 0 where nothing but a term near would do."""
        favours = [kinds().get(kind, NEVER) for kind in kinds_of(one, self.low)]
        if max(favours, default=NEVER) <= NEVER or innocent(one, self.low):
            return 0.0
        odds = max(favours) + neighbours()[""] + self.weight(one.start, one.end)
        return 1 / (1 + math.exp(-max(-30.0, odds)))


def innocent(one: Candidate, low: str) -> bool:
    """
    Whether a form may well be what it says: a word, part of words on its edges, or a name.

    A character that only sounds like a term's own, but belongs to another term (贷还), says nothing,
    nor does a single letter before what models and sizes are counted in (D款, S码).
    """
    written, words = low[one.start : one.end], common_words()
    named = len(one.changed) == len(one.plain) and written[0] in characters("surname")
    if len(written) < 2 or written in words or named or one.spelling == "name":
        return True
    if (
        low[max(0, one.start - 1) : one.start + 1] in words
        or low[one.end - 1 : one.end + 1] in words
    ):
        return True
    other = {low[at] for at in one.changed} & term_characters()
    letters = [at for at in range(one.start, one.end) if low[at].isascii() and low[at].isalpha()]
    if len(letters) == 1:
        model = low[letters[0] + 1 : letters[0] + 2] in characters("model")
        return model or len(one.changed) > 1
    return bool(other)


@cache
def term_characters() -> frozenset[str]:
    """The characters of the terms that are looked for."""
    return frozenset(char for (term,) in rows("targets.tsv") for char in term)


@cache
def neighbours() -> dict[str, float]:
    """The weight of each character and pair of characters; under "" what any place starts with."""
    return {gram: float(weight) for gram, weight in rows("neighbours.tsv")}


@cache
def kinds() -> dict[str, float]:
    """How much each kind of form speaks for itself: the rarer in innocent text, the more; or NEVER."""
    return {kind: float(favour or NEVER) for kind, favour, _ in rows("kinds.tsv")}


def digits_alike(text: str) -> str:
    """
    >>> digits_alike("欠38万")
    '欠00万'
    """
    return "".join("0" if char.isdigit() else char for char in text)


def grams(text: str) -> Iterator[str]:
    """
    The characters of a text and its pairs, digits alike.

    >>> list(grams("欠38"))
    ['欠', '欠0', '0', '00', '0']
    """
    chars = digits_alike(text)
    for at, char in enumerate(chars):
        yield char
        if at + 1 < len(chars):
            yield chars[at : at + 2]


def kinds_of(one: Candidate, low: str) -> Iterator[str]:
    """
    Of what kinds a form is, as `data/kinds.tsv` names them: listed, and by how it is written.

    A listed form counts as one of the very sound: that somebody has seen it says as much.

    >>> list(kinds_of(Candidate(0, 3, "逾期", "far"), "yu期了"))
    ['mixed']
    >>> list(kinds_of(Candidate(0, 2, "贷款", "near", (0, 1), attested=True), "袋宽"))
    ['listed-near', 'sound-whole']
    """
    written = low[one.start : one.end]
    letters = sum(char.isascii() and char.isalpha() for char in written)
    spelt = letters + 2 * sum("ㄅ" <= char <= "ㄩ" for char in written)
    han = sum("\u3400" <= char <= "\u9fff" for char in written)
    if one.attested and (han or spelt):
        size = "-letters" if letters == len(written) <= SHORT else ""
        yield f"listed-{one.gate}{size}"
    if one.attested and one.gate == "route":
        return
    if one.spelling == "odd":
        yield "odd-letters"
    if not spelt and not han:
        yield "pictures"
    elif spelt and not han:
        if not one.attested:
            yield "pinyin" if spelt > LONG else "initials"
    elif spelt:
        yield "mixed" if spelt > 1 else "one-letter"
    elif han < len(written):
        if not any(char.isdigit() for char in written):
            yield "picture"
    elif one.changed:
        part = "part" if len(one.changed) < len(one.plain) else "whole"
        size = "" if len(one.plain) == 2 else "-long"
        if len(one.plain) >= LONG and len(one.changed) == 1:
            size = "-one-of-four"
        yield f"{one.likeness}-{part}{size}"


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
            spoken = one.spelling == "odd" or near(one, places, 2 * FAR)
            return bool(invited and spoken) or bool(HANDLE.match(after))
        case "near":
            return near(one, places, NEAR) or (one.attested and beside(one, coded))
        case "far" if one.end - one.start == 2 and low[one.start : one.end].isascii():
            crowd = within(places, one.start - FAR, one.end + FAR)
            if near(one, places, CLOSE) or crowd > 1 or beside(one, coded):
                return True
            return one.attested and speaks_of_debt(one, low)
        case "far":
            if near(one, places, FAR) or (not one.changed and beside(one, coded)):
                return True
            return one.attested and not innocent(one, low) and speaks_of_debt(one, low)


def speaks_of_debt(one: Candidate, low: str) -> bool:
    """
    Whether what people say of debts stands near: enough for a form that somebody has listed.

        >>> speaks_of_debt(Candidate(0, 2, "贷款", "far", attested=True), "dk还不上怎么办")
        True
        >>> speaks_of_debt(Candidate(0, 2, "贷款", "far", attested=True), "dk的防守真好")
        False
    """
    around = f"{low[max(0, one.start - NEAR) : one.start]}\n{low[one.end : one.end + NEAR]}"
    return bool(debt_talk().search(around))


@cache
def debt_talk() -> re.Pattern[str]:
    """What people say of debts, as `data/debt_talk.tsv` lists it."""
    return re.compile("|".join(re.escape(phrase) for phrase, _ in rows("debt_talk.tsv")))


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
