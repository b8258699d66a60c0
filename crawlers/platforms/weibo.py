"""Weibo: the official search API with the operator's own token, and public posts by address."""

from datetime import UTC, date, datetime, time
from urllib.parse import parse_qs, urlencode, urlsplit

from parsel import Selector
from scrapy.http import JsonResponse

from crawlers.base import PlatformSpider, find, maybe, one
from crawlers.script import ScriptPage, counts_of, plain
from lurewatch.addresses import belongs, read_address
from lurewatch.dates import CHINA, read_date
from lurewatch.errors import SettingsError
from lurewatch.post import Post, described, region_in

HOME = "https://api.weibo.com"
COUNT = 50  # posts a page, the most the API gives
LONG = "[@] | [?(isLongText || truncated) && !longText.longTextContent]"  # a page has it whole
LATEST = 200  # posts it gives at all


class StatusPage(ScriptPage):
    """What one status is, in the API's answer and in the mobile site's."""

    home = HOME
    script = r"\$render_data\s*="

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
            author_bio=described(
                maybe(card, "user.description"), maybe(card, "user.verified_reason")
            ),
            cut=bool(find(card, LONG)) and isinstance(self.response, JsonResponse),
            ip_region=region_in(maybe(card, "region_name")),
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
        """
        The next page, until the API has given all it gives.

        Of a window of time it gives the latest posts; the rest are the window's earlier part.
        """
        parts = urlsplit(self.response.url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        number, count = int(query.get("page", "1")), int(query.get("count", COUNT))
        total = int(maybe(self.root, "total_number") or 0)
        if not self.found():
            return None
        if number * count < min(total, LATEST):
            turned = query | {"page": str(number + 1)}
        elif total > LATEST and "endtime" in query and self.oldest() < int(query["endtime"]):
            turned = query | {"endtime": str(self.oldest()), "page": "1"}
        else:
            return None
        return f"{HOME}{parts.path[parts.path.index('/2/') :]}?{urlencode(turned)}"

    def oldest(self) -> int:
        """The second in which the oldest post of the page was written."""
        shown = find(self.root, f"{self.cards} | [].created_at").getall()
        return min(int(read_date(one, self.captured_at).at.timestamp()) for one in shown)


class MobilePage(StatusPage):
    """A single status on the mobile site, as page or as answer; saved lists of cards too."""

    path = r"/(api/container/getIndex|api/statuses/|statuses/|detail/|status/)"
    cards = (
        "data.cards[?mblog].mblog || data.cards[].card_group[?mblog][].mblog"
        " || data.statuses || (data.user && data.id && [data]) || (user && id && [@])"
        " || ([0].status && [[0].status])"
    )
    nothing = "data.cards[?card_type == `58`]"
    gone = "微博不存在或暂无查看权限"

    def next_url(self) -> str | None:
        """It leads nowhere: the mobile site is not searched."""
        return None


class WeiboSpider(PlatformSpider):
    """Search Weibo's topics for each keyword, through its official API; read public posts by address."""

    name = "weibo"
    home = HOME
    hosts = ("api.weibo.com", "m.weibo.cn")
    pages = (SearchPage, MobilePage)
    newest_first = True
    takes_window = True

    def search_url(self, keyword: str) -> str:
        """The latest 200 posts of a topic; of a window of time all, slice by slice."""
        if self.since or self.until:
            start = datetime.combine(self.since or date(2009, 8, 1), time.min, CHINA)
            end = datetime.combine(self.until, time.max, CHINA) if self.until else datetime.now(UTC)
            window = {"starttime": int(start.timestamp()), "endtime": int(end.timestamp())}
            query = {"q": keyword, "count": COUNT, "page": 1} | window
            return f"/2/search/statuses.json?{urlencode(query)}"
        return f"/2/search/topics.json?{urlencode({'q': keyword, 'count': COUNT, 'page': 1})}"

    def located(self, url: str) -> str:
        """A post of weibo.com, which asks to log in, is read on the mobile site, which mostly does not."""
        host = urlsplit(url).hostname or ""
        if belongs(host, "weibo.com") and host != urlsplit(HOME).hostname:
            platform, number = read_address(url)
            url = f"https://m.weibo.cn/detail/{number}" if platform == self.name else url
        return super().located(url)

    def headers(self) -> dict[str, str]:
        """The operator's token travels in a header: an address would be stored and logged."""
        if not self.operator.weibo_token:
            raise SettingsError(
                "weibo: the official search needs a token of your own; set LUREWATCH_WEIBO_TOKEN"
            )
        return {"Authorization": f"OAuth2 {self.operator.weibo_token}"}
