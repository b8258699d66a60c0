"""Pages as they came: each kept sealed, with its facts and what it showed of a post."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, Result, insert, select, update

from lurewatch.post import Capture, Post
from lurewatch.store import Db
from lurewatch.store.posts import KEPT_UNJUDGED
from lurewatch.store.tables import captures, posts, runs, sightings


def keep(db: Db, capture: Capture) -> int:
    """Keep a page with all that belongs to it; its body is sealed, as it shows people."""
    facts = {
        "url": capture.url,
        "final_url": capture.final_url,
        "headers": capture.headers,
        "how": capture.how,
        "keyword": capture.keyword,
        "problems": capture.problems,
        "wall": capture.wall,
        "shown": {
            post.post_id: sorted({field for field, _, _ in post.values()}) for post in capture.posts
        },
    }
    head = json.dumps(facts).encode("ascii")
    sealed = db.vault.seal(len(head).to_bytes(4) + head + capture.body)
    row = {
        "run_id": capture.run_id,
        "platform": capture.platform,
        "status": capture.status,
        "form": capture.form,
        "body_sha256": sha256(capture.body).hexdigest(),
        "captured_at": capture.captured_at,
        "sealed": sealed,
        "expires_at": capture.captured_at + KEPT_UNJUDGED,
    }
    kept = db.connection.execute(insert(captures), row)
    return int(kept.inserted_primary_key[0])  # type: ignore[index]  # one row was inserted


def showing(db: Db, post: Post) -> list[Capture]:
    """The pages on which a post was seen, newest first."""
    return [_of_row(db, row, (post,)) for row in _showing(db, post)]


def _showing(db: Db, post: Post, *more: ColumnElement[bool]) -> Result[Any]:
    """The captures that show a post, newest first."""
    return db.connection.execute(
        select(captures)
        .join(runs, runs.c.run_id == captures.c.run_id)
        .join(sightings, sightings.c.capture_id == captures.c.capture_id)
        .join(posts, posts.c.post_key == sightings.c.post_key)
        .where(posts.c.platform == post.platform, posts.c.post_id == post.post_id, *more)
        .order_by(captures.c.captured_at.desc(), captures.c.capture_id.desc())
    )


def brought(db: Db, post: Post) -> list[tuple[str, bytes]]:
    """Media type and bytes of what people added to a post, newest first."""
    found = []
    for row in _showing(db, post, runs.c.how == "person"):
        facts, body = _opened(db, row.sealed)
        kind = dict(facts["headers"]).get("Content-Type", "")
        found.append((kind, body))
    return found


@dataclass(frozen=True, slots=True)
class ShownFields:
    """Which fields of a post a page showed."""

    run_id: str
    url: str
    at: datetime
    fields: frozenset[str]


def fields_shown(db: Db, post: Post) -> list[ShownFields]:
    """The pages on which a post was seen, newest first; those from before say nothing of fields."""
    found = []
    for row in _showing(db, post):
        facts, _ = _opened(db, row.sealed)
        if (fields := facts.get("shown", {}).get(post.post_id)) is not None:
            found.append(ShownFields(row.run_id, facts["url"], row.captured_at, frozenset(fields)))
    return found


def of_run(db: Db, run_id: str) -> list[Capture]:
    """The pages of a run, newest first, without their posts."""
    rows = db.connection.execute(
        select(captures).where(captures.c.run_id == run_id).order_by(captures.c.capture_id.desc())
    )
    return [_of_row(db, row) for row in rows]


def _of_row(db: Db, row: Any, found: tuple[Post, ...] = ()) -> Capture:
    facts, body = _opened(db, row.sealed)
    facts.pop("shown", None)
    facts["headers"] = tuple((name, value) for name, value in facts["headers"])
    facts["problems"] = tuple(facts["problems"])
    return Capture(
        platform=row.platform,
        status=row.status,
        form=row.form,
        body=body,
        captured_at=row.captured_at,
        run_id=row.run_id,
        posts=found,
        **facts,
    )


def rewrite(db: Db, capture_id: int, words: Mapping[str, str]) -> None:
    """
    Put other words into a page that is kept, byte for byte elsewhere the same.

    `body_sha256` stays that of the page as it was served.
    """
    sealed = db.connection.scalar(
        select(captures.c.sealed).where(captures.c.capture_id == capture_id)
    )
    opened = db.vault.open(sealed or b"")
    start = 4 + int.from_bytes(opened[:4])
    body = opened[start:]
    for old, new in words.items():
        body = body.replace(old.encode(), new.encode())
    if body != opened[start:]:
        db.connection.execute(
            update(captures)
            .where(captures.c.capture_id == capture_id)
            .values(sealed=db.vault.seal(opened[:start] + body))
        )


def _opened(db: Db, sealed: bytes) -> tuple[dict[str, Any], bytes]:
    """The facts of a capture and its body."""
    opened = db.vault.open(sealed)
    size = int.from_bytes(opened[:4])
    return json.loads(opened[4 : 4 + size]), opened[4 + size :]
