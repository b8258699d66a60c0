"""Xiaohongshu: public notes by their address, in a browser; its search is not for visitors."""

import re
from functools import cached_property

from parsel import Selector

from crawlers.base import Page, PlatformSpider, find, maybe, one
from lurewatch.post import Counts, Post

HOME = "https://www.xiaohongshu.com"
STATE = re.compile(r"window\.__INITIAL_STATE__\s*=\s*(\{.*?\})\s*;?\s*</script>", re.S)
UNDEFINED = re.compile(r"(?<=[:,\[])\s*undefined\s*(?=[,}\]])")


class NotePage(Page):
    """One note; the page carries it as data in a script."""

    home = HOME
    path = r"/(explore|discovery/item)/[0-9a-f]{24}$"
    cards = "note.noteDetailMap.*.note | [?noteId]"

    @cached_property
    def root(self) -> Selector:
        """The data, in which JavaScript's `undefined` is made null."""
        found = STATE.search(self.response.text)
        return Selector(text=UNDEFINED.sub("null", found[1]) if found else "{}", type="json")

    def post(self, card: Selector) -> Post:
        """Read the note."""
        note_id = one(card, "noteId")
        counts = {
            name: read_count(maybe(card, f"interactInfo.{key}"))
            for name, key in {
                "likes": "likedCount",
                "collects": "collectedCount",
                "comments": "commentCount",
                "shares": "shareCount",
            }.items()
        }
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
            images=tuple(find(card, "imageList[].urlDefault").getall()),
            counts=Counts(
                **{name: value for name, (value, _) in counts.items()},
                at_least=tuple(name for name, (_, least) in counts.items() if least),
            ),
            **self.date(one(card, "time")),
        )


def read_count(shown: str) -> tuple[int | None, bool]:
    """
    A count as shown, and whether it is only a lower bound.

    >>> read_count("1.2万"), read_count("10万+"), read_count("37"), read_count("")
    ((12000, True), (100000, True), (37, False), (None, False))
    """
    found = re.fullmatch(r"([\d.]+)(万|千)?(\+)?", shown)
    if not found:
        return None, False
    times = {"万": 10_000, "千": 1_000}.get(found[2], 1)
    return round(float(found[1]) * times), bool(found[2] or found[3])


class XiaohongshuSpider(PlatformSpider):
    """Read public notes by address."""

    name = "xiaohongshu"
    home = HOME
    hosts = ("xiaohongshu.com", "xhscdn.com")
    pages = (NotePage,)
    needs_browser = True  # the note is put together by the page's JavaScript
