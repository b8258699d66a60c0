"""Toutiao: the public search, and public articles, micro-posts and videos by address."""

import re
from urllib.parse import parse_qs, urlencode, urlsplit

from parsel import Selector, SelectorList

from crawlers.base import PlatformSpider, find, maybe, one
from crawlers.script import ScriptPage, counts_of, data_at, plain
from lurewatch.post import Post, described

HOME = "https://www.toutiao.com"
SEARCH = "https://so.toutiao.com"
RESULT = re.compile(r'<script[^>]* data-for="s-result-json"[^>]*>')
MICRO = "32"  # a post of a few lines, which results show whole
SIZE = 10  # results a page


class ThingPage(ScriptPage):
    """What an article, a micro-post or a video is, wherever it is shown."""

    home = HOME

    def post(self, card: Selector) -> Post:
        """Read it."""
        number = maybe(card, "group_id || item_id || groupId || itemId || id") or self.number
        author = "(user_info || user || media_user || mediaInfo || userInfo)"
        whole = maybe(card, "content || rich_content")
        return Post(
            platform="toutiao",
            post_id=number,
            url=f"{HOME}/{'w' if maybe(card, 'cell_type') == MICRO else 'article'}/{number}/",
            title=plain(maybe(card, "title")),
            text=plain(whole or maybe(card, "abstract")),
            cut=not whole and maybe(card, "cell_type") != MICRO,
            author_id=maybe(card, f"{author}.user_id || {author}.userId || {author}.id"),
            author_name=maybe(card, f"{author}.name || {author}.screen_name")
            or maybe(card, "source || detail_source"),
            author_bio=described(
                maybe(card, f"{author}.description"),
                maybe(card, f"{author}.[verified_content, verifiedContent][] | [?@] | [0]"),
            ),
            images=tuple(find(card, "large_image_list[].url || image_list[].url").getall()),
            counts=counts_of(
                card,
                likes="digg_count || like_count || diggCount || itemCell.itemCounter.diggCount",
                comments="comment_count || commentCount || itemCell.itemCounter.commentCount",
                views="read_count || impression_count || itemCell.itemCounter.readCount",
            ),
            **self.date(
                maybe(card, "publish_time || publishTime || create_time") or one(card, "datetime")
            ),
        )

    @property
    def number(self) -> str:
        """The number in the address."""
        return one_number(self.response.url)


def one_number(url: str) -> str:
    """
    The number of the thing that an address names.

    >>> one_number("https://m.toutiao.com/i7300000000000000001/info/")
    '7300000000000000001'
    """
    found = re.search(r"(\d{16,})", urlsplit(url).path)
    if not found:
        raise ValueError(f"{url} names no article")
    return found[1]


class SearchPage(ThingPage):
    """One page of results: each carries its data in a script of its own; or an answer in JSON."""

    script = r"$^"
    path = r"/(search|api/search/content)/?$"
    cards = "(data || rawData.data)[?(group_id || item_id) && (title || abstract || content)]"
    nothing = "[@] | [?data == `[]`]"
    gone = "没有找到相关"

    def found(self) -> SelectorList[Selector]:
        """The results, of either form."""
        page = self.response.text
        scripts = [
            Selector(text=data_at(page, found.end()), type="json")
            for found in RESULT.finditer(page)
        ]
        held = "[data, @] | [?(group_id || item_id) && (title || abstract || content)] | [:1]"
        shown = [card for script in scripts for card in find(script, held)]
        return SelectorList(shown) or find(self.root, self.cards)

    def next_url(self) -> str | None:
        """The next page, while this one was full."""
        if len(self.found()) < SIZE:
            return None
        parts = urlsplit(self.response.url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        number = int(query.get("page_num", "0")) + 1
        return f"{SEARCH}/search?{urlencode(query | {'page_num': number})}"


class ArticlePage(ThingPage):
    """One article, micro-post or video, or its answer in JSON."""

    script = r'<script[^>]* id="RENDER_DATA"[^>]*>'
    path = r"/(article|w|video|group|item|i)/?\d{16,}(/info)?/?$"
    cards = "[data.articleInfo, data.thread.thread_base, data.initialVideo, data] | [?title || content] | [:1]"
    nothing = "[@] | [?success == `false` || data.code == `404` || data.isDeleted]"


class ToutiaoSpider(PlatformSpider):
    """Search Toutiao for each keyword, and read public posts by address."""

    name = "toutiao"
    home = SEARCH
    hosts = ("toutiao.com",)
    pages = (SearchPage, ArticlePage)
    needs_browser = True  # an article is put together by its page's JavaScript

    def search_url(self, keyword: str) -> str:
        """The first page of results."""
        query = {"keyword": keyword, "pd": "synthesis", "dvpf": "pc", "page_num": 0}
        return f"/search?{urlencode(query)}"
