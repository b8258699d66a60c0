"""Read a saved page as a spider would, without fetching anything."""

from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scrapy.http import HtmlResponse, JsonResponse, TextResponse

from crawlers.base import PlatformSpider, page_for, read_page
from lurewatch.errors import InputError
from lurewatch.post import columns_of, platform_named


def spider_of(platform: str) -> type[PlatformSpider]:
    """The spider of a platform. Raises InputError for one that has none."""
    try:
        code = platform_named(platform)
        module = import_module(f"crawlers.platforms.{code}")
    except ValueError as error:
        raise InputError(str(error)) from None
    except ModuleNotFoundError:
        raise InputError(
            f"{platform}: no spider reads this platform yet; import its posts"
        ) from None
    found: type[PlatformSpider] = getattr(module, f"{code.title()}Spider")
    return found


def check_address(platform: str, url: str) -> None:
    """Raises InputError for an address at which the platform has no page that we read."""
    spider = spider_of(platform)
    try:
        page_for(spider.pages, url)
    except ValueError as error:
        raise InputError(f"--url: {error} ({spider.name})") from None


def response_of(url: str, body: bytes) -> TextResponse:
    """A saved body as a response; UTF-8, else GBK as old Chinese pages, else with replacements."""
    if body.lstrip()[:1] in (b"{", b"["):
        return JsonResponse(url, body=body, encoding="utf-8")
    for encoding in ("utf-8", "gb18030"):
        try:
            body.decode(encoding)
        except UnicodeDecodeError:
            continue
        return HtmlResponse(url, body=body, encoding=encoding)
    return HtmlResponse(url, body=body, encoding="utf-8")


def read_saved(platform: str, path: Path, url: str, captured_at: datetime | None) -> dict[str, Any]:
    """What our page object sees in a saved page; the form is the contract of `lurewatch read`."""
    try:
        body = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    try:
        urlsplit(url)
    except ValueError as error:
        raise InputError(f"--url {url!r} is no address ({error})") from None
    if not body.strip():
        raise InputError(f"{path} is empty: save the page again")
    result = read_page(spider_of(platform).pages, response_of(url, body), captured_at)
    return {
        "posts": [columns_of(post) for post in result.posts],
        "problems": result.problems,
        "wall": result.wall,
        "next_url": result.next_url,
    }
