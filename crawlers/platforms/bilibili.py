"""Bilibili: public video pages by address; its undocumented interfaces are not ours to call."""

from parsel import Selector

from crawlers.base import PlatformSpider, find, maybe, one
from crawlers.script import ScriptPage, counts_of
from lurewatch.post import Post, described

HOME = "https://www.bilibili.com"


class VideoPage(ScriptPage):
    """One video; the uploader's own comments are those that the page pins."""

    home = HOME
    script = r"window\.__INITIAL_STATE__\s*="
    path = r"/video/(av\d+|BV\w+)/?$"
    gone = "视频去哪了呢|稿件不可见"
    cards = "[videoData] | [?aid]"
    nothing = "[error] | [?code == `404` || code == `-404` || code == `62002` || code == `62012`]"

    def post(self, card: Selector) -> Post:
        """Read the video."""
        aid, bvid = one(card, "aid"), maybe(card, "bvid")
        description = maybe(card, "desc")
        return Post(
            platform="bilibili",
            post_id=aid,
            url=f"{HOME}/video/{bvid or f'av{aid}'}",
            title=one(card, "title"),
            text="" if description == "-" else description,  # what the site writes for none
            tags=tuple(find(self.root, "tags[].tag_name").getall()),
            author_id=one(card, "owner.mid"),
            author_name=one(card, "owner.name"),
            author_bio=described(
                maybe(self.root, "upData.sign"),
                maybe(self.root, "upData.[official_verify.desc, Official.title][] | [?@] | [0]"),
            ),
            images=tuple(find(card, "pic").getall()),
            counts=counts_of(
                card,
                likes="stat.like",
                comments="stat.reply",
                shares="stat.share",
                collects="stat.favorite",
                views="stat.view",
            ),
            **self.date(one(card, "pubdate")),
        )


class BilibiliSpider(PlatformSpider):
    """Read public videos by address."""

    name = "bilibili"
    home = HOME
    hosts = ("bilibili.com", "b23.tv")
    pages = (VideoPage,)
