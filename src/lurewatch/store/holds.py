"""Legal holds, and what is kept about one account, contact or address."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, insert, or_, select, update

from lurewatch.post import PLATFORMS
from lurewatch.store import Db
from lurewatch.store.expiry import held, standing
from lurewatch.store.findings import observed
from lurewatch.store.tables import evidence, findings, holds, observables, posts, requests

CHANNELS = ("wechat", "qq", "group", "phone", "link", "email")


@dataclass(frozen=True, slots=True)
class Hold:
    """A finding that nothing may forget, and why."""

    finding_id: int
    why: str
    held_by: str
    held_at: datetime


@dataclass(frozen=True, slots=True)
class About:
    """One post that is kept about a subject, and what needs it."""

    post_key: int
    finding_id: int | None
    platform: str
    first_seen: datetime
    held: bool
    standing: bool  # a request about it is under way
    acted: bool  # evidence or a settled request rests on it

    @property
    def needed(self) -> bool:
        """Whether it has to stay, whoever asks."""
        return self.held or self.standing


def hold(db: Db, one: Hold) -> None:
    """Begin a hold."""
    db.connection.execute(
        insert(holds).values(
            finding_id=one.finding_id,
            why=db.vault.seal(one.why.encode("utf-8", "surrogatepass")),
            held_by=one.held_by,
            held_at=one.held_at,
        )
    )


def release(db: Db, finding_id: int, who: str, at: datetime) -> int:
    """End the holds on a finding; gives how many there were."""
    return db.connection.execute(
        update(holds)
        .where(holds.c.finding_id == finding_id, holds.c.released_at.is_(None))
        .values(released_by=who, released_at=at)
    ).rowcount


def every(db: Db) -> list[Hold]:
    """The holds that stand, oldest first."""
    query = select(holds).where(holds.c.released_at.is_(None)).order_by(holds.c.hold_id)
    return [
        Hold(
            row.finding_id,
            db.vault.open(row.why).decode("utf-8", "surrogatepass"),
            row.held_by,
            row.held_at,
        )
        for row in db.connection.execute(query)
    ]


def about_handle(db: Db, written: str) -> list[About]:
    """What is kept about an account or a contact, found by keyed hash alone."""
    contacts = [observed(db, channel, written) for channel in CHANNELS]
    accounts = [db.vault.keyed_hash(f"{platform}:{written}") for platform in PLATFORMS]
    reached = select(observables.c.post_key).where(observables.c.value_hash.in_(contacts))
    query = select(posts.c.post_key).where(
        or_(posts.c.author_hash.in_(accounts), posts.c.post_key.in_(reached))
    )
    return _about(db, query)


def about_post(db: Db, platform: str, post_id: str) -> list[About]:
    """What is kept about the post at an address."""
    return _about(
        db,
        select(posts.c.post_key).where(posts.c.platform == platform, posts.c.post_id == post_id),
    )


def about_keys(db: Db, post_keys: Collection[int]) -> list[About]:
    """What is kept about these posts."""
    return _about(db, select(posts.c.post_key).where(posts.c.post_key.in_(post_keys)))


def _about(db: Db, keys: Select[Any]) -> list[About]:
    acted = select(evidence.c.finding_id).union(select(requests.c.finding_id))
    query = (
        select(
            posts.c.post_key,
            findings.c.finding_id,
            posts.c.platform,
            posts.c.first_seen,
            findings.c.finding_id.in_(held()).label("held"),
            findings.c.finding_id.in_(standing()).label("standing"),
            findings.c.finding_id.in_(acted).label("acted"),
        )
        .outerjoin(findings, findings.c.post_key == posts.c.post_key)
        .where(posts.c.post_key.in_(keys))
        .order_by(posts.c.post_key)
    )
    return [
        About(
            row.post_key,
            row.finding_id,
            row.platform,
            row.first_seen,
            bool(row.held),
            bool(row.standing),
            bool(row.acted),
        )
        for row in db.connection.execute(query)
    ]
