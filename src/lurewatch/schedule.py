"""
The schedule: fire each watch when it is due, once, whatever process does it and whenever it dies.

APScheduler computes due times; that a time is fired once is kept by the store. A firing is claimed
by its row (watch, due time), and held by signs of life: when they cease, another process goes on
with it. Times that were missed while no process ran are fired as one.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from lurewatch import desk, retention, workflow
from lurewatch.config import Settings
from lurewatch.crawling import (
    BEAT,
    LEASE,
    Crawled,
    Order,
    a_holder,
    crawl_source,
    fetch_pictures,
    read_whole,
    spider_code,
)
from lurewatch.dates import CHINA
from lurewatch.detect import Detector, lexicon_for
from lurewatch.errors import LurewatchError
from lurewatch.notices import read_notices
from lurewatch.notify import tell
from lurewatch.periods import read_periods
from lurewatch.pictures.reading import Reader, can_read
from lurewatch.recheck import due, look_again
from lurewatch.store import Store
from lurewatch.watchlist import (
    RECHECKS,
    RETENTION,
    WEBHOOKS,
    Chore,
    Watch,
    Watchlist,
    read_watchlist,
)
from lurewatch.workflow import Alarm, Firing, FiringState

TICK: Final = 5.0  # seconds between two looks at the clock
AT_ONCE: Final = 4  # firings of one process
EXPECTED: Final = timedelta(days=30)  # from which it is known what a source usually gives
REMEMBERED: Final = timedelta(days=30)  # what came of a chore
SLACK: Final = timedelta(hours=1)  # a look of yesterday's round was a little later in it
FURTHEST: Final = timedelta(days=8)  # a due time missed longer ago is not looked for
WORST: Final = ("failed", "blocked", "stopped")  # of several platforms the first of these counts


@dataclass(frozen=True, slots=True)
class Fired:
    """What came of a firing."""

    watch: str
    state: FiringState
    crawled: tuple[Crawled, ...]
    posts: int
    findings: int
    whole: tuple[Crawled, ...] = ()  # the runs for the rest of texts that results cut
    pictured: tuple[Crawled, ...] = ()  # the runs for pictures of the posts
    pictures: int = 0  # that were read


@dataclass(slots=True)
class Scheduler:
    """One process that fires what is due."""

    store: Store
    settings: Settings
    say: Callable[[str], object]
    lease: timedelta = LEASE
    beat: float = BEAT  # seconds
    holder: str = field(default_factory=a_holder)
    stop: threading.Event = field(default_factory=threading.Event)
    judging: threading.Lock = field(default_factory=threading.Lock)

    def run(self, *, once: bool = False) -> list[Fired]:
        """
        Fire what is due until told to stop; with *once*, what is due now.

        What nobody is free to do is not claimed: it would give no sign of life, and be done twice.
        """
        watchlist = read_watchlist(self.settings.watchlist_file)
        trouble, began = "", datetime.now(UTC)
        with ThreadPoolExecutor(AT_ONCE) as pool, ThreadPoolExecutor(len(DONE)) as beside:
            waiting: list[Future[Fired]] = []
            while not self.stop.is_set():
                try:
                    watchlist, trouble = read_watchlist(self.settings.watchlist_file), ""
                except LurewatchError as error:  # it is being edited: the one before holds
                    if str(error) != trouble:
                        self.say(f"{error}; the watchlist before it holds")
                    trouble = str(error)
                now = began if once else datetime.now(UTC)
                free = AT_ONCE - sum(not one.done() for one in waiting)
                claimed = self.claim(watchlist, now, free)
                for firing, watch in claimed:
                    waiting.append(pool.submit(self.fire, firing, watch, watchlist))
                workflow.mark_interrupted(self.store)
                for firing, chore in self.claim_chores(watchlist, now):
                    beside.submit(self.do, firing, chore, watchlist)
                if once and free == AT_ONCE and not claimed:  # nothing runs and nothing is due
                    break
                if not once:
                    self.look(waiting)
                self.stop.wait(1.0 if once else TICK)
            return [fired for one in waiting if (fired := self.fired(one))]

    def look(self, waiting: list[Future[Fired]]) -> None:
        """Say what went wrong in firings that have ended, and forget them."""
        for one in [one for one in waiting if one.done()]:
            self.fired(one)
            waiting.remove(one)

    def fired(self, one: Future[Fired]) -> Fired | None:
        """What came of a firing; that one broke must not stop the others."""
        try:
            return one.result()
        except LurewatchError as error:
            self.say(str(error))
            return None

    def claim(
        self, watchlist: Watchlist, now: datetime, most: int = AT_ONCE
    ) -> list[tuple[Firing, Watch]]:
        """The firings that are this process's to do now, at most so many."""
        found: list[tuple[Firing, Watch]] = []
        for watch in watchlist.watches:
            if len(found) >= most:
                break
            if firing := self.claim_one(watchlist, watch, now):
                found.append((firing, watch))
        return found

    def claim_chores(self, watchlist: Watchlist, now: datetime) -> list[tuple[Firing, Chore]]:
        """The chores that are this process's to do now."""
        claimed = ((self.claim_one(watchlist, one, now), one) for one in watchlist.chores)
        return [(firing, one) for firing, one in claimed if firing]

    def claim_one(self, watchlist: Watchlist, watch: Watch | Chore, now: datetime) -> Firing | None:
        """The firing of a watch that is this process's to do now."""
        newest = workflow.newest_firing(self.store, watch.name)
        if newest is None:  # seen for the first time: what was due before does not count
            self.put(watch, now, "began", now)
            return None
        before = workflow.running_firing(self.store, watch.name)
        if before and before.held_until <= now and watch.open_at(watchlist.local(now)):
            mine = workflow.take_over_firing(
                self.store, before, holder=self.holder, now=now, until=now + self.lease
            )
            return before if mine else None
        since = max(newest.due_at, now - FURTHEST)
        due, missed = watchlist.due(watch, since, now)
        if due is None:
            return None
        detail = f"{missed} due times before it were missed" if missed else ""
        if not watch.open_at(watchlist.local(now)):
            self.put(watch, due, "skipped", now, f"outside {watch.between}")
            return None
        if before:
            if watch.overlap == "skip":
                self.put(watch, due, "skipped", now, "the firing before it still ran")
            return None
        return self.put(watch, due, "running", now, detail)

    def put(
        self,
        watch: Watch | Chore,
        due: datetime,
        state: FiringState,
        now: datetime,
        detail: str = "",
    ) -> Firing | None:
        """Claim a due time in a state; nothing when another was first."""
        return workflow.claim_firing(
            self.store,
            watch.name,
            due,
            state,
            holder=self.holder,
            now=now,
            until=now + self.lease,
            detail=detail,
        )

    def fire(self, firing: Firing, watch: Watch, watchlist: Watchlist) -> Fired:
        """Ask every platform of a watch, judge what came, and tell the operator of trouble."""
        self.say(f"{watch.name}: {', '.join(watch.platforms)}")
        halt, over = threading.Event(), threading.Event()
        heart = threading.Thread(
            target=self.live, args=(firing, watch, watchlist, halt, over), daemon=True
        )
        heart.start()
        try:
            order = Order(watch.keywords, watch.addresses, watch.pages)
            ask = partial(
                crawl_source,
                self.store,
                order=order,
                holder=self.holder,
                pause_after=watchlist.pause_after,
                patience=self.lease.total_seconds() * 30,
                stop=halt,
            )
            codes = [
                code
                for code in map(spider_code, watch.platforms)
                if not workflow.asked_since(self.store, code, firing.began_at)
            ]
            with ThreadPoolExecutor(len(watch.platforms)) as pool:
                crawled = tuple(pool.map(ask, codes))
            whole = read_whole(self.store, crawled, self.settings.whole, self.holder, stop=halt)
            pictured = self.fetch_pictures(codes, halt)
            with self.judging:  # one model in memory at a time
                pictures = self.read_pictures()
                detector, lexicon = Detector.load(self.settings), lexicon_for(self.settings)
                judged = workflow.judge_pending(self.store, detector, linked_by=lexicon)
                linked = workflow.link_pending(self.store, lexicon)
            self.alarm(linked.alarms)
            if judged.warning:
                self.say(f"warning: {judged.warning}")
        except Exception as error:  # the next due time may go better
            said = f"{type(error).__name__}: {error}"
            workflow.finish_firing(self.store, firing, "failed", said)
            raise
        finally:
            over.set()
            heart.join()
        fired = Fired(
            watch.name,
            worst(crawled),
            crawled,
            judged.posts,
            judged.findings,
            whole,
            pictured,
            pictures,
        )
        if self.stop.is_set() and fired.state == "stopped":
            workflow.leave_firing(self.store, firing, self.holder, datetime.now(UTC))
        else:
            said = "; ".join(filter(None, (firing.detail, *lines_of(fired))))
            workflow.finish_firing(self.store, firing, fired.state, said)
        self.report(fired)
        return fired

    def do(self, firing: Firing, chore: Chore, watchlist: Watchlist) -> None:
        """Do a chore; one that fails is told of, and done again at its next time."""
        halt, over = threading.Event(), threading.Event()
        heart = threading.Thread(
            target=self.live, args=(firing, chore, watchlist, halt, over), daemon=True
        )
        heart.start()
        state: FiringState = "finished"
        try:
            said = DONE[chore.name](self, halt)
        except Exception as error:  # the schedule itself goes on
            state, said = "failed", f"{type(error).__name__}: {error}"
            if isinstance(error, LurewatchError):
                said = str(error)
            tell(self.settings.notify, chore.name, f"{said}. 定时任务失败")
        finally:
            over.set()
            heart.join()
        workflow.finish_firing(self.store, firing, state, said)
        workflow.forget_firings(self.store, chore.name, datetime.now(UTC) - REMEMBERED)
        if said:
            self.say(f"{chore.name}: {said}")

    def forget(self, halt: threading.Event) -> str:
        """Forget what has expired."""
        done = retention.run(
            self.store,
            read_periods(self.settings.retention_file),
            self.settings.imports_dir,
            who="schedule",
            now=datetime.now(UTC),
            evidence=self.settings.evidence_dir,
        )
        return f"{done.purged.posts} posts and {done.files} files forgotten"

    def deliver(self, halt: threading.Event) -> str:
        """Tell webhooks what is due."""
        counts = {True: 0, False: 0}
        while not halt.is_set():
            arrived = desk.deliver_one(self.store, datetime.now(UTC), self.settings.webhook_local)
            if arrived is None:
                break
            counts[arrived] += 1
        told = f"{counts[True]} delivered, {counts[False]} to be tried again or given up"
        return told if any(counts.values()) else ""

    def look_again(self, halt: threading.Event) -> str:
        """Look at reported posts again, as each is due."""
        day = timedelta(days=1) - SLACK
        looks = look_again(
            self.store,
            due(self.store, datetime.now(UTC), day),
            self.say,
            read_notices(self.settings.notices_file),
            halt.is_set,
        )
        self.alarm(workflow.raise_alarms(self.store))
        seen = Counter(one.outcome for one in looks)
        return ", ".join(f"{count} {outcome}" for outcome, count in sorted(seen.items()))

    def alarm(self, alarms: Sequence[Alarm]) -> None:
        """Tell of posts that are back after they were taken down."""
        lines = [
            f"request {one.request_id} is open again: its post is back in finding"
            f" {', '.join(map(str, sorted(one.returned)))}. 下架后复现"
            for one in alarms
        ]
        for line in lines:
            self.say(line)
        if lines and (
            problem := tell(self.settings.notify, "lurewatch: 下架后复现", "\n".join(lines))
        ):
            self.say(problem)

    def fetch_pictures(self, codes: list[str], halt: threading.Event) -> tuple[Crawled, ...]:
        """Ask for the pictures of these platforms' posts, where they can be read."""
        limit = self.settings.pictures
        if not limit or not can_read():
            return ()
        waiting = workflow.pictures_waiting(self.store)
        return tuple(
            fetch_pictures(self.store, code, limit, self.holder, stop=halt)
            for code in codes
            if waiting.get(code) and not halt.is_set()
        )

    def read_pictures(self) -> int:
        """Read what was fetched, where pictures can be read; gives how many."""
        if not self.settings.pictures or not can_read():
            return 0
        return sum(workflow.read_pictures(self.store, Reader()).states.values())

    def live(
        self,
        firing: Firing,
        watch: Watch | Chore,
        watchlist: Watchlist,
        halt: threading.Event,
        over: threading.Event,
    ) -> None:
        """Give signs of life; halt the spiders when told to stop, when the window closes, or when another took over."""
        beaten = datetime.now(UTC)
        while not over.wait(min(self.beat, 1.0)):
            now = datetime.now(UTC)
            if (now - beaten).total_seconds() >= self.beat:
                beaten = now
                if not workflow.renew_holds(self.store, self.holder, firing, now + self.lease):
                    halt.set()
            if self.stop.is_set() or not watch.open_at(watchlist.local(now)):
                halt.set()

    def silenced(self, fired: Fired) -> list[str]:
        """The sources that gave nothing in a day's first firing, though they usually do."""
        rows = workflow.coverage(self.store, [one.run_id for one in fired.crawled])
        asked = Counter[tuple[str, str]]()
        for row in rows:
            asked[row.platform, row.keyword] += row.pages if row.state != "capped" else 0
        now = datetime.now(UTC)
        days = workflow.coverage_by_day(self.store, since=now - EXPECTED)
        return [
            f"{day.platform} {day.keyword}: no post today ({day_words(day.pages)}),"
            f" usually {usual}. 今日无帖，平时约 {usual} 条"
            for day, usual in workflow.silent(days)
            if day.day == now.astimezone(CHINA).date()
            and asked[day.platform, day.keyword] == day.tried
        ]

    def report(self, fired: Fired) -> None:
        """Say what came of it; trouble goes to the operator's chat too."""
        lines = lines_of(fired)
        for line in lines:
            self.say(f"{fired.watch}: {line}")
        if trouble := [*troubles(fired), *self.silenced(fired)]:
            problem = tell(self.settings.notify, f"lurewatch: {fired.watch}", "\n".join(trouble))
            if problem:
                self.say(problem)


def day_words(states: Iterable[str]) -> str:
    """States of pages in an order that never changes."""
    return ", ".join(sorted(states))


DONE: Final[dict[str, Callable[[Scheduler, threading.Event], str]]] = {
    RETENTION: Scheduler.forget,
    WEBHOOKS: Scheduler.deliver,
    RECHECKS: Scheduler.look_again,
}


def worst(crawled: tuple[Crawled, ...]) -> FiringState:
    """How a firing ended: as the worst of its platforms."""
    states = {"failed" if one.state == "interrupted" else one.state for one in crawled}
    for state in WORST:
        if state in states:
            return state
    return "skipped" if states == {"left"} else "finished"


def lines_of(fired: Fired) -> list[str]:
    """What came of each platform, and of judging."""
    found = [one.left or f"{one.platform} {one.state}" for one in fired.crawled]
    if any(not one.left for one in fired.crawled):
        found.append(f"{fired.posts} posts judged, {fired.findings} new findings")
    if fired.pictures:
        found.append(f"{fired.pictures} pictures read")
    found += [one.left for one in (*fired.whole, *fired.pictured) if one.left]
    return found


def troubles(fired: Fired) -> list[str]:
    """What the operator must know: walls, failures, pauses. No post and nobody's name is in it."""
    found = []
    for one in fired.crawled:
        if one.left and (one.source.paused or one.source.why):
            continue  # told when it began
        if one.source.paused:
            found.append(
                f"{one.platform}: paused after {one.source.failures} runs without a page"
                f" ({one.source.why}). 连续失败，已暂停: lurewatch schedule resume {one.platform}"
            )
        elif one.state == "blocked":
            found.append(
                f"{one.platform}: {one.source.why}; rests until"
                f" {one.source.rests_until:%Y-%m-%d %H:%M} UTC. 遇到拦截，已停止并休息"
            )
        elif one.state in ("failed", "interrupted"):
            found.append(f"{one.platform}: {one.said or one.source.why}. 本次采集失败")
    found += [
        f"{one.platform}: its single posts were refused; texts that results cut stay cut for some"
        " days. 单帖页面被拒，已停止"
        for one in fired.whole
        if one.state == "blocked"
    ]
    found += [
        f"{one.platform}: its pictures were refused, and rest for some hours. 图片抓取被拒，已停止"
        for one in fired.pictured
        if one.state == "blocked"
    ]
    return found
