"""Feeds: RSS and Atom, and so whatever RSSHub or a forum offers; every entry is a post."""

from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from parsel import Selector

from crawlers.base import Page, PageChangedError, PlatformSpider, maybe
from crawlers.script import plain
from lurewatch.post import Post


class FeedPage(Page):
    """One feed, of either family."""

    home = ""
    path = r""  # any address may be a feed's
    cards = "item, entry"
    nothing = "channel, feed"

    @cached_property
    def root(self) -> Selector:
        """The feed without its namespaces: both families name their parts alike then."""
        root = Selector(text=self.response.text or "<rss/>", type="xml")
        root.remove_namespaces()
        return root

    def post(self, card: Selector) -> Post:
        """Read one entry; its id is what the feed gives for one, else its address."""
        link = maybe(card, "link[rel=alternate]::attr(href), link::attr(href)") or maybe(
            card, "link::text"
        )
        named = maybe(card, "guid::text, id::text") or link
        if not named:
            raise PageChangedError("an entry with neither an id nor a link")
        host = urlsplit(self.response.url).hostname
        whole = "encoded::text, content::text, description::text, summary::text"
        return Post(
            platform="feed",
            post_id=sha256(f"{host} {named}".encode()).hexdigest()[:20],
            url=self.response.urljoin(link) if link else self.response.url,
            title=plain(maybe(card, "title::text")),
            text=plain(maybe(card, whole)),
            tags=tuple(
                tag.strip()
                for tag in card.css("category::text, category::attr(term)").getall()
                if tag.strip()
            ),
            author_name=maybe(card, "author name::text, creator::text, author::text"),
            images=tuple(card.css("enclosure[type^=image]::attr(url)").getall()),
            **self.date(maybe(card, "pubDate::text, published::text, updated::text, date::text")),
        )

    def date(self, shown: str) -> dict[str, Any]:
        """A feed's date: of mail, or ISO; an entry may have none."""
        for read in (parsedate_to_datetime, datetime.fromisoformat):
            try:
                at = read(shown)
            except ValueError:
                continue
            if at.tzinfo:
                return {"published_at": at, "published_shown": shown, "published_exact": True}
        return super().date(shown) if shown else {}


class FeedSpider(PlatformSpider):
    """Read feeds by address."""

    name = "feed"
    home = ""
    pages = (FeedPage,)

    @property
    def hosts(self) -> tuple[str, ...]:  # type: ignore[override]  # only known once addresses are
        """The hosts of the feeds that were asked for."""
        return tuple({urlsplit(address).hostname or "-" for address in self.addresses}) or ("-",)
