"""What posts can be recognised by, and which texts are alike."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final

import numpy as np
from sqlalchemy import ColumnElement, Row, Select, delete, func, or_, select, update

from lurewatch.link.grouping import Key
from lurewatch.link.wording import ALIKE, Shingles, Signer, Wording, share, words_of
from lurewatch.post import Post
from lurewatch.store import Db
from lurewatch.store.bulk import add
from lurewatch.store.posts import load
from lurewatch.store.tables import (
    alike,
    bands,
    campaign_members,
    cluster_members,
    link_keys,
    observables,
    posts,
    wordings,
)
from lurewatch.store.vault import Vault
from lurewatch.text.lexicon import Lexicon

LOCK: Final = 0x6C696E6B  # of the database, for who compares posts; any number nothing else locks
SOME: Final = 5000  # values of one query
BUCKET: Final = 500  # texts of one band; more have no more in common than the words of the trade
BRIEF: Final = "brief"  # the kind of key of a text that is too short to tell whose it is


@dataclass(frozen=True, slots=True)
class Signed:
    """What a post can be recognised by, as read from its present wording."""

    post_key: int
    text_sha256: str
    wording: Wording | None
    others: frozenset[Key]  # account, and pictures by address, content and likeness


def pending(db: Db, limit: int) -> list[tuple[int, str, Post]]:
    """Posts that were judged, and not compared since: key, hash of their text, and themselves."""
    rows = db.connection.execute(
        select(posts.c.post_key, posts.c.text_sha256, posts.c.sealed)
        .where(_PENDING)
        .order_by(posts.c.post_key)
        .limit(limit)
    )
    return [(row.post_key, row.text_sha256, load(db.vault.open(row.sealed))) for row in rows]


def count_pending(db: Db) -> int:
    """How many posts wait to be compared."""
    return int(db.connection.scalar(select(func.count()).select_from(posts).where(_PENDING)) or 0)


_PENDING: Final = posts.c.judged_by.is_not(None) & posts.c.linked_at.is_(None)


def signed(
    vault: Vault,
    signer: Signer,
    lexicon: Lexicon,
    some: Sequence[tuple[int, str, Post]],
    signs: Mapping[int, Collection[str]],
) -> list[Signed]:
    """
    Read what posts can be recognised by: of each its key, the hash of its text, and itself.

    Their contacts are among their observables already; *signs* are those of the pictures of each that
    were fetched.
    """
    read = signer.sign_all([words_of(post, lexicon) for _, _, post in some])
    return [
        Signed(post_key, text_sha256, wording, others_of(vault, post, signs.get(post_key, ())))
        for (post_key, text_sha256, post), wording in zip(some, read, strict=True)
    ]


def others_of(vault: Vault, post: Post, signs: Collection[str]) -> frozenset[Key]:
    """The account and the pictures of a post; a name without an id is nobody's account."""
    others = {("image", f"image:{picture_of(url)}") for url in post.images}
    others |= {("image", f"picture:{sign}") for sign in signs}
    if post.author_id:
        others.add(("account", f"account:{post.platform}:{post.author_id}"))
    return frozenset((kind, as_key(vault.keyed_hash(value))) for kind, value in others)


def picture_of(url: str) -> str:
    """
    The address of a picture without what signs it: only where its path alone names it.

    >>> picture_of("https://p.example/tos/3f9a0c2d51e84b77.jpg?sign=1"), picture_of("https://p.example/i?id=1")
    ('https://p.example/tos/3f9a0c2d51e84b77.jpg', 'https://p.example/i?id=1')
    """
    path = url.partition("#")[0].partition("?")[0]
    return path if len(path.rpartition("/")[2]) >= 16 else url


def as_key(keyed_hash: str) -> int:
    """
    The first 64 bits of a keyed hash, as a database holds them.

    >>> as_key("f" * 64)
    -1
    """
    return int.from_bytes(bytes.fromhex(keyed_hash[:16]), "big", signed=True)


def lock(db: Db) -> None:
    """Whoever else compares posts waits. SQLite has one writer at a time as it is."""
    if db.connection.dialect.name == "postgresql":
        db.connection.execute(select(func.pg_advisory_xact_lock(LOCK)))


def keep(db: Db, found: Sequence[Signed], at: datetime) -> None:
    """
    Replace what posts can be recognised by, and compare texts that are new.

    A post whose text has changed since it was read is left alone: it is read again.
    """
    read = {one.post_key: one for one in found}
    rows = rows_in(db, select(posts.c.post_key, posts.c.text_sha256), posts.c.post_key, read)
    current = [read[row.post_key] for row in rows if read[row.post_key].text_sha256 == row.text_sha256]  # fmt: skip
    wanted = {(kind, key, one.post_key) for one in current for kind, key in _own_keys(one)}
    keys = [one.post_key for one in current]
    wanted |= {
        (row.channel, as_key(row.value_hash), row.post_key)
        for row in rows_in(db, select(observables), observables.c.post_key, keys)
    }
    texts = {one.wording.key: one.wording for one in current if one.wording}
    _replace(db, keys, wanted, texts)
    for some in parts(keys):
        db.connection.execute(update(posts).where(posts.c.post_key.in_(some)).values(linked_at=at))


def _own_keys(one: Signed) -> Iterator[Key]:
    if one.wording:
        yield ("text" if one.wording.bands else BRIEF), one.wording.key
    yield from one.others


def forget(db: Db, keys: Collection[int]) -> None:
    """What these posts can be recognised by, their clusters, and the texts that nobody else wrote."""
    _replace(db, keys, set(), {})
    for some in parts(keys):
        db.connection.execute(delete(cluster_members).where(cluster_members.c.post_key.in_(some)))
        db.connection.execute(delete(campaign_members).where(campaign_members.c.post_key.in_(some)))


def _replace(
    db: Db, keys: Collection[int], wanted: set[tuple[str, int, int]], texts: Mapping[int, Wording]
) -> None:
    """Set the keys of posts; texts come and go with the posts that carry them."""
    held = {tuple(row) for row in rows_in(db, select(link_keys), link_keys.c.post_key, keys)}
    for kind, key, post_key in held - wanted:
        db.connection.execute(
            delete(link_keys).where(
                link_keys.c.kind == kind, link_keys.c.key == key, link_keys.c.post_key == post_key
            )
        )
    add(db, link_keys, [dict(zip(("kind", "key", "post_key"), row, strict=True)) for row in wanted - held])  # fmt: skip
    known = {row.wording for row in rows_in(db, select(wordings.c.wording), wordings.c.wording, texts)}  # fmt: skip
    fresh = [text for key, text in texts.items() if key not in known]
    left = {key for kind, key, _ in held - wanted if kind in ("text", BRIEF)}
    carried = rows_in(db, select(link_keys.c.key).where(link_keys.c.kind.in_(("text", BRIEF))), link_keys.c.key, left)  # fmt: skip
    _change_texts(db, fresh, left - {row.key for row in carried})


def _change_texts(db: Db, fresh: Sequence[Wording], gone: set[int]) -> None:
    """
    Texts that are new, and texts that nobody carries any more.

    Where that makes a band too common, or no longer so, all texts in it are compared anew: so what
    is alike never depends on the order in which posts came.
    """
    changes = Counter(band for text in fresh for band in set(text.bands))
    changes.subtract(row.band for row in rows_in(db, select(bands), bands.c.wording, gone))
    for some in parts(gone):
        db.connection.execute(delete(alike).where(_either_in(some)))
        db.connection.execute(delete(bands).where(bands.c.wording.in_(some)))
        db.connection.execute(delete(wordings).where(wordings.c.wording.in_(some)))
    sealed = [{"wording": text.key, "sealed": db.vault.seal(text.shingles.tobytes())} for text in fresh]  # fmt: skip
    add(db, wordings, sealed)
    add(db, bands, [{"band": band, "wording": text.key} for text in fresh for band in set(text.bands)])  # fmt: skip
    sizes = select(bands.c.band, func.count().label("size")).group_by(bands.c.band)
    crossed = [
        row.band
        for row in rows_in(db, sizes, bands.c.band, changes)
        if (row.size > BUCKET) != (row.size - changes[row.band] > BUCKET)
    ]
    again = {row.wording for row in rows_in(db, select(bands), bands.c.band, crossed)}
    for some in parts(again):
        db.connection.execute(delete(alike).where(_either_in(some)))
    _compare(db, again | {text.key for text in fresh})


def _compare(db: Db, texts: Collection[int]) -> None:
    """Keep which texts are alike, of those that share a band that is not common."""
    mine, theirs, same = bands.alias("mine"), bands.alias("theirs"), bands.alias("same")
    more = select(same.c.band).where(same.c.band == mine.c.band).offset(BUCKET).limit(1)
    query = (
        select(mine.c.wording.label("one"), theirs.c.wording.label("other"))
        .distinct()
        .join(theirs, (theirs.c.band == mine.c.band) & (theirs.c.wording != mine.c.wording))
        .where(~more.correlate(mine).exists())
    )
    rows = rows_in(db, query, mine.c.wording, texts)
    pairs = {(min(row.one, row.other), max(row.one, row.other)) for row in rows}
    shingles = shingles_of(db, {text for pair in pairs for text in pair})
    shares = [(one, other, share(shingles[one], shingles[other])) for one, other in pairs]
    found = [{"one": o, "other": t, "share": part} for o, t, part in shares if part >= ALIKE]
    add(db, alike, found)


def shingles_of(db: Db, texts: Collection[int]) -> dict[int, Shingles]:
    """The hashes of texts."""
    rows = rows_in(db, select(wordings), wordings.c.wording, texts)
    return {row.wording: opened(db, row.sealed) for row in rows}


def opened(db: Db, sealed: bytes) -> Shingles:
    """The hashes of a text as they were sealed."""
    return np.frombuffer(db.vault.open(sealed), np.uint32)


def _either_in(texts: Sequence[int]) -> ColumnElement[bool]:
    return or_(alike.c.one.in_(texts), alike.c.other.in_(texts))


def parts(values: Iterable[Any]) -> Iterator[list[Any]]:
    """Values as few enough for a query."""
    stream = iter(values)
    while some := list(islice(stream, SOME)):
        yield some


def rows_in(
    db: Db, query: Select[Any], column: ColumnElement[Any], values: Iterable[Any]
) -> list[Row[Any]]:
    """The rows of a query where a column has one of many values."""
    found: list[Row[Any]] = []
    for some in parts(values):
        found += db.connection.execute(query.where(column.in_(some))).all()
    return found
