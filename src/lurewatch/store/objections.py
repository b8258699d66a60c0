"""Accounts whose owner had what was kept about them erased: not collected again, but for lures."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import insert, select

from lurewatch.post import PLATFORMS
from lurewatch.store import Db, expiry, holds
from lurewatch.store.links import rows_in
from lurewatch.store.tables import objections, posts


def accounts_of(db: Db, written: str) -> set[str]:
    """The keyed hashes of an account of that id, or name where a platform shows no id."""
    return {db.vault.keyed_hash(f"{platform}:{written}") for platform in PLATFORMS}


def note(db: Db, post_keys: Collection[int], accounts: set[str] | None, at: datetime) -> int:
    """
    Whoever wrote these posts objects; with *accounts* only those of them. Gives how many do anew.

    Only a keyed hash is kept: it tells an account that comes again, and nobody's name.
    """
    nobody = accounts_of(db, "")
    rows = rows_in(db, select(posts.c.author_hash), posts.c.post_key, post_keys)
    wrote = {row.author_hash for row in rows} - nobody
    wrote &= accounts if accounts is not None else wrote
    known = rows_in(db, select(objections.c.author_hash), objections.c.author_hash, wrote)
    fresh = sorted(wrote - {row.author_hash for row in known})
    if fresh:
        db.connection.execute(
            insert(objections), [{"author_hash": one, "objected_at": at} for one in fresh]
        )
    return len(fresh)


def heed(db: Db, post_keys: Sequence[int]) -> int:
    """
    Forget those of these posts whose author objects; gives how many.

    For posts that are no lures. What a hold, a request or evidence rests on stays.
    """
    query = select(posts.c.post_key).join(
        objections, objections.c.author_hash == posts.c.author_hash
    )
    theirs = [row.post_key for row in rows_in(db, query, posts.c.post_key, post_keys)]
    if not theirs:
        return 0
    unwanted = [
        one.post_key for one in holds.about_keys(db, theirs) if not one.needed and not one.acted
    ]
    expiry.forget(db, unwanted)
    return len(unwanted)
