"""Keep every request where it may go, and make a redirect to a wall a page of its own."""

from urllib.parse import urljoin, urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from crawlers.walls import wall_at
from lurewatch.browser import is_private


class Bounds:
    """Refuses private addresses, but for a configured root, and hosts that are not the platform's."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Bounds":
        """As scrapy makes it."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
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
