"""The invented posts of the demo platform, with the facts a platform adds."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Final

KEYWORDS: Final = {
    "tieba": ("逾期", "债务优化"),
    "wechat": ("征信修复", "代理退保"),
    "weibo": ("停息挂账", "荐股"),
}
NOTHING: Final = "无人提起"  # a keyword nobody wrote
CHANGED: Final = "改版"  # a keyword whose page has another layout
FORBIDDEN: Final = "谢绝"  # a keyword robots.txt forbids
HURRIED: Final = "频繁"  # a keyword that meets a CAPTCHA


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
    def note_id(self) -> str:
        """24 hex digits, as Xiaohongshu numbers notes."""
        return f"{0x65A0_0000_0000_0000_0000_0000 + self.number * 7919:024x}"

    def published(self, now: datetime) -> datetime:
        """Some hours or days before *now*, always the same for the same post."""
        return now - timedelta(minutes=17 + self.number * 97)


@cache
def all_posts() -> tuple[DemoPost, ...]:
    """Every post, in the order of the file."""
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


def posts_of(platform: str, keyword: str | None = None) -> list[DemoPost]:
    """The posts of a platform that a keyword finds."""
    return [
        post
        for post in all_posts()
        if post.platform == platform and keyword in (None, post.keyword)
    ]
