"""The figures: charts drawn here, the table beside each, and CSV behind it."""

import csv
import io
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from fastapi import APIRouter, HTTPException, Request, Response

from lurewatch.dates import CHINA
from lurewatch.figures import Curve, Figures, Sent, Share
from lurewatch.post import visible
from lurewatch.review import drawing, words
from lurewatch.review.app import page, person
from lurewatch.review.language import catalogue, language_of
from lurewatch.workflow import figures

router = APIRouter()
SPANS: Final = (7, 30, 90, 365)  # days that can be chosen
SEEN: Final = 300  # points of a curve: the table behind it has them all
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
Said = Callable[[str], str]  # a word in the language of the page
Rows = Iterator[Sequence[Any]]


SLOW: Final = 0.1  # seconds
KEPT: Final = timedelta(minutes=5)  # how long figures are shown that took longer to compute
Snapshot = tuple[datetime, Figures]  # and the moment they are of


def asked(request: Request, days: int) -> Snapshot:
    """The figures of the last days: of now, or where that takes long, of a few minutes ago."""
    now = datetime.now(UTC)
    span = days if days in SPANS else 30
    kept: dict[int, Snapshot] = request.app.state.snapshots
    if span in kept and now - kept[span][0] < KEPT:
        return kept[span]
    start = time.perf_counter()
    found = figures(request.app.state.store, now - timedelta(days=span), now + timedelta(days=1))
    if time.perf_counter() - start > SLOW:
        kept[span] = now, found
    return now, found


@router.get("/figures")
def show(request: Request, days: int = 30) -> Response:
    """All figures on one page."""
    person(request)
    made_at, found = asked(request, days)
    said = catalogue(language_of(request)).gettext
    return page(
        request,
        "figures.html",
        made_at=made_at,
        undated=found.undated,
        days=days if days in SPANS else 30,
        spans=SPANS,
        drawing=drawing,
        counted=counted,
        platforms=[(said(words.PLATFORMS[code]), *some) for code, *some in by_platform(found)],
        lines={said(words.PLATFORMS[code]): some for code, some in posts_by_day(found).items()},
        steps={
            said(words.WAITS[name]): came_by(curve)
            for name, curve in found.curves.items()
            if curve.steps
        },
        waits=waits_shown(found, said),
        bars=bars_of(found.precision, said),
        intervals=[(one.low, one.high) for one in found.precision],
        shares=shares_shown(found.precision, said),
        sample_bars=bars_of(found.sample, said),
        sample_intervals=[(one.low, one.high) for one in found.sample],
        sample=shares_shown(found.sample, said),
        sample_waits=found.sample_waits,
        sent=[
            ("channels", *sent_shown(found.channels, said)),
            ("reasons", *sent_shown(found.reasons, said)),
            ("bases", *sent_shown(found.bases, said)),
        ],
        relapse=relapse_shown(found, said),
        relapse_bars=[
            (f"≤ {one.name} {said('days')}", one.share or 0.0, percent(one.share))
            for one in found.relapse
        ],
        relapse_intervals=[(one.low, one.high) for one in found.relapse],
        stances=[(said(words.STANCES[name]), count) for name, count in found.protected],
        loads=[(visible(one.reviewer), one.decided, one.days) for one in found.load],
    )


@router.get("/figures/{name}.csv")
def table(request: Request, name: str, days: int = 30) -> Response:
    """What is behind one chart, as a table that no spreadsheet takes for a formula."""
    person(request)
    if name not in TABLES:
        raise HTTPException(404)
    return Response(
        written(TABLES[name](asked(request, days)[1])),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def by_platform(found: Figures) -> list[tuple[str, int, int, int]]:
    """(platform, pages, troubled pages, posts) over the whole time."""
    sums: dict[str, tuple[int, int, int]] = {}
    for one in found.coverage:
        pages, troubled, posts = sums.get(one.platform, (0, 0, 0))
        sums[one.platform] = (pages + one.pages, troubled + one.troubled, posts + one.posts)
    return [(platform, *counts) for platform, counts in sorted(sums.items())]


def posts_by_day(found: Figures) -> dict[str, list[drawing.Point]]:
    """Posts of each platform over the days since the beginning."""
    first = found.since.astimezone(CHINA).date()
    lines: dict[str, list[drawing.Point]] = {}
    for one in found.coverage:
        lines.setdefault(one.platform, []).append(((one.day - first).days, one.posts))
    return lines


def came_by(curve: Curve) -> list[drawing.Point]:
    """How much has come by each day, in percent: what is drawn of a curve, at so many points as can be seen."""
    seldom = max(1, len(curve.steps) // SEEN)
    steps = [*curve.steps[::seldom], *curve.steps[-1:]]
    return [(0.0, 0.0), *((step.days, 100 * (1 - step.left)) for step in steps)]


def waits_shown(found: Figures, said: Said) -> list[tuple[str, int, int, str, str]]:
    """(what, waited for, came, days until half, days until nine in ten)."""
    return [
        (said(words.WAITS[name]), one.waits, one.came, days_shown(one.median), days_shown(one.most))
        for name, one in found.curves.items()
    ]


def bars_of(shares: Sequence[Share], said: Said) -> list[tuple[str, float, str]]:
    """A bar for each share."""
    return [(named(one, said), one.share or 0.0, percent(one.share)) for one in shares]


def shares_shown(shares: Sequence[Share], said: Said) -> list[tuple[object, ...]]:
    """(of what, lures, decided, share, from, to)."""
    return [
        (named(one, said), one.hits, one.of, *map(percent, (one.share, one.low, one.high)))
        for one in shares
    ]


Bar = tuple[str, float, str]
Drawn = tuple[list[Bar], list[tuple[float, float]], list[tuple[object, ...]]]


def sent_shown(some: Sequence[Sent], said: Said) -> Drawn:
    """What was sent as bars, their intervals and a table."""
    bars = [
        (reason_named(one.name, said), one.removed.share or 0.0, percent(one.removed.share))
        for one in some
    ]
    return bars, [(one.removed.low, one.removed.high) for one in some], sent_rows(some, said)


def reason_named(name: str, said: Said) -> str:
    """A recipient or a legal basis as it is written, a reason in words beside its code."""
    if name in words.SERVICES:
        return f"{name} {said(words.SERVICES[name])}"
    known = words.INFRINGEMENTS | words.UNTOLD
    return said(known[name]) if name in known else visible(name) or said(words.ALL["all"])


def sent_rows(some: Sequence[Sent], said: Said) -> list[tuple[object, ...]]:
    """(of what, sent, removed, share, from, to, by the platform, by the author, with its account, unsaid, refused, countered, twice)."""
    return [
        (
            reason_named(one.name, said),
            one.sent,
            one.removed.hits,
            *map(percent, (one.removed.share, one.removed.low, one.removed.high)),
            one.by_platform.hits,
            one.by_author,
            one.closed,
            one.untold,
            one.refused.hits,
            one.countered.hits,
            one.repeated.hits,
        )
        for one in some
    ]


def relapse_shown(found: Figures, said: Said) -> list[tuple[object, ...]]:
    """(within how long, back, removals so old, share, from, to)."""
    return [
        (
            f"≤ {one.name} {said('days')}",
            one.hits,
            one.of,
            *map(percent, (one.share, one.low, one.high)),
        )
        for one in found.relapse
    ]


def named(share: Share, said: Said) -> str:
    """What a share is of, in words beside its code."""
    code = share.name
    known = words.GRADES | words.SERVICES
    return f"{code} {said(known[code])}" if code in known else said(words.ALL[code])


def counted(rows: Sequence[Sequence[Any]]) -> list[tuple[str, float, str]]:
    """Rows of names and counts as bars."""
    return [(row[0], row[1], str(row[1])) for row in rows]


def percent(share: float | None) -> str:
    """
    >>> percent(0.875), percent(None)
    ('88 %', '–')
    """
    return "–" if share is None else f"{100 * share:.0f} %"


def days_shown(days: float | None) -> str:
    """
    >>> days_shown(0.5), days_shown(None)
    ('0.5', '–')
    """
    return "–" if days is None else f"{days:.1f}"


def _coverage(found: Figures) -> Rows:
    yield ("day", "platform", "pages", "pages_in_trouble", "posts")
    for one in found.coverage:
        yield (one.day, one.platform, one.pages, one.troubled, one.posts)


def _waits(found: Figures) -> Rows:
    yield ("wait", "days", "share_still_open", "at_risk")
    for name, curve in found.curves.items():
        for step in curve.steps:
            yield (name, f"{step.days:.4f}", f"{step.left:.6f}", step.at_risk)


def _precision(found: Figures) -> Rows:
    yield ("of", "lures", "decided", "share", "low_95", "high_95")
    yield from map(_share, found.precision)


def _sample(found: Figures) -> Rows:
    yield ("of", "lures", "decided", "share", "low_95", "high_95")
    yield from map(_share, found.sample)


def _share(one: Share) -> tuple[object, ...]:
    share = "" if one.share is None else f"{one.share:.6f}"
    return (one.name, one.hits, one.of, share, f"{one.low:.6f}", f"{one.high:.6f}")


def _channels(found: Figures) -> Rows:
    return _sent("recipient", found.channels)


def _reasons(found: Figures) -> Rows:
    return _sent("reason", found.reasons)


def _bases(found: Figures) -> Rows:
    return _sent("legal_basis", found.bases)


def _sent(of: str, some: Sequence[Sent]) -> Rows:
    causes = ("by_platform", "by_author", "account_closed", "unsaid")
    interval = ("removed_share", "low_95", "high_95")
    yield (of, "sent", "removed", *causes, "refused", "countered", "sent_twice", *interval)
    for one in some:
        yield (
            one.name or "all",
            one.sent,
            one.removed.hits,
            one.by_platform.hits,
            one.by_author,
            one.closed,
            one.untold,
            one.refused.hits,
            one.countered.hits,
            one.repeated.hits,
            *_share(one.removed)[3:],
        )


def _relapse(found: Figures) -> Rows:
    yield ("within_days", "back", "removals", "share", "low_95", "high_95")
    yield from map(_share, found.relapse)


def _protected(found: Figures) -> Rows:
    yield ("stance", "flagged_in_error")
    yield from found.protected


def _load(found: Figures) -> Rows:
    yield ("reviewer", "decided", "on_days")
    for one in found.load:
        yield (one.reviewer, one.decided, one.days)


TABLES: Final[dict[str, Callable[[Figures], Rows]]] = {
    "coverage": _coverage,
    "waits": _waits,
    "precision": _precision,
    "sample": _sample,
    "channels": _channels,
    "reasons": _reasons,
    "bases": _bases,
    "relapse": _relapse,
    "protected": _protected,
    "load": _load,
}


def written(rows: Rows) -> str:
    """
    Rows as CSV with a byte order mark, as Chinese spreadsheets want it.

    >>> written(iter([("=1+1", 2)]))
    "\\ufeff'=1+1,2\\r\\n"
    """
    out = io.StringIO()
    out.write("\ufeff")
    csv.writer(out).writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _cell(value: object) -> str:
    text = visible(str(value))
    return f"'{text}" if text.startswith(FORMULA) else text
