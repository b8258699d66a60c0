"""The watchlist: what is looked for, where, and when, as a person wrote it down."""

import re
from dataclasses import dataclass
from datetime import datetime, time
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

import yaml
from apscheduler.triggers.cron import CronTrigger
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from lurewatch.errors import InputError
from lurewatch.post import platform_named

DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")  # cron's 0 and 7 are Sunday


def cron_days(field: str) -> str:
    """
    Cron's days of the week by name: APScheduler counts from Monday, cron from Sunday.

    >>> cron_days("1-5"), cron_days("0,6"), cron_days("5-7"), cron_days("mon-fri"), cron_days("*")
    ('mon,tue,wed,thu,fri', 'sun,sat', 'fri,sat,sun', 'mon-fri', '*')
    """
    named = []
    for part in field.split(","):
        found = re.fullmatch(r"([0-7])(?:-([0-7]))?(?:/(\d+))?", part)
        if not found:
            named.append(part)
            continue
        first, last = int(found[1]), int(found[2] or found[1])
        named += [DAYS[day] for day in range(first, last + 1, int(found[3] or 1))]
    return ",".join(named)


def cron(written: str) -> str:
    """A cron line that can be read. Raises ValueError."""
    fields = written.split()
    if len(fields) != 5:
        raise ValueError("five fields: minute hour day month weekday, as 15 7 * * mon-fri")
    fields[4] = cron_days(fields[4])
    CronTrigger.from_crontab(" ".join(fields), timezone="UTC")
    return " ".join(fields)


def hours(written: str) -> str:
    """A window that can be read. Raises ValueError."""
    if written and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d", written):
        raise ValueError("hours of the day, as 07:00-22:00")
    return written


def zone(written: str) -> str:
    """A time zone that this machine knows. Raises ValueError."""
    try:
        ZoneInfo(written)
    except (OSError, ValueError, KeyError):
        raise ValueError("a time zone's name, as Asia/Shanghai") from None
    return written


class Watch(BaseModel):
    """One thing to look for: where, and when."""

    model_config = ConfigDict(extra="forbid", frozen=True, ignored_types=(cached_property,))

    name: Annotated[str, Field(min_length=1, max_length=100)]
    platforms: Annotated[
        tuple[Annotated[str, AfterValidator(platform_named)], ...], Field(min_length=1)
    ]
    keywords: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    pages: Annotated[int, Field(ge=1, le=500)] = 5  # at most, a keyword
    cron: Annotated[str, AfterValidator(cron)]
    between: Annotated[str, AfterValidator(hours)] = ""  # outside these hours nothing is asked
    overlap: Literal["skip", "queue"] = "skip"  # when due while the one before still runs

    def open_at(self, local: datetime) -> bool:
        """Whether the window is open at a local moment; one that ends before it begins spans midnight."""
        if not self.between:
            return True
        first, last = (time.fromisoformat(part) for part in self.between.split("-"))
        now = local.time()
        return first <= now < last if first <= last else now >= first or now < last


def cron_or_never(written: str) -> str:
    """A cron line that can be read, or nothing for what is not done by itself. Raises ValueError."""
    return cron(written) if written.strip() else ""


@dataclass(frozen=True, slots=True)
class Chore:
    """What the schedule does beside looking for posts."""

    name: str  # no watch may bear it
    cron: str
    between: str = ""  # any hour will do: those that ask platforms are few, and at a set time
    overlap: Literal["skip", "queue"] = "skip"

    def open_at(self, local: datetime) -> bool:
        """Whether it may be done now."""
        return True


RETENTION: Final = "lurewatch retention"
WEBHOOKS: Final = "lurewatch webhooks"
RECHECKS: Final = "lurewatch rechecks"


class Watchlist(BaseModel):
    """All watches of an installation."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    timezone: Annotated[str, AfterValidator(zone)] = "Asia/Shanghai"
    pause_after: Annotated[int, Field(ge=1)] = 3  # runs in a row without a page
    retention: Annotated[str, AfterValidator(cron_or_never)] = (
        "30 3 * * *"  # when what expired goes
    )
    webhooks: Annotated[str, AfterValidator(cron_or_never)] = "*/5 * * * *"  # when they are told
    rechecks: Annotated[str, AfterValidator(cron_or_never)] = "40 9 * * *"  # of reported posts
    watches: Annotated[tuple[Watch, ...], Field(min_length=1)]

    @property
    def chores(self) -> list[Chore]:
        """What is done beside the watches, by itself."""
        every = (
            Chore(RETENTION, self.retention),
            Chore(WEBHOOKS, self.webhooks),
            Chore(RECHECKS, self.rechecks),
        )
        return [chore for chore in every if chore.cron]

    def local(self, moment: datetime) -> datetime:
        """A moment in the list's time zone."""
        return moment.astimezone(ZoneInfo(self.timezone))

    def due_after(self, watch: Watch | Chore, moment: datetime) -> datetime | None:
        """The first due time of a watch after a moment."""
        trigger = CronTrigger.from_crontab(watch.cron, timezone=self.timezone)
        found: datetime | None = trigger.get_next_fire_time(moment, moment)
        return found

    def due(
        self, watch: Watch | Chore, since: datetime, now: datetime
    ) -> tuple[datetime | None, int]:
        """The newest due time after *since* and not after *now*, and how many came before it."""
        newest, count, at = None, 0, self.due_after(watch, since)
        while at and at <= now:
            newest, count, at = at, count + 1, self.due_after(watch, at)
        return newest, max(0, count - 1)


def read_watchlist(path: Path) -> Watchlist:
    """
    The watchlist of a file.

    Raises InputError that names the place in the file and what stands there.
    """
    try:
        written = yaml.safe_load(path.read_text("utf-8"))
    except FileNotFoundError:
        raise InputError(
            f"{path} is not there; write one: lurewatch schedule example > {path}"
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is no YAML that can be read: {one_line(error)}") from None
    try:
        found = Watchlist.model_validate(written)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise InputError(f"{path}: {place}: {first['msg']}, not {shown(first['input'])}") from None
    names = [watch.name for watch in found.watches]
    for watch in found.watches:
        if names.count(watch.name) > 1:
            raise InputError(f"{path}: two watches are called {watch.name!r}; name each its own")
        if watch.name in (RETENTION, WEBHOOKS, RECHECKS):
            raise InputError(f"{path}: {watch.name!r} is a name of lurewatch's own; choose another")
        if not watch.keywords and not watch.addresses:
            raise InputError(
                f"{path}: {watch.name!r} looks for nothing: give keywords or addresses"
            )
    return found


def one_line(error: Exception) -> str:
    """What went wrong, without line breaks."""
    return " ".join(str(error).split())


def shown(value: Any) -> str:
    """What stands in the file, in short."""
    text = repr(value)
    return text if len(text) <= 80 else text[:79] + "…"


EXAMPLE: Final = """\
# What lurewatch looks for, and when. `lurewatch schedule check` reads it and says what comes next.
timezone: Asia/Shanghai
pause_after: 3        # a platform that gave no page in so many runs rests until a person looks
retention: "30 3 * * *"  # when what has expired is forgotten; "" leaves it to you
webhooks: "*/5 * * * *"  # when those who are told of decisions are told
rechecks: "40 9 * * *"   # when reported posts are looked at again, each at most once a day

watches:
  - name: morning
    platforms: [tieba, wechat]
    keywords: [停息挂账, 债务优化, 征信修复]
    pages: 5          # at most, a keyword
    cron: "15 7 * * *"
    between: 07:00-22:00   # what has not been asked by then waits for the next time
    overlap: skip     # or queue: when it is due while the one before still runs

  - name: known posts
    platforms: [zhihu]
    addresses: ["https://zhuanlan.zhihu.com/p/10000001"]
    cron: "0 13 * * mon-fri"
"""
