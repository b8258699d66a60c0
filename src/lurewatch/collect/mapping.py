"""Turn a row of another tool into a post, and say what had to be mended on the way."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from lurewatch.addresses import read_address
from lurewatch.collect.guess import Columns
from lurewatch.collect.layouts import AUTHOR, MEDIACRAWLER, OTHERS, Layout
from lurewatch.collect.tables import Row
from lurewatch.dates import read_date
from lurewatch.errors import InputError
from lurewatch.post import Counts, Post, described, platform_named, region_in

Values = dict[str, Any]


NOTHING: Final = frozenset({"none", "null", "nan", "nil", "undefined", "n/a", "#n/a", "-"})
DAY: Final = timedelta(days=1)  # clocks and zones may differ by as much
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)  # no platform we read is older
SCIENTIFIC: Final = re.compile(r"\d(?:\.\d+)?[eE]\+?\d+")
COUNT: Final = re.compile(r"([\d.]+)\s*(万|亿|[wW])?(\+)?(?:人想要)?")
TIMES: Final = {"万": 10_000, "w": 10_000, "W": 10_000, "亿": 100_000_000}


def mapper_for(
    first: Values, platform: str, columns: Columns | None = None
) -> Callable[[Row], tuple[Post, datetime]] | None:
    """
    How the rows of a table that begins with *first* become posts; None when nobody knows.

    *columns* is a person's own mapping, which goes before what we know. A comment's row (it has a
    comment_id) is no post.
    """
    if "comment_id" in first:
        return None
    if columns and set(columns.values()) & first.keys():
        return lambda row: from_plain(renamed(row, columns), platform)
    for layout in (*MEDIACRAWLER, *OTHERS):
        if layout.known_by in first and layout.post_id in first:
            return lambda row: from_layout(row, layout)
    if "text" in first or "content" in first:
        return lambda row: from_plain(row, platform)
    return None


def renamed(row: Row, columns: Columns) -> Row:
    """A row under our own column names."""
    values = {field: row.values.get(column) for field, column in columns.items()}
    return Row(row.number, values, row.repairs)


def identified(values: Values, platform: str, repairs: list[str]) -> str:
    """
    The id of a row in an unknown table: its own, else what its address names it by.

    Raises ValueError where there is neither.
    """
    url = web_address(cell(values, "url"), [])
    post_id = cell(values, "post_id") or cell(values, "id")
    if post_id and (post_id.lower() not in NOTHING or not url):
        return repaired_id(post_id, url, r"(\d{6,})", repairs)
    if not url:
        raise ValueError("no post_id")
    repairs.append("id taken from the address")
    shown_on, shown_as = read_address(url)
    if shown_on == platform != "web":
        return shown_as
    known = {layout.platform: layout.id_in_url for layout in (*OTHERS, *MEDIACRAWLER)}
    found = re.search(known.get(platform, r"(\d{6,})"), url) or re.search(r"(\d{6,})", url)
    return found[1] if found else sha256(url.encode("utf-8", "replace")).hexdigest()[:20]


def from_layout(row: Row, layout: Layout) -> tuple[Post, datetime]:
    """A post from a tool's export. Raises ValueError saying what is missing."""
    values, repairs = row.values, list(row.repairs)
    link = web_address(cell(values, layout.link), repairs)
    post_id = repaired_id(cell(values, layout.post_id), link, layout.id_in_url, repairs)
    if layout.platform == "zhihu" and (kind := cell(values, "content_type")):
        post_id = f"{kind}-{post_id}"
    counts, least = read_counts(values, layout)
    texts = [text for name in layout.text if (text := cell(values, name))]
    text = "\n".join(dict.fromkeys(texts[:1] if layout.first_text else texts))
    title = cell(values, layout.title)
    post = Post(
        platform=layout.platform,
        post_id=post_id,
        url=link or layout.address(post_id),
        title="" if title in (text, text[:255]) else title,  # the tool's own, of the text
        text=text,
        tags=split_list(values.get(layout.tags)),
        images=tuple(
            image for name in layout.images.split() for image in split_list(values.get(name))
        ),
        author_id=account_of(values, layout.author),
        author_name=cell(values, layout.name),
        author_bio=described(cell(values, layout.bio), cell(values, layout.verified)),
        ip_region=region_in(cell(values, layout.region)),
        published_at=published(values, layout, repairs),
        counts=Counts(**counts, at_least=tuple(least)),
        repairs=tuple(repairs),
    )
    return post, collected(values)


def account_of(values: Values, names: tuple[str, ...] = AUTHOR) -> str:
    """
    The account's id, as the platform's own pages give it; the first of *names* that says one counts.

    >>> account_of({"user_id": "10", "sec_uid": "MS4w"}), account_of({"creator_hash": "0a"})
    ('MS4w', '0a')
    """
    found = [one for name in names if (one := linked_account(cell(values, name)))]
    return next((one for one in found if one.lower() not in NOTHING), next(iter(found), ""))


def linked_account(written: str) -> str:
    """
    The account that the address of a profile names; what is no address stays as it is.

    >>> linked_account("https://tieba.baidu.com/home/main?id=tb.1.5b4a?t=1&fr=pb")
    'tb.1.5b4a'
    >>> linked_account("//tieba.baidu.com/home/main?un=VR%D0%E9%C4%E2"), linked_account("un-1")
    ('VR虚拟', 'un-1')
    >>> linked_account("https://www.zhihu.com/people/a-he"), linked_account("https://www.zhihu.com/people/")
    ('a-he', '')
    """
    if "//" not in written:
        return written
    if found := re.search(r"[?&]id=([^&?#]+)", written):
        return unquote(found[1])
    if found := re.search(r"[?&]un=([^&#]+)", written):
        name = unquote_to_bytes(found[1])
        with suppress(UnicodeDecodeError):
            return name.decode("utf-8")
        return name.decode("gb18030", "replace")  # Tieba's links are percent-encoded GBK
    found = re.search(r"/people/([^/?#]+)", written)
    return found[1] if found else ""


def from_plain(row: Row, platform: str) -> tuple[Post, datetime]:
    """A post from a table with our own column names."""
    values, repairs = row.values, list(row.repairs)
    named = cell(values, "platform") or platform or platform_of(cell(values, "url"))
    code = platform_named(named)
    text = cell(values, "text") or cell(values, "content")
    post_id = identified(values, code, repairs)
    if not text and not cell(values, "title"):
        raise ValueError("neither text nor title")
    url = web_address(cell(values, "url"), repairs)
    counts: dict[str, int | None] = {}
    least = []
    for name in ("likes", "comments", "shares", "collects", "views"):
        number, is_least = read_count(cell(values, name))
        counts[name] = number
        least += [name] if is_least else []
    lists: dict[str, Any] = {
        name: split_list(values.get(name)) for name in ("tags", "images", "ocr", "author_comments")
    }
    texts: dict[str, Any] = {
        name: cell(values, name) for name in ("title", "author_id", "author_name", "author_bio")
    }
    texts["ip_region"] = region_in(cell(values, "ip_region"))
    shown = cell(values, "published_at")
    post = Post(
        platform=code,
        post_id=post_id,
        url=url,
        text=text,
        published_at=moment(shown) if shown else None,
        counts=Counts(**counts, at_least=tuple(least)),
        repairs=tuple(repairs),
        **texts,
        **lists,
    )
    return post, collected(values)


def platform_of(url: str) -> str:
    """
    Whose address it is, where the table does not say; of none that we know it is the web's.

    >>> platform_of("https://weibo.com/1/z0JH2lOMb"), platform_of("")
    ('weibo', 'web')
    """
    try:
        return read_address(url)[0]
    except InputError:
        return "web"


def cell(values: Values, name: str) -> str:
    """A value as text; nothing for what is absent."""
    value = values.get(name)
    return "" if value is None or isinstance(value, (list, dict)) else str(value).strip()


def repaired_id(written: str, link: str, pattern: str, repairs: list[str]) -> str:
    """
    The id, recovered from the address when a spreadsheet made a number of it.

    >>> repairs = []
    >>> repaired_id("5.1E+15", "https://m.weibo.cn/detail/5099999999999999", r"/detail/(\\d+)", repairs)
    '5099999999999999'
    >>> repairs
    ['id 5.1E+15 recovered from the address']
    """
    if written and not SCIENTIFIC.fullmatch(written) and written.lower() not in NOTHING:
        return written
    if found := re.search(pattern, link):
        if written:
            repairs.append(f"id {written} recovered from the address")
        return found[1]
    raise ValueError(f"id {written!r} is lost and the address does not hold it")


def web_address(written: str, repairs: list[str]) -> str:
    """
    An address that can be visited; any other is left out, and said so.

    >>> repairs = []
    >>> web_address("//weibo.com/1/a", repairs), web_address("javascript:alert(1)", repairs)
    ('https://weibo.com/1/a', '')
    >>> repairs
    ["the address 'javascript:alert(1)' cannot be visited and was left out"]
    """
    whole = f"https:{written}" if written.startswith("//") else written
    try:
        parts = urlsplit(whole)
        visited = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        visited = False
    if written and not visited:
        repairs.append(f"the address {written[:80]!r} cannot be visited and was left out")
    return whole if visited else ""


def sound(post: Post, seen_at: datetime, now: datetime) -> tuple[Post, datetime]:
    """
    A post without what cannot be: a moment to come, an account called None, pictures of no web.

    Raises ValueError for an id that is none.
    """
    if post.post_id.rpartition("-")[2].lower() in NOTHING:
        raise ValueError(f"id {post.post_id!r} is none")
    repairs = list(post.repairs)
    if not EARLIEST <= seen_at <= now + DAY:
        repairs.append(
            f"collected at {seen_at.isoformat()}: cannot be, the import's moment is taken"
        )
        seen_at = now
    at = post.published_at
    if at and not EARLIEST <= at <= now + DAY:
        repairs.append(f"published at {at.isoformat()}: cannot be, left out")
        at = None
    author_id = "" if post.author_id.lower() in NOTHING else post.author_id
    if author_id != post.author_id:
        repairs.append(f"the account's id {post.author_id!r} is none and was left out")
    images = tuple(one for image in post.images if (one := web_address(image, repairs)))
    if len(repairs) > len(post.repairs) or images != post.images:
        post = replace(
            post, published_at=at, author_id=author_id, images=images, repairs=tuple(repairs)
        )
    return post, seen_at


def read_counts(values: Values, layout: Layout) -> tuple[dict[str, int | None], list[str]]:
    """The counts, and which of them are lower bounds."""
    counts: dict[str, int | None] = {}
    least = []
    for name in ("likes", "comments", "shares", "collects", "views"):
        number, is_least = read_count(cell(values, getattr(layout, name)))
        counts[name] = number
        least += [name] if is_least else []
    return counts, least


def read_count(shown: str) -> tuple[int | None, bool]:
    """
    A count as shown, and whether it is only a lower bound.

    >>> read_count("1.2万"), read_count("10万+"), read_count("37"), read_count("赞")
    ((12000, True), (100000, True), (37, False), (None, False))
    """
    found = COUNT.fullmatch(shown)
    if not found:
        return None, False
    number = round(float(found[1]) * TIMES.get(found[2] or "", 1))
    return number, bool(found[2] or found[3])


def published(values: Values, layout: Layout, repairs: list[str]) -> datetime | None:
    """When the post was published; Weibo's number may be eight hours late, its text never is."""
    shown = [text for text in (cell(values, name) for name in layout.at) if text not in ("", "0")]
    if not shown:
        return None
    at = moment(shown[0])
    if layout.platform == "weibo" and len(shown) == 2 and at:
        late = moment(shown[1])
        if late and (late - at).total_seconds() == 28_800:
            repairs.append("create_time was eight hours late; create_date_time was taken")
    return at


def moment(shown: str) -> datetime | None:
    """A moment as tools write it: ISO, epoch seconds or milliseconds, or a platform's date."""
    try:
        at = datetime.fromisoformat(shown)
        if at.tzinfo:
            return at
    except ValueError:
        pass
    try:
        return read_date(shown, None).at
    except ValueError:
        return None


def collected(values: Values) -> datetime:
    """When the row was collected: MediaCrawler's last_modify_ts, our first_seen, or now."""
    found = moment(cell(values, "last_modify_ts") or cell(values, "first_seen"))
    return found or datetime.now(UTC)


def split_list(value: Any) -> tuple[str, ...]:
    """
    A list as tools write it: JSON, or joined by commas.

    >>> split_list("负债,上岸"), split_list('["负债"]'), split_list(["a"]), split_list(None)
    (('负债', '上岸'), ('负债',), ('a',), ())
    """
    import json

    if isinstance(value, str) and value.startswith(("[", '"')):
        with suppress(ValueError):
            value = json.loads(value)
    if isinstance(value, str):
        value = value.split(",")
    return tuple(str(item).strip() for item in value or () if str(item).strip())
