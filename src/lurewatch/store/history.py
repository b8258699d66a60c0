"""Other posts of the same account or with the same contact, and what was made of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select

from lurewatch.finding import Decision
from lurewatch.store import Db
from lurewatch.store.findings import standing
from lurewatch.store.posts import PostRow, post_row
from lurewatch.store.tables import findings, observables, posts


@dataclass(frozen=True, slots=True)
class Seen:
    """One other post; `finding_id` is None where it was never flagged."""

    row: PostRow
    finding_id: int | None
    grade: str | None
    decision: Decision | None


@dataclass(frozen=True, slots=True)
class History:
    """The newest of them, and how many there are."""

    total: int
    newest: Sequence[Seen]


NOTHING = History(0, ())


def of_account(db: Db, finding_id: int, limit: int) -> History:
    """Other posts of the account whose post the finding is."""
    author = (
        select(posts.c.author_hash)
        .join(findings, findings.c.post_key == posts.c.post_key)
        .where(findings.c.finding_id == finding_id)
    )
    return _others(db, finding_id, posts.c.author_hash == author.scalar_subquery(), limit)


def of_contact(db: Db, finding_id: int, limit: int) -> History:
    """Other posts that give one of the contacts of the finding's post."""
    values = (
        select(observables.c.value_hash)
        .join(findings, findings.c.post_key == observables.c.post_key)
        .where(findings.c.finding_id == finding_id)
    )
    keys = select(observables.c.post_key).where(observables.c.value_hash.in_(values))
    return _others(db, finding_id, posts.c.post_key.in_(keys), limit)


def _others(db: Db, finding_id: int, same: ColumnElement[bool], limit: int) -> History:
    own = select(findings.c.post_key).where(findings.c.finding_id == finding_id)
    other = posts.c.post_key != own.scalar_subquery()
    query: Any = select(func.count()).select_from(posts).where(same, other)
    total = int(db.connection.scalar(query) or 0)
    if not total:
        return NOTHING
    rows = db.connection.execute(
        select(posts, findings.c.finding_id, findings.c.grade)
        .outerjoin(findings, findings.c.post_key == posts.c.post_key)
        .where(same, other)
        .order_by(posts.c.last_seen.desc(), posts.c.post_key.desc())
        .limit(limit)
    ).all()
    made = standing(db, [row.finding_id for row in rows if row.finding_id])
    last = {number: decisions[-1] for number, decisions in made.items() if decisions}
    return History(
        total,
        [
            Seen(post_row(db, row), row.finding_id, row.grade, last.get(row.finding_id))
            for row in rows
        ],
    )
