"""Verdicts, the findings they make, and the decisions of people: three things, kept apart."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, insert, select, update

from lurewatch.finding import (
    PROTECTED,
    Contact,
    Decision,
    Finding,
    Grade,
    Label,
    Reason,
    Service,
    Stance,
    Verdict,
)
from lurewatch.store import Db, masking
from lurewatch.store.posts import KEPT_UNJUDGED, load
from lurewatch.store.tables import decisions, findings, observables, posts, verdicts

UNDONE = "undone"  # a decision row that takes the one before it back


def record(db: Db, post_key: int, verdict: Verdict, judged_by: str, at: datetime) -> bool:
    """Keep a verdict; gives whether it makes a new finding. Nothing a person decided is touched."""
    if verdict.stance in PROTECTED:
        masking.hide(db, post_key)
        verdict = masking.hidden(verdict)
    kept = db.connection.execute(
        insert(verdicts).values(
            post_key=post_key,
            text_sha256=select(posts.c.text_sha256)
            .where(posts.c.post_key == post_key)
            .scalar_subquery(),
            grade=verdict.grade,
            stance=verdict.stance,
            services=" ".join(verdict.services),
            score=verdict.score,
            model=verdict.model,
            lexicon=verdict.lexicon,
            judged_at=at,
            sealed=db.vault.seal(_dump(verdict)),
        )
    )
    verdict_id = int(kept.inserted_primary_key[0])  # type: ignore[index]  # one row was inserted
    db.connection.execute(
        update(posts).where(posts.c.post_key == post_key).values(judged_by=judged_by)
    )
    if not verdict.flagged:
        return False
    _observe(db, post_key, verdict.contacts)
    return _find(db, post_key, verdict_id, verdict, at)


def _dump(verdict: Verdict) -> bytes:
    detail = {
        "stage": verdict.stage,
        "reasons": [asdict(reason) for reason in verdict.reasons],
        "contacts": [asdict(contact) for contact in verdict.contacts],
        "devices": verdict.devices,
    }
    return json.dumps(detail).encode("ascii")


def _observe(db: Db, post_key: int, contacts: Sequence[Contact]) -> None:
    db.connection.execute(delete(observables).where(observables.c.post_key == post_key))
    for contact in contacts:
        if contact.channel != "pointer":
            db.connection.execute(
                insert(observables).values(
                    post_key=post_key,
                    channel=contact.channel,
                    value_hash=observed(db, contact.channel, contact.value),
                )
            )


def observed(db: Db, channel: str, value: str) -> str:
    """A contact as `observables` holds it."""
    return db.vault.keyed_hash(f"{channel}:{value.lower()}")


def _find(db: Db, post_key: int, verdict_id: int, verdict: Verdict, at: datetime) -> bool:
    known = db.connection.scalar(
        select(findings.c.finding_id).where(findings.c.post_key == post_key)
    )
    shown = {"verdict_id": verdict_id, "grade": verdict.grade, "score": verdict.score}
    if known:
        db.connection.execute(
            update(findings).where(findings.c.finding_id == known).values(**shown)
        )
        return False
    platform = select(posts.c.platform).where(posts.c.post_key == post_key).scalar_subquery()
    db.connection.execute(
        insert(findings).values(
            post_key=post_key, platform=platform, found_at=at, decided=False, **shown
        )
    )
    keep_for_good(db, post_key)
    return True


def keep_for_good(db: Db, post_key: int) -> None:
    """A finding does not expire while a person may still need it."""
    db.connection.execute(update(posts).where(posts.c.post_key == post_key).values(expires_at=None))


def _chosen(
    grade: Grade | None, decided: bool | None, platform: str | None, query: Select[Any]
) -> Select[Any]:
    if grade is not None:
        query = query.where(findings.c.grade == grade)
    if decided is not None:
        query = query.where(findings.c.decided == decided)
    if platform is not None:
        query = query.where(findings.c.platform == platform)
    return query


WHOLE = select(
    findings.c.finding_id,
    posts.c.sealed.label("post"),
    posts.c.first_seen,
    posts.c.last_seen,
    verdicts.c.grade,
    verdicts.c.stance,
    verdicts.c.services,
    verdicts.c.score,
    verdicts.c.model,
    verdicts.c.lexicon,
    verdicts.c.sealed.label("detail"),
).select_from(
    findings.join(posts, posts.c.post_key == findings.c.post_key).join(
        verdicts, verdicts.c.verdict_id == findings.c.verdict_id
    )
)


def to_review(
    db: Db,
    *,
    limit: int,
    offset: int = 0,
    grade: Grade | None = None,
    decided: bool | None = False,
    platform: str | None = None,
) -> list[Finding]:
    """Findings, the clearest first."""
    query = _chosen(grade, decided, platform, WHOLE)
    order = (findings.c.grade.desc(), findings.c.score.desc(), findings.c.finding_id)
    rows = db.connection.execute(query.order_by(*order).limit(limit).offset(offset)).all()
    return [_finding(db, row) for row in rows]


def count(
    db: Db,
    *,
    grade: Grade | None = None,
    decided: bool | None = False,
    platform: str | None = None,
) -> int:
    """How many findings there are of a kind."""
    query = _chosen(grade, decided, platform, select(func.count()).select_from(findings))
    return int(db.connection.scalar(query) or 0)


def counts(db: Db) -> dict[tuple[str, bool], int]:
    """How many findings there are of each grade, decided and not."""
    rows = db.connection.execute(
        select(findings.c.grade, findings.c.decided, func.count()).group_by(
            findings.c.grade, findings.c.decided
        )
    ).all()
    return {(str(grade), bool(decided)): int(count) for grade, decided, count in rows}


def get(db: Db, finding_id: int) -> Finding | None:
    """One finding."""
    row = db.connection.execute(WHOLE.where(findings.c.finding_id == finding_id)).one_or_none()
    return _finding(db, row) if row else None


def _finding(db: Db, row: Any) -> Finding:
    detail = json.loads(db.vault.open(row.detail))
    made = decisions_on(db, row.finding_id)
    return Finding(
        finding_id=row.finding_id,
        post=load(db.vault.open(row.post)),
        verdict=Verdict(
            stance=Stance(row.stance),
            services=tuple(Service(name) for name in row.services.split()),
            grade=Grade(row.grade),
            stage=detail["stage"],
            score=row.score,
            reasons=tuple(Reason(**reason) for reason in detail["reasons"]),
            contacts=tuple(Contact(**contact) for contact in detail["contacts"]),
            devices=tuple(detail["devices"]),
            model=row.model,
            lexicon=row.lexicon,
        ),
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        decision=made[-1] if made else None,
    )


def decisions_on(db: Db, finding_id: int) -> list[Decision]:
    """The decisions that stand, oldest first; each *undone* takes the one before it away."""
    rows = db.connection.execute(
        select(decisions)
        .where(decisions.c.finding_id == finding_id)
        .order_by(decisions.c.decision_id)
    )
    standing: list[Decision] = []
    for row in rows:
        if row.label == UNDONE:
            standing.pop()
            continue
        standing.append(
            Decision(
                decision_id=row.decision_id,
                finding_id=row.finding_id,
                label=Label(row.label),
                stance=Stance(row.stance),
                services=tuple(Service(name) for name in row.services.split()),
                note=db.vault.open(row.note).decode("utf-8", "surrogatepass"),
                reviewer=row.reviewer,
                decided_at=row.decided_at,
            )
        )
    return standing


def decide(
    db: Db,
    finding_id: int,
    label: str,
    stance: Stance,
    services: Sequence[Service],
    note: str,
    reviewer: str,
    at: datetime,
) -> None:
    """Add a decision, or its undoing; the post of one that is no lure may expire."""
    db.connection.execute(
        insert(decisions).values(
            finding_id=finding_id,
            label=label,
            stance=stance,
            services=" ".join(services),
            note=db.vault.seal(note.encode("utf-8", "surrogatepass")),
            reviewer=reviewer,
            decided_at=at,
        )
    )
    standing = decisions_on(db, finding_id)
    db.connection.execute(
        update(findings)
        .where(findings.c.finding_id == finding_id)
        .values(decided=bool(standing) and standing[-1].label != Label.UNSURE)
    )
    dropped = bool(standing) and standing[-1].label == Label.NOT_LURE
    key = select(findings.c.post_key).where(findings.c.finding_id == finding_id).scalar_subquery()
    db.connection.execute(
        update(posts)
        .where(posts.c.post_key == key)
        .values(expires_at=at + KEPT_UNJUDGED if dropped else None)
    )
