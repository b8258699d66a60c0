"""Posts: kept once each, sealed, with every sighting and every earlier wording."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, bindparam, delete, func, insert, literal_column, select, update

from lurewatch.post import Counts, Post, is_of
from lurewatch.store import Db
from lurewatch.store.bulk import add
from lurewatch.store.tables import captures, posts, revisions, sightings
from lurewatch.text.mask import mask_post

KEPT_UNJUDGED: Final = timedelta(days=7)  # DOMAIN.md §3.4: negatives and unreviewed clues


@dataclass(frozen=True, slots=True)
class PostRow:
    """A post as the store holds it."""

    post_key: int
    post: Post
    first_seen: datetime
    last_seen: datetime
    source: str


def dump(post: Post) -> bytes:
    """A post as bytes; NUL and lone surrogates survive as JSON escapes."""
    plain = {name: getattr(post, name) for name in Post.__slots__}
    return _DUMPED.encode(plain).encode("ascii")


def _dump_part(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Counts):
        return {name: getattr(value, name) for name in Counts.__slots__}
    raise TypeError(f"not kept in a post: {value!r}")


_DUMPED: Final = json.JSONEncoder(default=_dump_part)


def load(sealed: bytes) -> Post:
    """The post that `dump` wrote."""
    value = json.loads(sealed)
    counts = value.pop("counts")
    published = value.pop("published_at")
    listed = ("tags", "images", "ocr", "author_comments", "repairs")
    plain: dict[str, Any] = {n: tuple(v) if n in listed else v for n, v in value.items()}
    return Post(
        **plain,
        counts=Counts(**counts | {"at_least": tuple(counts["at_least"])}),
        published_at=datetime.fromisoformat(published) if published else None,
    )


def text_sha256(post: Post) -> str:
    """The hash of all that is judged: a change of it asks for a new verdict."""
    written = json.dumps(post.values()).encode("ascii")
    return hashlib.sha256(written).hexdigest()


@dataclass(frozen=True, slots=True)
class Seen:
    """A post and where and when it was seen."""

    post: Post
    at: datetime
    source: str
    capture_id: int | None = None

    @property
    def id(self) -> tuple[str, str]:
        """What tells one post from another."""
        return self.post.platform, self.post.post_id


def keep(db: Db, seen: Iterable[Seen]) -> int:
    """
    Keep posts, or the sightings of those that are known; gives how many are new.

    A changed wording replaces the old one, which is kept as a revision and judged again. What a
    later page leaves out (a bio, a comment) is not lost: the fuller value stays.
    """
    new, waiting = 0, [under_one_id(db, one) for one in seen]
    while waiting:
        first: dict[tuple[str, str], Seen] = {}
        repeated = [one for one in waiting if first.setdefault(one.id, one) is not one]
        new += _keep_distinct(db, list(first.values()))
        waiting = repeated
    return new


def _keep_distinct(db: Db, seen: list[Seen]) -> int:
    known = _known(db, seen)
    fresh = [one for one in seen if one.id not in known]
    add(db, posts, [columns(db, one) for one in fresh])
    again = [(known[one.id], one) for one in seen if one.id in known]
    if again:
        db.connection.execute(CHANGE, [_changes(db, row, one) for row, one in again])
    db.connection.execute(
        SIGHT,
        [
            {
                "of": one.post.platform,
                "id": one.post.post_id,
                "page": one.capture_id,
                "moment": one.at,
            }
            for one in seen
        ],
    )
    return len(fresh)


ARTICLE: Final = posts.c.platform == literal_column("'wechat'")  # as its index says it
PASSING: Final = re.compile(r"o[\w-]+-\d{10}")  # Sogou's id of an account, and a moment
PERMANENT: Final = re.compile(r"[\w+/=]+-\d+-\d{1,2}")  # an article's __biz, mid and idx


def under_one_id(db: Db, seen: Seen) -> Seen:
    """
    An article of WeChat under the one id it has here, whether Sogou's results or its own page showed it.

    Sogou's results show no permanent id. It is the same article where the account's name and the
    title are the same, and the second in which it was published. Its own page's id is the one that
    stays; what Sogou shows of an article whose page is known is a sighting, and changes nothing.
    """
    post = seen.post
    passing = bool(PASSING.fullmatch(post.post_id))
    if (
        post.platform != "wechat"
        or post.published_at is None
        or not (post.title and post.author_name)
        or not (passing or PERMANENT.fullmatch(post.post_id))
    ):
        return seen
    sought = PERMANENT if passing else PASSING
    rows = db.connection.execute(
        select(posts).where(ARTICLE, posts.c.published_at == post.published_at)
    ).all()
    if any(row.post_id == post.post_id for row in rows):
        return seen
    found = [
        (row, known)
        for row in rows
        if sought.fullmatch(row.post_id)
        and _headed(known := load(db.vault.open(row.sealed))) == _headed(post)
    ]
    if len(found) != 1:
        return seen
    ((row, known),) = found
    if passing:
        return replace(seen, post=known)
    fresh = columns(db, seen)
    db.connection.execute(
        update(posts)
        .where(posts.c.post_key == row.post_key)
        .values(post_id=post.post_id, author_hash=fresh["author_hash"])
    )
    return seen


def _headed(post: Post) -> tuple[str, str]:
    """What stands above an article, however it is spaced."""
    return "".join(post.title.split()), "".join(post.author_name.split())


SIGHT: Final = insert(sightings).from_select(
    ["post_key", "capture_id", "seen_at"],
    select(
        posts.c.post_key,
        bindparam("page", type_=sightings.c.capture_id.type),
        bindparam("moment", type_=sightings.c.seen_at.type),
    ).where(posts.c.platform == bindparam("of"), posts.c.post_id == bindparam("id")),
)


def _known(db: Db, seen: list[Seen]) -> dict[tuple[str, str], Row[Any]]:
    ids: dict[str, list[str]] = {}
    for one in seen:
        ids.setdefault(one.post.platform, []).append(one.post.post_id)
    return {
        (row.platform, row.post_id): row
        for platform, some in ids.items()
        for row in db.connection.execute(ASKED, {"of": platform, "ids": some})
    }


ASKED: Final = select(posts).where(
    posts.c.platform == bindparam("of"), posts.c.post_id.in_(bindparam("ids", expanding=True))
)


def columns(db: Db, seen: Seen) -> dict[str, Any]:
    """The columns of a new post."""
    post = seen.post
    return {
        "platform": post.platform,
        "post_id": post.post_id,
        "author_hash": db.vault.keyed_hash(f"{post.platform}:{post.author_id or post.author_name}"),
        "text_sha256": text_sha256(post),
        "published_at": post.published_at,
        "first_seen": seen.at,
        "last_seen": seen.at,
        "source": seen.source,
        "sealed": db.vault.seal(dump(post)),
        "expires_at": seen.at + KEPT_UNJUDGED,
    }


CHANGED: Final = (
    "last_seen",
    "expires_at",
    "sealed",
    "text_sha256",
    "judged_by",
    "linked_at",
    "pictured_at",
)
CHANGE: Final = (
    update(posts)
    .where(posts.c.post_key == bindparam("key"))
    .values({name: bindparam(f"new_{name}") for name in CHANGED})
)


def _changes(db: Db, row: Row[Any], seen: Seen) -> dict[str, Any]:
    """What CHANGE sets of a post that is seen again; an earlier wording is put aside."""
    old = load(db.vault.open(row.sealed))
    new = merged(old, seen.post)
    if text_sha256(hidden := mask_post(new)) == row.text_sha256:
        new = hidden  # the same wording, of which we keep no detail of the debtor
    values = {name: getattr(row, name) for name in CHANGED}
    values["last_seen"] = max(row.last_seen, seen.at)
    if row.expires_at:
        values["expires_at"] = max(row.expires_at, seen.at + KEPT_UNJUDGED)
    if new != old:
        values |= {"sealed": db.vault.seal(dump(new)), "linked_at": None}
    if (new.images, new.ocr) != (old.images, old.ocr):
        values["pictured_at"] = None
    if (text := text_sha256(new)) != row.text_sha256:
        values |= {"text_sha256": text, "judged_by": None}
        db.connection.execute(
            insert(revisions).values(post_key=row.post_key, sealed=row.sealed, replaced_at=seen.at)
        )
    return {"key": row.post_key} | {f"new_{name}": value for name, value in values.items()}


def merged(old: Post, new: Post) -> Post:
    """
    The new post, with what only the old one showed; a whole text stays whole where its beginning is shown.

    >>> old = Post("tieba", "1", "u", "原文", author_bio="简介")
    >>> merged(old, Post("tieba", "1", "u", "改文")).author_bio
    '简介'
    """
    if new.cut and not old.cut and is_of(new, old):
        new = replace(new, title=old.title, text=old.text, cut=False)
    empty = Post("", "", "", "")
    kept = {
        name: getattr(old, name)
        for name in Post.__slots__
        if name != "cut" and getattr(new, name) == getattr(empty, name)
    }
    return replace(new, **kept)


def pending(db: Db, judged_by: str, limit: int, after: int = 0) -> list[tuple[int, str, Post]]:
    """
    Posts without a verdict of their present wording by *judged_by*, by key, from *after* on.

    Each with its key and the hash of its text.
    """
    rows = db.connection.execute(
        select(posts.c.post_key, posts.c.text_sha256, posts.c.sealed)
        .where(posts.c.post_key > after, _unjudged(judged_by))
        .order_by(posts.c.post_key)
        .limit(limit)
    )
    return [(row.post_key, row.text_sha256, load(db.vault.open(row.sealed))) for row in rows]


def count_pending(db: Db, judged_by: str) -> int:
    """How many posts wait for a verdict."""
    query = select(func.count()).select_from(posts).where(_unjudged(judged_by))
    return int(db.connection.scalar(query) or 0)


def count(db: Db) -> int:
    """How many posts there are."""
    return int(db.connection.scalar(select(func.count()).select_from(posts)) or 0)


def _unjudged(judged_by: str) -> Any:
    return posts.c.judged_by.is_distinct_from(judged_by)


def get(db: Db, platform: str, post_id: str) -> PostRow | None:
    """One post by its platform's own id."""
    row = db.connection.execute(
        select(posts).where(posts.c.platform == platform, posts.c.post_id == post_id)
    ).one_or_none()
    return post_row(db, row) if row else None


def all_seen_by(db: Db, platform: str, post_ids: set[str], moment: datetime) -> bool:
    """Whether each of these posts was known at a moment."""
    known = db.connection.scalar(
        select(func.count())
        .select_from(posts)
        .where(
            posts.c.platform == platform,
            posts.c.post_id.in_(post_ids),
            posts.c.first_seen <= moment,
        )
    )
    return known == len(post_ids)


def cut(db: Db, run_id: str) -> Iterator[Post]:
    """The posts that a run was shown, of which only the beginning is known; none without an address."""
    shown = select(sightings.c.post_key).join(captures).where(captures.c.run_id == run_id)
    query = select(posts.c.sealed).where(posts.c.post_key.in_(shown)).order_by(posts.c.post_key)
    found = (load(db.vault.open(sealed)) for sealed in db.connection.scalars(query))
    return (post for post in found if post.cut and post.url)


def every(db: Db, batch: int = 500) -> Iterator[PostRow]:
    """All posts in the order they were first kept."""
    after = 0
    while rows := db.connection.execute(
        select(posts).where(posts.c.post_key > after).order_by(posts.c.post_key).limit(batch)
    ).all():
        yield from (post_row(db, row) for row in rows)
        after = rows[-1].post_key


def post_row(db: Db, row: Row[Any]) -> PostRow:
    """A row of the table as a record."""
    post = load(db.vault.open(row.sealed))
    return PostRow(row.post_key, post, row.first_seen, row.last_seen, row.source)


def remove(db: Db, keys: list[int]) -> None:
    """Forget posts and their sightings and earlier wordings."""
    for table in (sightings, revisions, posts):
        db.connection.execute(delete(table).where(table.c.post_key.in_(keys)))
