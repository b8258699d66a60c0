"""Keep what spiders take, and count what they tried."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem, IgnoreRequest

from crawlers.base import CAPPED, FAILED, PlatformSpider, Taken
from lurewatch import workflow
from lurewatch.config import read_secrets, read_settings
from lurewatch.crawling import lost_because
from lurewatch.errors import StoreError
from lurewatch.store import Store, open_store

BEAT = 60.0  # seconds
FORBIDDEN = "Forbidden by robots.txt"  # what scrapy says; one that cannot be had forbids nothing
ENDINGS: dict[str, workflow.RunState] = {
    "finished": "finished",
    "blocked": "blocked",
    "shutdown": "stopped",
    "capped": "stopped",
    "halted": "stopped",
}


def opened_store() -> Store:
    """The store the environment names."""
    settings = read_settings()
    return open_store(settings, read_secrets(settings))


def reason_of(error: BaseException) -> str:
    """
    Why a page never came, in a sentence.

    >>> reason_of(TimeoutError()), reason_of(ConnectionRefusedError("111"))
    ('no answer came in time', 'its host refuses connections')
    """
    if isinstance(error, IgnoreRequest):
        return str(error)
    said = str(error).strip()
    names = " ".join(kind.__name__ for kind in type(error).__mro__)
    return (
        lost_because(f"{names} {said}")
        or f"no page came ({said.splitlines()[0] if said else type(error).__name__})"
    )


class KeepPage:
    """
    A page and its posts enter the store in one transaction, in the order the pages came.

    Meanwhile the next page is on its way. After one that could not be kept none is: a run goes on
    from the last page in the store, and what lies between would be left out for good.
    """

    def __init__(self) -> None:
        self.store = opened_store()
        self.writer = ThreadPoolExecutor(1, "writer")
        self.lost = False

    async def process_item(self, item: object) -> object:
        """Keep it. Raises DropItem when a page before it was not kept."""
        if isinstance(item, Taken):
            await asyncio.get_running_loop().run_in_executor(self.writer, self.keep, item)
        return item

    def keep(self, item: Taken) -> None:
        """Keep one page, unless one before it was lost."""
        if self.lost:
            raise DropItem(
                f"{item.capture.url} waits for the next run: a page before it was not kept"
            )
        try:
            workflow.take_in(self.store, item.capture, item.next_url, item.detail, item.place)
        except BaseException:
            self.lost = True
            raise

    def close_spider(self) -> None:
        """All that was handed in is kept."""
        self.writer.shutdown()


class KeepPicture:
    """What came of a picture enters the store before the next is asked for."""

    def __init__(self) -> None:
        self.store = opened_store()

    def process_item(self, item: object) -> object:
        """Keep it."""
        if isinstance(item, workflow.Fetched):
            workflow.keep_picture(self.store, item)
        return item


class CountCoverage:
    """What gave no page is counted too: disallowed, capped, failed; and how the run ended."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.store = opened_store()
        crawler.signals.connect(self.opened, signals.spider_opened)
        crawler.signals.connect(self.failed, FAILED)
        crawler.signals.connect(self.capped, CAPPED)
        crawler.signals.connect(self.broken, signals.spider_error)
        crawler.signals.connect(self.broken, signals.item_error)
        crawler.signals.connect(self.closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "CountCoverage":
        """As scrapy makes it."""
        return cls(crawler)

    def opened(self, spider: Spider) -> None:
        """A run begins; keywords of a stopped run go on where it stopped."""
        if not isinstance(spider, PlatformSpider):
            return
        spider.run_id = workflow.start_run(
            self.store,
            platform=spider.name,
            how=spider.how,
            run_id=spider.run_id or None,
            addresses=spider.addresses,
        )
        self.beat = asyncio.ensure_future(self.beating(spider))
        if spider.newest_first:
            spider.caught_up = partial(workflow.caught_up, self.store)
        for keyword in spider.keywords:
            if url := workflow.unfinished(self.store, spider.name, keyword):
                spider.resumed[keyword] = url
        spider.read_up_to = workflow.unread(self.store, spider.name, spider.addresses)

    async def beating(self, spider: PlatformSpider) -> None:
        """Signs of life between pages, for whoever asks on another machine."""
        while True:
            await asyncio.sleep(BEAT)
            with suppress(StoreError):  # the next one may come through
                workflow.renew_run(self.store, spider.run_id)

    def failed(self, spider: PlatformSpider, failure: Any) -> None:
        """A request that gave no page."""
        withheld = getattr(failure.value, "reason", "")
        if withheld in ("halted", "shutdown"):
            return  # it was not tried
        if withheld == "capped":
            return self.capped(spider, failure.request.meta.get("keyword", ""), str(failure.value))
        forbidden = failure.check(IgnoreRequest) and FORBIDDEN in str(failure.value)
        workflow.count_coverage(
            self.store,
            spider.run_id,
            platform=spider.name,
            keyword=failure.request.meta.get("keyword", ""),
            state="disallowed" if forbidden else "failed",
            detail=f"{failure.request.url}: {reason_of(failure.value)}",
        )

    def capped(self, spider: PlatformSpider, keyword: str, detail: str = "") -> None:
        """More pages were there than may be asked for."""
        workflow.count_coverage(
            self.store,
            spider.run_id,
            platform=spider.name,
            keyword=keyword,
            state="capped",
            detail=detail or f"stopped after {spider.cap} pages",
        )

    def broken(self) -> None:
        """A page was not read or not kept, through a fault of ours: nothing more is asked."""
        if self.crawler.engine:
            closing = self.crawler.engine.close_spider_async(reason="failed")
            self.closing = asyncio.ensure_future(closing)

    def closed(self, spider: Spider, reason: str) -> None:
        """The run ends."""
        if isinstance(spider, PlatformSpider):
            self.beat.cancel()
            workflow.finish_run(self.store, spider.run_id, ENDINGS.get(reason, "failed"))
