"""Scrapy settings: only those that differ from Scrapy's own defaults, each with its reason."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from lurewatch.browser import find_chromium, launch_options, who_asks
from lurewatch.config import read_settings
from lurewatch.outside import is_private

BOT_NAME = "lurewatch"
SPIDER_MODULES = ["crawlers.platforms", "crawlers.pictures"]
NEWSPIDER_MODULE = "crawlers.platforms"
COMMANDS_MODULE = "crawlers.commands"
TEMPLATES_DIR = str(Path(__file__).parent / "templates")  # `scrapy genspider` writes our shape

_OPERATOR = read_settings()
USER_AGENT = who_asks()

CONCURRENT_REQUESTS_PER_DOMAIN = 1  # we are a guest: one page at a time
CONCURRENT_ITEMS = 1  # a page is kept before the next is asked for
DOWNLOAD_DELAY = 10  # seconds; a reader would not be faster
DOWNLOAD_SLOTS = {  # our own machine is no host to be spared
    host: {"delay": 0.02, "concurrency": 1}
    for host in (urlsplit(root).hostname or "" for root in _OPERATOR.roots.values())
    if is_private(f"http://{host}/", ()) and host in ("127.0.0.1", "localhost", "::1")
}
RANDOMIZE_DOWNLOAD_DELAY = False  # an even pace: we hide nothing
ROBOTSTXT_OBEY = True
COOKIES_ENABLED = False  # nothing but what a visitor is shown
RETRY_HTTP_CODES = [500, 502, 503, 504, 522, 524]  # a refusal (403, 429) is never asked again
RETRY_TIMES = 1
HTTPERROR_ALLOW_ALL = True  # a refusal is a page too: it is kept, and named
DOWNLOAD_TIMEOUT = 60
DOWNLOAD_MAXSIZE = 64 << 20  # bytes: more than any page we read
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False  # nobody steers a running spider
LOG_LEVEL = os.environ.get("LUREWATCH_LOG", "ERROR")

DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "crawlers.robots.Robots": 100,  # in its place
    "crawlers.guard.Bounds": 50,  # before all else
    "crawlers.permits.Permits": 60,
    "crawlers.guard.StopAtWall": 650,  # nearer the network than redirects
}
ITEM_PIPELINES = {
    "crawlers.pipelines.KeepPage": 100,
    "crawlers.pipelines.KeepPicture": 200,
}
EXTENSIONS = {"crawlers.pipelines.CountCoverage": 100}

TWISTED_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"
DOWNLOAD_HANDLERS = {scheme: "crawlers.guard.GatedHandler" for scheme in ("http", "https")}
TWISTED_DNS_RESOLVER = "crawlers.guard.PublicNames"  # a public name may lead to a private address
PLAYWRIGHT_LAUNCH_OPTIONS = launch_options(find_chromium(_OPERATOR), _OPERATOR.roots.values())
PLAYWRIGHT_MAX_CONTEXTS = 1
PLAYWRIGHT_MAX_PAGES_PER_CONTEXT = 1  # one page at a time, in the browser too
PLAYWRIGHT_DEFAULT_NAVIGATION_TIMEOUT = 30_000  # milliseconds


def PLAYWRIGHT_ABORT_REQUEST(request) -> bool:  # type: ignore[no-untyped-def]
    """A page may not make the browser ask private addresses, but for a configured root."""
    return is_private(request.url, _OPERATOR.roots.values())
