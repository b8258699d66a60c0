"""Keep every request where it may go, and make a redirect to a wall a page of its own."""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from playwright.async_api import Error as BrowserError
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.resolver import CachingThreadedResolver
from scrapy_playwright.handler import (  # type: ignore[import-untyped]
    ScrapyPlaywrightDownloadHandler,
)
from twisted.internet.error import DNSLookupError

from crawlers.walls import wall_at
from lurewatch.config import read_settings
from lurewatch.outside import (
    Gate,
    PrivateAddressError,
    check,
    gate,
    is_private,
    proxies,
    refuse_private,
)

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred


class Bounds:
    """
    Refuses private addresses, but for a configured root, and hosts that are not the platform's.

    A name that leads to a private address is refused here, with its reason; what it leads to a moment
    later is looked at by `PublicNames` and, for the browser, by `GatedHandler`.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Bounds":
        """As scrapy makes it."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Before a page is asked for, and before a redirect is followed."""
        spider = self.crawler.spider
        roots = getattr(getattr(spider, "operator", None), "roots", {})
        if any(request.url.startswith(origin(root)) for root in roots.values()):
            return
        if is_private(request.url, ()):
            raise IgnoreRequest(f"private address refused: {request.url}")
        hosts = getattr(spider, "hosts", ())
        host = urlsplit(request.url).hostname or ""
        if hosts and not any(host == one or host.endswith(f".{one}") for one in hosts):
            raise IgnoreRequest(f"not an address of {spider and spider.name}: {host}")
        try:
            await asyncio.to_thread(check, request.url, ())
        except PrivateAddressError as error:
            raise IgnoreRequest(str(error)) from None


class PublicNames(CachingThreadedResolver):
    """Scrapy's own resolver, which finds no private address but for a configured root or proxy."""

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> "Deferred[str]":
        """The address that is then connected to: nothing lies between this look and its use."""
        return super().getHostByName(name, timeout).addCallback(self.public, name)

    def public(self, address: str, name: str) -> str:
        """The address. Raises DNSLookupError for one that is not public."""
        named = (*read_settings().roots.values(), *proxies().values())
        try:
            if name not in {urlsplit(url).hostname for url in named}:
                refuse_private(name, [address])
        except PrivateAddressError as error:
            raise DNSLookupError(str(error)) from None
        return address


class GatedHandler(ScrapyPlaywrightDownloadHandler):  # type: ignore[misc]  # it is not typed
    """The browser goes through a gate that leads to public addresses and configured roots only."""

    gate: Gate

    async def _launch(self) -> None:
        self.held = ExitStack()
        self.gate = self.held.enter_context(gate(read_settings().roots.values()))
        await super()._launch()

    async def _close(self) -> None:
        await super()._close()
        self.held.close()

    async def _create_browser_context(
        self, name: str, context_kwargs: dict[str, Any] | None, spider: Any = None
    ) -> Any:
        options = (context_kwargs or {}) | self.gate.options
        return await super()._create_browser_context(name, options, spider)

    async def _download_request(self, request: Request, spider: Any = None) -> Response:
        """A page; what the gate says of one that it could not lead to, the browser cannot."""
        self.gate.failure = None
        try:
            page: Response = await super()._download_request(request, spider)
        except BrowserError as error:
            failure = self.gate.failure if "ERR_SOCKS" in str(error) else None
            if isinstance(failure, PrivateAddressError):
                raise IgnoreRequest(f"private address refused: {failure}") from None
            raise (failure or error) from None
        return page


class StopAtWall:
    """A redirect to a login or a CAPTCHA is an answer, not a way."""

    def process_response(self, request: Request, response: Response) -> Response:
        """Such a redirect is not followed."""
        location = response.headers.get("Location")
        if location and 300 <= response.status < 400:
            target = urljoin(response.url, location.decode("latin-1"))
            if wall_at(target):
                request.meta["dont_redirect"] = True
        return response


def origin(root: str) -> str:
    """
    The scheme and host of an address.

    >>> origin("http://127.0.0.1:8800/tieba")
    'http://127.0.0.1:8800/'
    """
    parts = urlsplit(root)
    return f"{parts.scheme}://{parts.netloc}/"
