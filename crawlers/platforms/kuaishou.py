"""Kuaishou: public short videos by address, in a browser; its search is signed, and not for visitors."""

from parsel import Selector

from crawlers.base import PlatformSpider, find, maybe, one
from crawlers.script import ScriptPage, counts_of
from lurewatch.post import Post

HOME = "https://www.kuaishou.com"
VIDEO = "__typename == 'VisionVideoDetailPhoto'"
AUTHOR = "defaultClient.* | [?__typename == 'VisionVideoDetailAuthor'] | [0]"


class VideoPage(ScriptPage):
    """One short video: the site keeps its data by type, the page for phones by request."""

    home = HOME
    script = r"window\.(?:__APOLLO_STATE__|INIT_STATE)\s*="
    path = r"/(short-video|fw/photo|f)/\w+$"
    cards = f"[defaultClient.* | [?{VIDEO}] | [0], *.photo | [?caption] | [0]] | [?@]"
    nothing = "defaultClient.* | [?__typename == 'VisionVideoDetail' && !photo]"
    gone = "作品(?:已被删除|不存在)|视频不存在"

    def post(self, card: Selector) -> Post:
        """Read the video."""
        video_id = maybe(card, "id") or self.response.url.split("?")[0].rpartition("/")[2]
        return Post(
            platform="kuaishou",
            post_id=video_id,
            url=f"{HOME}/short-video/{video_id}",
            text=one(card, "caption"),
            tags=tuple(find(card, "tags[].name").getall()),
            author_id=maybe(card, "userEid || userId") or maybe(self.root, f"{AUTHOR}.id"),
            author_name=maybe(card, "userName") or one(self.root, f"{AUTHOR}.name"),
            images=tuple(find(card, "coverUrl || coverUrls[0].url").getall()),
            counts=counts_of(
                card,
                likes="realLikeCount || likeCount",
                comments="commentCount",
                views="viewCount",
            ),
            **self.date(one(card, "timestamp")),
        )


class KuaishouSpider(PlatformSpider):
    """Read public short videos by address."""

    name = "kuaishou"
    home = HOME
    hosts = ("kuaishou.com", "chenzhongtech.com")
    pages = (VideoPage,)
    needs_browser = True  # the page is put together by its JavaScript
