"""The schedule, with real spiders and a server that answers like tieba."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from lurewatch import desk, workflow
from lurewatch.config import Settings, read_secrets, read_settings
from lurewatch.crawling import Order, crawl_source
from lurewatch.demo.pages import tieba_results
from lurewatch.demo.posts import posts_of
from lurewatch.errors import NotAllowedError
from lurewatch.schedule import TICK, Scheduler
from lurewatch.store import Store, deliveries, open_store, runs
from lurewatch.text.lexicon import load_lexicon
from lurewatch.watchlist import Watchlist, read_watchlist
from tests.conftest import NOW
from tests.crawlers.test_spiders import server
from tests.takedown.test_requests import TEMPLATE, drafted, sent

Answer = tuple[int, dict[str, str], bytes]
HTML = {"Content-Type": "text/html; charset=utf-8"}
LATER = timedelta(minutes=1)


class Tieba:
    """A platform of a few pages that can hang, fail or raise a wall."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.told: list[dict[str, Any]] = []  # notices
        self.mood = "well"
        self.robots = (200, b"User-agent: *\nDisallow: /secret\n")
        self.pages = 2
        self.hung, self.go_on = threading.Event(), threading.Event()

    def __call__(self, request: BaseHTTPRequestHandler) -> Answer:
        if request.command == "POST":
            size = int(request.headers["Content-Length"])
            self.told.append(json.loads(request.rfile.read(size)))
            return 200, {}, b"ok"
        if request.path == "/robots.txt":
            status, body = self.robots
            return status, {"Content-Type": "text/plain"}, body
        self.asked.append(request.path)
        if self.mood == "wall":
            return 403, {}, b"no"
        if self.mood == "lost":
            return 200, {"Content-Type": "image/png"}, b"\x89PNG"
        number = int(request.path.partition("pn=")[2] or 1)
        if number == 2 and self.mood == "hang":
            self.hung.set()
            self.go_on.wait(30)
        link = f"/f/search/res?qw=x&pn={number + 1}" if number < self.pages else None
        some = posts_of("tieba")[number * 3 : number * 3 + 3]
        return 200, HTML, tieba_results(some, NOW, link).encode()


@pytest.fixture
def tieba(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tieba]:
    platform = Tieba()
    with server(platform) as root:
        monkeypatch.setenv("LUREWATCH_HOME", str(settings.home))
        monkeypatch.setenv("LUREWATCH_ROOTS", f"tieba={root}")
        monkeypatch.setenv("LUREWATCH_NOTIFY", root.replace("http://", "json://"))
        yield platform


def watchlist(settings: Settings, **changes: Any) -> Watchlist:
    watch = {
        "name": "early",
        "platforms": ["tieba"],
        "keywords": ["x"],
        "cron": "* * * * *",
    } | changes
    settings.watchlist_file.parent.mkdir(parents=True, exist_ok=True)
    settings.watchlist_file.write_text(json.dumps({"watches": [watch]}), "utf-8")
    return read_watchlist(settings.watchlist_file)


@pytest.fixture
def scheduler(store: Store) -> Callable[..., Scheduler]:
    def make(said: list[str] | None = None, **changes: Any) -> Scheduler:
        lines = [] if said is None else said
        return Scheduler(store, read_settings(), say=lines.append, beat=0.2, **changes)

    return make


def begun(one: Scheduler, watches: Watchlist) -> datetime:
    """The watch has been seen; a minute later it is due."""
    start = datetime.now(UTC)
    assert one.claim(watches, start) == []
    return start + LATER


def fire(one: Scheduler, watches: Watchlist, at: datetime) -> Any:
    ((firing, watch),) = one.claim(watches, at)
    return one.fire(firing, watch, watches)


def test_a_due_time_is_fired_once(
    tieba: Tieba, scheduler: Any, store: Store, settings: Settings
) -> None:
    watches, one, other = watchlist(settings), scheduler(), scheduler()
    at = begun(one, watches)
    assert other.claim(watches, at - LATER) == []
    ((firing, watch),) = one.claim(watches, at)
    assert other.claim(watches, at) == []
    fired = one.fire(firing, watch, watches)
    assert (fired.state, fired.posts) == ("finished", 6)
    assert one.claim(watches, at) == other.claim(watches, at) == []
    last = workflow.newest_firing(store, "early")
    assert last and "tieba finished; 6 posts judged" in last.detail
    with store.reading() as db:
        (kept,) = db.connection.exec_driver_sql("select host, status, body from robots").all()
    assert kept[1:] == (200, b"User-agent: *\nDisallow: /secret\n")
    assert tieba.told == []


def test_two_servers_share_a_database(
    postgres: Callable[[], str], tieba: Tieba, settings: Settings
) -> None:
    here = replace(settings, db_url=postgres())
    watches = watchlist(settings)
    stores = [open_store(here, read_secrets(settings, {})) for _ in range(2)]
    several = [Scheduler(store, here, say=print) for store in stores for _ in range(3)]
    at = begun(several[0], watches)
    claimed: list[Any] = []
    together = threading.Barrier(len(several))

    def go(one: Scheduler) -> None:
        together.wait()
        claimed.extend(one.claim(watches, at))

    threads = [threading.Thread(target=go, args=(one,)) for one in several]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == 1
    now = datetime.now(UTC)
    held = [workflow.hold_source(store, "tieba", name, now, now + LATER) for store in stores for name in ("a", "b")]  # fmt: skip
    assert held == [True, False, True, False]
    for store in stores:
        store.engine.dispose()


def due_once(settings: Settings, due: datetime, *names: str) -> Watchlist:
    """Watches that are due at one minute of the day, and nothing else to do."""
    watch = {"platforms": ["tieba"], "keywords": ["x"], "cron": f"{due.minute} {due.hour} * * *"}
    content: dict[str, Any] = {"timezone": "UTC", "retention": "", "webhooks": "", "rechecks": ""}
    content["watches"] = [watch | {"name": name} for name in names]
    settings.watchlist_file.write_text(json.dumps(content), "utf-8")
    return read_watchlist(settings.watchlist_file)


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_two_processes_fire_a_due_time_once(
    database: str, request: pytest.FixtureRequest, tieba: Tieba, settings: Settings
) -> None:
    """`lurewatch schedule run` twice on one store, each with a look at the clock after it was done."""
    address = request.getfixturevalue("postgres")() if database == "postgres" else settings.db_url
    here = replace(settings, db_url=address)
    store = open_store(here, read_secrets(settings))
    due = datetime.now(UTC).replace(second=0, microsecond=0)
    watches = due_once(settings, due, "early")
    assert Scheduler(store, here, say=print).claim(watches, due - LATER) == []  # it has been seen
    tieba.mood = "hang"
    command = [sys.executable, "-m", "lurewatch", "schedule", "run"]
    env = environment(settings) | {"LUREWATCH_DB": address}
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    several = [subprocess.Popen(command, env=env, **pipes) for _ in range(2)]
    try:
        assert tieba.hung.wait(60)
        time.sleep(TICK + 1)  # the other has looked while the first still runs
        tieba.go_on.set()
        until = time.monotonic() + 120
        while not (last := workflow.newest_firing(store, "early")) or last.state == "running":
            assert time.monotonic() < until and all(one.poll() is None for one in several)
            time.sleep(0.5)
        time.sleep(TICK + 1)  # and once more after it
    finally:
        for one in several:
            one.terminate()
        said = [one.communicate(timeout=60)[0] for one in several]
    assert (last.state, last.due_at) == ("finished", due)
    assert [path.partition("pn=")[2] for path in tieba.asked] == ["", "2"]
    assert sum(lines.count("early: tieba\n") for lines in said) == 1, said
    assert [one.returncode for one in several] == [0, 0], said
    assert [run.how for run in workflow.recent_runs(store)] == ["spider"]
    assert len(list(workflow.export_posts(store))) == 6
    store.engine.dispose()


def test_what_waits_for_its_turn_is_not_claimed_before(
    scheduler: Any, tieba: Tieba, store: Store, settings: Settings
) -> None:
    """Six watches are due at once and four are done at once: none is done twice, whatever waits."""
    names = [f"w{number}" for number in range(6)]
    due = datetime.now(UTC).replace(second=0, microsecond=0)
    watches = due_once(settings, due, *names)
    said = list[str]()
    one = scheduler(said, lease=timedelta(seconds=3))
    assert one.claim(watches, due - LATER) == []
    tieba.mood = "hang"
    thread = threading.Thread(target=one.run)
    thread.start()
    assert tieba.hung.wait(60)
    time.sleep(2 * TICK)  # longer than a sign of life holds: others would take over what gives none
    tieba.mood = "well"
    tieba.go_on.set()
    until = time.monotonic() + 180
    states: set[str] = set()
    while states != {"finished"}:
        assert time.monotonic() < until, (states, said)
        time.sleep(0.5)
        newest = [workflow.newest_firing(store, name) for name in names]
        states = {last.state for last in newest if last}
    one.stop.set()
    thread.join()
    assert [said.count(f"{name}: tieba") for name in names] == [1] * 6
    assert len(workflow.recent_runs(store)) == 6


def test_all_that_is_due_now_is_done_when_asked_once(
    scheduler: Any, tieba: Tieba, settings: Settings
) -> None:
    due = datetime.now(UTC).replace(second=0, microsecond=0)
    watches, one = due_once(settings, due, *"abcdef"), scheduler()
    assert one.claim(watches, due - LATER, 6) == []
    assert sorted(fired.watch for fired in one.run(once=True)) == list("abcdef")


def test_missed_times_are_fired_as_one(scheduler: Any, tieba: Tieba, settings: Settings) -> None:
    watches, one = watchlist(settings), scheduler()
    at = begun(one, watches)
    ((firing, _),) = one.claim(watches, at + timedelta(hours=2))
    assert firing.detail == "120 due times before it were missed"


@pytest.mark.parametrize(("overlap", "states"), [("skip", ["skipped"]), ("queue", [])])
def test_one_that_still_runs_is_not_begun_again(
    scheduler: Any, tieba: Tieba, store: Store, settings: Settings, overlap: str, states: list[str]
) -> None:
    watches, one = watchlist(settings, overlap=overlap), scheduler(lease=timedelta(hours=1))
    at = begun(one, watches)
    ((firing, _),) = one.claim(watches, at)
    assert one.claim(watches, at + LATER) == []
    newest = workflow.newest_firing(store, "early")
    assert newest and [newest.state] == (states or ["running"])
    workflow.finish_firing(store, firing, "finished", "")
    due = one.claim(watches, at + LATER)
    assert len(due) == (overlap == "queue")


def test_outside_its_hours_nothing_is_asked(
    scheduler: Any, tieba: Tieba, store: Store, settings: Settings
) -> None:
    local = datetime.now(UTC) + timedelta(hours=8)
    closed = f"{local + timedelta(hours=2):%H:%M}-{local + timedelta(hours=3):%H:%M}"
    watches, one = watchlist(settings, between=closed), scheduler()
    at = begun(one, watches)
    assert one.claim(watches, at) == []
    last = workflow.newest_firing(store, "early")
    assert last and (last.state, last.detail) == ("skipped", f"outside {closed}")


def test_a_wall_lets_the_platform_rest_and_is_told(
    scheduler: Any, tieba: Tieba, store: Store, settings: Settings
) -> None:
    watches, one = watchlist(settings), scheduler()
    at = begun(one, watches)
    tieba.mood = "wall"
    assert fire(one, watches, at).state == "blocked"
    (notice,) = tieba.told
    assert "tieba" in notice["message"] and "拦截" in notice["message"]
    rests = workflow.source(store, "tieba").rests_until - datetime.now(UTC)
    assert timedelta(hours=5, minutes=59) < rests <= timedelta(hours=6)
    asked = len(tieba.asked)
    left = fire(one, watches, at + LATER)
    assert (left.state, len(tieba.asked), len(tieba.told)) == ("skipped", asked, 1)
    workflow.resume_source(store, "tieba")
    tieba.mood = "well"
    assert fire(one, watches, at + 2 * LATER).state == "finished"


def test_each_further_wall_doubles_the_rest() -> None:
    source, now, rests = workflow.Source("tieba"), NOW, []
    for _ in range(6):
        source = workflow.after_run(source, "blocked", "captcha", now, 3)
        rests.append((source.rests_until - now).total_seconds() / 3600)
    assert rests == [6, 12, 24, 48, 72, 72]
    assert workflow.after_run(source, "finished", "", now, 3).blocks == 0


def test_a_platform_that_fails_is_paused_and_said_so(
    scheduler: Any, tieba: Tieba, store: Store, settings: Settings
) -> None:
    watches, one = watchlist(settings), scheduler()
    at = begun(one, watches)
    tieba.mood = "lost"
    for number in range(3):
        assert fire(one, watches, at + number * LATER).state == "failed"
    assert workflow.source(store, "tieba").paused
    assert "lurewatch schedule resume tieba" in tieba.told[-1]["message"]
    asked = len(tieba.asked)
    assert fire(one, watches, at + 3 * LATER).state == "skipped"
    assert len(tieba.asked) == asked


@pytest.mark.parametrize("robots", [(503, b""), (200, b"User-agent: *\nDisallow: /\n")])
def test_a_platform_of_which_nothing_may_be_asked_is_paused_and_said_so(
    scheduler: Any, tieba: Tieba, store: Store, settings: Settings, robots: tuple[int, bytes]
) -> None:
    """Whether its robots.txt cannot be had, or forbids everything."""
    watches, one = watchlist(settings), scheduler()
    at = begun(one, watches)
    tieba.robots = robots
    for number in range(3):
        assert fire(one, watches, at + number * LATER).state == "failed"
    assert tieba.asked == [] and workflow.source(store, "tieba").paused
    (row, *_) = workflow.coverage(store)
    assert row.state == ("failed" if robots[0] == 503 else "disallowed")
    assert "robots.txt" in tieba.told[-1]["message"]


def environment(settings: Settings) -> dict[str, str]:
    return dict(os.environ) | {"LUREWATCH_HOME": str(settings.home)}


def test_a_killed_schedule_is_gone_on_with(
    scheduler: Any, tieba: Tieba, store: Store, settings: Settings
) -> None:
    """kill -9 in the middle: its spider ends by itself, and another process does the rest, once."""
    watches = watchlist(settings)
    one = scheduler(lease=timedelta(seconds=5))
    at = begun(one, watches)
    tieba.mood, tieba.pages = "hang", 4
    script = (
        "import sys; from datetime import datetime, timedelta, UTC\n"
        "from lurewatch.config import *; from lurewatch.store import open_store\n"
        "from lurewatch.schedule import Scheduler; from lurewatch.watchlist import read_watchlist\n"
        "s = read_settings(); store = open_store(s, read_secrets(s)); w = read_watchlist(s.watchlist_file)\n"
        "one = Scheduler(store, s, say=print, lease=timedelta(seconds=5), beat=1.0)\n"
        "((f, watch),) = one.claim(w, datetime.fromisoformat(sys.argv[1])); one.fire(f, watch, w)\n"
    )
    command = [sys.executable, "-c", script, at.isoformat()]
    with subprocess.Popen(command, env=environment(settings)) as child:
        assert tieba.hung.wait(60)
        child.send_signal(signal.SIGKILL)
    tieba.go_on.set()
    tieba.mood = "well"
    assert one.claim(watches, datetime.now(UTC)) == []  # its lease still holds
    lost = workflow.running_firing(store, "early")
    assert lost
    time.sleep(1.5)  # the orphan ends before its next page
    assert tieba.asked[-1].endswith("pn=2")
    later = at + timedelta(hours=1)
    ((firing, watch),) = one.claim(watches, later)
    assert firing.firing_id == lost.firing_id
    fired = one.fire(firing, watch, watches)
    assert fired.state == "finished"
    assert [path.partition("pn=")[2] for path in tieba.asked] in (["", "2", "3", "4"], ["", "2", "2", "3", "4"])  # fmt: skip
    kept = [row.post.post_id for row in workflow.export_posts(store)]
    assert len(kept) == len(set(kept)) == 12


def test_told_to_stop_it_leaves_the_rest_to_the_next(
    scheduler: Any, tieba: Tieba, store: Store, settings: Settings
) -> None:
    watches, one = watchlist(settings), scheduler()
    at = begun(one, watches)
    tieba.mood, tieba.pages = "hang", 4
    ((firing, watch),) = one.claim(watches, at)
    thread = threading.Thread(target=one.fire, args=(firing, watch, watches))
    thread.start()
    assert tieba.hung.wait(60)
    one.stop.set()
    threading.Timer(2, tieba.go_on.set).start()  # the page comes after the spider was told
    thread.join()
    left = workflow.running_firing(store, "early")
    assert left and left.held_until <= datetime.now(UTC)
    other = scheduler()
    ((firing, watch),) = other.claim(watches, datetime.now(UTC))
    assert other.fire(firing, watch, watches).state == "finished"
    assert len(list(workflow.export_posts(store))) == 12


def test_halt_and_the_days_limit(
    tieba: Tieba, store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = Order(("x",), (), 10)
    settings.halt_file.write_text("an incident\n", "utf-8")
    assert crawl_source(store, "tieba", order, "me").state == "stopped"
    assert tieba.asked == []
    settings.halt_file.unlink()
    monkeypatch.setenv("LUREWATCH_DAILY_PAGES", "1")
    done = crawl_source(store, "tieba", order, "me")
    assert done.state == "stopped"
    assert len(tieba.asked) == 1
    (capped,) = [row for row in workflow.coverage(store, [done.run_id]) if row.state == "capped"]
    assert capped.detail == "1 pages a day are asked of a platform, no more"
    monkeypatch.setenv("LUREWATCH_DAILY_PAGES", "2000")
    assert crawl_source(store, "tieba", order, "me").state == "finished"
    assert [path.partition("pn=")[2] for path in tieba.asked] == ["", "2"]


def test_what_expired_goes_and_webhooks_are_told_by_themselves_once(
    scheduler: Any, tieba: Tieba, settings: Settings, store: Store, a_post: Any, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    receiver = os.environ["LUREWATCH_NOTIFY"].replace("json://", "http://")
    monkeypatch.setenv("LUREWATCH_WEBHOOK_LOCAL", receiver)
    watches = watchlist(settings)
    long_ago = datetime.now(UTC) - timedelta(days=60)
    workflow.import_posts(store, [(a_post("今天吃面"), long_ago)], "test")
    desk.add_webhook(store, f"{receiver}/hook", (receiver,), who="t")
    with store.begin() as db:
        deliveries.announce(db, "outcome.recorded", 1, long_ago)
    said: list[str] = []
    one, other = scheduler(said), scheduler()
    start = datetime.now(UTC)
    assert one.claim_chores(watches, start) == []  # seen for the first time
    tomorrow = start + timedelta(days=1)
    mine, theirs = one.claim_chores(watches, tomorrow), other.claim_chores(watches, tomorrow)
    names = ["retention", "webhooks", "rechecks"]
    assert [chore.name for _, chore in mine] == [f"lurewatch {name}" for name in names]
    assert theirs == []
    for firing, chore in mine:
        one.do(firing, chore, watches)
    assert list(workflow.export_posts(store)) == []
    assert [hook["event"] for hook in tieba.told] == ["outcome.recorded"]
    assert said == [
        "lurewatch retention: 1 posts and 0 files forgotten",
        "lurewatch webhooks: 1 delivered, 0 to be tried again or given up",
    ]


def test_reported_posts_are_looked_at_again_and_what_came_back_is_told(
    scheduler: Any, tieba: Tieba, store: Store, a_finding: Any
) -> None:
    numbers = [
        drafted(store, a_finding(TEMPLATE.format(town), post_id=n, author_id=n, url=f"https://tieba.baidu.com/p/{n}"))
        for n, town in (("1", "郑州"), ("2", "开封"))
    ]  # fmt: skip
    for number in numbers:
        sent(store, number)
    said: list[str] = []
    one, halt = scheduler(said), threading.Event()
    halt.set()
    assert one.look_again(halt) == "" and tieba.asked == []
    halt.clear()
    assert one.look_again(halt) == "2 unclear"
    assert [len(workflow.checks_of(store, number)) for number in numbers] == [1, 1]
    asked = len(tieba.asked)
    assert one.look_again(halt) == "" and len(tieba.asked) == asked  # once a day
    workflow.link_pending(store, load_lexicon())
    workflow.record_check(store, numbers[0], "removed_by_platform", "", datetime.now(UTC))
    back = a_finding(TEMPLATE.format("洛阳"), post_id="3", author_id="c")
    one.alarm(workflow.link_pending(store, load_lexicon()).alarms)
    (told,) = [notice["message"] for notice in tieba.told if "下架后复现" in notice["title"]]
    assert told == said[-1] == f"request {numbers[0]} is open again: its post is back in finding {back}. 下架后复现"  # fmt: skip
    assert one.look_again(halt) == "" and len(tieba.told) == 1


def test_a_source_that_falls_silent_is_told_once_a_day(
    scheduler: Any, tieba: Tieba, settings: Settings, store: Store
) -> None:
    run_id = workflow.start_run(store, platform="tieba", how="spider")
    with store.begin() as db:
        for days in range(1, 5):
            at = datetime.now(UTC) - timedelta(days=days)
            runs.count(db, run_id, "tieba", "x", "captured", at, found=20 + days)
    watches, one = watchlist(settings), scheduler()
    at = begun(one, watches)
    tieba.mood = "lost"
    fire(one, watches, at)
    fire(one, watches, at + LATER)
    silence = [notice for notice in tieba.told if "no post today" in notice["message"]]
    assert len(silence) == 1 and "usually 23" in silence[0]["message"]


def test_a_chore_that_fails_is_told_and_stops_nothing(
    scheduler: Any, tieba: Tieba, settings: Settings
) -> None:
    watches = watchlist(settings)
    settings.retention_file.write_text("negatives: soon\n", "utf-8")
    one = scheduler()
    assert one.claim_chores(watches, datetime.now(UTC)) == []
    (firing, chore), *_ = one.claim_chores(watches, datetime.now(UTC) + timedelta(days=1))
    one.do(firing, chore, watches)
    last = workflow.newest_firing(one.store, chore.name)
    assert last and last.state == "failed" and "retention.yaml" in last.detail
    assert len(tieba.told) == 1


def test_nobody_asks_what_another_holds(tieba: Tieba, store: Store) -> None:
    now = datetime.now(UTC)
    assert workflow.hold_source(store, "tieba", "another", now, now + LATER)
    done = crawl_source(store, "tieba", Order(("x",), (), 1), "me")
    assert (done.state, tieba.asked) == ("left", [])
    assert "another" in done.left
    assert workflow.hold_source(store, "tieba", "me", now + 2 * LATER, now + 3 * LATER)


def test_a_shorter_delay_needs_a_permission(store: Store) -> None:
    words = {"robots": "search is allowed", "terms": "public pages may be read"}
    with pytest.raises(NotAllowedError, match="permission"):
        workflow.record_reading(store, "tieba", permission="", delay=2.0, **words)
    assert workflow.delay_of(store, "tieba") == 10.0
    workflow.record_reading(store, "tieba", permission="letter 7", delay=2.0, **words)
    workflow.record_reading(store, "tieba", permission="", delay=30.0, **words)
    assert workflow.delay_of(store, "tieba") == 30.0
    assert workflow.check_audit(store).broken is None


def lurewatch(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lurewatch", *arguments]
    return subprocess.run(command, env=environment(settings), capture_output=True, text=True, check=False)  # fmt: skip


def test_the_commands(tieba: Tieba, settings: Settings, store: Store, tmp_path: Path) -> None:
    missing = lurewatch(settings, "schedule", "check")
    assert missing.returncode == 2 and "schedule example" in missing.stderr
    example = lurewatch(settings, "schedule", "example")
    settings.watchlist_file.write_text(example.stdout, "utf-8")
    checked = lurewatch(settings, "schedule", "check", "--send")
    assert checked.returncode == 0, checked.stderr
    assert "morning: tieba, wechat; next at" in checked.stdout
    assert "nobody has read the rules of tieba" in checked.stderr
    assert "测试通知" in tieba.told[-1]["message"]
    recorded = lurewatch(settings, "sources", "record", "tieba", "--robots", "search allowed", "--terms", "read on 11-26", "--delay", "20")  # fmt: skip
    assert recorded.returncode == 0, recorded.stderr
    listed = json.loads(lurewatch(settings, "sources", "list", "--json").stdout)
    assert {row["platform"]: row["delay"] for row in listed}["tieba"] == 20.0
    assert lurewatch(settings, "schedule", "run", "--once").returncode == 0
    assert lurewatch(settings, "schedule", "halt", "incident").returncode == 0
    shown = json.loads(lurewatch(settings, "schedule", "show", "--json").stdout)
    assert shown["halted"] and shown["watches"][0]["state"] == "began"
    assert lurewatch(settings, "schedule", "resume").returncode == 0
    assert not settings.halt_file.exists()
