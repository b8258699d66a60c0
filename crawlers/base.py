"""What every platform shares: a page that reads posts, and a spider that fetches pages."""

import re
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from itertools import islice
from typing import Any, ClassVar
from urllib.parse import urlsplit

import scrapy
from cssselect import SelectorSyntaxError
from parsel import Selector, SelectorList
from scrapy.exceptions import CloseSpider
from scrapy.http import Headers, JsonResponse, Response, TextResponse

from crawlers.walls import wall_of
from lurewatch import workflow
from lurewatch.config import read_settings
from lurewatch.dates import ReadDate, read_date
from lurewatch.errors import InputError
from lurewatch.post import Capture, Post, Wall


class PageChangedError(ValueError):
    """A page no longer shows what its page object relies on."""


class Page:
    """
    One captured page, read without any I/O.

    A platform names what to look for, and says how one card becomes one post. What to look for
    is CSS on a page of HTML and JMESPath on a page of JSON.
    """

    home: ClassVar[str]  # the platform's own address, which links on the page start from
    path: ClassVar[str]  # which addresses are of this kind: a pattern of the path
    host: ClassVar[str] = ""  # of one host only; the ten platforms' mirrors match by path alone
    cards: ClassVar[str]  # one match a post
    nothing: ClassVar[str] = ""  # what the page shows when it has no posts
    gone: ClassVar[str] = ""  # or what it says then: a pattern of a sentence
    next_link: ClassVar[str] = ""

    def __init__(self, response: TextResponse, captured_at: datetime | None) -> None:
        self.response = response
        self.captured_at = captured_at
        self.problems: list[str] = []

    @cached_property
    def root(self) -> Selector:
        """The page, ready to be searched."""
        kind = "json" if isinstance(self.response, JsonResponse) else "html"
        return Selector(text=self.response.text or "<html></html>", type=kind)

    def post(self, card: Selector) -> Post:
        """Read one card."""
        raise NotImplementedError

    def found(self) -> SelectorList[Selector]:
        """The cards."""
        return find(self.root, self.cards)

    def read(self) -> tuple[list[Post], list[str]]:
        """Every post that can be read, and a problem for every part that cannot."""
        posts: list[Post] = []
        cards = self.found()
        if not cards and not self.says_so():
            self.problems.append("neither a post nor a notice that there are none")
        for card in cards:
            try:
                posts.append(self.post(card))
            except ValueError as error:
                self.problems.append(str(error))
        return posts, self.problems

    def says_so(self) -> bool:
        """Whether the page says that it has no post: not found, deleted, nothing to show."""
        if self.nothing and find(self.root, self.nothing):
            return True
        return bool(self.gone and re.search(self.gone, self.response.text))

    def date(self, shown: str) -> dict[str, Any]:
        """The three fields of a post's date; one that cannot be read does not lose the post."""
        try:
            read = read_date(shown, self.captured_at)
        except ValueError as error:
            self.problems.append(str(error))
            read = None
        at, exact = read if isinstance(read, ReadDate) else (None, False)
        return {"published_at": at, "published_shown": shown, "published_exact": exact}

    def next_url(self) -> str | None:
        """Where the next page is, if there is one."""
        link = find(self.root, self.next_link).get() if self.next_link else None
        return self.address(link) if link else None

    def address(self, link: str) -> str:
        """The platform's own address of a link, whatever mirror the page came from."""
        return self.home + link if re.match("/[^/]", link) else self.response.urljoin(link)


def find(card: Selector, query: str) -> SelectorList[Selector]:
    """What *query* finds, in the query language of the page."""
    return card.jmespath(query) if card.type == "json" else card.css(query)


def one(card: Selector, query: str) -> str:
    """The single value that *query* finds; none or several mean the page has changed."""
    values = {str(value).strip() for value in find(card, query).getall()} - {"", "None"}
    if len(values) != 1:
        raise PageChangedError(f"{query!r} found {sorted(values)} where one value was expected")
    return values.pop()


def maybe(card: Selector, query: str) -> str:
    """The first value that *query* finds, for what a post may lack."""
    value = find(card, query).get()
    return str(value).strip() if value not in (None, "None") else ""


def text_of(card: Selector, query: str) -> str:
    """All the text under what *query* finds, as a reader sees it; it may be empty."""
    found = find(card, query)
    if not found:
        raise PageChangedError(f"{query!r} found nothing")
    return " ".join("".join(found.css("::text").getall()).split())


@dataclass(frozen=True, slots=True)
class Taken:
    """What a spider gives its pipelines: a page, and where its keyword goes on."""

    capture: Capture
    next_url: str | None
    detail: str = ""  # the window it is of, or why it does not go on
    place: int | None = None  # of the address in the list that is read


def page_for(pages: tuple[type[Page], ...], url: str) -> type[Page]:
    """The kind of page an address is of, by its path: a mirror's addresses match too."""
    parts = urlsplit(url)
    for kind in pages:
        if re.search(kind.path, parts.path) and kind.host in ("", parts.hostname):
            return kind
    raise ValueError(f"no page we read has the address {url}")


class PlatformSpider(scrapy.Spider):
    """Search a platform for keywords, or read single posts, and capture every page."""

    home: ClassVar[str]  # the platform's own address
    hosts: ClassVar[tuple[str, ...]]  # where its public pages may lead; subdomains too
    pages: ClassVar[tuple[type[Page], ...]]
    how: str = "spider"  # as its runs are noted
    needs_browser: ClassVar[bool] = False  # only where the page is made by JavaScript
    search_is_api: ClassVar[bool] = False  # answers of an API need no browser
    takes_window: ClassVar[bool] = False  # its search can be limited to days
    newest_first: ClassVar[bool] = (
        False  # results are in the order of time: what is known ends a run
    )

    def __init__(
        self,
        keywords: str = "",
        addresses: str = "",
        run_id: str = "",
        cap: str = "10",
        since: str = "",
        until: str = "",
        how: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.keywords = [word.strip() for word in keywords.split("\n") if word.strip()]
        self.addresses = [word.strip() for word in addresses.split("\n") if word.strip()]
        self.run_id = run_id
        self.how = how or self.how
        self.cap = int(cap)  # pages a keyword
        self.since, self.until = read_day(since), read_day(until)  # what a search is limited to
        if (since or until) and not self.takes_window:
            raise InputError(f"{self.name}: its search takes no window of time")
        self.resumed: dict[str, str] = {}  # keyword -> where a stopped run goes on
        self.read_up_to: tuple[int, str | None] | None = None  # of the addresses, by a stopped run
        self.caught_up: Callable[[Capture], bool] = nothing_is_known
        self.waiting = self.firsts()
        self.operator = read_settings()

    def search_url(self, keyword: str) -> str:
        """The path that shows the results for *keyword*."""
        raise NotImplementedError(f"{self.name} has no public search; give it --address")

    def headers(self) -> dict[str, str]:
        """What a search carries beside the usual: an operator's own token."""
        return {}

    async def start(self) -> AsyncIterator[scrapy.Request]:
        """
        Ask for one page; every other is asked for once the one before has been read.

        Were they all given at once, scrapy would still ask those in its queue after a wall.
        """
        for request in islice(self.waiting, 1):
            yield request

    def firsts(self) -> Iterator[scrapy.Request]:
        """The first page of each keyword, and each address."""
        for keyword in self.keywords:
            first = self.resumed.get(keyword) or self.home + self.search_url(keyword)
            yield self.request(first, keyword, 1)
        done, goes_on = self.read_up_to or (-1, None)
        if goes_on:
            yield self.request(goes_on, "", 1, done)
        for place, address in enumerate(self.addresses):
            if place > done:
                yield self.request(address, "", 1, place)

    def located(self, url: str) -> str:
        """
        Where to ask for an address of the platform: there, or under the root that replaces it.

        A root stands for all the platform's hosts: pages are told apart by their path.
        """
        root = self.operator.roots.get(self.name)
        if not root or url.startswith(f"{root}/"):
            return url
        parts = urlsplit(url)
        return f"{root}{parts.path}{'?' + parts.query if parts.query else ''}"

    def in_browser(self, keyword: str) -> bool:
        """Whether a page is asked for through the browser."""
        return self.needs_browser and not (keyword and self.search_is_api)

    def request(
        self, url: str, keyword: str, number: int, place: int | None = None
    ) -> scrapy.Request:
        """One page, asked once; walls are looked at, not retried."""
        return scrapy.Request(
            self.located(url),
            headers=self.headers() if keyword else {},
            cb_kwargs={"keyword": keyword, "number": number, "place": place},
            meta={
                "playwright": self.in_browser(keyword),
                "keyword": keyword,
            },
            errback=self.failed,
            dont_filter=True,
        )

    def parse(
        self, response: Response, keyword: str, number: int, place: int | None = None
    ) -> Iterator[Any]:
        """Keep the page whatever it holds, say what could not be read, and go on."""
        capture, next_url = self.captured(response, keyword)
        window = f"from {self.since or 'ever'} to {self.until or 'now'}"
        detail = window if self.since or self.until else ""
        if keyword and next_url and not detail and self.caught_up(capture):
            next_url, detail = None, workflow.CAUGHT_UP
        goes_on = next_url if number < self.cap else None
        yield Taken(capture, goes_on, detail, place)
        for problem in capture.problems:
            self.logger.error("%s (%s)", problem, response.url)
        if capture.wall:
            self.logger.error("%s wall at %s: the run ends here", capture.wall, response.url)
            raise CloseSpider("blocked")
        if goes_on:
            yield self.request(goes_on, keyword, number + 1, place)
            return
        if next_url:
            self.crawler.signals.send_catch_log(CAPPED, spider=self, keyword=keyword)
        yield from islice(self.waiting, 1)

    def captured(self, response: Response, keyword: str) -> tuple[Capture, str | None]:
        """The page with what was read from it, and where the next one is."""
        captured_at = datetime.now(UTC)
        result = read_page(self.pages, response, captured_at)
        capture = Capture(
            platform=self.name,
            url=response.request.url if response.request else response.url,
            final_url=response.url,
            status=response.status,
            headers=plain_headers(response.headers),
            body=response.body,
            form="rendered" if self.in_browser(keyword) else "served",
            captured_at=captured_at,
            how="browser" if self.in_browser(keyword) else "spider",
            run_id=self.run_id,
            keyword=keyword,
            posts=tuple(result.posts),
            problems=tuple(result.problems),
            wall=result.wall,
        )
        return capture, result.next_url

    def failed(self, failure: Any) -> Iterator[scrapy.Request]:
        """A page that never came: forbidden by robots.txt, or lost on the way."""
        self.crawler.signals.send_catch_log(FAILED, spider=self, failure=failure)
        yield from islice(self.waiting, 1)


def read_day(written: str) -> date | None:
    """
    A day as 2026-11-01, or none. Raises InputError for anything else.

    >>> read_day("2026-11-01"), read_day("")
    (datetime.date(2026, 11, 1), None)
    """
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        raise InputError(f"{written!r} is no day; write 2026-11-01") from None


def nothing_is_known(_: Capture) -> bool:
    """What a spider without a store knows of a page's posts."""
    return False


FAILED = object()  # signals to the coverage
CAPPED = object()
NOT_THERE = (404, 410)  # with a notice that there is no post, no problem
COOKIES = ("set-cookie", "cookie", "authorization")


def plain_headers(headers: Headers) -> tuple[tuple[str, str], ...]:
    """Response headers as text, without cookies."""
    return tuple(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in headers.items()
        for value in values
        if name.decode("latin-1").lower() not in COOKIES
    )


@dataclass(frozen=True, slots=True)
class ReadPage:
    """What a page object sees."""

    posts: list[Post]
    problems: list[str]
    wall: Wall | None
    next_url: str | None


def read_page(
    pages: tuple[type[Page], ...], response: Response, captured_at: datetime | None
) -> ReadPage:
    """Read one page of a platform; a wall is looked for only where there are no posts."""
    if not isinstance(response, TextResponse):
        wall = wall_of(response, "")
        return ReadPage([], [] if wall else ["the answer is no text"], wall, None)
    try:
        page = page_for(pages, response.url)(response, captured_at)
    except ValueError as error:
        wall = wall_of(response, response.text)
        return ReadPage([], [] if wall else [str(error)], wall, None)
    posts: list[Post] = []
    problems: list[str] = []
    next_url = None
    try:
        posts, problems = page.read()
        next_url = page.next_url()
    except (ValueError, SelectorSyntaxError, RecursionError) as error:
        # JSON looked for in HTML, or nested without end: the page is not what its address says
        problems = [*problems, f"the page cannot be read: {str(error).splitlines()[0]}"]
    if not posts and (wall := wall_of(response, response.text)):
        return ReadPage([], [], wall, None)
    if response.status >= 400 and not (response.status in NOT_THERE and not problems):
        problems.append(f"the platform answered {response.status}")
    return ReadPage(posts, problems, None, next_url if posts else None)
