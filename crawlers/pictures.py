"""Fetch the pictures of posts: one at a time, only what is a picture by its content, each once."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any, Final

import scrapy
from scrapy.exceptions import CloseSpider, DownloadCancelledError, IgnoreRequest
from scrapy.http import Response, TextResponse

from crawlers.base import NOT_THERE, PlatformSpider
from crawlers.permits import WithheldError
from crawlers.pipelines import FORBIDDEN, opened_store
from crawlers.walls import wall_of
from lurewatch import workflow
from lurewatch.errors import InputError
from lurewatch.pictures.seeing import LARGEST, AddressState, kind_of
from lurewatch.post import Wall
from lurewatch.workflow import Fetched

ANYWHERE: Final = "*"
OF_ONE_FILE: Final = (
    401,
    403,
)  # mostly a link that is too old, or a host that serves its own pages
REFUSALS: Final = 3  # one after the other, from which they are a wall


@dataclass(frozen=True, slots=True)
class Host:
    """Where a platform keeps pictures, and how the address of a small one becomes a large one's."""

    name: str
    small: str  # a pattern
    large: str


@cache
def picture_hosts(platform: str) -> tuple[Host, ...]:
    """The hosts of a platform's pictures. Raises InputError for one whose are not known."""
    table = (files("crawlers") / "picture_hosts.tsv").read_text("utf-8").splitlines()
    found = tuple(
        Host(row["host"], row["small"], row["large"])
        for row in csv.DictReader(table, delimiter="\t")
        if row["platform"] == platform
    )
    if not found:
        raise InputError(f"{platform}: where it keeps pictures is not known")
    return found


def larger(url: str, hosts: tuple[Host, ...]) -> str:
    """
    The address of a picture at its full size, where its host has a rule for it.

    >>> larger("https://wx1.sinaimg.cn/thumbnail/6a.jpg", picture_hosts("weibo"))
    'https://wx1.sinaimg.cn/large/6a.jpg'
    """
    for host in hosts:
        if host.small and host.name in url:
            return re.sub(host.small, host.large, url, count=1)
    return url


class PictureSpider(PlatformSpider):
    """Fetch the pictures of one platform's posts that wait for it."""

    name = "pictures"
    how = "pictures"
    home = ""
    pages = ()
    custom_settings = {"DOWNLOAD_MAXSIZE": LARGEST}  # noqa: RUF012 # scrapy's own shape

    def __init__(self, platform: str = "", limit: str = "60", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.places = picture_hosts(platform)
        self.limit = int(limit)
        self.refusals = 0  # one after the other
        self.name = platform  # its pages and pictures count together, and its root holds for both

    @property
    def hosts(self) -> tuple[str, ...]:  # type: ignore[override]  # only known once the platform is
        """Where the platform keeps pictures; none where that may be anywhere public."""
        return tuple(one.name for one in self.places if one.name != ANYWHERE)

    def firsts(self) -> Iterator[scrapy.Request]:
        """Each picture that waits."""
        for one in workflow.waiting_pictures(opened_store(), self.name, self.limit):
            yield scrapy.Request(
                self.located(larger(one.url, self.places)),
                headers={"Accept": "image/*"},
                cb_kwargs={"keyword": workflow.PICTURES, "number": one.picture_id},
                meta={"keyword": workflow.PICTURES, "referrer_policy": "no-referrer"},
                errback=self.failed,
                dont_filter=True,
            )

    def parse(
        self, response: Response, keyword: str, number: int, place: int | None = None
    ) -> Iterator[Any]:
        """Keep a picture, or say what came in its place; a wall ends the run."""
        state, wall, detail = self.came(response)
        kept = state == "kept"
        yield Fetched(
            picture_id=number,
            platform=self.name,
            run_id=self.run_id,
            state=state,
            kind=kind_of(response.body) if kept else "",
            body=response.body if kept else b"",
            detail=detail,
            wall=wall or "",
        )
        if wall:
            self.logger.error("%s wall at %s: the run ends here", wall, response.url)
            raise CloseSpider("blocked")
        yield from islice(self.waiting, 1)

    def came(self, response: Response) -> tuple[AddressState, Wall | None, str]:
        """What a response is to a picture's address, the wall it is, and what the coverage says."""
        if response.status == 200 and kind_of(response.body):
            self.refusals = 0
            return "kept", None, ""
        if response.status in NOT_THERE:
            return "gone", None, ""
        text = response.text if isinstance(response, TextResponse) else ""
        wall = wall_of(response, text)
        if response.status in OF_ONE_FILE and not wall_of(response.replace(status=200), text):
            self.refusals += 1
            wall = wall if self.refusals >= REFUSALS else None
            return "refused", wall, f"the host answered {response.status}"
        if wall:
            return "failed", wall, ""
        if response.status == 200:
            return "no_picture", None, "what came is no picture"
        return "failed", None, f"the host answered {response.status}"

    def failed(self, failure: Any) -> Iterator[Any]:
        """A picture that never came: forbidden, elsewhere, too large, or lost on the way."""
        error = failure.value
        if isinstance(error, WithheldError):
            yield from super().failed(failure)
            return
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        state: AddressState = "failed"
        if failure.check(IgnoreRequest):
            state = "disallowed" if FORBIDDEN in said else "refused"
            state = "failed" if said.startswith("robots.txt") else state  # it cannot be had
        elif failure.check(DownloadCancelledError):
            state, said = "too_large", f"larger than {LARGEST >> 20} MiB"
        yield Fetched(
            failure.request.cb_kwargs["number"], self.name, self.run_id, state, detail=said
        )
        yield from islice(self.waiting, 1)
