"""The invented posts of the demo platform, with the facts a platform adds."""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Final
from urllib.parse import urlencode

KEYWORDS: Final = {
    "tieba": ("逾期", "债务优化"),
    "wechat": ("征信修复", "代理退保"),
    "weibo": ("停息挂账", "荐股"),
    "douyin": ("上岸",),
    "toutiao": ("负债",),
}
NOTHING: Final = "无人提起"  # a keyword nobody wrote
CHANGED: Final = "改版"  # a keyword whose page has another layout
FORBIDDEN: Final = "谢绝"  # a keyword robots.txt forbids
HURRIED: Final = "频繁"  # a keyword that meets a CAPTCHA
MANY: Final = "很多"  # a keyword with 3,000 posts: those there are, over and over
COUNT: Final = 3000
ENDLESS: Final = "数不清"  # the same with 10,000, for measuring
FIRST: Final = 1000  # the number of the first of them
GONE: Final = 999  # the number of a post that was deleted

BASES: Final = {  # what is added to a post's number to make an id as its platform has them
    "weibo": 5_000_000_000_000_000,
    "douyin": 7_400_000_000_000_000_000,
    "bilibili": 1_150_000_000,
    "zhihu": 3_000_000_000,
    "tieba": 9_000_000_000,
    "xianyu": 800_000_000_000,
    "wechat": 2_650_000_000,
    "toutiao": 7_300_000_000_000_000_000,
    "feed": 0,
    "web": 0,
}
ADDRESSES: Final = {  # of a single post, by its id
    "weibo": "https://m.weibo.cn/detail/{}",
    "xiaohongshu": "https://www.xiaohongshu.com/explore/{}?xsec_token=demo",
    "douyin": "https://www.douyin.com/video/{}",
    "kuaishou": "https://www.kuaishou.com/short-video/{}",
    "bilibili": "https://www.bilibili.com/video/av{}",
    "answer": "https://www.zhihu.com/question/600000001/answer/{}",
    "article": "https://zhuanlan.zhihu.com/p/{}",
    "zvideo": "https://www.zhihu.com/zvideo/{}",
    "tieba": "https://tieba.baidu.com/p/{}",
    "xianyu": "https://www.goofish.com/item?id={}",
    "toutiao": "https://www.toutiao.com/article/{}/",
    "feed": "https://feed.example.invalid/n/{}",
    "web": "https://bbs.example.invalid/t/{}",
}
PICTURES: Final = {  # where platforms keep the pictures of posts
    "weibo": "wx1.sinaimg.cn/thumbnail",
    "xiaohongshu": "sns-webpic-qc.xhscdn.com",
    "toutiao": "p3-search.byteimg.com/img",
    "xianyu": "img.alicdn.com/bao",
    "tieba": "tiebapic.baidu.com/forum",
}


@dataclass(frozen=True, slots=True)
class DemoPost:
    """One post as the demo platform holds it."""

    number: int  # unique over all platforms
    platform: str
    title: str
    text: str
    tags: tuple[str, ...]
    ocr: tuple[str, ...]
    author_comments: tuple[str, ...]
    author_name: str
    author_bio: str
    keyword: str
    lure: bool
    stance: str

    @property
    def id(self) -> str:
        """As the platform numbers its posts: notes have 24 hex digits, short videos letters."""
        if self.platform == "xiaohongshu":
            return f"{0x65A0_0000_0000_0000_0000_0000 + self.number * 7919:024x}"
        if self.platform == "kuaishou":
            return f"3xdemo{self.number:06d}"
        return str(BASES[self.platform] + self.number)

    @property
    def kind(self) -> str:
        """What Zhihu calls it: answer, article or zvideo."""
        return ("answer", "article", "zvideo")[self.number % 3]

    @property
    def address(self) -> str:
        """Where the platform shows this post alone."""
        if self.platform == "wechat":
            named = {"__biz": self.biz, "mid": self.id, "idx": 1, "sn": f"{self.number:08x}"}
            return f"https://mp.weixin.qq.com/s?{urlencode(named)}"
        return ADDRESSES[self.kind if self.platform == "zhihu" else self.platform].format(self.id)

    @property
    def pictures(self) -> tuple[str, ...]:
        """Where its platform keeps the pictures that bear its `ocr`."""
        host = PICTURES.get(self.platform)
        return (f"https://{host}/{self.picture}",) if host and self.ocr else ()

    @property
    def picture(self) -> str:
        """The name of the picture that bears its `ocr`."""
        return f"demo-{self.number:03d}.png"

    @property
    def biz(self) -> str:
        """What WeChat calls the account."""
        return f"MzDEMO{self.author_name.encode().hex()[:8]}"

    @property
    def heading(self) -> str:
        """The title, or what a platform shows in its place."""
        return self.title or self.text[:24].split("\n")[0] or "无题"

    def published(self, now: datetime) -> datetime:
        """Some hours or days before *now*, always the same for the same post."""
        return now - timedelta(minutes=17 + self.number * 97)


@cache
def all_posts() -> tuple[DemoPost, ...]:
    """Every post, in the order of the file: the newest first."""
    text = (files("lurewatch.demo") / "posts.jsonl").read_text("utf-8")
    counts: dict[str, int] = {}
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        row = json.loads(line)
        platform = row["platform"]
        keywords = KEYWORDS.get(platform, ("",))
        counts[platform] = counts.get(platform, 0) + 1
        found.append(_post(number, row, keywords[counts[platform] % len(keywords)]))
    return tuple(found)


def _post(number: int, row: dict[str, Any], keyword: str) -> DemoPost:
    return DemoPost(
        number=number,
        platform=row["platform"],
        title=row.get("title", ""),
        text=row.get("text", ""),
        tags=_listed(row.get("tags")),
        ocr=_listed(row.get("ocr")),
        author_comments=_listed(row.get("author_comments")),
        author_name=row.get("author_name") or f"演示用户{number:03d}",
        author_bio=row.get("author_bio", ""),
        keyword=keyword,
        lure=row["expected"]["lure"],
        stance=row["expected"]["stance"],
    )


def _listed(value: str | list[str] | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())


@cache
def many(platform: str, keyword: str = MANY) -> tuple[DemoPost, ...]:
    """What the keyword MANY, or ENDLESS, finds on a platform."""
    posts = all_posts()
    return tuple(
        replace(
            posts[at % len(posts)],
            number=FIRST + at,
            platform=platform,
            author_name=f"演示用户{FIRST + at}",
            keyword=keyword,
            ocr=(),
        )
        for at in range(COUNT if keyword == MANY else 10_000)
    )


@cache
def posts_of(platform: str, keyword: str | None = None) -> tuple[DemoPost, ...]:
    """The posts of a platform that a keyword finds; all but those of MANY without one."""
    if keyword in (MANY, ENDLESS):
        return many(platform, keyword)
    return tuple(
        post
        for post in all_posts()
        if post.platform == platform and keyword in (None, post.keyword)
    )


def post_with(platform: str, post_id: str) -> DemoPost | None:
    """The post of a platform that bears an id."""
    return _by_id(platform).get(post_id)


@cache
def _by_id(platform: str) -> dict[str, DemoPost]:
    return {post.id: post for post in (*posts_of(platform), *many(platform))}


def deleted(platform: str) -> DemoPost:
    """A post that was there once: its address is known, its page says that it is gone."""
    return replace(all_posts()[0], number=GONE, platform=platform, author_name="演示用户")
