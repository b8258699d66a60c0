"""Rows that hold a platform's own answer inside: Zeeschuimer's captures, a monitor's nested records."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from lurewatch.collect.mapping import cell, moment, read_count
from lurewatch.collect.tables import Row
from lurewatch.post import Counts, Post, described, region_in

Values = dict[str, Any]
NESTED: Final = ("商品信息", "卖家信息")  # ai-goofish-monitor keeps a listing and its seller apart
VERIFIED: Final = (
    "author.enterprise_verify_reason",
    "author.custom_verify",
    "authorInfo.enterpriseVerifyReason",
    "authorInfo.customVerify",
)


def flattened(values: Values) -> Values:
    """A record whose parts are nested, as one table's row."""
    found = dict(values)
    for name in NESTED:
        inner = found.pop(name, None)
        if isinstance(inner, Mapping):
            found |= inner
    return found


def at(values: Any, *paths: str) -> Any:
    """
    The first of *paths* (names with dots between, numbers for places) that leads to something.

    >>> at({"a": [{"b": 1}]}, "x.y", "a.0.b")
    1
    """
    for path in paths:
        found = values
        for name in path.split("."):
            if isinstance(found, Mapping):
                found = found.get(name)
            elif isinstance(found, list) and name.isdigit() and int(name) < len(found):
                found = found[int(name)]
            else:
                found = None
        if found not in (None, "", [], {}):
            return found
    return None


def text_at(values: Any, *paths: str) -> str:
    """The same as text; nothing when no path leads anywhere."""
    found = at(values, *paths)
    return "" if found is None or isinstance(found, (Mapping, list)) else str(found).strip()


def each(values: Any, *paths: str) -> list[Any]:
    """The list that a path leads to; empty where it leads to none."""
    found = at(values, *paths)
    return found if isinstance(found, list) else []


def is_capture(values: Values) -> bool:
    """Whether a row is a line of Zeeschuimer."""
    return "source_platform" in values and "data" in values


def is_comment(values: Values) -> bool:
    """Whether a row is a comment: of MediaCrawler's tables, or a line of Zeeschuimer."""
    if is_capture(values):  # "xiaohongshu.com-comments", in later versions without the dot
        return cell(values, "source_platform").endswith("-comments")
    return "comment_id" in values


def comments_of(values: Values) -> list[Values]:
    """
    The comment that a row is, as MediaCrawler's columns have it, with those that hang below it.

    >>> said = {"note_id": "n", "user_info": {"user_id": "u"}, "content": "dd", "show_tags": ["is_author", "user_top"]}
    >>> line = {"source_platform": "xiaohongshu.com-comments", "data": said}
    >>> [(one["user_id"], one["is_author"], one["is_pinned"]) for one in comments_of(line)]
    [('u', True, True)]
    """
    if not is_capture(values):
        return [values]
    return list(nested(values["data"], ""))


def nested(said: Any, note_id: str) -> Iterator[Values]:
    """A comment of Xiaohongshu's answers and those below it; names as web and page state have them."""
    note_id = text_at(said, "note_id", "noteId") or note_id
    shown = [
        text_at(one, "type") if isinstance(one, Mapping) else str(one)
        for one in each(said, "show_tags", "showTags")
    ]
    yield {
        "note_id": note_id,
        "content": text_at(said, "content"),
        "create_time": text_at(said, "create_time", "createTime"),
        "user_id": text_at(said, "user_info.user_id", "userInfo.userId", "user_info.userid"),
        "is_author": "is_author" in shown,
        "is_pinned": "user_top" in shown,
    }
    for one in each(said, "sub_comments", "subComments"):
        yield from nested(one, note_id)


def from_capture(row: Row) -> tuple[Post, datetime]:
    """
    A post from a line of Zeeschuimer: what an operator's own browser was shown.

    Raises ValueError for a platform whose answers we do not read, and for what is no post.
    """
    source = cell(row.values, "source_platform")
    readers = {"douyin.com": aweme, "xiaohongshu.com": note}
    if source not in readers:
        known = ", ".join((*readers, "xiaohongshu.com-comments"))
        raise ValueError(f"captures of {source} are not read; only {known}")
    data = row.values.get("data")
    if not isinstance(data, Mapping):
        raise ValueError("the capture holds no data")
    seen_at = moment(cell(row.values, "timestamp_collected"))
    if seen_at is None:
        raise ValueError("the capture does not say when it was made (timestamp_collected)")
    return readers[source](dict(data), row), seen_at


def counts_at(values: Any, **paths: tuple[str, ...]) -> Counts:
    """Counts by where they stand."""
    read = {name: read_count(text_at(values, *some)) for name, some in paths.items()}
    return Counts(
        **{name: value for name, (value, _) in read.items()},
        at_least=tuple(name for name, (_, least) in read.items() if least),
    )


def aweme(data: Values, row: Row) -> Post:
    """A video or note of Douyin; the tiles between them are none."""
    data = at(data, "aweme_info", "aweme_detail") or data
    aweme_id = text_at(data, "aweme_id", "awemeId") or cell(row.values, "item_id")
    images = each(data, "images")
    if not aweme_id or not (text_at(data, "desc") or at(data, "author", "authorInfo")):
        raise ValueError("a tile between the results, not a post")
    shown = text_at(data, "create_time", "createTime")
    return Post(
        platform="douyin",
        post_id=aweme_id,
        url=f"https://www.douyin.com/{'note' if images else 'video'}/{aweme_id}",
        text=text_at(data, "desc"),
        tags=tuple(
            tag
            for one in each(data, "text_extra", "textExtra")
            if (tag := text_at(one, "hashtag_name", "hashtagName"))
        ),
        author_id=text_at(data, "author.sec_uid", "authorInfo.secUid", "author.uid"),
        author_name=text_at(data, "author.nickname", "authorInfo.nickname"),
        author_bio=described(
            text_at(data, "author.signature", "authorInfo.signature"),
            next(filter(None, (text_at(data, path) for path in VERIFIED)), ""),
        ),
        ip_region=region_in(text_at(data, "ip_label", "ipLabel")),
        published_at=moment(shown) if shown else None,
        images=tuple(url for one in images if (url := text_at(one, "url_list.0", "urlList.0"))),
        counts=counts_at(
            data,
            likes=("statistics.digg_count", "stats.diggCount"),
            comments=("statistics.comment_count", "stats.commentCount"),
            shares=("statistics.share_count", "stats.shareCount"),
            collects=("statistics.collect_count", "stats.collectCount"),
        ),
        repairs=row.repairs,
    )


def note(data: Values, row: Row) -> Post:
    """A note of Xiaohongshu, as its search, its feed or its page has it."""
    card = at(data, "note_card", "noteCard") or data
    note_id = text_at(data, "id", "note_id", "noteId") or text_at(card, "note_id", "noteId")
    note_id = note_id or cell(row.values, "item_id")
    title, text = text_at(card, "title", "display_title", "displayTitle"), text_at(card, "desc")
    if not note_id or not (title or text or at(card, "user")):
        raise ValueError("not a note")
    token = text_at(data, "xsec_token", "xsecToken")
    shown = text_at(card, "time", "last_update_time", "lastUpdateTime")
    return Post(
        platform="xiaohongshu",
        post_id=note_id,
        url=f"https://www.xiaohongshu.com/explore/{note_id}"
        + (f"?xsec_token={token}" if token else ""),
        title=title,
        text=text,
        tags=tuple(
            tag for one in each(card, "tag_list", "tagList") if (tag := text_at(one, "name"))
        ),
        author_id=text_at(card, "user.user_id", "user.userId"),
        author_name=text_at(card, "user.nickname", "user.nick_name", "user.nickName"),
        cut="desc" not in card,  # a result shows the title alone
        ip_region=region_in(text_at(card, "ip_location", "ipLocation")),
        published_at=moment(shown) if shown else None,
        images=tuple(
            url
            for one in each(card, "image_list", "imageList")
            if (url := text_at(one, "url_default", "urlDefault", "info_list.0.url", "url"))
        ),
        counts=counts_at(
            card,
            likes=("interact_info.liked_count", "interactInfo.likedCount"),
            collects=("interact_info.collected_count", "interactInfo.collectedCount"),
            comments=("interact_info.comment_count", "interactInfo.commentCount"),
            shares=(
                "interact_info.shared_count",
                "interactInfo.shareCount",
                "interact_info.share_count",
            ),
        ),
        repairs=row.repairs,
    )
