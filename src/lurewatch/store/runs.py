"""Runs: what was tried, page by page, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Final, Literal

from sqlalchemy import bindparam, case, func, insert, select, update

from lurewatch.dates import CHINA
from lurewatch.post import CoverageState
from lurewatch.processes import Process, is_gone, this_process
from lurewatch.store import Db
from lurewatch.store.tables import captures, coverage, runs

RunState = Literal["finished", "blocked", "failed", "stopped", "interrupted"]
NO_PAGE = ("capped", "failed", "disallowed")  # states that say nothing of where to go on
CAUGHT_UP = "caught up"  # what the last page of a run says that met what was known
PICTURES: Final = "pictures"  # how a run asked that fetched only pictures of posts
WHOLE: Final = "whole"  # and one that read only posts of which results showed the beginning
BESIDE: Final = (PICTURES, WHOLE)
OVER = ("finished", "blocked")  # a run in another state is gone on with
UNHEARD: Final = timedelta(minutes=15)  # after which a run of another machine is taken for dead
TROUBLE: Final = ("blocked", "changed", "failed", "disallowed")
FRESH: Final = timedelta(days=1)  # a list of addresses left longer ago is read anew


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """What one state counts to, for one keyword of one run on one day (UTC)."""

    run_id: str
    platform: str
    keyword: str
    day: date
    state: CoverageState
    pages: int
    posts: int
    detail: str


def start(
    db: Db, run_id: str, platform: str, how: str, at: datetime, addresses: str | None = None
) -> None:
    """A run has begun, in this process; *addresses* is the digest of the list that it reads."""
    mine = this_process()
    db.connection.execute(
        insert(runs).values(
            run_id=run_id,
            platform=platform,
            how=how,
            state="running",
            started_at=at,
            host=mine.host,
            pid=mine.pid,
            began=mine.began,
            alive_at=at,
            addresses=addresses,
        )
    )


def renew(db: Db, run_id: str, at: datetime) -> None:
    """A run lives."""
    db.connection.execute(LIVES, {"run": run_id, "moment": at})


LIVES: Final = (
    update(runs).where(runs.c.run_id == bindparam("run")).values(alive_at=bindparam("moment"))
)


def finish(db: Db, run_id: str, state: RunState, at: datetime) -> None:
    """A run has ended; the first ending holds, so that *blocked* is not made *finished*."""
    open_still = ("running", "interrupted")  # it may have been taken for dead
    db.connection.execute(
        update(runs)
        .where(runs.c.run_id == run_id, runs.c.state.in_(open_still))
        .values(state=state, ended_at=at)
    )


def dead(db: Db, now: datetime) -> list[tuple[str, datetime]]:
    """
    The runs whose process is gone, and when each was last heard of.

    On this machine that is looked up; a run of another one, or of an older version, is dead when
    nothing has been heard of it for long.
    """
    heard = select(func.max(coverage.c.at)).where(coverage.c.run_id == runs.c.run_id)
    found = []
    for row in db.connection.execute(
        select(runs, heard.scalar_subquery().label("heard")).where(runs.c.state == "running")
    ):
        last = max(filter(None, (row.alive_at, row.heard, row.started_at)))
        gone = is_gone(Process(row.host, row.pid, row.began)) if row.host else None
        if now - last > UNHEARD if gone is None else gone:
            found.append((row.run_id, last))
    return found


@dataclass(frozen=True, slots=True)
class Run:
    """One run, and what it came to."""

    run_id: str
    platform: str
    how: str
    state: str
    started_at: datetime
    ended_at: datetime | None
    pages: int
    posts: int


def recent(db: Db, platform: str, since: datetime | None, limit: int) -> list[Run]:
    """Runs, newest first."""
    query = (
        select(
            runs.c.run_id,
            runs.c.platform,
            runs.c.how,
            runs.c.state,
            runs.c.started_at,
            runs.c.ended_at,
            func.count(case((coverage.c.state != "capped", coverage.c.coverage_id))).label("pages"),
            func.coalesce(func.sum(coverage.c.posts), 0).label("posts"),
        )
        .outerjoin(coverage, coverage.c.run_id == runs.c.run_id)
        .group_by(runs.c.run_id)
        .order_by(runs.c.started_at.desc(), runs.c.run_id)
        .limit(limit)
    )
    if platform:
        query = query.where(runs.c.platform == platform)
    if since:
        query = query.where(runs.c.started_at >= since)
    return [
        Run(**dict(row._mapping) | {"posts": int(row.posts)})
        for row in db.connection.execute(query)
    ]


def count(
    db: Db,
    run_id: str,
    platform: str,
    keyword: str,
    state: CoverageState,
    at: datetime,
    *,
    found: int = 0,
    detail: str = "",
    next_url: str | None = None,
    place: int | None = None,
) -> None:
    """One page more in the coverage: a sign of life too."""
    renew(db, run_id, at)
    row = {
        "run_id": run_id,
        "platform": platform,
        "keyword": keyword[:200],
        "state": state,
        "posts": found,
        "detail": detail[:1000],
        "next_url": next_url,
        "place": place,
        "at": at,
    }
    db.connection.execute(insert(coverage), row)


def covered(db: Db, run_ids: Sequence[str] | None = None) -> list[CoverageRow]:
    """The coverage, newest run first."""
    query = select(coverage).order_by(coverage.c.coverage_id)
    if run_ids is not None:
        query = query.where(coverage.c.run_id.in_(run_ids))
    sums: dict[tuple[str, str, str, date, CoverageState], tuple[int, int, str]] = {}
    for row in db.connection.execute(query):
        key = (row.run_id, row.platform, row.keyword, row.at.astimezone(CHINA).date(), row.state)
        pages, found, detail = sums.get(key, (0, 0, ""))
        sums[key] = (pages + 1, found + row.posts, row.detail or detail)
    rows = [CoverageRow(*key, *value) for key, value in sums.items()]
    return rows[::-1]


@dataclass(frozen=True, slots=True)
class SourceDay:
    """What came of one source (a platform's keyword) on one day in China: pages by state, and posts."""

    platform: str
    keyword: str
    day: date
    pages: dict[CoverageState, int]
    posts: int

    @property
    def tried(self) -> int:
        """Pages asked for, or tables imported, whatever came of it; what a cap left out was not."""
        return sum(count for state, count in self.pages.items() if state != "capped")


def by_day(db: Db, platform: str = "", since: datetime | None = None) -> list[SourceDay]:
    """The coverage of each source on each day in China, newest day first."""
    at, postgres = coverage.c.at, db.connection.dialect.name == "postgresql"
    shifted = (func.timezone("Asia/Shanghai", at),) if postgres else (at, "+8 hours")
    day = func.date(*shifted)  # China keeps no summer time
    query = select(
        coverage.c.platform,
        coverage.c.keyword,
        day.label("day"),
        coverage.c.state,
        func.count().label("pages"),
        func.coalesce(func.sum(coverage.c.posts), 0).label("posts"),
    ).group_by(coverage.c.platform, coverage.c.keyword, day, coverage.c.state)
    if platform:
        query = query.where(coverage.c.platform == platform)
    if since:
        query = query.where(coverage.c.at >= since)
    days: dict[tuple[str, str, date], tuple[dict[CoverageState, int], int]] = {}
    for row in db.connection.execute(query):
        on = row.day if isinstance(row.day, date) else date.fromisoformat(str(row.day)[:10])
        pages, found = days.get((row.platform, row.keyword, on), ({}, 0))
        days[row.platform, row.keyword, on] = (
            pages | {row.state: int(row.pages)},
            found + int(row.posts),
        )
    rows = [SourceDay(*key, *value) for key, value in days.items()]
    return sorted(rows, key=lambda row: (-row.day.toordinal(), row.platform, row.keyword))


def came_of(db: Db, run_id: str) -> tuple[str, str]:
    """
    How a run ended, and what its newest page that gave nothing said.

    *failed* also when it came to its end without one page that could be read; *running* when its
    process died before it could say.
    """
    ended = str(db.connection.scalar(select(runs.c.state).where(runs.c.run_id == run_id)) or "")
    rows = db.connection.execute(
        select(coverage.c.state, coverage.c.detail)
        .where(coverage.c.run_id == run_id)
        .order_by(coverage.c.coverage_id)
    ).all()
    states = {row.state for row in rows}
    trouble = [row.detail for row in rows if row.state in TROUBLE]
    if ended == "finished" and states and states <= {"failed", "changed", "disallowed"}:
        ended = "failed"
    return ended, trouble[-1] if trouble else ""


def blocked_beside(db: Db, platform: str, how: str, since: datetime) -> datetime | None:
    """When the newest run of a kind (BESIDE) ended at a platform's wall, if it was after a moment."""
    row = db.connection.execute(
        select(runs.c.state, runs.c.ended_at)
        .where(
            runs.c.platform == platform,
            runs.c.how == how,
            runs.c.ended_at >= since,
            runs.c.state.in_(OVER),
        )
        .order_by(runs.c.ended_at.desc())
        .limit(1)
    ).one_or_none()
    return row.ended_at if row and row.state == "blocked" else None


def page_counts(db: Db) -> dict[tuple[str, str], int]:
    """Pages by platform and coverage state."""
    rows = db.connection.execute(
        select(coverage.c.platform, coverage.c.state, func.count()).group_by(
            coverage.c.platform, coverage.c.state
        )
    ).all()
    return {(str(platform), str(state)): int(count) for platform, state, count in rows}


def ended_since(db: Db, platform: str, moment: datetime) -> bool:
    """Whether a run of a platform that began after a moment is over."""
    query = select(func.count()).where(
        runs.c.platform == platform,
        runs.c.started_at >= moment,
        runs.c.state.in_(OVER),
        runs.c.how.not_in(BESIDE),
    )
    return bool(db.connection.scalar(query))


def pages_since(db: Db, platform: str, since: datetime) -> int:
    """How many pages of a platform came since a moment."""
    query = select(func.count()).where(
        captures.c.platform == platform, captures.c.captured_at >= since
    )
    return int(db.connection.scalar(query) or 0)


def troubled(db: Db, since: datetime) -> list[tuple[str, CoverageState]]:
    """Each platform and trouble that pages met."""
    rows = db.connection.execute(
        select(coverage.c.platform, coverage.c.state)
        .where(coverage.c.at >= since, coverage.c.state.in_(TROUBLE))
        .distinct()
    )
    return sorted((row.platform, row.state) for row in rows)


def unfinished(db: Db, platform: str, keyword: str) -> str | None:
    """Where the newest run of this keyword stopped before its end, if it did."""
    row = db.connection.execute(
        select(coverage.c.next_url, runs.c.state)
        .join(runs, runs.c.run_id == coverage.c.run_id)
        .where(
            coverage.c.platform == platform,
            coverage.c.keyword == keyword[:200],
            coverage.c.state.not_in(NO_PAGE),
        )
        .order_by(coverage.c.coverage_id.desc())
        .limit(1)
    ).one_or_none()
    return row.next_url if row and row.state not in OVER else None


def unread(db: Db, platform: str, addresses: str, now: datetime) -> tuple[int, str | None] | None:
    """
    How far the newest run of a list of addresses came that stopped before its end, if one did.

    The place of the last address that gave a page, and where that one goes on.
    """
    newest = db.connection.execute(
        select(runs.c.run_id, runs.c.state)
        .where(
            runs.c.platform == platform,
            runs.c.addresses == addresses,
            runs.c.started_at > now - FRESH,
        )
        .order_by(runs.c.started_at.desc())
    )
    for run in newest:
        if run.state in OVER:
            return None
        row = db.connection.execute(
            select(coverage.c.place, coverage.c.next_url)
            .where(
                coverage.c.run_id == run.run_id,
                coverage.c.place.is_not(None),
                coverage.c.state.not_in(NO_PAGE),
            )
            .order_by(coverage.c.coverage_id.desc())
            .limit(1)
        ).one_or_none()
        if row:
            return row.place, row.next_url
    return None


def digest(addresses: Sequence[str]) -> str:
    """16 hex digits for a list of addresses, in its order."""
    return sha256("\n".join(addresses).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def mark(db: Db, platform: str, keyword: str) -> datetime | None:
    """
    Up to when a keyword's results are all here: when the newest run that read to their end did so.

    The last page of its results, or of those that may be asked for, leads nowhere, and says
    nothing: no problem, and no window of time.
    """
    query = select(func.max(coverage.c.at)).join(runs, runs.c.run_id == coverage.c.run_id)
    moment: datetime | None = db.connection.scalar(
        query.where(
            coverage.c.platform == platform,
            coverage.c.keyword == keyword[:200],
            coverage.c.state.in_(("captured", "empty")),
            coverage.c.next_url.is_(None),
            coverage.c.detail.in_(("", CAUGHT_UP)),
            runs.c.state == "finished",
        )
    )
    return moment
