"""Which platform may be asked, by whom, and which due time is whose."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from lurewatch.errors import NotAllowedError
from lurewatch.store import (
    Store,
    audit,
    firings,
    pictures,
    runs,
    sources,
)
from lurewatch.store.firings import Firing, FiringState
from lurewatch.store.sources import Reading, Source
from lurewatch.workflow.common import current, operator_name

REST: Final = timedelta(hours=6)  # after a wall; twice as long after each further one
WHOLE: Final = runs.WHOLE
LONGEST_REST: Final = timedelta(hours=72)
DELAY: Final = 10.0  # seconds between two pages where the register says nothing
READING_HOLDS: Final = timedelta(days=180)  # then robots.txt and terms should be read again


def source(store: Store, platform: str) -> Source:
    """How a platform stands."""
    with store.reading() as db:
        return sources.get(db, platform)


def all_sources(store: Store) -> list[Source]:
    """Every platform that was ever asked."""
    with store.reading() as db:
        return sources.every(db)


def why_not(source: Source, now: datetime) -> str:
    """Why a platform must not be asked now; nothing when it may be."""
    if source.paused:
        return (
            f"paused ({source.why}); when it is mended: lurewatch schedule resume {source.platform}"
        )
    if source.rests_until > now:
        return f"rests until {source.rests_until:%Y-%m-%d %H:%M} UTC ({source.why})"
    return ""


def hold_source(store: Store, platform: str, holder: str, now: datetime, until: datetime) -> bool:
    """Take a platform: nobody else asks it before *until*, or before it is let go."""
    with store.begin() as db:
        return sources.hold(db, platform, holder, now, until)


def release_source(
    store: Store, platform: str, run_id: str, now: datetime, pause_after: int
) -> Source:
    """Let a platform go; how its run ended says whether it rests, or is paused."""
    with store.begin() as db:
        runs.finish(
            db, run_id, "interrupted", now
        )  # its process is gone: if it did not say so itself
        state, trouble = runs.came_of(db, run_id)
        free = replace(sources.get(db, platform), holder="", held_until=now)
        after = after_run(free, state, trouble, now, pause_after)
        sources.put(db, after)
        return after


SMALL_WALLS: Final = ("blocked", "expired")  # of one file: its host refuses it, or its link is old


def release_beside(store: Store, platform: str, run_id: str, now: datetime) -> Source:
    """
    Let a platform go after a run for its pictures, or for the rest of texts.

    It rests as after any wall, but not where these alone were refused: the results are elsewhere,
    and these alone rest (`pictures_rest`, `whole_rests`). That they came, or did not, says nothing
    of the results.
    """
    with store.begin() as db:
        state, trouble = runs.came_of(db, run_id)
        free = replace(sources.get(db, platform), holder="", held_until=now)
        walled = state == "blocked" and trouble.partition(" ")[0] not in SMALL_WALLS
        after = after_run(free, "blocked", trouble, now, 1) if walled else free
        sources.put(db, after)
        return after


def pictures_rest(store: Store, platform: str, now: datetime) -> str:
    """Why the pictures of a platform must not be asked for now; nothing when they may be."""
    with store.reading() as db:
        at = runs.blocked_beside(db, platform, runs.PICTURES, now - REST)
    return f"pictures rest until {at + REST:%Y-%m-%d %H:%M} UTC (refused)" if at else ""


def whole_rests(store: Store, platform: str, now: datetime) -> str:
    """Why single posts must not be read for their whole text now; nothing when they may be."""
    with store.reading() as db:
        at = runs.blocked_beside(db, platform, runs.WHOLE, now - LONGEST_REST)
    if not at:
        return ""
    return f"texts that results cut are not read until {at + LONGEST_REST:%Y-%m-%d %H:%M} UTC (refused)"


def after_run(source: Source, state: str, trouble: str, now: datetime, pause_after: int) -> Source:
    """How a platform stands after a run."""
    if state == "finished":
        return replace(source, blocks=0, failures=0, why="")
    if state == "blocked":
        rest = min(REST * 2**source.blocks, LONGEST_REST)
        return replace(
            source, blocks=source.blocks + 1, rests_until=now + rest, why=f"wall: {trouble}"
        )
    if state == "stopped":
        return source
    failures = source.failures + 1
    paused = source.paused or failures >= pause_after
    return replace(source, failures=failures, paused=paused, why=trouble or "no page came")


def renew_sources(store: Store, holder: str, until: datetime) -> None:
    """The holder of platforms lives."""
    with store.begin() as db:
        sources.renew(db, holder, until)


def renew_holds(store: Store, holder: str, firing: Firing, until: datetime) -> bool:
    """The holder of a firing lives; False when another has taken it over."""
    with store.begin() as db:
        sources.renew(db, holder, until)
        return firings.renew(db, firing, holder, until)


def resume_source(store: Store, platform: str) -> Source:
    """A person lets a platform go on at once."""
    now = current()
    with store.begin() as db:
        resting = sources.get(db, platform)
        free = replace(resting, paused=False, rests_until=now, failures=0, blocks=0, why="")
        sources.put(db, free)
        audit.note(db, now, operator_name(), "resume source", platform)
        return free


def record_reading(
    store: Store, platform: str, *, robots: str, terms: str, permission: str, delay: float
) -> Reading:
    """Write into the source register what a person read. Raises NotAllowedError."""
    if delay < DELAY and not permission:
        raise NotAllowedError(
            f"{platform}: fewer than {DELAY:.0f} seconds between two pages need a written"
            " permission: say where it is kept with --permission"
        )
    reading = Reading(platform, robots, terms, permission, delay, operator_name(), current())
    with store.begin() as db:
        sources.add_reading(db, reading)
        audit.note(db, reading.read_at, reading.read_by, "record source", platform)
    return reading


def delay_of(store: Store, platform: str) -> float:
    """Seconds between two pages of a platform, as its register says."""
    found = register(store).get(platform)
    return found.delay if found else DELAY


def register(store: Store) -> dict[str, Reading]:
    """The source register: the newest reading of each platform."""
    with store.reading() as db:
        return sources.register(db)


def keep_robots(store: Store, run_id: str, host: str, status: int, body: bytes) -> None:
    """Keep the robots.txt that a run obeys."""
    with store.begin() as db:
        sources.keep_robots(db, run_id, host, status, body, current())


def pages_today(store: Store, platform: str, since: datetime) -> int:
    """How many pages and pictures a platform was asked for since a moment."""
    with store.reading() as db:
        return runs.pages_since(db, platform, since) + pictures.asked_since(db, platform, since)


def came_of(store: Store, run_id: str) -> str:
    """How a run ended; *failed* also when no page could be read."""
    with store.reading() as db:
        return runs.came_of(db, run_id)[0]


def asked_since(store: Store, platform: str, moment: datetime) -> bool:
    """Whether a run of a platform that began after a moment has come to its end, or to a wall."""
    with store.reading() as db:
        return runs.ended_since(db, platform, moment)


def newest_firing(store: Store, watch: str) -> Firing | None:
    """The latest due time of a watch that was claimed."""
    with store.reading() as db:
        return firings.newest(db, watch)


def claim_firing(
    store: Store,
    watch: str,
    due_at: datetime,
    state: FiringState,
    *,
    holder: str,
    now: datetime,
    until: datetime,
    detail: str = "",
) -> Firing | None:
    """The firing of a due time, if nobody has claimed it yet."""
    with store.begin() as db:
        return firings.claim(db, watch, due_at, state, holder, now, until, detail)


def running_firing(store: Store, watch: str) -> Firing | None:
    """The firing of a watch that has not ended."""
    with store.reading() as db:
        return firings.running(db, watch)


def take_over_firing(
    store: Store, firing: Firing, *, holder: str, now: datetime, until: datetime
) -> bool:
    """Go on with the firing of a process that died; False when another was first."""
    with store.begin() as db:
        return firings.take_over(db, firing, holder, now, until)


def leave_firing(store: Store, firing: Firing, holder: str, now: datetime) -> None:
    """Stop in the middle: the next process goes on with it at once."""
    with store.begin() as db:
        firings.renew(db, firing, holder, now)


def forget_firings(store: Store, watch: str, before: datetime) -> None:
    """Forget what came of a watch before a moment."""
    with store.begin() as db:
        firings.forget(db, watch, before)


def finish_firing(store: Store, firing: Firing, state: FiringState, detail: str) -> None:
    """What came of a firing."""
    with store.begin() as db:
        firings.finish(db, firing, state, detail, current())
