"""Posts: kept once each, sealed, with every sighting and every earlier wording."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, delete, func, insert, select, update

from lurewatch.post import Counts, Post
from lurewatch.store import Db
from lurewatch.store.tables import posts, revisions, sightings
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
    return json.dumps(asdict(post), default=_dump_moment).encode("ascii")


def _dump_moment(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"not kept in a post: {value!r}")


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


def keep(
    db: Db, post: Post, *, seen_at: datetime, source: str, capture_id: int | None
) -> tuple[int, bool]:
    """
    Keep a post, or the sighting of one that is known; gives its key and whether it is new.

    A changed wording replaces the old one, which is kept as a revision and judged again. What a
    later page leaves out (a bio, a comment) is not lost: the fuller value stays.
    """
    found = db.connection.execute(
        select(posts).where(posts.c.platform == post.platform, posts.c.post_id == post.post_id)
    ).one_or_none()
    if found is None:
        key = db.connection.execute(insert(posts).values(**columns(db, post, seen_at, source)))
        post_key = int(key.inserted_primary_key[0])  # type: ignore[index]  # one row was inserted
    else:
        post_key = int(found.post_key)
        _see_again(db, found, post, seen_at)
    db.connection.execute(
        insert(sightings).values(post_key=post_key, capture_id=capture_id, seen_at=seen_at)
    )
    return post_key, found is None


def columns(db: Db, post: Post, seen_at: datetime, source: str) -> dict[str, Any]:
    """The columns of a new post."""
    return {
        "platform": post.platform,
        "post_id": post.post_id,
        "author_hash": db.vault.keyed_hash(f"{post.platform}:{post.author_id or post.author_name}"),
        "text_sha256": text_sha256(post),
        "published_at": post.published_at,
        "first_seen": seen_at,
        "last_seen": seen_at,
        "source": source,
        "sealed": db.vault.seal(dump(post)),
        "expires_at": seen_at + KEPT_UNJUDGED,
    }


def _see_again(db: Db, found: Row[Any], post: Post, seen_at: datetime) -> None:
    old = load(db.vault.open(found.sealed))
    new = merged(old, post)
    if text_sha256(hidden := mask_post(new)) == found.text_sha256:
        new = hidden  # the same wording, of which we keep no detail of the debtor
    changes: dict[str, Any] = {"last_seen": max(found.last_seen, seen_at)}
    if new != old:
        changes |= {"sealed": db.vault.seal(dump(new)), "linked_at": None}
    if text_sha256(new) != found.text_sha256:
        db.connection.execute(
            insert(revisions).values(
                post_key=found.post_key, sealed=found.sealed, replaced_at=seen_at
            )
        )
        changes |= {"text_sha256": text_sha256(new), "judged_by": None}
    if found.expires_at:
        changes["expires_at"] = max(found.expires_at, seen_at + KEPT_UNJUDGED)
    db.connection.execute(update(posts).where(posts.c.post_key == found.post_key).values(**changes))


def merged(old: Post, new: Post) -> Post:
    """
    The new post, with what only the old one showed.

    >>> old = Post("tieba", "1", "u", "原文", author_bio="简介")
    >>> merged(old, Post("tieba", "1", "u", "改文")).author_bio
    '简介'
    """
    empty = Post("", "", "", "")
    kept = {
        name: getattr(old, name)
        for name in Post.__slots__
        if getattr(new, name) == getattr(empty, name)
    }
    return replace(new, **kept)


def pending(db: Db, judged_by: str, limit: int, after: int = 0) -> list[tuple[int, Post]]:
    """Posts without a verdict of their present wording by *judged_by*, by key, from *after* on."""
    rows = db.connection.execute(
        select(posts.c.post_key, posts.c.sealed)
        .where(posts.c.post_key > after, _unjudged(judged_by))
        .order_by(posts.c.post_key)
        .limit(limit)
    )
    return [(row.post_key, load(db.vault.open(row.sealed))) for row in rows]


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
