"""What a platform shows us: its posts, and the page each was read from."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

PLATFORMS: Final = (
    "weibo",
    "xiaohongshu",
    "douyin",
    "kuaishou",
    "bilibili",
    "zhihu",
    "tieba",
    "xianyu",
    "wechat",
    "toutiao",
    "feed",
    "web",
)
ALIASES: Final = {"xhs": "xiaohongshu", "bili": "bilibili", "goofish": "xianyu"}

Wall = Literal["login", "captcha", "rate_limit", "blocked", "region", "expired"]
CoverageState = Literal[
    "captured", "empty", "disallowed", "blocked", "capped", "changed", "failed", "imported"
]

FIELDS: Final = (
    "title",
    "text",
    "tags",
    "ocr",
    "author_comments",
    "author_name",
    "author_bio",
)  # where a lure can stand, in reading order; `tags`, `ocr`, `author_comments` are lists


@dataclass(frozen=True, slots=True)
class Counts:
    """What readers did, as shown; None where the platform shows nothing."""

    likes: int | None = None
    comments: int | None = None
    shares: int | None = None
    collects: int | None = None
    views: int | None = None
    at_least: tuple[str, ...] = ()  # the counts shown as a lower bound, as in "10万+"


@dataclass(frozen=True, slots=True)
class Post:
    """One public message, as its author published it, with all that stands beside it."""

    platform: str
    post_id: str
    url: str
    text: str
    title: str = ""
    tags: tuple[str, ...] = ()
    author_id: str = ""
    author_name: str = ""
    author_bio: str = ""
    ip_region: str = ""  # where the platform says the author wrote from: shown, never judged
    published_at: datetime | None = None
    published_shown: str = ""  # the date as the page shows it
    published_exact: bool = True  # False when only a day or "3 hours ago" was shown
    counts: Counts = Counts()
    images: tuple[str, ...] = ()
    ocr: tuple[str, ...] = ()
    author_comments: tuple[str, ...] = ()
    cut: bool = False  # only the beginning of the text was shown
    repairs: tuple[str, ...] = ()  # what an import had to mend, one sentence each

    def values(self) -> list[tuple[str, int | None, str]]:
        """
        Each text of the bundle as (field, index in a list field or None, value), in FIELDS order.

        >>> Post("tieba", "1", "", "正文", tags=("a", "b")).values()
        [('text', None, '正文'), ('tags', 0, 'a'), ('tags', 1, 'b')]
        """
        found: list[tuple[str, int | None, str]] = []
        for field in FIELDS:
            value = getattr(self, field)
            if isinstance(value, str):
                found += [(field, None, value)] if value else []
            else:
                found += [(field, index, item) for index, item in enumerate(value) if item]
        return found


ELLIPSIS: Final = re.compile(r"…+|\.{3,}")


def is_cut(shown: str) -> bool:
    """
    Whether a text ends as one that goes on elsewhere.

    >>> is_cut("停挂找我..."), is_cut("停挂找我…"), is_cut("停挂找我。")
    (True, True, False)
    """
    return shown.rstrip().endswith(("...", "…"))


def is_of(cut: Post, whole: Post) -> bool:
    """
    Whether what was shown of a cut text stands in a whole one.

    >>> is_of(Post("tieba", "1", "", "停挂…找我..."), Post("tieba", "1", "", "停挂 不成不收，找我，看主页"))
    True
    >>> is_of(Post("tieba", "1", "", "改了..."), Post("tieba", "1", "", "停挂，找我"))
    False
    """
    said = "".join(f"{whole.title}{whole.text}".split())
    return all("".join(part.split()) in said for part in ELLIPSIS.split(cut.text))


@dataclass(frozen=True, slots=True)
class Capture:
    """One page as served (or rendered) to us at one moment, and what was read from it."""

    platform: str
    url: str  # as asked; operators' tokens are never part of it
    final_url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    form: Literal["served", "rendered"]
    captured_at: datetime
    how: Literal["spider", "browser", "import", "person"]
    run_id: str
    keyword: str
    posts: tuple[Post, ...] = ()
    problems: tuple[str, ...] = ()
    wall: Wall | None = None

    @property
    def state(self) -> CoverageState:
        """What this page counts as in the coverage. Blocked is not empty."""
        if self.wall:
            return "blocked"
        if self.posts:
            return "captured"
        return "changed" if self.problems else "empty"


VERIFIED: Final = "认证："  # before what a platform has verified, as several of them write it


def described(bio: str, verified: str) -> str:
    """
    An account's bio: what the platform has verified of it first, then what it says of itself.

    >>> described("欠款人互助", "法律咨询 创作者"), described("", "")
    ('认证：法律咨询 创作者\\n欠款人互助', '')
    """
    shown = f"{VERIFIED}{verified}" if verified else ""
    return "\n".join(part for part in (shown, bio) if part)


def verified_in(bio: str) -> str:
    """
    What the platform has verified of the account whose bio this is; nothing where none is said.

    >>> verified_in(described("欠款人互助", "法律咨询 创作者")), verified_in("欠款人互助")
    ('法律咨询 创作者', '')
    """
    first = bio.split("\n", 1)[0]
    return first.removeprefix(VERIFIED) if first.startswith(VERIFIED) else ""


BEFORE_REGION: Final = re.compile(r"^(?:发布于|来自|IP\s*属地)?\s*[:：]?\s*", re.I)


def region_in(shown: str) -> str:
    """
    The region in what a platform shows of where an author wrote from (IP 属地).

    >>> region_in("发布于 上海"), region_in("IP属地：广东"), region_in("四川"), region_in("")
    ('上海', '广东', '四川', '')
    """
    return BEFORE_REGION.sub("", shown.strip())


def platform_named(name: str) -> str:
    """
    The platform's code for *name*, which may be an alias.

    >>> platform_named("xhs")
    'xiaohongshu'
    >>> platform_named("myspace")
    Traceback (most recent call last):
        ...
    ValueError: unknown platform 'myspace'; known: weibo, xiaohongshu, douyin, kuaishou, \
bilibili, zhihu, tieba, xianyu, wechat, toutiao, feed, web
    """
    code = ALIASES.get(name, name)
    if code not in PLATFORMS:
        raise ValueError(f"unknown platform {name!r}; known: {', '.join(PLATFORMS)}")
    return code


COLUMNS: Final = (
    "platform",
    "post_id",
    "url",
    "title",
    "text",
    "tags",
    "author_id",
    "author_name",
    "author_bio",
    "published_at",
    "likes",
    "comments",
    "shares",
    "collects",
    "views",
    "images",
    "ocr",
    "author_comments",
    "first_seen",
    "source",
    "repairs",
)  # of every export, in this order


def columns_of(
    post: Post,
    first_seen: datetime | None = None,
    source: str | None = None,
    also: tuple[str, ...] = (),
) -> dict[str, object]:
    """A post as one flat object with COLUMNS and *also*; moments in UTC with Z, lists as lists."""
    counts = post.counts
    beside: dict[str, object] = {
        "published_at": zulu(post.published_at),
        "first_seen": zulu(first_seen),
        "source": source,
    }
    return {
        name: beside[name] if name in beside
        else getattr(counts, name) if hasattr(counts, name)
        else _plain(getattr(post, name))
        for name in (*COLUMNS, *also)
    }  # fmt: skip


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def zulu(moment: datetime | None) -> str | None:
    """
    >>> from datetime import UTC
    >>> zulu(datetime(2026, 1, 5, tzinfo=UTC))
    '2026-01-05T00:00:00Z'
    """
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None


FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # begins a formula
LONGEST: Final = 32_000  # characters a cell of a workbook holds


def safe_cell(text: str) -> str:
    """
    A text as a cell of a table: nothing a spreadsheet would calculate.

    >>> safe_cell("=1+1"), safe_cell("停息挂账")
    ("'=1+1", '停息挂账')
    """
    shown = visible(text)[:LONGEST]
    begins = shown.startswith(FORMULA) or shown.lstrip().startswith(FORMULA)
    return f"'{shown}" if begins else shown


def visible(text: str) -> str:
    """
    Characters that show nothing or break a reader, as visible signs.

    >>> visible("a\\0b\\ud800\\x07\\n")
    'a␀b\ufffd␇\\n'
    """
    return "".join(
        chr(0x2400 + ord(char)) if ord(char) < 32 and char not in "\n\t\r"
        else "\ufffd" if 0xD800 <= ord(char) < 0xE000
        else char
        for char in text
    )  # fmt: skip
