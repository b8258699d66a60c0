"""What a watchlist may say, and what it is told when it says something else."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from lurewatch.errors import InputError
from lurewatch.watchlist import EXAMPLE, read_watchlist


def written(folder: Path, text: str) -> Path:
    path = folder / "watchlist.yaml"
    path.write_text(text, "utf-8")
    return path


WATCH = "watches:\n  - {name: a, platforms: [tieba], keywords: [x], cron: '15 7 * * *'"


def test_the_example_is_one(tmp_path: Path) -> None:
    found = read_watchlist(written(tmp_path, EXAMPLE))
    assert [watch.name for watch in found.watches] == ["morning", "known posts"]
    assert found.watches[0].platforms == ("tieba", "wechat")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file"),
        ("watches: [", "no YAML"),
        ("watches: []", "watches"),
        (WATCH.replace("tieba", "myspace") + "}", "myspace"),
        (WATCH.replace("15 7 * * *", "75 7 * * *") + "}", "watches.0.cron"),
        (WATCH.replace("15 7 * * *", "daily") + "}", "five fields"),
        (WATCH + ", colour: red}", "watches.0.colour"),
        (WATCH + ", between: 7-22}", "07:00-22:00"),
        (WATCH.replace("keywords: [x], ", "") + "}", "keywords or addresses"),
        (WATCH + "}\n  - {name: a, platforms: [zhihu], keywords: [x], cron: '0 8 * * *'}", "two"),
        ("timezone: Mars/North\n" + WATCH + "}", "timezone"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(InputError, match=said) as told:
        read_watchlist(path)
    assert str(path) in str(told.value)


def test_no_file_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="schedule example"):
        read_watchlist(tmp_path / "watchlist.yaml")


def moment(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def test_due_times_are_local_and_missed_ones_counted(tmp_path: Path) -> None:
    found = read_watchlist(written(tmp_path, WATCH + "}"))
    (watch,) = found.watches
    # 07:15 in China is 23:15 of the day before in UTC
    assert found.due_after(watch, moment(24, 12)) == moment(24, 23, 15)
    assert found.due(watch, moment(24, 12), moment(24, 23)) == (None, 0)
    assert found.due(watch, moment(24, 12), moment(24, 23, 15)) == (moment(24, 23, 15), 0)
    assert found.due(watch, moment(20, 12), moment(24, 23, 20)) == (moment(24, 23, 15), 4)
    assert found.due(watch, moment(24, 23, 15), moment(24, 23, 20)) == (None, 0)


def test_cron_counts_days_from_sunday(tmp_path: Path) -> None:
    found = read_watchlist(written(tmp_path, WATCH.replace("15 7 * * *", "0 9 * * 0") + "}"))
    due = found.due_after(found.watches[0], moment(24, 12))  # a Tuesday
    assert due and found.local(due).isoformat() == "2026-11-29T09:00:00+08:00"  # a Sunday


def test_a_window_may_span_midnight(tmp_path: Path) -> None:
    day = read_watchlist(written(tmp_path, WATCH + ", between: 07:00-22:00}")).watches[0]
    night = read_watchlist(written(tmp_path, WATCH + ", between: '22:00-06:00'}")).watches[0]
    at = [moment(24, hour) for hour in (3, 7, 12, 21, 22, 23)]
    assert [day.open_at(one) for one in at] == [False, True, True, True, False, False]
    assert [night.open_at(one) for one in at] == [True, False, False, False, True, True]
