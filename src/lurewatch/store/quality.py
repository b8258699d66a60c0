"""Second looks, what waits for a lead, and samples of what was not flagged."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, func, insert, select, update

from lurewatch.finding import Decision, Label, Service, Stance
from lurewatch.store import Db
from lurewatch.store.posts import PostRow, post_row
from lurewatch.store.tables import findings, posts, referrals, samples, second_looks

OWN: Final = "own"  # the post names the institution
UNREADABLE: Final = "unreadable"  # nobody can tell whether it does
DISAGREEMENT: Final = "disagreement"  # two people looked and differ
TRIES: Final = 20  # drawings of keys: where few posts qualify, fewer may be found


@dataclass(frozen=True, slots=True)
class SecondLook:
    """What one person decided, and what another said who did not know of it."""

    finding_id: int | None  # None: purged since
    first_reviewer: str
    first_label: Label
    first_stance: Stance
    reviewer: str | None
    label: Label | None
    stance: Stance | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class Referral:
    """A finding that waits for a lead."""

    finding_id: int
    reason: str
    referred_by: str
    referred_at: datetime


@dataclass(frozen=True, slots=True)
class Sample:
    """One judged post that was not flagged, drawn at random; the label is a person's."""

    sample_id: int
    platform: str
    label: Label | None
    reviewer: str | None


def ask_again(db: Db, decision: Decision, at: datetime) -> None:
    """Have another person look at a finding; a finding is asked about once."""
    known = select(second_looks.c.look_id).where(second_looks.c.finding_id == decision.finding_id)
    if db.connection.scalar(known) is None:
        db.connection.execute(
            insert(second_looks).values(
                finding_id=decision.finding_id,
                first_reviewer=decision.reviewer,
                first_label=decision.label,
                first_stance=decision.stance,
                asked_at=at,
            )
        )


def ask_no_more(db: Db, finding_id: int) -> None:
    """The decision was taken back, or another made, before anybody looked again."""
    db.connection.execute(
        delete(second_looks).where(
            second_looks.c.finding_id == finding_id, second_looks.c.reviewer.is_(None)
        )
    )


def waiting_look(db: Db, finding_id: int) -> SecondLook | None:
    """The second look that a finding waits for."""
    row = db.connection.execute(
        select(second_looks).where(
            second_looks.c.finding_id == finding_id, second_looks.c.reviewer.is_(None)
        )
    ).one_or_none()
    return _look(row) if row else None


def waiting_for(db: Db, numbers: Sequence[int], name: str) -> set[int]:
    """Which of these findings wait for a second look that may be this person's."""
    return set(
        db.connection.scalars(
            select(second_looks.c.finding_id).where(
                second_looks.c.finding_id.in_(numbers),
                second_looks.c.reviewer.is_(None),
                second_looks.c.first_reviewer != name,
            )
        )
    )


def waiting(db: Db, name: str) -> tuple[int, int]:
    """How many findings wait for a second look of this person, and how many for a lead."""
    looks = (
        select(func.count())
        .select_from(second_looks)
        .where(
            second_looks.c.reviewer.is_(None),
            second_looks.c.finding_id.is_not(None),
            second_looks.c.first_reviewer != name,
        )
    )
    referred = select(func.count()).select_from(referrals)
    return int(db.connection.scalar(looks) or 0), int(db.connection.scalar(referred) or 0)


def looked(
    db: Db,
    finding_id: int,
    *,
    label: Label,
    stance: Stance,
    services: Sequence[Service],
    note: str,
    reviewer: str,
    at: datetime,
) -> None:
    """Record what the second person says."""
    db.connection.execute(
        update(second_looks)
        .where(second_looks.c.finding_id == finding_id, second_looks.c.reviewer.is_(None))
        .values(
            reviewer=reviewer,
            label=label,
            stance=stance,
            services=" ".join(services),
            note=db.vault.seal(note.encode("utf-8", "surrogatepass")),
            decided_at=at,
        )
    )


def second_looks_done(db: Db) -> list[SecondLook]:
    """Every second look that was taken, oldest first."""
    rows = db.connection.execute(
        select(second_looks)
        .where(second_looks.c.reviewer.is_not(None))
        .order_by(second_looks.c.look_id)
    )
    return [_look(row) for row in rows]


def _look(row: Any) -> SecondLook:
    return SecondLook(
        finding_id=row.finding_id,
        first_reviewer=row.first_reviewer,
        first_label=Label(row.first_label),
        first_stance=Stance(row.first_stance),
        reviewer=row.reviewer,
        label=Label(row.label) if row.label else None,
        stance=Stance(row.stance) if row.stance else None,
        decided_at=row.decided_at,
    )


def refer(db: Db, finding_id: int, reason: str, who: str, at: datetime) -> None:
    """Put a finding on the leads' list; the first reason stays."""
    if referral(db, finding_id) is None:
        db.connection.execute(
            insert(referrals).values(
                finding_id=finding_id, reason=reason, referred_by=who, referred_at=at
            )
        )


def settle(db: Db, finding_id: int) -> None:
    """A lead has decided."""
    db.connection.execute(delete(referrals).where(referrals.c.finding_id == finding_id))


def referral(db: Db, finding_id: int) -> Referral | None:
    """Why a finding waits for a lead, if it does."""
    row = db.connection.execute(
        select(referrals).where(referrals.c.finding_id == finding_id)
    ).one_or_none()
    return Referral(row.finding_id, row.reason, row.referred_by, row.referred_at) if row else None


def draw(db: Db, size: int, at: datetime) -> int:
    """
    Draw posts that were judged, not flagged, and not drawn before; gives how many there were.

    Keys are drawn and those kept that qualify: every post is as likely as any other, and a large
    store need not be read.
    """
    first, last = db.connection.execute(
        select(func.min(posts.c.post_key), func.max(posts.c.post_key))
    ).one()
    if first is None:
        return 0
    eligible = (
        select(posts.c.post_key, posts.c.platform)
        .outerjoin(findings, findings.c.post_key == posts.c.post_key)
        .outerjoin(samples, samples.c.post_key == posts.c.post_key)
        .where(
            posts.c.judged_by.is_not(None),
            findings.c.finding_id.is_(None),
            samples.c.sample_id.is_(None),
        )
    )
    keys = range(first, last + 1)
    drawn: dict[int, str] = {}
    for _ in range(TRIES):
        some = random.sample(keys, min(len(keys), 10 * size))
        rows = db.connection.execute(eligible.where(posts.c.post_key.in_(some)))
        found = {row.post_key: row.platform for row in rows}
        drawn |= {key: found[key] for key in some if key in found}
        if len(drawn) >= size or len(some) == len(keys):
            break
    taken = list(drawn.items())[:size]
    if taken:
        db.connection.execute(
            insert(samples),
            [{"post_key": key, "platform": platform, "drawn_at": at} for key, platform in taken],
        )
    return len(taken)


def next_sample(db: Db) -> tuple[int, PostRow] | None:
    """The number of the oldest sample nobody has looked at, and its post."""
    row = db.connection.execute(
        select(samples.c.sample_id, posts)
        .join(posts, posts.c.post_key == samples.c.post_key)
        .where(samples.c.label.is_(None))
        .order_by(samples.c.sample_id)
        .limit(1)
    ).one_or_none()
    return (row.sample_id, post_row(db, row)) if row else None


def sampled_post(db: Db, sample_id: int) -> int | None:
    """The key of the post of a sample that waits."""
    return db.connection.scalar(
        select(samples.c.post_key).where(
            samples.c.sample_id == sample_id, samples.c.label.is_(None)
        )
    )


def judge_sample(db: Db, sample_id: int, label: Label, reviewer: str, at: datetime) -> None:
    """Record what a person says of a sample."""
    db.connection.execute(
        update(samples)
        .where(samples.c.sample_id == sample_id)
        .values(label=label, reviewer=reviewer, decided_at=at)
    )


def every_sample(db: Db) -> list[Sample]:
    """All samples, oldest first."""
    rows = db.connection.execute(select(samples).order_by(samples.c.sample_id))
    return [
        Sample(row.sample_id, row.platform, Label(row.label) if row.label else None, row.reviewer)
        for row in rows
    ]


def forget(db: Db, keys: Sequence[int]) -> None:
    """Posts are removed: what was said of them stays as a figure, without a trace of whom."""
    gone = select(findings.c.finding_id).where(findings.c.post_key.in_(keys))
    db.connection.execute(
        delete(second_looks).where(
            second_looks.c.finding_id.in_(gone), second_looks.c.reviewer.is_(None)
        )
    )
    db.connection.execute(
        update(second_looks)
        .where(second_looks.c.finding_id.in_(gone))
        .values(finding_id=None, note=None)
    )
    db.connection.execute(
        delete(samples).where(samples.c.post_key.in_(keys), samples.c.label.is_(None))
    )
    db.connection.execute(update(samples).where(samples.c.post_key.in_(keys)).values(post_key=None))
