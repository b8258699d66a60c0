"""Read the dates that Chinese platforms show."""

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")
AGO = {"秒": "seconds", "分钟": "minutes", "小时": "hours", "天": "days"}
DAYS_AGO = {"今天": 0, "昨天": 1, "前天": 2}
CLOCK = r"(?:\s*(\d{1,2}):(\d\d)(?::(\d\d))?)?"


class ReadDate(NamedTuple):
    """A moment, and whether the page told it to the minute."""

    at: datetime
    exact: bool


def read_date(shown: str, seen_at: datetime | None) -> ReadDate:
    """
    Turn a date as a page shows it into a moment in China's time.

    Many dates only make sense beside the moment the page was seen, so that moment is an argument:
    the same page read tomorrow gives the same answer. Raises ValueError for a date that cannot be
    read, and for one that needs a moment when none is given.

        >>> seen_at = datetime(2026, 8, 20, 9, 30, tzinfo=CHINA)
        >>> read_date("2026-08-19 23:05", None).at.isoformat()
        '2026-08-19T23:05:00+08:00'
        >>> read_date("3分钟前", seen_at).at.isoformat()
        '2026-08-20T09:27:00+08:00'
        >>> read_date("昨天 12:30", seen_at).at.isoformat()
        '2026-08-19T12:30:00+08:00'
        >>> read_date("12-30", seen_at)
        ReadDate(at=datetime.datetime(2025, 12, 30, 0, 0, tzinfo=zoneinfo.ZoneInfo(key='Asia/\
Shanghai')), exact=False)
        >>> read_date("发布于 2026年1月5日", None).at.isoformat()
        '2026-01-05T00:00:00+08:00'
        >>> read_date("Fri Jan 06 23:42:41 +0800 2017", None).at.isoformat()
        '2017-01-06T23:42:41+08:00'
        >>> read_date("1498908951", None).at.isoformat()
        '2017-07-01T19:35:51+08:00'
        >>> read_date("前几天", seen_at)
        Traceback (most recent call last):
            ...
        ValueError: not a date we know how to read: '前几天'
    """
    text = re.sub(r"^(发布于|编辑于|更新于)\s*", "", shown.strip())
    if re.fullmatch(r"\d{10}|\d{13}", text):
        return ReadDate(datetime.fromtimestamp(int(text[:10]), UTC).astimezone(CHINA), True)
    if full := re.fullmatch(rf"(\d{{4}})[-/.年](\d{{1,2}})[-/.月](\d{{1,2}})日?{CLOCK}", text):
        return _on(int(full[1]), int(full[2]), int(full[3]), full.groups()[3:])
    if re.fullmatch(r"\w{3} \w{3} \d\d \d\d:\d\d:\d\d [+-]\d{4} \d{4}", text):
        at = datetime.strptime(text, "%a %b %d %H:%M:%S %z %Y")
        return ReadDate(at.astimezone(CHINA), True)
    return _relative(text, shown, seen_at)


def _relative(text: str, shown: str, seen_at: datetime | None) -> ReadDate:
    known = re.fullmatch(
        r"刚刚|(\d+)\s*(秒|分钟|小时|天)前|(今天|昨天|前天)" + CLOCK
        + r"|(\d{1,2})[-/月](\d{1,2})日?" + CLOCK,
        text,
    )  # fmt: skip
    if not known:
        raise ValueError(f"not a date we know how to read: {shown!r}")
    if seen_at is None:
        raise ValueError(f"{shown!r} says nothing without the moment the page was seen")
    now = seen_at.astimezone(CHINA)
    if text == "刚刚":
        return ReadDate(now, True)
    if known[1]:
        at = now - timedelta(**{AGO[known[2]]: int(known[1])})
        return ReadDate(at, known[2] in ("秒", "分钟"))
    if known[3]:
        day = now - timedelta(days=DAYS_AGO[known[3]])
        return _on(day.year, day.month, day.day, known.groups()[3:6])
    month, day_of_month = int(known[7]), int(known[8])
    year = now.year - ((month, day_of_month) > (now.month, now.day))
    return _on(year, month, day_of_month, known.groups()[8:11])


def _on(year: int, month: int, day: int, clock: tuple[str | None, ...]) -> ReadDate:
    hour, minute, second = (int(part or 0) for part in clock)
    at = datetime(year, month, day, hour, minute, second, tzinfo=CHINA)
    return ReadDate(at, clock[0] is not None)
