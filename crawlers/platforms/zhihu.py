"""Zhihu: public answers, articles and videos by address; its search needs a login and a signature."""

import re

from parsel import Selector, SelectorList

from crawlers.base import PlatformSpider, find, maybe, one
from crawlers.script import ScriptPage, counts_of, plain
from lurewatch.post import Post, described, region_in

HOME = "https://www.zhihu.com"


class ThingPage(ScriptPage):
    """A page that shows one thing beside others of its kind: only the one in the address is read."""

    home = HOME
    script = r'<script[^>]* id="js-initialData"[^>]*>'
    gone = "没有知识存在的荒原|该回答已被删除|内容已删除"
    kind: str  # as the platform and other collectors name it
    held: str  # what the page's data calls the collection

    def found(self) -> SelectorList[Selector]:
        """The thing that the address names, when the page holds it."""
        return find(self.root, f'[initialState.entities.{self.held}."{self.number}"] | [?@]')

    @property
    def number(self) -> str:
        """The thing's number: an answer's stands after its question's."""
        return str(re.findall(r"/(\d+)", self.response.url)[-1])

    def post(self, card: Selector) -> Post:
        """Read it."""
        number, kind = self.number, self.kind
        url = {
            "answer": f"{HOME}/answer/{number}",
            "article": f"https://zhuanlan.zhihu.com/p/{number}",
            "zvideo": f"{HOME}/zvideo/{number}",
        }[kind]
        return Post(
            platform="zhihu",
            post_id=f"{kind}-{number}",
            url=url,
            title=maybe(card, "question.title || title"),
            text=plain(maybe(card, "content || description")),
            tags=tuple(find(card, "topics[].name").getall()),
            author_id=maybe(card, "author.urlToken") or one(card, "author.id"),
            author_name=one(card, "author.name"),
            author_bio=described(
                maybe(card, "author.headline"), maybe(card, "author.badgeV2.title")
            ),
            ip_region=region_in(maybe(card, "ipInfo")),
            images=tuple(re.findall(r'data-original="([^"]+)"', maybe(card, "content"))),
            counts=counts_of(
                card,
                likes="voteupCount",
                comments="commentCount",
                collects="favlistsCount",
                views="playCount",
            ),
            **self.date(maybe(card, "createdTime || created") or one(card, "publishedAt")),
        )


class AnswerPage(ThingPage):
    """An answer below its question."""

    path = r"/answer/\d+$"
    kind, held = "answer", "answers"


class ArticlePage(ThingPage):
    """An article of a column."""

    path = r"/p/\d+$"
    kind, held = "article", "articles"


class VideoPage(ThingPage):
    """A video."""

    path = r"/zvideo/\d+$"
    kind, held = "zvideo", "zvideos"


class ZhihuSpider(PlatformSpider):
    """Read public answers, articles and videos by address."""

    name = "zhihu"
    home = HOME
    hosts = ("zhihu.com",)
    pages = (AnswerPage, ArticlePage, VideoPage)
