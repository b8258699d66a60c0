"""Run spiders: each in a process of its own, and one at a time for a platform, whoever starts it."""

import os
import re
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from lurewatch import workflow
from lurewatch.errors import InputError
from lurewatch.post import PLATFORMS, platform_named
from lurewatch.store import Store
from lurewatch.workflow import WHOLE, Source

SPIDERS: Final = PLATFORMS  # each has one
LEASE: Final = timedelta(minutes=2)  # a holder that has not been heard of for so long is dead
BEAT: Final = 20.0  # seconds between two signs of life
GRACE: Final = 60.0  # seconds a spider has to end by itself
LOOK: Final = 0.2  # seconds between two looks at a running spider
PAUSE_AFTER: Final = 3  # runs in a row without a page


@dataclass(frozen=True, slots=True)
class Order:
    """What to ask a platform for."""

    keywords: tuple[str, ...]
    addresses: tuple[str, ...]
    pages: int  # at most, a keyword
    how: str = ""  # as its run is noted, where it is no search and no person's list
    since: str = ""  # days, as 2026-11-01, where a search takes them
    until: str = ""


@dataclass(frozen=True, slots=True)
class Crawled:
    """What came of one platform."""

    platform: str
    run_id: str
    state: str  # as its run ended; left: it was not asked
    said: str  # what went wrong in the spider's process
    left: str  # why it was not asked
    source: Source


def known_platform(platform: str) -> str:
    """A platform's code. Raises InputError for one that is unknown."""
    try:
        return platform_named(platform)
    except ValueError as error:
        raise InputError(str(error)) from None


def spider_code(platform: str) -> str:
    """A platform's code. Raises InputError for one that is unknown or has no spider yet."""
    code = known_platform(platform)
    if code not in SPIDERS:
        raise InputError(f"{code}: no spider reads this platform yet; import its posts instead")
    return code


def a_holder() -> str:
    """A name for this process that no other bears."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{uuid.uuid4().hex[:12]}"


def crawl_all(
    store: Store,
    codes: Sequence[str],
    order: Order,
    *,
    despite_rest: bool = False,
) -> list[Crawled]:
    """Crawl platforms for a person who waits, all at once."""
    holder = a_holder()
    with beating(store, holder), ThreadPoolExecutor(len(codes)) as pool:
        return list(
            pool.map(
                lambda code: crawl_source(store, code, order, holder, despite_rest=despite_rest),
                codes,
            )
        )


@contextmanager
def beating(store: Store, holder: str) -> Iterator[None]:
    """Signs of life for what a person's command holds."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(BEAT):
            workflow.renew_sources(store, holder, datetime.now(UTC) + LEASE)

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def crawl_source(
    store: Store,
    code: str,
    order: Order,
    holder: str,
    *,
    pause_after: int = PAUSE_AFTER,
    despite_rest: bool = False,
    patience: float = 0.0,
    stop: threading.Event | None = None,
) -> Crawled:
    """
    Crawl one platform, if it may be asked now and nobody else is asking it.

    Waits *patience* seconds for whoever has it. The caller gives signs of life for *holder*.
    """
    source = workflow.source(store, code)
    run_id = uuid.uuid4().hex
    if not despite_rest and (why := workflow.why_not(source, datetime.now(UTC))):
        return Crawled(code, run_id, "left", "", f"{code} {why}", source)
    if left := _held_by_another(store, code, holder, patience, stop):
        return Crawled(code, run_id, "left", "", left, source)
    delay = workflow.delay_of(store, code)
    said = run_spider(
        code,
        run_id,
        order.keywords,
        order.addresses,
        order.pages,
        window=(order.since, order.until),
        how=order.how,
        delay=delay,
        stop=stop,
    )
    now = datetime.now(UTC)
    after = (
        workflow.release_beside(store, code, run_id, now)
        if order.how
        else workflow.release_source(store, code, run_id, now, pause_after)
    )
    return Crawled(code, run_id, workflow.came_of(store, run_id), said, "", after)


def read_whole(
    store: Store,
    done: Sequence[Crawled],
    limit: int,
    holder: str,
    *,
    stop: threading.Event | None = None,
) -> tuple[Crawled, ...]:
    """
    Read the posts themselves of which these runs' results showed only the beginning.

    At most *limit* of a platform, and none where they were refused of late: they stay as they are.
    """
    listed = {
        one.platform: workflow.cut_addresses(store, one.run_id, limit)
        for one in done
        if one.state == "finished"
    }
    asked = [code for code, addresses in listed.items() if addresses]
    if not asked or not limit or (stop and stop.is_set()):
        return ()

    def ask(code: str) -> Crawled:
        if why := workflow.whole_rests(store, code, datetime.now(UTC)):
            return Crawled(code, "", "left", "", f"{code}: {why}", workflow.source(store, code))
        order = Order((), tuple(listed[code]), 1, WHOLE)
        return crawl_source(store, code, order, holder, stop=stop)

    with ThreadPoolExecutor(len(asked)) as pool:
        return tuple(pool.map(ask, asked))


def fetch_pictures(
    store: Store,
    code: str,
    limit: int,
    holder: str,
    *,
    environ: dict[str, str] | None = None,
    despite_rest: bool = False,
    patience: float = 0.0,
    stop: threading.Event | None = None,
) -> Crawled:
    """
    Fetch pictures of one platform's posts, if it may be asked now and nobody else is asking it.

    The caller has listed them, and gives signs of life for *holder*.
    """
    source, now = workflow.source(store, code), datetime.now(UTC)
    run_id = uuid.uuid4().hex
    why = workflow.why_not(source, now) or workflow.pictures_rest(store, code, now)
    if why and not despite_rest:
        return Crawled(code, run_id, "left", "", f"{code} {why}", source)
    if left := _held_by_another(store, code, holder, patience, stop):
        return Crawled(code, run_id, "left", "", left, source)
    delay = workflow.delay_of(store, code)
    said = run_picture_spider(code, run_id, limit, environ, delay=delay, stop=stop)
    after = workflow.release_beside(store, code, run_id, datetime.now(UTC))
    return Crawled(code, run_id, workflow.came_of(store, run_id), said, "", after)


def fetch_all_pictures(
    store: Store,
    codes: Sequence[str],
    limit: int,
    *,
    environ: dict[str, str] | None = None,
    despite_rest: bool = False,
) -> list[Crawled]:
    """Fetch pictures that wait, for a person who waits too; of all these platforms at once."""
    waiting = workflow.pictures_waiting(store)
    asked = [code for code in codes if waiting.get(code)]
    if not asked or not limit:
        return []
    holder = a_holder()
    with beating(store, holder), ThreadPoolExecutor(min(len(asked), 4)) as pool:
        return list(
            pool.map(
                lambda code: fetch_pictures(
                    store, code, limit, holder, environ=environ, despite_rest=despite_rest
                ),
                asked,
            )
        )


def _held_by_another(
    store: Store, code: str, holder: str, patience: float, stop: threading.Event | None
) -> str:
    """Take a platform, waiting *patience* seconds for whoever has it; who has it still, or nothing."""
    until = time.monotonic() + patience
    while not hold(store, code, holder):
        if time.monotonic() >= until or (stop and stop.is_set()):
            return f"{code} is being asked by another lurewatch ({workflow.source(store, code).holder})"
        time.sleep(1)
    return ""


def hold(store: Store, code: str, holder: str) -> bool:
    """Take a platform for as long as a sign of life holds."""
    now = datetime.now(UTC)
    return workflow.hold_source(store, code, holder, now, now + LEASE)


def run_spider(
    code: str,
    run_id: str,
    keywords: Sequence[str] | None,
    addresses: Sequence[str] | None,
    pages: int,
    environ: dict[str, str] | None = None,
    *,
    window: tuple[str, str] = ("", ""),
    how: str = "",
    delay: float | None = None,
    stop: threading.Event | None = None,
) -> str:
    """
    Run one spider in a process of its own; what went wrong in one line, or nothing.

    When *stop* is set the spider ends its page and goes; where it was is kept.
    """
    arguments = {
        "run_id": run_id,
        "cap": str(pages),
        "keywords": "\n".join(keywords or ()),
        "addresses": "\n".join(addresses or ()),
    }
    arguments |= {"how": how} if how else {}
    arguments |= {name: day for name, day in zip(("since", "until"), window, strict=True) if day}
    return _run(code, code, arguments, environ, delay, stop)


def run_picture_spider(
    code: str,
    run_id: str,
    limit: int,
    environ: dict[str, str] | None = None,
    *,
    delay: float | None = None,
    stop: threading.Event | None = None,
) -> str:
    """Fetch pictures of a platform's posts in a process of its own; what went wrong, or nothing."""
    arguments = {"run_id": run_id, "platform": code, "limit": str(limit)}
    return _run("pictures", code, arguments, environ, delay, stop)


def _run(
    spider: str,
    code: str,
    arguments: dict[str, str],
    environ: dict[str, str] | None,
    delay: float | None,
    stop: threading.Event | None,
) -> str:
    command = [sys.executable, "-m", "scrapy", "crawl", spider]
    for name, value in arguments.items():
        command += ["-a", f"{name}={value}"]
    if delay is not None:
        command += ["-s", f"DOWNLOAD_DELAY={delay}"]
    env = scrapy_environment(environ) | {"LUREWATCH_PARENT": str(os.getpid())}
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as child:
        told: float | None = None
        while True:
            try:
                _, errors = child.communicate(timeout=LOOK if stop else None)
                break
            except subprocess.TimeoutExpired:
                if stop and stop.is_set() and told is None:
                    child.terminate()
                    told = time.monotonic()
                if told is not None and time.monotonic() - told > GRACE:
                    child.kill()
    return f"{code}: {in_words(errors)}" if child.returncode or "Traceback" in errors else ""


REASONS: Final = (  # what a lost page's error is called by twisted, scrapy and the browser
    ("Timeout|TimedOut|TIMED_OUT", "no answer came in time"),
    ("DNSLookup|CannotResolve|NAME_NOT_RESOLVED|gaierror", "its host cannot be found: is the address right?"),
    ("Refused|REFUSED", "its host refuses connections"),
    ("SSL|TLS|CERT", "no secure connection could be made to its host"),
    ("NoRoute|[Uu]nreachable|UNREACHABLE|DISCONNECTED", "there is no way to its host: is this machine online?"),
    ("Lost|NeverReceived|ResponseFailed|ConnectionDone|Reset|RESET|EMPTY_RESPONSE|DataLoss|ERR_CONNECTION", "the connection broke off"),
    ("ConnectError|ConnectionFailed|DownloadFailed", "its host cannot be reached"),
    ("Cancelled|MaxSize", "the answer is larger than any page we read"),
    ("TargetClosed|BrowserType|Executable", "the browser ended or could not be started: lurewatch doctor"),
)  # fmt: skip


def lost_because(named: str) -> str:
    """
    Why a page never came, by what an error is called and says; nothing where it is none that we know.

    >>> lost_because("DownloadConnectionRefusedError: 111"), lost_because("KeyError: 'x'")
    ('its host refuses connections', '')
    """
    return next((words for pattern, words in REASONS if re.search(pattern, named)), "")


def in_words(errors: str) -> str:
    """
    What a spider's process said last of its end, as a sentence.

    >>> in_words("Traceback ...\\nlurewatch.errors.InputError: weibo needs a token")
    'weibo needs a token'
    >>> in_words("Traceback ...\\nKeyError: 'x'")
    "a fault of lurewatch ended it (KeyError: 'x')"
    >>> in_words("")
    'its process ended early'
    """
    said = [line.strip() for line in errors.splitlines() if "Error" in line or "lurewatch" in line]
    if not said:
        return "its process ended early"
    ours = re.fullmatch(r"(?:lurewatch\.errors\.\w+Error|lurewatch): (.+)", said[-1])
    if ours:
        return ours[1]
    if lost := lost_because(said[-1]):
        return lost
    return f"a fault of lurewatch ended it ({said[-1]})" if "Error" in said[-1] else said[-1]


def scrapy_environment(environ: dict[str, str] | None = None) -> dict[str, str]:
    """The environment in which scrapy finds our spiders from any folder."""
    return (environ or dict(os.environ)) | {"SCRAPY_SETTINGS_MODULE": "crawlers.settings"}
