"""Pictures of posts: which are asked for, what came, and the text that is read in them."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lurewatch.errors import InputError
from lurewatch.pictures.seeing import AddressState, FileState, UnreadableError, look
from lurewatch.post import CoverageState, Post
from lurewatch.store import Store, audit, pictures, runs
from lurewatch.store.pictures import Counted, ReadPicture, Shown, Waiting
from lurewatch.workflow.common import current

if TYPE_CHECKING:
    from lurewatch.pictures.reading import Reader

LIST_BATCH: Final = 200  # posts of one transaction
PICTURES: Final = "图片 pictures"  # what stands for the keyword in the coverage
COUNTS_AS: Final[dict[AddressState, CoverageState]] = {
    "kept": "captured",
    "gone": "empty",
    "refused": "failed",
    "disallowed": "disallowed",
    "no_picture": "changed",
    "too_large": "failed",
    "failed": "failed",
}


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of one picture's address."""

    picture_id: int
    platform: str
    run_id: str
    state: AddressState
    kind: str = ""  # media type, by its content
    body: bytes = b""
    detail: str = ""
    wall: str = ""  # the run ends here


@dataclass(frozen=True, slots=True)
class ReadUp:
    """What a run of reading came to: pictures by state."""

    states: dict[FileState, int]


def list_pictures(store: Store) -> int:
    """Write down where the pictures of posts are that are new or have changed; gives how many posts."""
    done = 0
    while True:
        with store.begin() as db:
            pictures.lock(db)
            keys = pictures.unlisted(db, LIST_BATCH)
            pictures.list_pictures(db, keys)
            pictures.put_texts(db, keys)
            pictures.listed(db, keys, current())
        done += len(keys)
        if not keys:
            return done


def waiting_pictures(store: Store, platform: str, limit: int) -> list[Waiting]:
    """The pictures of a platform that are to be asked for, those of the newest posts first."""
    with store.reading() as db:
        return pictures.waiting(db, platform, limit, current())


def pictures_waiting(store: Store) -> dict[str, int]:
    """How many pictures of each platform are to be asked for."""
    list_pictures(store)
    with store.reading() as db:
        return pictures.waiting_by_platform(db, current())


def keep_picture(store: Store, found: Fetched) -> None:
    """
    Keep what came of one address, and count it, all or nothing.

    The file is written first, under a name of its own, and gets its name in the transaction.
    """
    at = current()
    digest = hashlib.sha256(found.body).hexdigest() if found.state == "kept" else None
    draft = _written(store, digest, found.body) if digest else None
    with store.begin() as db:
        pictures.lock(db)
        if digest and draft:
            pictures.keep_file(db, digest, found.kind, len(found.body), at)
            draft.replace(path_of(store, digest))
        pictures.asked(db, found.picture_id, found.state, at, digest)
        pictures.arrived(db, found.picture_id)
        state: CoverageState = "blocked" if found.wall else COUNTS_AS[found.state]
        detail = found.wall or found.detail
        runs.count(db, found.run_id, found.platform, PICTURES, state, at, detail=detail)


def path_of(store: Store, digest: str) -> Path:
    """Where the sealed bytes of a picture are."""
    assert store.pictures
    return store.pictures / digest[:2] / f"{digest}.sealed"


def _written(store: Store, digest: str, body: bytes) -> Path:
    path = path_of(store, digest)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{digest}.{os.getpid()}")
    with draft.open("wb") as file:
        file.write(store.vault.seal(body))
        file.flush()
        os.fsync(file.fileno())
    return draft


def picture_bytes(store: Store, digest: str) -> bytes:
    """The bytes of a picture. Raises InputError where they are gone or are not what they were."""
    try:
        body = store.vault.open(path_of(store, digest).read_bytes())
    except OSError as error:
        raise InputError(f"picture {digest[:16]} cannot be read: {error.strerror}") from None
    if hashlib.sha256(body).hexdigest() != digest:
        raise InputError(f"picture {digest[:16]} is not what was fetched")
    return body


def read_pictures(
    store: Store,
    reader: "Reader",
    *,
    limit: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> ReadUp:
    """
    Read the pictures that nobody has read, one transaction each: a stop loses at most one.

    A post that shows one gets its text, and is judged and compared again by the next who does that.
    """
    states: dict[FileState, int] = {}
    with store.reading() as db:
        total = pictures.count_unread(db)
    total = total if limit is None else min(total, limit)
    done = 0
    while limit is None or done < limit:
        with store.reading() as db:
            digests = pictures.unread(db, 1)
        if not digests:
            break
        with store.begin() as db:
            again = pictures.try_reading(db, digests[0])
        found = _read(store, reader, digests[0]) if again else ReadPicture(digests[0], "broken")
        with store.begin() as db:
            pictures.record(db, found, reader.name, current())
        states[found.state] = states.get(found.state, 0) + 1
        done += 1
        if progress:
            progress(done, total)
    return ReadUp(states)


def _read(store: Store, reader: "Reader", digest: str) -> ReadPicture:
    facts = None
    try:
        image, facts = look(picture_bytes(store, digest))
        lines = reader.read(image)
    except UnreadableError as error:
        return ReadPicture(digest, error.state, facts)
    except InputError:
        return ReadPicture(digest, "broken")
    return ReadPicture(digest, "read" if lines else "no_text", facts, tuple(lines))


def clear_pictures(store: Store, *, strays_before: datetime | None = None) -> int:
    """
    Remove the bytes that nobody may keep any more; gives how many pictures that were.

    Files older than *strays_before* that nothing knows of, as a kill may leave, go with them.
    """
    if store.pictures is None:
        return 0
    with store.begin() as db:
        pictures.lock(db)
        digests = pictures.unneeded(db)
        for digest in digests:
            path_of(store, digest).unlink(missing_ok=True)
        pictures.let_go(db)
        known = pictures.digests(db) if strays_before else set()
    if strays_before:
        for path in store.pictures.glob("*/*"):
            if path.stem not in known and path.stat().st_mtime < strays_before.timestamp():
                path.unlink(missing_ok=True)
    return len(digests)


def pictures_of(store: Store, post: Post) -> list[Shown]:
    """The pictures of a post, what came of each and what is read in it."""
    with store.reading() as db:
        return pictures.of_post(db, post.platform, post.post_id)


def look_at_picture(store: Store, finding_id: int, shown: Shown, *, reader: str) -> bytes:
    """The bytes of a picture for a person, which goes on record. Raises InputError."""
    body = picture_bytes(store, shown.sha256)
    with store.begin() as db:
        audit.note(db, current(), reader, "look at picture", f"{finding_id} {shown.sha256[:16]}")
    return body


def picture_counts(store: Store) -> Counted:
    """How many pictures are in each state."""
    with store.reading() as db:
        return pictures.counted(db)
