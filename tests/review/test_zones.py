"""Days and times are China's, on both databases."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

from lurewatch import workflow
from lurewatch.config import Settings, read_secrets
from lurewatch.review.app import shown_moment
from lurewatch.store import Store, open_store, runs

LATE = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)  # half past two at night in China


def tried_at_night(store: Store) -> list[date]:
    run_id = workflow.start_run(store, platform="tieba", how="spider")
    with store.begin() as db:
        runs.count(db, run_id, "tieba", "x", "captured", LATE, found=2)
        runs.count(db, run_id, "tieba", "x", "blocked", LATE.replace(hour=15))
    days = [one.day for one in workflow.coverage_by_day(store)]
    assert sorted(days) == sorted(one.day for one in workflow.coverage(store, [run_id]))
    return days


def test_a_night_belongs_to_the_day_that_begins(store: Store) -> None:
    assert tried_at_night(store) == [date(2026, 11, 24), date(2026, 11, 23)]


def test_the_same_on_postgres(settings: Settings, postgres: Callable[[], str]) -> None:
    there = replace(settings, db_url=postgres())
    store = open_store(there, read_secrets(there, {}))
    assert tried_at_night(store) == [date(2026, 11, 24), date(2026, 11, 23)]
    store.engine.dispose()


def test_a_moment_says_itself() -> None:
    assert (
        shown_moment(LATE) == '<time datetime="2026-11-23T18:30:00+00:00">2026-11-24 02:30</time>'
    )
    assert shown_moment(None) == "–"
