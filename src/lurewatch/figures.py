"""What the work comes to: waits, shares and counts, each with what is not known about it."""

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Final

from lurewatch.dates import CHINA
from lurewatch.finding import PROTECTED, Label

DAY: Final = 86_400.0  # seconds
SURE: Final = 1.959964  # standard deviations on either side of 95 %


@dataclass(frozen=True, slots=True)
class Wait:
    """How long something was waited for; when it has not come, how long until now."""

    days: float
    came: bool


@dataclass(frozen=True, slots=True)
class Step:
    """From this day on, so large a share has not come yet; `at_risk` were waited for until then."""

    days: float
    left: float
    at_risk: int


@dataclass(frozen=True, slots=True)
class Curve:
    """Waits of one kind, drawn so that those still open count as what they are."""

    waits: int
    came: int
    steps: tuple[Step, ...]
    median: float | None  # days until half have come; None while fewer than half have
    most: float | None  # days until nine in ten have come


@dataclass(frozen=True, slots=True)
class Share:
    """Hits among so many, with its 95 % interval (Wilson)."""

    name: str
    hits: int
    of: int
    low: float
    high: float

    @property
    def share(self) -> float | None:
        """Nothing where there is nothing to divide by."""
        return self.hits / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class FindingTimes:
    """What the figures need of a finding; None for what has not happened, or is not known."""

    finding_id: int
    platform: str
    grade: str
    services: tuple[str, ...]
    published_at: datetime | None
    found_at: datetime
    decided_at: datetime | None = None
    label: str | None = None
    stance: str | None = None
    reviewer: str | None = None
    sampled: bool = False  # of the random sample of flags


@dataclass(frozen=True, slots=True)
class RequestTimes:
    """What the figures need of a takedown request; None for what has not happened, or is not known."""

    recipient: str
    drafted_at: datetime
    decided_at: datetime | None = None
    sent_at: datetime | None = None
    removed_at: datetime | None = None
    ended_at: datetime | None = None  # refused or withdrawn: no longer waited for
    cause: str = ""  # of the removal, as the last look at the page told it: removed_by_platform ...
    refused: bool = False
    countered: bool = False
    repeated: bool = False  # the same post was sent to the same recipient before
    back_at: datetime | None = None  # when it was there again, or put up anew
    reasons: tuple[
        str, ...
    ] = ()  # the services offered, as decided then; of a notice what is infringed
    bases: tuple[str, ...] = ()  # the provisions that its letter cites


@dataclass(frozen=True, slots=True)
class DayCount:
    """What came of a platform on one day (UTC)."""

    platform: str
    day: date
    pages: int
    troubled: int  # pages that were blocked, disallowed, changed or failed
    posts: int


@dataclass(frozen=True, slots=True)
class Load:
    """What one reviewer decided."""

    reviewer: str
    decided: int
    days: int  # on how many days


@dataclass(frozen=True, slots=True)
class Sent:
    """
    What came of the requests that were sent: of all, to one recipient, for one reason, on one legal basis.

    They are counted once in each column.
    """

    name: str  # empty: all of them
    sent: int
    removed: Share  # whoever saw to it
    by_platform: Share  # as the page said: what the recipient did about it
    by_author: int  # deleted, or made private
    closed: int  # gone with its account
    untold: int  # gone, and the page did not say who saw to that, or a person said so
    refused: Share
    countered: Share
    repeated: Share


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of a time."""

    since: datetime
    until: datetime
    coverage: tuple[DayCount, ...]
    curves: dict[str, Curve]  # detect, review, send, remove
    undated: int  # findings of which nobody knows when they were published
    precision: tuple[Share, ...]  # all, then by grade, then by service: of what people decided
    sample: tuple[Share, ...]  # the same, of the random sample of flags
    sample_waits: int  # flags of that sample that nobody has decided
    channels: tuple[Sent, ...]  # all, then by recipient
    reasons: tuple[Sent, ...]  # all, then by reason; one with two reasons counts in both
    bases: tuple[Sent, ...]  # all, then by legal basis; one with two counts in both
    relapse: tuple[Share, ...]  # of removals: back within 7, 30, 90 days
    protected: tuple[tuple[str, int], ...]  # by stance: flagged, and decided for a protected stance
    load: tuple[Load, ...]


def kaplan_meier(waits: Iterable[Wait]) -> tuple[Step, ...]:
    """
    The share that is still waited for, after each day on which something came (Kaplan and Meier, 1958).

    What came and what was last seen open on the same day: the open one was still at risk.

        >>> steps = kaplan_meier([Wait(1, True), Wait(2, False), Wait(3, True), Wait(3, True)])
        >>> [(one.days, round(one.left, 3), one.at_risk) for one in steps]
        [(1, 0.75, 4), (3, 0.0, 2)]
    """
    ordered = sorted(waits, key=lambda wait: wait.days)
    at_risk, left, steps = len(ordered), 1.0, []
    for days, group in groupby(ordered, key=lambda wait: wait.days):
        same = list(group)
        if came := sum(wait.came for wait in same):
            left *= 1 - came / at_risk
            steps.append(Step(days, left, at_risk))
        at_risk -= len(same)
    return tuple(steps)


def curve_of(waits: Sequence[Wait]) -> Curve:
    """Waits as a curve, with the days until half and nine tenths have come."""
    steps = kaplan_meier(waits)
    return Curve(
        len(waits),
        sum(wait.came for wait in waits),
        steps,
        reached(steps, 0.5),
        reached(steps, 0.9),
    )


def reached(steps: Sequence[Step], share: float) -> float | None:
    """The day by which a share has come, if it has."""
    return next((step.days for step in steps if step.left <= 1 - share + 1e-9), None)


def wilson(name: str, hits: int, of: int) -> Share:
    """
    A share with its 95 % interval (Wilson, 1927); of nothing it is anything.

    >>> one = wilson("L3", 8, 10)
    >>> round(one.low, 3), round(one.high, 3)
    (0.49, 0.943)
    >>> wilson("L2", 0, 0).high
    1.0
    """
    if not of:
        return Share(name, hits, of, 0.0, 1.0)
    share, square = hits / of, SURE**2
    middle = (share + square / (2 * of)) / (1 + square / of)
    reach = SURE / (1 + square / of) * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    return Share(name, hits, of, max(0.0, middle - reach), min(1.0, middle + reach))


def wait_between(start: datetime, end: datetime | None, now: datetime) -> Wait:
    """From *start* until *end*; what has not come by *now* is open."""
    came = end is not None and end <= now
    last = end if came and end else now
    return Wait(max(0.0, (last - start).total_seconds() / DAY), came)


def detection(rows: Iterable[FindingTimes], now: datetime) -> list[Wait]:
    """From publication to the finding; what has no date of publication is left out."""
    return [wait_between(row.published_at, row.found_at, now) for row in rows if row.published_at]


def review(rows: Iterable[FindingTimes], now: datetime) -> list[Wait]:
    """From the finding to a person's decision."""
    return [wait_between(row.found_at, row.decided_at, now) for row in rows]


def sending(rows: Iterable[RequestTimes], now: datetime) -> list[Wait]:
    """From the decision (without one on record, the draft) to the sending."""
    return [_ended(row.decided_at or row.drafted_at, row.sent_at, row, now) for row in rows]


def removal(rows: Iterable[RequestTimes], now: datetime) -> list[Wait]:
    """From the sending to the removal; a refused request is open until the day it was refused."""
    return [_ended(row.sent_at, row.removed_at, row, now) for row in rows if row.sent_at]


def _ended(start: datetime, end: datetime | None, row: RequestTimes, now: datetime) -> Wait:
    return wait_between(start, end, min(now, row.ended_at) if row.ended_at else now)


def precision(rows: Sequence[FindingTimes]) -> list[Share]:
    """
    Lures among the decided findings: of all, by grade, by service as the machine named it.

    Only over a random sample of flags is it the precision of the machine; over what people chose
    to decide it is what they found. Unsure is not decided.
    """
    decided = [row for row in rows if row.label in (Label.LURE, Label.NOT_LURE)]

    def share(name: str, some: list[FindingTimes]) -> Share:
        return wilson(name, sum(row.label == Label.LURE for row in some), len(some))

    grades = sorted({row.grade for row in decided}, reverse=True)
    services = {service for row in decided for service in row.services}
    return [
        share("all", decided),
        *(share(grade, [row for row in decided if row.grade == grade]) for grade in grades),
        *(
            share(service, [row for row in decided if service in row.services])
            for service in sorted(services, key=lambda name: int(name[1:]))
        ),
    ]


UNTOLD: Final = "untold"  # the reason or the basis of a request that nothing was written down for


def by_channel(rows: Iterable[RequestTimes]) -> list[Sent]:
    """What was sent, and what came of it: over all recipients, then by recipient."""
    return _grouped(rows, lambda row: (row.recipient,))


def by_reason(rows: Iterable[RequestTimes]) -> list[Sent]:
    """The same over all reasons, then by reason: services by their number, then infringements."""
    return _grouped(rows, lambda row: row.reasons or (UNTOLD,))


def by_basis(rows: Iterable[RequestTimes]) -> list[Sent]:
    """The same over all legal bases, then by each."""
    return _grouped(rows, lambda row: row.bases or (UNTOLD,))


def _grouped(
    rows: Iterable[RequestTimes], names_of: Callable[[RequestTimes], Collection[str]]
) -> list[Sent]:
    sent = [row for row in rows if row.sent_at]
    names = sorted({name for row in sent for name in names_of(row)}, key=_place)
    groups = ((name, [row for row in sent if name in names_of(row)]) for name in names)
    return [_sent(name, some) for name, some in (("", sent), *groups)]


def _place(name: str) -> tuple[bool, bool, int, str]:
    service = name.startswith("C") and name[1:].isdecimal()
    return (name == UNTOLD, not service, int(name[1:]) if service else 0, name)


BY_PLATFORM: Final = "removed_by_platform"
BY_AUTHOR: Final = "deleted_or_private"
CLOSED: Final = "account_closed"
CAUSES: Final = frozenset({BY_PLATFORM, BY_AUTHOR, CLOSED})


def _sent(name: str, rows: Sequence[RequestTimes]) -> Sent:
    gone = [row for row in rows if row.removed_at]

    def share(hits: Iterable[bool]) -> Share:
        return wilson(name, sum(hits), len(rows))

    return Sent(
        name=name,
        sent=len(rows),
        removed=share(bool(row.removed_at) for row in rows),
        by_platform=share(row.removed_at is not None and row.cause == BY_PLATFORM for row in rows),
        by_author=sum(row.cause == BY_AUTHOR for row in gone),
        closed=sum(row.cause == CLOSED for row in gone),
        untold=sum(row.cause not in CAUSES for row in gone),
        refused=share(row.refused for row in rows),
        countered=share(row.countered for row in rows),
        repeated=share(row.repeated for row in rows),
    )


WITHIN: Final = (7, 30, 90)  # days after a removal


def relapses(rows: Iterable[RequestTimes], now: datetime) -> list[Share]:
    """
    Of the removals that are so many days old, those whose post was there again within them.

    A removal of yesterday says nothing yet of seven days, and is left out there.
    """
    gone = [row for row in rows if row.removed_at]
    found = []
    for days in WITHIN:
        old = [row for row in gone if (row.removed_at and (now - row.removed_at).days >= days) or _back(row, days)]  # fmt: skip
        found.append(wilson(str(days), sum(_back(row, days) for row in old), len(old)))
    return found


def _back(row: RequestTimes, days: int) -> bool:
    if row.back_at is None or row.removed_at is None:
        return False
    return (row.back_at - row.removed_at).total_seconds() <= days * DAY


def protected_errors(rows: Iterable[FindingTimes]) -> list[tuple[str, int]]:
    """How many flagged posts turned out to be protected speech, by stance; each is an incident."""
    found = Counter(
        row.stance for row in rows if row.label == Label.NOT_LURE and row.stance in PROTECTED
    )
    return [(stance, found[stance]) for stance in sorted(PROTECTED)]


def loads(rows: Iterable[FindingTimes]) -> list[Load]:
    """What each reviewer decided, the busiest first."""
    made = [(row.reviewer, row.decided_at) for row in rows if row.reviewer and row.decided_at]
    counts = Counter(reviewer for reviewer, _ in made)
    days = Counter(
        reviewer for reviewer, _ in {(who, at.astimezone(CHINA).date()) for who, at in made}
    )
    return [Load(who, count, days[who]) for who, count in counts.most_common()]


def figures_of(
    since: datetime,
    until: datetime,
    now: datetime,
    coverage: Iterable[DayCount],
    findings: Sequence[FindingTimes],
    requests: Sequence[RequestTimes],
) -> Figures:
    """Figures of what was found, and asked for, from *since* to *until*, as it stood at *now*."""
    sampled = [row for row in findings if row.sampled]
    return Figures(
        since=since,
        until=until,
        coverage=tuple(coverage),
        curves={
            "detect": curve_of(detection(findings, now)),
            "review": curve_of(review(findings, now)),
            "send": curve_of(sending(requests, now)),
            "remove": curve_of(removal(requests, now)),
        },
        undated=sum(row.published_at is None for row in findings),
        precision=tuple(precision(findings)),
        sample=tuple(precision(sampled)),
        sample_waits=sum(row.label is None for row in sampled),
        channels=tuple(by_channel(requests)),
        reasons=tuple(by_reason(requests)),
        bases=tuple(by_basis(requests)),
        relapse=tuple(relapses(requests, now)),
        protected=tuple(protected_errors(findings)),
        load=tuple(loads(findings)),
    )
