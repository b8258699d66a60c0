"""WeChat public accounts: articles found through Sogou, and single articles."""

import re
from urllib.parse import parse_qs, urlencode, urlsplit

from parsel import Selector

from crawlers.base import Page, PageChangedError, PlatformSpider, maybe, one, text_of
from lurewatch.post import Post, region_in

HOME = "https://weixin.sogou.com"
BIO = "//label[normalize-space()='功能介绍']/following-sibling::*[1]/text()"
WORDING = re.compile(r"ip_wording\s*[=:]\s*{([^}]*)}")


class SearchPage(Page):
    """One page of Sogou's article results; ten a page."""

    home = HOME
    path = r"/weixin$"
    cards = "ul.news-list > li"
    nothing = "#noresult_part1_container, .text-info, .no-sosuo"
    next_link = "a#sogou_next::attr(href)"

    def post(self, card: Selector) -> Post:
        """Read one result; those without an image are nested otherwise, the names are the same."""
        link = self.address(one(card, "h3 a::attr(href)"))
        openid = one(card, "a.account::attr(i)")
        shown = one(card, "div.s-p::attr(t)")
        return Post(
            platform="wechat",
            post_id=article_id(link) or f"{openid}-{shown}",
            url=link,
            title=text_of(card, "h3 a"),
            text=text_of(card, "p.txt-info"),
            cut=True,
            author_id=openid,
            author_name=text_of(card, "a.account"),
            images=tuple(card.css("div.img-box img::attr(src)").getall()),
            **self.date(shown),
        )


class ArticlePage(Page):
    """One article of a public account."""

    home = "https://mp.weixin.qq.com"
    path = r"/s(/[\w-]+)?$"
    cards = "#js_content"
    nothing = ".weui-msg, .page_msg"  # removed by its author, or by the platform

    def post(self, card: Selector) -> Post:
        """Read the article; its permanent id stands in a script."""
        source = self.response.text
        biz, mid, idx = (script_value(source, name) for name in ("biz", "mid", "idx"))
        permanent = "-".join(part for part in (biz, mid, idx) if part)
        post_id = permanent or article_id(self.response.url)
        if not post_id:
            raise PageChangedError("the article shows no biz, mid and idx")
        return Post(
            platform="wechat",
            post_id=post_id,
            url=self.address(self.response.url),
            title=text_of(self.root, "#activity-name"),
            text="\n".join(line for line in map(str.strip, paragraphs(card)) if line),
            author_id=script_value(source, "user_name") or biz,
            author_name=maybe(self.root, "#js_name::text, #post-user::text"),
            author_bio=" ".join(self.root.xpath(BIO).get("").split()),
            ip_region=region_in(maybe(self.root, "#js_ip_wording::text") or wording(source)),
            images=tuple(card.css("img::attr(data-src)").getall()),
            **self.date(script_value(source, "ct") or maybe(self.root, "#publish_time::text")),
        )


def paragraphs(card: Selector) -> list[str]:
    """The text of the article, a block a line, without its scripts."""
    blocks = card.css("p, section:not(:has(p, section)), h1, h2, h3, li, blockquote:not(:has(p))")
    chosen = blocks or [card]
    return ["".join(block.css("::text").getall()) for block in chosen]


def script_value(source: str, name: str) -> str:
    """
    What a page's script sets a variable to: the last string that is not empty.

    >>> script_value('var mid = "" || "" || "267";', "mid")
    '267'
    """
    found = re.search(rf"var {name}\s*=\s*([^;\n]*)", source)
    values = (
        [value for value in re.findall(r"[\"']([^\"']*)[\"']", found[1]) if value] if found else []
    )
    return values[-1] if values else ""


def wording(source: str) -> str:
    """
    Where an article was written from, as its page's script has it: a province, or else a country.

    >>> wording("ip_wording = {countryName: '中国', provinceName: '广东', cityName: ''}"), wording("")
    ('广东', '')
    """
    found = WORDING.search(source)
    named = dict(re.findall(r"(\w+Name)['\"]?\s*:\s*['\"]([^'\"]+)", found[1])) if found else {}
    return named.get("provinceName") or named.get("countryName") or ""


def article_id(url: str) -> str:
    """
    The permanent id in an article's address, or nothing when the address is a passing one.

    >>> article_id("http://mp.weixin.qq.com/s?__biz=MzA4&mid=26&idx=7&sn=ab")
    'MzA4-26-7'
    >>> article_id("https://mp.weixin.qq.com/s?src=3&signature=x")
    ''
    """
    query = parse_qs(urlsplit(url).query)
    parts = [query.get(name, [""])[0] for name in ("__biz", "mid", "idx")]
    return "-".join(parts) if all(parts) else ""


class WechatSpider(PlatformSpider):
    """Search WeChat articles through Sogou for each keyword."""

    name = "wechat"
    home = HOME
    hosts = ("weixin.sogou.com", "mp.weixin.qq.com")
    pages = (SearchPage, ArticlePage)

    def search_url(self, keyword: str) -> str:
        """Articles, newest first as far as Sogou sorts."""
        return f"/weixin?{urlencode({'type': 2, 'query': keyword, 'ie': 'utf8'})}"
