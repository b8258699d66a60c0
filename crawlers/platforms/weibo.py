"""Weibo: the official search API with the operator's own token; saved m.weibo.cn answers too."""

from urllib.parse import parse_qs, urlencode, urlsplit

from parsel import Selector

from crawlers.base import Page, PlatformSpider, find, maybe, one
from crawlers.script import counts_of, plain
from lurewatch.errors import SettingsError
from lurewatch.post import Post

HOME = "https://api.weibo.com"
COUNT = 50  # posts a page, the most the API gives
LATEST = 200  # posts it gives at all


class StatusPage(Page):
    """What one status is, in the API's answer and in the mobile site's."""

    home = HOME

    def post(self, card: Selector) -> Post:
        """Read one status."""
        status_id = maybe(card, "idstr") or one(card, "id")
        text = maybe(card, "longText.longTextContent") or one(card, "text")
        return Post(
            platform="weibo",
            post_id=status_id,
            url=f"https://m.weibo.cn/detail/{status_id}",
            text=plain(text),
            author_id=maybe(card, "user.idstr") or one(card, "user.id"),
            author_name=one(card, "user.screen_name"),
            author_bio=maybe(card, "user.description"),
            images=tuple(find(card, "pic_urls[].thumbnail_pic || pics[].url").getall()),
            counts=counts_of(
                card,
                likes="attitudes_count",
                comments="comments_count",
                shares="reposts_count",
            ),
            **self.date(one(card, "created_at")),
        )


class SearchPage(StatusPage):
    """One page of the search API."""

    path = r"/2/search/(topics|statuses)\.json$"
    cards = "statuses[?user]"
    nothing = "[@] | [?statuses == `[]`]"

    def next_url(self) -> str | None:
        """The next page, until the API has given all it gives."""
        parts = urlsplit(self.response.url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        number, count = int(query.get("page", "1")), int(query.get("count", COUNT))
        total = int(maybe(self.root, "total_number") or 0)
        if number * count >= min(total, LATEST) or not self.found():
            return None
        turned = urlencode(query | {"page": number + 1})
        return f"{HOME}{parts.path[parts.path.index('/2/') :]}?{turned}"


class MobilePage(StatusPage):
    """Saved answers of the mobile site: lists of cards, and single statuses."""

    path = r"/(api/container/getIndex|api/statuses/|statuses/|detail/|status/)"
    cards = (
        "data.cards[?mblog].mblog || data.cards[].card_group[?mblog][].mblog"
        " || data.statuses || (data.user && data.id && [data]) || (user && id && [@])"
    )
    nothing = "data.cards[?card_type == `58`]"

    def next_url(self) -> str | None:
        """Saved answers lead nowhere: the mobile site is not crawled."""
        return None


class WeiboSpider(PlatformSpider):
    """Search Weibo's topics for each keyword, through its official API."""

    name = "weibo"
    home = HOME
    hosts = ("api.weibo.com",)
    pages = (SearchPage, MobilePage)
    newest_first = True

    def search_url(self, keyword: str) -> str:
        """The latest 200 posts of a topic."""
        return f"/2/search/topics.json?{urlencode({'q': keyword, 'count': COUNT, 'page': 1})}"

    def headers(self) -> dict[str, str]:
        """The operator's token travels in a header: an address would be stored and logged."""
        if not self.operator.weibo_token:
            raise SettingsError(
                "weibo: the official search needs a token of your own; set LUREWATCH_WEIBO_TOKEN"
            )
        return {"Authorization": f"OAuth2 {self.operator.weibo_token}"}
