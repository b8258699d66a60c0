"""Details of debtors and victims: hidden where they are kept, not only where they are shown."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Select, select, update

from lurewatch.finding import Verdict
from lurewatch.post import Post
from lurewatch.store import Db, pictures
from lurewatch.store import captures as pages
from lurewatch.store.posts import dump, load, text_sha256
from lurewatch.store.tables import (
    captures,
    findings,
    holds,
    posts,
    requests,
    revisions,
    sightings,
)
from lurewatch.text.mask import mask_personal, mask_post, personal_numbers


def hide(db: Db, post_key: int) -> bool:
    """
    Put a post's masked wording in place of what it said, here, in its earlier wordings, in requests and on its pages.

    Gives whether there was anything to hide. A page that shows a held finding is left whole.
    """
    sealed = db.connection.scalar(select(posts.c.sealed).where(posts.c.post_key == post_key))
    post = load(db.vault.open(sealed or b""))
    numbers = numbers_of(post) | _hide_revisions(db, post_key) | _hide_reported(db, post_key)
    if not numbers:
        return False
    masked = mask_post(post)
    db.connection.execute(
        update(posts)
        .where(posts.c.post_key == post_key)
        .values(sealed=db.vault.seal(dump(masked)), text_sha256=text_sha256(masked))
    )
    if not db.connection.scalar(select(_held().where(findings.c.post_key == post_key).exists())):
        pictures.hide(db, post_key)
    for capture_id in _pages(db, post_key):
        pages.rewrite(db, capture_id, {number: mask_personal(number) for number in numbers})
    return True


def numbers_of(post: Post) -> set[str]:
    """Every detail that a post gives away."""
    return {number for _, _, value in post.values() for number in personal_numbers(value)}


def _hide_revisions(db: Db, post_key: int) -> set[str]:
    numbers: set[str] = set()
    query = select(revisions).where(revisions.c.post_key == post_key)
    for row in db.connection.execute(query).all():
        post = load(db.vault.open(row.sealed))
        if found := numbers_of(post):
            numbers |= found
            sealed = db.vault.seal(dump(mask_post(post)))
            db.connection.execute(
                update(revisions)
                .where(revisions.c.revision_id == row.revision_id)
                .values(sealed=sealed)
            )
    return numbers


def _hide_reported(db: Db, post_key: int) -> set[str]:
    numbers: set[str] = set()
    query = (
        select(requests.c.request_id, requests.c.reported)
        .join(findings, findings.c.finding_id == requests.c.finding_id)
        .where(findings.c.post_key == post_key, requests.c.reported.is_not(None))
    )
    for row in db.connection.execute(query).all():
        post = load(db.vault.open(row.reported))
        if found := numbers_of(post):
            numbers |= found
            db.connection.execute(
                update(requests)
                .where(requests.c.request_id == row.request_id)
                .values(reported=db.vault.seal(dump(mask_post(post))))
            )
    return numbers


def _held() -> Select[Any]:
    """The posts of findings under a legal hold."""
    query = select(findings.c.post_key).join(holds, holds.c.finding_id == findings.c.finding_id)
    return query.where(holds.c.released_at.is_(None))


def _pages(db: Db, post_key: int) -> list[int]:
    held = select(sightings.c.capture_id).where(
        sightings.c.post_key.in_(_held()), sightings.c.capture_id.is_not(None)
    )
    query = (
        select(captures.c.capture_id)
        .join(sightings, sightings.c.capture_id == captures.c.capture_id)
        .where(sightings.c.post_key == post_key, captures.c.capture_id.not_in(held))
        .distinct()
    )
    return list(db.connection.scalars(query))


def hidden(verdict: Verdict) -> Verdict:
    """A verdict that repeats no detail; whom a victim or a warning accuses is kept as the clue it is."""
    return replace(
        verdict,
        reasons=tuple(
            replace(one, surface=mask_personal(one.surface), meaning=mask_personal(one.meaning))
            for one in verdict.reasons
        ),
        contacts=tuple(
            one
            for one in verdict.contacts
            if one.owner == "suspect" or "*" not in mask_personal(one.value)
        ),  # one that is masked would link people whose numbers only look alike
    )
