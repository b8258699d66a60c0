"""Pictures: where they are asked for, which content came, and the text that is read in it."""

import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from lurewatch.link.likeness import alike_groups
from lurewatch.pictures.reading import Line, text_of
from lurewatch.pictures.seeing import AddressState, Facts, FileState
from lurewatch.post import Post
from lurewatch.store import Db
from lurewatch.store.links import parts, picture_of, rows_in
from lurewatch.store.posts import dump, load, text_sha256
from lurewatch.store.tables import picture_files, pictures, post_pictures, posts
from lurewatch.text.mask import mask_personal, mask_post, personal_numbers

LOCK: Final = 0x70696374  # of the database, for who lists, keeps or clears pictures
MOST: Final = 20  # pictures of one post
TRIES: Final = 3  # of an address that gave nothing, and of a file on which the reader died
AGAIN: Final = timedelta(hours=1)  # before an address that failed is asked again
READY: Final = ("read", "hidden")  # states of a file that has text


@dataclass(frozen=True, slots=True)
class Waiting:
    """A picture that is to be asked for."""

    picture_id: int
    url: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture of a post: its address, what came of it, and what is read in it."""

    place: int
    url: str
    state: AddressState
    sha256: str = ""
    kind: str = ""
    size: int = 0  # bytes; 0: they are not kept
    file_state: FileState = "unread"
    animated: bool = False
    lines: tuple[Line, ...] = ()


def lock(db: Db) -> None:
    """Whoever else lists, keeps or clears pictures waits. SQLite has one writer at a time as it is."""
    if db.connection.dialect.name == "postgresql":
        db.connection.execute(select(func.pg_advisory_xact_lock(LOCK)))


def listed(db: Db, keys: Collection[int], at: datetime) -> None:
    """The pictures of these posts are listed, and their text is in the posts."""
    for some in parts(keys):
        db.connection.execute(
            update(posts).where(posts.c.post_key.in_(some)).values(pictured_at=at)
        )


def unlisted(db: Db, limit: int) -> list[int]:
    """The posts whose pictures have to be listed."""
    query = select(posts.c.post_key).where(posts.c.pictured_at.is_(None))
    return list(db.connection.scalars(query.order_by(posts.c.post_key).limit(limit)))


def list_pictures(db: Db, keys: Sequence[int]) -> None:
    """Write down where the pictures of these posts are."""
    rows = rows_in(
        db, select(posts.c.post_key, posts.c.platform, posts.c.sealed), posts.c.post_key, keys
    )
    for row in rows:
        _list_one(db, row.post_key, load(db.vault.open(row.sealed)))


def address_of(image: str) -> str:
    """
    The whole address of a picture; nothing for what is none.

    >>> address_of("//img.example/1.jpg"), address_of("/cover.png")
    ('https://img.example/1.jpg', '')
    """
    address = f"https:{image}" if image.startswith("//") else image
    return address if address.startswith(("http://", "https://")) else ""


def _list_one(db: Db, post_key: int, post: Post) -> None:
    addresses = list(dict.fromkeys(filter(None, map(address_of, post.images))))[:MOST]
    wanted = {db.vault.keyed_hash(f"picture:{picture_of(url)}"): url for url in addresses}
    known = {
        row.address_key: row
        for row in rows_in(db, select(pictures), pictures.c.address_key, wanted)
    }
    ids = []
    for key, url in wanted.items():
        sealed = db.vault.seal(url.encode("utf-8", "surrogatepass"))
        if key not in known:
            values = {"platform": post.platform, "address_key": key, "sealed": sealed}
            made = db.connection.execute(
                insert(pictures).values(**values, state="waiting", tries=0)
            )
            ids.append(int(made.inserted_primary_key[0]))  # type: ignore[index]  # one row
            continue
        ids.append(known[key].picture_id)
        if known[key].state in ("waiting", "failed", "refused"):  # what signs it may be newer
            db.connection.execute(
                update(pictures).where(pictures.c.address_key == key).values(sealed=sealed)
            )
    db.connection.execute(delete(post_pictures).where(post_pictures.c.post_key == post_key))
    rows = [
        {"post_key": post_key, "place": place, "picture_id": picture_id}
        for place, picture_id in enumerate(ids)
    ]
    if rows:
        db.connection.execute(insert(post_pictures), rows)


def _due(now: datetime) -> ColumnElement[bool]:
    """Whether an address is to be asked: for the first time, or again after it failed."""
    again = and_(
        pictures.c.state == "failed", pictures.c.tries < TRIES, pictures.c.asked_at <= now - AGAIN
    )
    return or_(pictures.c.state == "waiting", again)


def waiting(db: Db, platform: str, limit: int, now: datetime) -> list[Waiting]:
    """The pictures of a platform that are to be asked for: the newest posts first, each in order."""
    newest = (
        select(
            post_pictures.c.picture_id,
            func.max(post_pictures.c.post_key).label("post_key"),
            func.min(post_pictures.c.place).label("place"),
        )
        .group_by(post_pictures.c.picture_id)
        .subquery()
    )
    rows = db.connection.execute(
        select(pictures.c.picture_id, pictures.c.sealed)
        .join(newest, newest.c.picture_id == pictures.c.picture_id)
        .where(pictures.c.platform == platform, _due(now))
        .order_by(newest.c.post_key.desc(), newest.c.place)
        .limit(limit)
    )
    return [Waiting(row.picture_id, _url(db, row.sealed)) for row in rows]


def _url(db: Db, sealed: bytes) -> str:
    return db.vault.open(sealed).decode("utf-8", "surrogatepass")


def waiting_by_platform(db: Db, now: datetime) -> dict[str, int]:
    """How many pictures of each platform are to be asked for."""
    query = select(pictures.c.platform, func.count()).where(_due(now)).group_by(pictures.c.platform)
    return {str(platform): int(count) for platform, count in db.connection.execute(query).all()}


def asked(
    db: Db, picture_id: int, state: AddressState, at: datetime, sha256: str | None = None
) -> None:
    """What came of an address."""
    db.connection.execute(
        update(pictures)
        .where(pictures.c.picture_id == picture_id)
        .values(state=state, asked_at=at, tries=pictures.c.tries + 1, sha256=sha256)
    )


def keep_file(db: Db, sha256: str, kind: str, size: int, at: datetime) -> None:
    """A content that came; one that is known and was hidden is read again, for another post shows it."""
    row = db.connection.execute(
        select(picture_files).where(picture_files.c.sha256 == sha256)
    ).one_or_none()
    if row is None:
        values = {"sha256": sha256, "kind": kind, "size": size, "reader": "", "kept_at": at}
        db.connection.execute(insert(picture_files).values(**values, state="unread", tries=0))
    elif not row.size:
        db.connection.execute(
            update(picture_files)
            .where(picture_files.c.sha256 == sha256)
            .values(size=size, state="unread", tries=0)
        )


def unread(db: Db, limit: int) -> list[str]:
    """Contents that nobody has read, those that came first before the others."""
    query = (
        select(picture_files.c.sha256)
        .where(picture_files.c.state == "unread", picture_files.c.size > 0)
        .order_by(picture_files.c.kept_at, picture_files.c.sha256)
        .limit(limit)
    )
    return list(db.connection.scalars(query))


def count_unread(db: Db) -> int:
    """How many contents nobody has read."""
    query = select(func.count()).where(picture_files.c.state == "unread", picture_files.c.size > 0)
    return int(db.connection.scalar(query) or 0)


def try_reading(db: Db, sha256: str) -> bool:
    """Count one more try; False, and *broken*, where the reader has died on it too often."""
    row = db.connection.execute(
        select(picture_files.c.tries).where(picture_files.c.sha256 == sha256)
    ).one()
    again = bool(row.tries < TRIES)
    values = {"tries": row.tries + 1} if again else {"state": "broken"}
    db.connection.execute(
        update(picture_files).where(picture_files.c.sha256 == sha256).values(**values)
    )
    return again


@dataclass(frozen=True, slots=True)
class ReadPicture:
    """What reading one content gave."""

    sha256: str
    state: FileState
    facts: Facts | None = None
    lines: tuple[Line, ...] = ()


def record(db: Db, found: ReadPicture, reader: str, at: datetime) -> None:
    """Keep what was read; the posts that show it get its text."""
    values: dict[str, Any] = {"state": found.state, "reader": reader, "read_at": at}
    if found.facts:
        facts = found.facts
        values |= {"width": facts.width, "height": facts.height, "animated": facts.animated, "dhash": facts.dhash}  # fmt: skip
    if found.lines:
        values["sealed"] = db.vault.seal(_dump(found.lines))
    db.connection.execute(
        update(picture_files).where(picture_files.c.sha256 == found.sha256).values(**values)
    )
    _arrived(db, posts_with(db, [found.sha256]))


def arrived(db: Db, picture_id: int) -> None:
    """A picture came whose content is known: the posts that show it get its text."""
    query = select(post_pictures.c.post_key).where(post_pictures.c.picture_id == picture_id)
    _arrived(db, list(db.connection.scalars(query)))


def _arrived(db: Db, keys: Sequence[int]) -> None:
    put_texts(db, keys)
    for some in parts(keys):
        db.connection.execute(
            update(posts).where(posts.c.post_key.in_(some)).values(linked_at=None)
        )


def _dump(lines: Sequence[Line]) -> bytes:
    rows = [{"text": one.text, "confidence": one.confidence, "box": one.box} for one in lines]
    return json.dumps(rows).encode("ascii")


def _lines(db: Db, sealed: bytes | None) -> tuple[Line, ...]:
    if sealed is None:
        return ()
    return tuple(
        Line(row["text"], row["confidence"], tuple((x, y) for x, y in row["box"]))
        for row in json.loads(db.vault.open(sealed))
    )


def posts_with(db: Db, digests: Collection[str]) -> list[int]:
    """The posts that show one of these contents."""
    query = (
        select(post_pictures.c.post_key)
        .join(pictures, pictures.c.picture_id == post_pictures.c.picture_id)
        .distinct()
    )
    return [row.post_key for row in rows_in(db, query, pictures.c.sha256, digests)]


_SHOWN: Final = (
    select(
        post_pictures.c.post_key,
        post_pictures.c.place,
        pictures.c.sealed.label("address"),
        pictures.c.state.label("address_state"),
        picture_files,
    )
    .join(pictures, pictures.c.picture_id == post_pictures.c.picture_id)
    .outerjoin(picture_files, picture_files.c.sha256 == pictures.c.sha256)
    .order_by(post_pictures.c.post_key, post_pictures.c.place)
)


def of_post(db: Db, platform: str, post_id: str) -> list[Shown]:
    """The pictures of a post that are listed, in their order."""
    rows = db.connection.execute(
        _SHOWN.join(posts, posts.c.post_key == post_pictures.c.post_key).where(
            posts.c.platform == platform, posts.c.post_id == post_id
        )
    )
    return [_shown(db, row) for row in rows]


def _shown(db: Db, row: Any) -> Shown:
    url = _url(db, row.address)
    if row.sha256 is None:
        return Shown(row.place, url, row.address_state)
    return Shown(
        place=row.place,
        url=url,
        state=row.address_state,
        sha256=row.sha256,
        kind=row.kind,
        size=row.size,
        file_state=row.state,
        animated=bool(row.animated),
        lines=_lines(db, row.sealed),
    )


def put_texts(db: Db, keys: Collection[int]) -> None:
    """
    Put into posts the text of their pictures, one item a picture in the pictures' order.

    What a table brought as text of pictures stays before it. A post that changes by it is judged
    and compared again; the numbers of a post that is masked stay hidden.
    """
    texts: dict[int, list[str]] = {}
    for row in rows_in(db, _SHOWN, post_pictures.c.post_key, keys):
        found = texts.setdefault(row.post_key, [])
        if row.state in READY and (text := text_of(_lines(db, row.sealed))):
            found.append(text)
    query = select(posts.c.post_key, posts.c.sealed, posts.c.text_sha256)
    for row in rows_in(db, query, posts.c.post_key, [key for key, found in texts.items() if found]):
        _put(db, row, list(dict.fromkeys(texts[row.post_key])))


def _put(db: Db, row: Any, texts: list[str]) -> None:
    old = load(db.vault.open(row.sealed))
    read = {mask_personal(text) for text in texts}
    brought = [text for text in old.ocr if mask_personal(text) not in read]
    new = replace(old, ocr=(*brought, *texts))
    if new == old or text_sha256(mask_post(new)) == row.text_sha256:
        return
    db.connection.execute(
        update(posts)
        .where(posts.c.post_key == row.post_key)
        .values(
            sealed=db.vault.seal(dump(new)),
            text_sha256=text_sha256(new),
            judged_by=None,
            linked_at=None,
        )
    )


def hide(db: Db, post_key: int) -> None:
    """
    Mask the text of a post's pictures that give away a number, and let their bytes go.

    Those that another post shows too are left: it is not known whose they are.
    """
    for row in rows_in(db, _SHOWN, post_pictures.c.post_key, [post_key]):
        lines = _lines(db, row.sealed)
        if not any(personal_numbers(line.text) for line in lines):
            continue
        if posts_with(db, [row.sha256]) != [post_key]:
            continue
        masked = tuple(replace(line, text=mask_personal(line.text)) for line in lines)
        db.connection.execute(
            update(picture_files)
            .where(picture_files.c.sha256 == row.sha256)
            .values(state="hidden", sealed=db.vault.seal(_dump(masked)))
        )


def unneeded(db: Db) -> list[str]:
    """The contents whose bytes nobody may keep any more: no post shows them, or they are hidden."""
    query = select(picture_files.c.sha256).where(or_(_orphaned(), _hidden()))
    return list(db.connection.scalars(query))


def _orphaned() -> ColumnElement[bool]:
    shown = (
        select(pictures.c.picture_id)
        .join(post_pictures, post_pictures.c.picture_id == pictures.c.picture_id)
        .where(pictures.c.sha256 == picture_files.c.sha256)
    )
    return ~exists(shown.correlate(picture_files))


def _hidden() -> ColumnElement[bool]:
    return and_(picture_files.c.state == "hidden", picture_files.c.size > 0)


def let_go(db: Db) -> None:
    """The bytes of what is `unneeded` are gone: forget what nothing shows."""
    gone = list(db.connection.scalars(select(picture_files.c.sha256).where(_orphaned())))
    db.connection.execute(update(picture_files).where(_hidden()).values(size=0))
    used = exists(
        select(post_pictures.c.picture_id)
        .where(post_pictures.c.picture_id == pictures.c.picture_id)
        .correlate(pictures)
    )
    db.connection.execute(delete(pictures).where(~used))
    for some in parts(gone):
        db.connection.execute(delete(picture_files).where(picture_files.c.sha256.in_(some)))


def digests(db: Db) -> set[str]:
    """The contents whose bytes are kept."""
    query = select(picture_files.c.sha256).where(picture_files.c.size > 0)
    return set(db.connection.scalars(query))


def regroup(db: Db) -> None:
    """
    Give pictures that look alike the same `likeness`, computed from all there are.

    Posts whose pictures changed their likeness are compared with others again.
    """
    held = {
        row.sha256: (row.dhash, row.likeness)
        for row in db.connection.execute(
            select(picture_files.c.sha256, picture_files.c.dhash, picture_files.c.likeness).where(
                picture_files.c.dhash.is_not(None)
            )
        )
    }
    groups = alike_groups(dhash for dhash, _ in held.values())
    changed = [digest for digest, (dhash, had) in held.items() if groups[dhash] != had]
    for digest in changed:
        db.connection.execute(
            update(picture_files)
            .where(picture_files.c.sha256 == digest)
            .values(likeness=groups[held[digest][0]])
        )
    for some in parts(posts_with(db, changed)):
        db.connection.execute(
            update(posts).where(posts.c.post_key.in_(some)).values(linked_at=None)
        )


def likenesses(db: Db, keys: Collection[int]) -> dict[int, set[str]]:
    """By post: what its pictures can be recognised by, their content and their likeness."""
    query: Select[Any] = (
        select(post_pictures.c.post_key, picture_files.c.sha256, picture_files.c.likeness)
        .join(pictures, pictures.c.picture_id == post_pictures.c.picture_id)
        .join(picture_files, picture_files.c.sha256 == pictures.c.sha256)
    )
    found: dict[int, set[str]] = {}
    for row in rows_in(db, query, post_pictures.c.post_key, keys):
        signs = found.setdefault(row.post_key, set())
        signs.add(f"content:{row.sha256}")
        if row.likeness is not None:
            signs.add(f"likeness:{row.likeness}")
    return found


@dataclass(frozen=True, slots=True)
class Counted:
    """How many pictures are in each state."""

    addresses: dict[AddressState, int]
    files: dict[FileState, int]
    animated: int


def counted(db: Db) -> Counted:
    """How many pictures are in each state."""
    addresses = db.connection.execute(
        select(pictures.c.state, func.count()).group_by(pictures.c.state)
    ).all()
    files = db.connection.execute(
        select(picture_files.c.state, func.count()).group_by(picture_files.c.state)
    ).all()
    animated = db.connection.scalar(select(func.count()).where(picture_files.c.animated))
    return Counted(
        dict(Counter({row[0]: int(row[1]) for row in addresses})),
        dict(Counter({row[0]: int(row[1]) for row in files})),
        int(animated or 0),
    )


def asked_since(db: Db, platform: str, since: datetime) -> int:
    """How many pictures of a platform were asked for since a moment."""
    query = select(func.count()).where(
        pictures.c.platform == platform, pictures.c.asked_at >= since
    )
    return int(db.connection.scalar(query) or 0)
