"""Before each page: may we still ask? A person's halt, the day's limit, and a parent that died end the run."""

import os
from datetime import datetime

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.utils.defer import deferred_from_coro

from crawlers.base import PlatformSpider
from crawlers.pipelines import opened_store
from lurewatch import workflow
from lurewatch.dates import CHINA


class WithheldError(IgnoreRequest):
    """A page that is not asked for, and why the run ends."""

    def __init__(self, reason: str, said: str) -> None:
        super().__init__(said)
        self.reason = reason  # capped, halted or shutdown


class Permits:
    """Looks before each page at what may have changed since the one before."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.parent = os.environ.get("LUREWATCH_PARENT", "")
        self.left: int | None = None  # pages of today

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Permits":
        """As scrapy makes it."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Before a page is asked for."""
        spider = self.crawler.spider
        if not isinstance(spider, PlatformSpider) or request.meta.get("dont_obey_robotstxt"):
            return  # robots.txt itself is no page
        try:
            self.look(spider)
        except WithheldError as withheld:
            assert self.crawler.engine  # it runs: a request came
            ending = self.crawler.engine.close_spider_async(reason=withheld.reason)
            deferred_from_coro(ending)
            raise

    def look(self, spider: PlatformSpider) -> None:
        """Raises WithheldError when no page may be asked for any more."""
        halt = spider.operator.halt_file
        if halt.exists():
            raise WithheldError("halted", f"halted by {halt}")
        if self.parent and str(os.getppid()) != self.parent:
            raise WithheldError("shutdown", "the process that began this run is gone")
        if self.left is None:
            morning = datetime.now(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
            asked = workflow.pages_today(opened_store(), spider.name, morning)
            self.left = spider.operator.daily_pages - asked
        if self.left <= 0:
            limit = spider.operator.daily_pages
            raise WithheldError("capped", f"{limit} pages a day are asked of a platform, no more")
        self.left -= 1
