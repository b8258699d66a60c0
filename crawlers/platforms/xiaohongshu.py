"""Xiaohongshu: public notes by their address, in a browser; its search is not for visitors."""

import re

from parsel import Selector

from crawlers.base import PlatformSpider, find, maybe, one
from crawlers.script import ScriptPage, counts_of
from lurewatch.post import Post, region_in

HOME = "https://www.xiaohongshu.com"


class NotePage(ScriptPage):
    """One note; the page carries it as data in a script."""

    home = HOME
    script = r"window\.__INITIAL_STATE__\s*="
    path = r"/(explore|discovery/item)/[0-9a-f]{24}$"
    gone = "页面不见了|笔记不存在|内容已被删除"
    cards = "note.noteDetailMap.*.note | [?noteId]"

    def post(self, card: Selector) -> Post:
        """Read the note."""
        note_id = one(card, "noteId")
        token = re.search(r"xsec_token=[^&#]+", self.response.url)
        return Post(
            platform="xiaohongshu",
            post_id=note_id,
            url=f"{HOME}/explore/{note_id}{'?' + token[0] if token else ''}",
            title=maybe(card, "title"),
            text=maybe(card, "desc"),
            tags=tuple(find(card, "tagList[].name").getall()),
            author_id=one(card, "user.userId"),
            author_name=maybe(card, "user.nickname") or maybe(card, "user.nickName"),
            ip_region=region_in(maybe(card, "ipLocation")),
            images=tuple(find(card, "imageList[].urlDefault").getall()),
            counts=counts_of(
                card,
                likes="interactInfo.likedCount",
                collects="interactInfo.collectedCount",
                comments="interactInfo.commentCount",
                shares="interactInfo.shareCount",
            ),
            **self.date(one(card, "time")),
        )


class XiaohongshuSpider(PlatformSpider):
    """Read public notes by address."""

    name = "xiaohongshu"
    home = HOME
    hosts = ("xiaohongshu.com", "xhscdn.com")
    pages = (NotePage,)
    needs_browser = True  # the note is put together by the page's JavaScript
