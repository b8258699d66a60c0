"""What the machine thinks of a post, and what a person decided: two things, never one."""

import math
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

from lurewatch.post import Counts, Post


class Stance(StrEnum):
    """Who speaks, to do what (DOMAIN.md §1.2, facet A); exactly one a post."""

    SOLICIT = "SOLICIT"
    RECRUIT = "RECRUIT"
    TUTORIAL = "TUTORIAL"
    SEEK = "SEEK"
    EXPERIENCE = "EXPERIENCE"
    VICTIM = "VICTIM"
    WARN = "WARN"
    LEGAL_INFO = "LEGAL_INFO"
    OFFICIAL = "OFFICIAL"
    OTHER = "OTHER"


LURING: Final = frozenset({Stance.SOLICIT, Stance.RECRUIT})
PROTECTED: Final = frozenset(
    {
        Stance.SEEK,
        Stance.EXPERIENCE,
        Stance.VICTIM,
        Stance.WARN,
        Stance.LEGAL_INFO,
        Stance.OFFICIAL,
    }
)


class Service(StrEnum):
    """What is offered (facet B); several may be true at once."""

    C1 = "C1"  # 债务优化/重组
    C2 = "C2"  # 停息挂账/协商代办
    C3 = "C3"  # 征信修复
    C4 = "C4"  # 反催收
    C5 = "C5"  # 代理维权/代理投诉
    C6 = "C6"  # 代理退保
    C7 = "C7"  # 不法贷款中介
    C8 = "C8"  # 恶意逃废债
    C9 = "C9"  # 非法荐股
    C10 = "C10"  # 黑产供给


class Grade(StrEnum):
    """L3 clear lure, L2 probable, L1 clue, L0 nothing. L2 and L3 are flagged."""

    L0 = "L0"
    L1 = "L1"
    L2 = "L2"
    L3 = "L3"


Owner = Literal["author", "suspect", "unknown"]


@dataclass(frozen=True, slots=True)
class Reason:
    """One span of the raw post and what it was read as; start and end are code points."""

    field: str
    index: int | None
    start: int
    end: int
    surface: str
    meaning: str
    kind: str  # `term`, `offer`, `promise`, `fee`, `route`, `method`, `negation`, `authority` …
    confidence: float = 1.0  # of a reading: how surely the surface means that


@dataclass(frozen=True, slots=True)
class Contact:
    """A way to reach somebody, as it stands in a post, decoded. A handle is personal data."""

    field: str
    index: int | None
    start: int
    end: int
    channel: str  # wechat qq group phone link email pointer
    value: str
    owner: Owner
    confidence: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the machine says of a post. Never edited: a new model writes a new verdict."""

    stance: Stance
    services: tuple[Service, ...]
    grade: Grade
    stage: Literal["screen", "model"]
    score: float  # calibrated P(a trained reviewer calls it a lure)
    reasons: tuple[Reason, ...]
    contacts: tuple[Contact, ...]
    devices: tuple[str, ...]  # the disguises undone
    model: str
    lexicon: str

    @property
    def flagged(self) -> bool:
        """Whether a reviewer is asked to look."""
        return self.grade in (Grade.L2, Grade.L3)


WEIGHTS: Final = {Grade.L3: 2.0, Grade.L2: 1.0}
FAR: Final = 5  # powers of ten of readers' acts from which reach counts no further


def rank(grade: Grade, score: float, counts: Counts | None = None, *, named: bool = False) -> float:
    """
    The place in the queue, highest first: grade × score × reach × whether we are named.

    Reach at most doubles it, and so does our own name: bought likes do not outweigh the grade. What
    the machine graded lower is among the findings only because a person called it a lure.

        >>> rank(Grade.L2, 0.9), rank(Grade.L3, 0.9), rank(Grade.L3, 0.9, named=True)
        (0.9, 1.8, 3.6)
        >>> rank(Grade.L2, 1.0, Counts(likes=999)), rank(Grade.L2, 1.0, Counts(likes=10**12))
        (1.6, 2.0)
    """
    counts = counts or Counts()
    acts = (counts.likes or 0) + (counts.comments or 0) + (counts.shares or 0)
    reach = min(1.0, math.log10(1 + max(0, acts)) / FAR)
    worth = WEIGHTS[grade] * score if grade in WEIGHTS else WEIGHTS[Grade.L3]
    return round(worth * (1 + reach) * (1 + named), 6)


class Label(StrEnum):
    """What a reviewer may say."""

    LURE = "lure"
    NOT_LURE = "not_lure"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person says of a finding, with stance and services as that person corrected them."""

    decision_id: int
    finding_id: int
    label: Label
    stance: Stance
    services: tuple[Service, ...]
    note: str
    reviewer: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """A post whose verdict is worth a person's time; decision is the last one made, if any."""

    finding_id: int
    post: Post
    verdict: Verdict
    first_seen: datetime
    last_seen: datetime
    decision: Decision | None = None
    named: bool = False  # the own institution is named: a lead has to agree that it is a lure
    unreadable: str = ""  # the institution's profile, and why: nobody can tell whether it is named
    source: str = ""  # how its post came to us, as "spider:tieba" or "import"
