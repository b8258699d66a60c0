"""What was tried: blocked is not empty."""

from datetime import UTC, date, datetime, timedelta
from typing import Final, get_args

from fastapi import APIRouter, Request, Response

from lurewatch.post import PLATFORMS, CoverageState
from lurewatch.review.app import page, person
from lurewatch.review.tables import csv_file
from lurewatch.workflow import SourceDay, coverage_by_day, recent_runs, silent

router = APIRouter()
SHOWN: Final = 200  # rows of the page; the file behind it has all
RUNS: Final = 20  # the newest of them
USUAL: Final = 30  # days
STATES: Final[tuple[CoverageState, ...]] = get_args(CoverageState)


@router.get("/coverage")
def show(request: Request, platform: str = "", days: str = "") -> Response:
    """Every source and day, newest first, and the sources that fell silent."""
    person(request)
    found = _days(request, platform, days)
    known = platform if platform in PLATFORMS else ""
    return page(
        request,
        "coverage.html",
        rows=found[:SHOWN],
        more=max(0, len(found) - SHOWN),
        silent=silent(found),
        runs=recent_runs(request.app.state.store, known, limit=RUNS),
        newest=newest(found),
        platforms=PLATFORMS,
        platform=platform,
        days=_number(days),
    )


@router.get("/coverage.csv")
def table(request: Request, platform: str = "", days: str = "") -> Response:
    """The same as a file, with a column for each state."""
    person(request)
    rows = [
        [
            day.day.isoformat(),
            day.platform,
            day.keyword,
            day.tried,
            *(day.pages.get(state, 0) for state in STATES),
            day.posts,
        ]
        for day in _days(request, platform, days)
    ]
    return csv_file("coverage.csv", ["day", "platform", "keyword", "tried", *STATES, "posts"], rows)


def newest(days: list[SourceDay]) -> tuple[date, dict[CoverageState, int], int] | None:
    """The newest day on which anything was tried: pages by what came of them, and posts."""
    if not days:
        return None
    some = [one for one in days if one.day == days[0].day]
    pages = {state: sum(one.pages.get(state, 0) for one in some) for state in STATES}
    found = {state: count for state, count in pages.items() if count}
    return days[0].day, found, sum(one.posts for one in some)


def _days(request: Request, platform: str, days: str) -> list[SourceDay]:
    since = datetime.now(UTC) - timedelta(days=_number(days))
    known = platform if platform in PLATFORMS else ""
    return coverage_by_day(request.app.state.store, known, since)


def _number(days: str) -> int:
    return min(int(days), 3650) if days.isdecimal() and 0 < len(days) < 5 else USUAL
