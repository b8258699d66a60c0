"""Obey robots.txt for every request, the first ones included."""

import asyncio
from typing import Any

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.robotstxt import RobotParser

from crawlers.base import PlatformSpider
from crawlers.pipelines import opened_store
from lurewatch import workflow


class Robots(RobotsTxtMiddleware):
    """
    Scrapy's own middleware, one request at a time; what was obeyed is kept with the run.

    Scrapy 2.19 lets the third and later requests that wait for the same robots.txt pass unread. And
    a robots.txt that cannot be had (5xx, no connection) forbids everything, as RFC 9309 §2.3.1.4
    asks, where Scrapy allows everything.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self.one_at_a_time = asyncio.Lock()

    async def robot_parser(self, request: Request) -> RobotParser | None:
        """The rules for a request's host."""
        async with self.one_at_a_time:
            rules = await super().robot_parser(request)
        if rules is None:
            raise IgnoreRequest("robots.txt cannot be had, so nothing is asked")
        return rules

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        spider = self.crawler.spider
        if isinstance(spider, PlatformSpider):
            body = response.body if response.status < 400 else b""
            workflow.keep_robots(opened_store(), spider.run_id, netloc, response.status, body)
        if response.status >= 500:
            raise IgnoreRequest(f"robots.txt answered {response.status}")
        parsed: Any = super()._parse_robots(response, netloc, request)
        await parsed
