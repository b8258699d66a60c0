"""Douyin: public videos and notes by address; search through the official API with the operator's token."""

from urllib.parse import parse_qs, urlencode, urlsplit

from parsel import Selector

from crawlers.base import PlatformSpider, find, maybe, one
from crawlers.script import ScriptPage, counts_of
from lurewatch.errors import SettingsError
from lurewatch.post import Post, described, region_in

HOME = "https://www.douyin.com"
API = "https://open.douyin.com"
COUNT = 20  # posts a page of the API
VERIFIED = (
    "(author || authorInfo).[enterprise_verify_reason, enterpriseVerifyReason, custom_verify,"
    " customVerify][] | [?@] | [0]"
)


class AwemePage(ScriptPage):
    """What one video or note is, in the words of the API, of the share page and of the site."""

    home = HOME

    def post(self, card: Selector) -> Post:
        """Read one video or note."""
        aweme_id = maybe(card, "aweme_id") or one(card, "awemeId")
        kind = "note" if "/note/" in self.response.url or find(card, "images[0]") else "video"
        return Post(
            platform="douyin",
            post_id=aweme_id,
            url=f"{HOME}/{kind}/{aweme_id}",
            text=maybe(card, "desc"),
            tags=tuple(
                str(tag)
                for tag in find(
                    card, "(text_extra || textExtra)[].[hashtag_name, hashtagName][]"
                ).getall()
                if tag
            ),
            author_id=maybe(card, "(author || authorInfo).[sec_uid, secUid][] | [?@] | [0]"),
            author_name=one(card, "(author || authorInfo).nickname"),
            author_bio=described(
                maybe(card, "(author || authorInfo).signature"), maybe(card, VERIFIED)
            ),
            ip_region=region_in(maybe(card, "ip_label || ipLabel")),
            images=tuple(find(card, "images[].[url_list, urlList][] | [?@] | [*][0]").getall()),
            counts=counts_of(
                card,
                likes="statistics.digg_count || stats.diggCount",
                comments="statistics.comment_count || stats.commentCount",
                shares="statistics.share_count || stats.shareCount",
                collects="statistics.collect_count || stats.collectCount",
            ),
            **self.date(maybe(card, "create_time") or one(card, "createTime")),
        )


class VideoPage(AwemePage):
    """One video or note: the site keeps its data percent-encoded, the share page does not."""

    script = r'<script[^>]* id="RENDER_DATA"[^>]*>|window\._ROUTER_DATA\s*='
    path = r"/(share/)?(video|note|slides)/\d+"
    nothing = "loaderData.*.videoInfoRes | [].filter_list[]"
    gone = "视频不存在|作品已被删除|内容已下架"
    cards = (
        "[app.videoDetail, *.aweme.detail | [0], (loaderData.*.videoInfoRes | [].item_list[] | [0]),"
        " aweme_detail] | [?@]"
    )


class SearchPage(AwemePage):
    """One page of the official search; the tiles between the results are no posts."""

    script = r"$^"  # an answer of the API is data from its first character on
    path = r"/dy_open_api/v2/search/"
    cards = "[data.list, data.data, data] | [?type(@) == 'array'] | [0][].aweme_info"
    nothing = "[@] | [?data.has_more == `0` || data.list == `[]` || data.data == `[]`]"

    def next_url(self) -> str | None:
        """The next page, while the API says that there is one."""
        if maybe(self.root, "data.has_more || has_more") not in ("1", "True", "true"):
            return None
        parts = urlsplit(self.response.url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        cursor = maybe(self.root, "data.cursor || cursor") or int(query.get("cursor", "0")) + COUNT
        path = parts.path[parts.path.index("/dy_open_api/") :]
        return f"{API}{path}?{urlencode(query | {'cursor': cursor})}"


class DouyinSpider(PlatformSpider):
    """Search Douyin through its official API, and read public videos by address."""

    name = "douyin"
    home = API
    hosts = ("open.douyin.com", "douyin.com", "iesdouyin.com")
    pages = (SearchPage, VideoPage)
    needs_browser = True  # a video's page is put together by its JavaScript
    search_is_api = True
    newest_first = True

    def search_url(self, keyword: str) -> str:
        """The newest first, of the last week."""
        query = {"keyword": keyword, "count": COUNT, "cursor": 0, "publish_time": 7, "sort_type": 2}
        return f"/dy_open_api/v2/search/video/?{urlencode(query)}"

    def headers(self) -> dict[str, str]:
        """The operator's token."""
        if not self.operator.douyin_token:
            raise SettingsError(
                "douyin: the official search needs a token of your own (scope"
                " aweme.dy.video_search_v2); set LUREWATCH_DOUYIN_TOKEN"
            )
        return {"access-token": self.operator.douyin_token}
