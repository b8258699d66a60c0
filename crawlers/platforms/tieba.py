"""Baidu Tieba: search results and threads, as a reader who is not logged in sees them."""

import json
from urllib.parse import unquote_to_bytes, urlencode

from parsel import Selector

from crawlers.base import Page, PageChangedError, PlatformSpider, find, maybe, one, text_of
from lurewatch.post import Counts, Post, is_cut, region_in

HOME = "https://tieba.baidu.com"


class SearchPage(Page):
    """One page of search results, in the layout of many years."""

    home = HOME
    path = r"/f/search/res$"
    cards = "div.s_post, div.threadcardclass"
    nothing = "div.search_noresult, div.search-noresult, .no-result"
    next_link = "a.next::attr(href)"

    def post(self, card: Selector) -> Post:
        """Read one result, of either layout."""
        return self.new_layout(card) if card.css(".title-wrap") else self.old_layout(card)

    def old_layout(self, card: Selector) -> Post:
        """A result as shown until 2025."""
        tid, text = one(card, ".p_title a::attr(data-tid)"), text_of(card, ".p_content")
        return Post(
            platform="tieba",
            post_id=tid,
            url=f"{HOME}/p/{tid}",
            title=text_of(card, ".p_title a"),
            text=text,
            cut=is_cut(text),
            author_id=account(maybe(card, 'a[href*="/home/main"]::attr(href)')),
            author_name=maybe(card, 'a[href*="/home/main"] *::text'),
            **self.date(one(card, ".p_date::text")),
        )

    def new_layout(self, card: Selector) -> Post:
        """A result as shown in 2026."""
        link = one(card, 'a.action-link-bg[href*="/p/"]::attr(href)')
        tid = link.split("/p/")[1].split("?")[0]
        text = text_of(card, ".abstract-wrap") if card.css(".abstract-wrap") else ""
        return Post(
            platform="tieba",
            post_id=tid,
            url=f"{HOME}/p/{tid}",
            title=text_of(card, ".title-wrap"),
            text=text,
            cut=is_cut(text),
            **self.date(one(card, ".top-title::text")),
        )


class ThreadPage(Page):
    """One thread: its first floor is the post, later floors of the same account its comments."""

    home = HOME
    path = r"/p/\d+$"
    cards = "h3.core_title_txt, h1.core_title_txt"
    nothing = ".page404, .closeWin"

    def post(self, card: Selector) -> Post:
        """Read the first floor."""
        floors = find(self.root, "div.l_post[data-field]:has(.d_post_content)")
        if not floors:
            raise PageChangedError("'div.l_post' found no floor")
        facts = [json.loads(floor.attrib["data-field"]) for floor in floors]
        author = facts[0]["author"]
        shown = [said_on(floor) for floor in floors]
        tid = self.response.url.split("/p/")[1].split("?")[0]
        return Post(
            platform="tieba",
            post_id=tid,
            url=f"{HOME}/p/{tid}",
            title=card.attrib.get("title", "").strip() or text_of(card, "::text"),
            text=shown[0],
            author_id=str(author.get("portrait") or author.get("user_id") or "").split("?")[0],
            author_name=str(author.get("user_name") or author.get("user_nickname") or ""),
            author_comments=tuple(
                said
                for fact, said in zip(facts[1:], shown[1:], strict=True)
                if said and fact["author"].get("user_id") == author.get("user_id")
            ),
            ip_region=region_of(floors[0]),
            images=tuple(floors[0].css("img.BDE_Image::attr(src)").getall()),
            counts=Counts(comments=replies(self.root)),
            **self.date(thread_date(facts[0], floors[0])),
        )


def said_on(floor: Selector) -> str:
    """What a floor says, without the words that the page lays over its pictures."""
    texts = floor.css(".d_post_content").xpath(
        ".//text()[not(ancestor::*[contains(@class, 'replace_div')])]"
    )
    return " ".join("".join(texts.getall()).split())


def thread_date(fact: dict[str, dict[str, str]], floor: Selector) -> str:
    """The floor's date: in its data on older pages, in its last line on newer ones."""
    shown = fact.get("content", {}).get("date") or "".join(
        floor.css(".tail-info::text").re(r"\d{4}-\d\d-\d\d \d\d:\d\d")[:1]
    )
    if not shown:
        raise PageChangedError("the first floor shows no date")
    return str(shown)


def region_of(floor: Selector) -> str:
    """Where its author wrote from, which stands in its last line since 2022."""
    shown = floor.css(".post-tail-wrap span::text, .tail-info::text").re(r"IP属地\s*[:：]\s*\S+")
    return region_in(shown[0]) if shown else ""


def replies(root: Selector) -> int | None:
    """How many replies the thread shows."""
    shown = maybe(root, ".l_reply_num span.red::text")
    return int(shown) if shown.isdigit() else None


def account(link: str) -> str:
    """
    The account a profile link names: Tieba writes it percent-encoded, in GBK.

    >>> account("/home/main?un=VR%D0%E9%C4%E2")
    'VR虚拟'
    """
    return unquote_to_bytes(link.partition("un=")[2].split("&")[0]).decode("gb18030", "replace")


class TiebaSpider(PlatformSpider):
    """Search Tieba for each keyword."""

    name = "tieba"
    home = HOME
    hosts = ("tieba.baidu.com", "wappass.baidu.com")
    pages = (SearchPage, ThreadPage)
    newest_first = True

    def search_url(self, keyword: str) -> str:
        """Newest first, threads and replies."""
        return f"/f/search/res?{urlencode({'ie': 'utf-8', 'qw': keyword, 'sm': 1})}"
