"""Forget what has expired, and keep only how much it was."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from lurewatch.store import Db, links, quality
from lurewatch.store import posts as kept_posts
from lurewatch.store.tables import (
    captures,
    claims,
    counters,
    decisions,
    evidence,
    findings,
    observables,
    posts,
    referrals,
    requests,
    sightings,
    verdicts,
)


@dataclass(frozen=True, slots=True)
class Purged:
    """How much was forgotten."""

    posts: int
    captures: int


def purge(db: Db, now: datetime) -> Purged:
    """
    Remove posts that expired, and pages that expired and show no living finding.

    A page that shows a finding stays with it: it is what the evidence rests on. A finding with
    evidence or a request on record is never removed, whatever was decided since.
    """
    acted = select(findings.c.post_key).where(
        findings.c.finding_id.in_(select(evidence.c.finding_id))
        | findings.c.finding_id.in_(select(requests.c.finding_id))
    )
    keys = list(
        db.connection.scalars(
            select(posts.c.post_key).where(
                posts.c.expires_at <= now, posts.c.post_key.not_in(acted)
            )
        )
    )
    for start in range(0, len(keys), 500):
        _forget(db, keys[start : start + 500])
    living = select(sightings.c.capture_id).join(
        findings, findings.c.post_key == sightings.c.post_key
    )
    old = captures.c.expires_at <= now
    gone = list(
        db.connection.scalars(
            select(captures.c.capture_id).where(
                old, captures.c.capture_id.not_in(living.where(sightings.c.capture_id.is_not(None)))
            )
        )
    )
    for start in range(0, len(gone), 500):
        some = gone[start : start + 500]
        db.connection.execute(
            update(sightings).where(sightings.c.capture_id.in_(some)).values(capture_id=None)
        )
        db.connection.execute(delete(captures).where(captures.c.capture_id.in_(some)))
    _count(db, "posts purged", len(keys))
    _count(db, "captures purged", len(gone))
    return Purged(len(keys), len(gone))


def _forget(db: Db, keys: list[int]) -> None:
    links.forget(db, keys)
    found = select(findings.c.finding_id).where(findings.c.post_key.in_(keys))
    quality.forget(db, keys)
    for table in (claims, referrals, decisions):
        db.connection.execute(delete(table).where(table.c.finding_id.in_(found)))
    for table in (findings, observables, verdicts):
        db.connection.execute(delete(table).where(table.c.post_key.in_(keys)))
    kept_posts.remove(db, keys)


def _count(db: Db, name: str, more: int) -> None:
    if not more:
        return
    changed = db.connection.execute(
        update(counters).where(counters.c.name == name).values(count=counters.c.count + more)
    )
    if not changed.rowcount:
        db.connection.execute(insert(counters).values(name=name, count=more))
