"""Xianyu: public listings by address, in a browser; saved answers of its search are read too."""

import re

from parsel import Selector

from crawlers.base import Page, PlatformSpider, find, maybe, one, text_of
from crawlers.script import ScriptPage, counts_of
from lurewatch.post import Post

HOME = "https://www.goofish.com"


def listing(item_id: str) -> str:
    """The address of a listing."""
    return f"{HOME}/item?id={item_id}"


class SearchPage(ScriptPage):
    """A saved answer of the search: it takes a login, so that no spider of ours asks for it."""

    home = HOME
    script = r"$^"  # an answer is data from its first character on
    path = r"/mtop\.taobao\.idlemtopsearch\.pc\.search/|/search$"
    cards = "data.resultList[].data.item.main"
    nothing = "[data] | [?resultList == `[]`]"

    def post(self, card: Selector) -> Post:
        """Read one listing, with its price, as the search shows it."""
        item_id = maybe(card, "exContent.itemId") or one(card, "clickParam.args.item_id")
        return Post(
            platform="xianyu",
            post_id=item_id,
            url=listing(item_id),
            title=one(card, "exContent.title"),
            text="".join(find(card, "exContent.price[].text").getall()),
            tags=tuple(find(card, "exContent.fishTags.*.tagList[].data.content").getall()),
            author_id=maybe(card, "clickParam.args.seller_id"),
            author_name=maybe(card, "exContent.userNickName"),
            images=tuple(find(card, "exContent.picUrl").getall()),
            counts=counts_of(card, collects="clickParam.args.wantNum"),
            **self.date(one(card, "clickParam.args.publishTime")),
        )


class DetailPage(ScriptPage):
    """A saved answer about one listing."""

    home = HOME
    script = r"$^"
    path = r"/mtop\.taobao\.idle\.(pc\.detail|awesome\.detail\.unit)/"
    cards = "[data.itemDO] | [?itemId]"
    nothing = "[ret[]] | [?contains(to_string(@), 'ITEM_NOT')]"

    def post(self, card: Selector) -> Post:
        """Read the listing."""
        item_id, seller = one(card, "itemId"), "data.sellerDO"
        return Post(
            platform="xianyu",
            post_id=item_id,
            url=listing(item_id),
            title=one(card, "title"),
            text=maybe(card, "desc"),
            author_id=maybe(self.root, f"{seller}.sellerId"),
            author_name=maybe(self.root, f"{seller}.nick"),
            author_bio=maybe(self.root, f"{seller}.signature"),
            images=tuple(find(card, "imageInfos[].url").getall()),
            counts=counts_of(card, collects="wantCnt", views="browseCnt"),
            **self.date(maybe(card, "gmtCreate") or one(card, "GMT_CREATE_DATE_KEY")),
        )


class ItemPage(Page):
    """One listing as a visitor sees it; the site's class names end in a hash that changes."""

    home = HOME
    path = r"/item$"
    cards = '[class*="item-main-container--"]'
    nothing = '[class*="error-page--"], [class*="empty-container--"]'

    def post(self, card: Selector) -> Post:
        """Read the listing; the page shows no date."""
        number = re.search(r"[?&]id=(\d+)", self.response.url)
        if not number:
            raise ValueError(f"{self.response.url} names no listing")
        wanted = re.search(r"([\d.]+万?)人想要", " ".join(card.css("::text").getall()))
        return Post(
            platform="xianyu",
            post_id=number[1],
            url=listing(number[1]),
            text=text_of(card, '[class*="desc--"]'),
            author_name=text_of(self.root, '[class*="item-user-info-nick--"]'),
            author_bio=maybe(self.root, '[class*="item-user-info-introduction--"]::text'),
            images=tuple(card.css('[class*="carousel"] img::attr(src)').getall()),
            counts=counts_of(
                Selector(text=f'{{"n": "{wanted[1] if wanted else ""}"}}', type="json"),
                collects="n",
            ),
        )


class XianyuSpider(PlatformSpider):
    """Read public listings by address."""

    name = "xianyu"
    home = HOME
    hosts = ("goofish.com", "2.taobao.com")
    pages = (SearchPage, DetailPage, ItemPage)
    needs_browser = True  # a listing is put together by its page's JavaScript
