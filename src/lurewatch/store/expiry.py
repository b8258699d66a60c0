"""Forget what has expired, and keep only how much it was."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Table, and_, delete, func, insert, or_, select, update

from lurewatch.finding import PROTECTED, Label
from lurewatch.periods import Periods, shipped_periods
from lurewatch.post import Post
from lurewatch.store import Db, golden, links, masking, quality
from lurewatch.store.findings import decisions_on
from lurewatch.store.posts import KEPT_UNJUDGED, dump, text_sha256
from lurewatch.store.tables import (
    captures,
    checks,
    counters,
    decisions,
    emptied,
    evidence,
    findings,
    holds,
    metadata,
    observables,
    outcomes,
    post_pictures,
    posts,
    request_events,
    request_files,
    requests,
    revisions,
    sightings,
    verdicts,
)
from lurewatch.takedown import TakedownState

SETTLED: Final = (
    TakedownState.REMOVED,
    TakedownState.VERIFIED,
    TakedownState.REFUSED,
    TakedownState.WITHDRAWN,
)
BATCH: Final = 500  # rows named in one statement


@dataclass(frozen=True, slots=True)
class Purged:
    """How much was forgotten."""

    posts: int  # with all that was known of them
    captures: int
    handles: int  # contacts that linked posts
    masked: int  # posts that a person decided for a protected stance
    emptied: int  # findings of which only the count stays


@dataclass(frozen=True, slots=True)
class Leftover:
    """A file or folder of a finding whose bundle is gone."""

    path: Path
    sums_sha256: str  # of the package; nothing for a letter or a zip


def purge(db: Db, now: datetime, periods: Periods | None = None) -> Purged:
    """
    Remove posts that expired, empty findings that expired, and remove pages that show no living finding.

    A page that shows a finding stays with it: it is what the evidence rests on. A finding with
    evidence or a request on record is emptied at the earliest when all is settled, and one under a
    legal hold is not touched.
    """
    periods = periods or shipped_periods()
    handles = _count_rows(db, observables)
    due = now - (periods.negatives - KEPT_UNJUDGED)  # expires_at was written with KEPT_UNJUDGED
    gone = _keys(
        db,
        select(posts.c.post_key).where(
            posts.c.expires_at <= due, posts.c.post_key.not_in(_acted()), _free(posts.c.post_key)
        ),
    )
    forget(db, gone)
    over = _over(db, now - periods.findings)
    empty(db, over, now)
    purged = Purged(
        posts=len(gone),
        captures=_forget_captures(db, due),
        handles=handles - _count_rows(db, observables),
        masked=_mask_decided(db, now - periods.protected),
        emptied=len(over),
    )
    _count(db, "posts purged", purged.posts)
    _count(db, "captures purged", purged.captures)
    _count(db, "findings emptied", purged.emptied)
    return purged


def held() -> Select[Any]:
    """The findings under a legal hold."""
    return select(holds.c.finding_id).where(holds.c.released_at.is_(None))


def _free(post_key: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether no hold stands on a post."""
    return post_key.not_in(select(findings.c.post_key).where(findings.c.finding_id.in_(held())))


def _acted() -> Select[Any]:
    """The posts on which evidence or a request rests."""
    return select(findings.c.post_key).where(
        findings.c.finding_id.in_(select(evidence.c.finding_id))
        | findings.c.finding_id.in_(select(requests.c.finding_id))
    )


def standing() -> Select[Any]:
    """The findings about which a request is under way; a state we do not know is one of them."""
    return select(requests.c.finding_id).where(requests.c.state.not_in(SETTLED))


def _over(db: Db, due: datetime) -> list[int]:
    """Decided findings about which nothing was done since *due*."""
    active = (
        select(decisions.c.finding_id).where(decisions.c.decided_at > due),
        select(evidence.c.finding_id).where(evidence.c.kept_at > due),
        select(requests.c.finding_id).where(requests.c.drafted_at > due),
        standing(),
        held(),
        select(emptied.c.finding_id),
    )
    query = (
        select(findings.c.finding_id)
        .join(posts, posts.c.post_key == findings.c.post_key)
        .where(findings.c.decided, posts.c.last_seen <= due)
        .where(and_(*(findings.c.finding_id.not_in(one) for one in active)))
    )
    return _keys(db, query)


def forget(db: Db, post_keys: Sequence[int]) -> None:
    """Remove posts and every row that points at them."""
    for start in range(0, len(post_keys), BATCH):
        some = post_keys[start : start + BATCH]
        links.forget(db, some)
        quality.forget(db, some)
        golden.forget(db, some)
        _remove(db, posts, posts.c.post_key.in_(some))


def _remove(db: Db, table: Table, which: ColumnElement[bool]) -> None:
    """Remove rows; rows of other tables that need them go first, rows that do not let go of them."""
    for other in metadata.tables.values():
        for key in other.foreign_keys:
            if key.column.table is not table:
                continue
            points = key.parent.in_(select(key.column).where(which))
            if key.parent.nullable:
                db.connection.execute(update(other).where(points).values({key.parent.name: None}))
            else:
                _remove(db, other, points)
    db.connection.execute(delete(table).where(which))


def empty(db: Db, finding_ids: Sequence[int], now: datetime) -> None:
    """
    Take out of findings all that tells of a person: text, names, handles, pages, reasons, notes.

    What counts them (platform, grade, stance, moments, decisions, states of requests) stays, and
    their files are `leftovers` from now on.
    """
    for finding_id in finding_ids:
        key = db.connection.scalar(
            select(findings.c.post_key).where(findings.c.finding_id == finding_id)
        )
        _empty_post(db, int(key or 0))
        for column in (decisions.c.note, outcomes.c.note, holds.c.why):
            db.connection.execute(
                update(column.table)
                .where(column.table.c.finding_id == finding_id)
                .values({column.name: db.vault.seal(b"")})
            )
        asked = select(requests.c.request_id).where(requests.c.finding_id == finding_id)
        db.connection.execute(
            update(requests)
            .where(requests.c.finding_id == finding_id)
            .values(why_again=None, quote=None, reported=None)
        )
        for table, name in ((request_events, "note"), (checks, "detail")):
            db.connection.execute(
                update(table)
                .where(table.c.request_id.in_(asked))
                .values({name: db.vault.seal(b"")})
            )
        db.connection.execute(insert(emptied).values(finding_id=finding_id, emptied_at=now))


def _empty_post(db: Db, post_key: int) -> None:
    links.forget(db, [post_key])
    for table in (observables, revisions, sightings, post_pictures):
        db.connection.execute(delete(table).where(table.c.post_key == post_key))
    row = db.connection.execute(
        select(posts.c.platform, posts.c.post_id).where(posts.c.post_key == post_key)
    ).one()
    stub = Post(row.platform, f"gone-{db.vault.keyed_hash(row.post_id)[:32]}", "", "")
    db.connection.execute(
        update(posts)
        .where(posts.c.post_key == post_key)
        .values(
            post_id=stub.post_id,
            author_hash=db.vault.keyed_hash(stub.post_id),
            text_sha256=text_sha256(stub),
            sealed=db.vault.seal(dump(stub)),
            expires_at=None,
        )
    )
    query = select(verdicts.c.verdict_id, verdicts.c.sealed).where(verdicts.c.post_key == post_key)
    for verdict in db.connection.execute(query).all():
        detail = json.loads(db.vault.open(verdict.sealed)) | {"reasons": [], "contacts": []}
        db.connection.execute(
            update(verdicts)
            .where(verdicts.c.verdict_id == verdict.verdict_id)
            .values(sealed=db.vault.seal(json.dumps(detail).encode("ascii")))
        )


def _forget_captures(db: Db, due: datetime) -> int:
    living = (
        select(sightings.c.capture_id)
        .join(findings, findings.c.post_key == sightings.c.post_key)
        .where(sightings.c.capture_id.is_not(None))
    )
    gone = _keys(
        db,
        select(captures.c.capture_id).where(
            captures.c.expires_at <= due, captures.c.capture_id.not_in(living)
        ),
    )
    for start in range(0, len(gone), BATCH):
        some = gone[start : start + BATCH]
        db.connection.execute(
            update(sightings).where(sightings.c.capture_id.in_(some)).values(capture_id=None)
        )
        db.connection.execute(delete(captures).where(captures.c.capture_id.in_(some)))
    return len(gone)


def _mask_decided(db: Db, due: datetime) -> int:
    """Mask the posts whose last word, spoken before *due*, is that a protected person wrote them."""
    query = (
        select(findings.c.finding_id, findings.c.post_key)
        .join(decisions, decisions.c.finding_id == findings.c.finding_id)
        .where(decisions.c.label == Label.NOT_LURE, decisions.c.stance.in_(PROTECTED))
        .where(_free(findings.c.post_key))
        .where(findings.c.finding_id.not_in(select(emptied.c.finding_id)))
        .distinct()
    )
    masked = 0
    for finding_id, post_key in db.connection.execute(query).all():
        made = decisions_on(db, finding_id)
        if not made or made[-1].label is not Label.NOT_LURE or made[-1].stance not in PROTECTED:
            continue
        if made[-1].decided_at <= due:
            masked += masking.hide(db, post_key)
    return masked


def is_emptied(db: Db, finding_id: int) -> bool:
    """Whether a finding's bundle is gone."""
    query = select(emptied.c.finding_id).where(emptied.c.finding_id == finding_id)
    return db.connection.scalar(query) is not None


def all_emptied(db: Db) -> set[int]:
    """The findings whose bundle is gone."""
    return set(_keys(db, select(emptied.c.finding_id)))


def leftovers(db: Db) -> list[Leftover]:
    """The files of findings whose bundle is gone."""
    gone = select(emptied.c.finding_id)
    packages = db.connection.execute(
        select(evidence.c.path, evidence.c.sums_sha256).where(
            evidence.c.finding_id.in_(gone), evidence.c.path != ""
        )
    ).all()
    asked = db.connection.execute(
        select(requests.c.letter, requests.c.package).where(
            requests.c.finding_id.in_(gone), or_(requests.c.letter != "", requests.c.package != "")
        )
    ).all()
    beside = db.connection.scalars(
        select(request_files.c.path)
        .join(requests, requests.c.request_id == request_files.c.request_id)
        .where(requests.c.finding_id.in_(gone), request_files.c.path != "")
    ).all()
    paths = dict.fromkeys([*(path for row in asked for path in row if path), *beside])
    found = [Leftover(Path(path), sums) for path, sums in packages]
    return found + [Leftover(Path(path), "") for path in paths]


def let_go(db: Db, leftover: Leftover) -> None:
    """A leftover is no longer there."""
    shown = str(leftover.path)
    for column in (
        evidence.c.path,
        requests.c.letter,
        requests.c.package,
        request_files.c.path,
    ):
        db.connection.execute(update(column.table).where(column == shown).values({column.name: ""}))


def _keys(db: Db, query: Select[Any]) -> list[int]:
    return [int(key) for key in db.connection.scalars(query)]


def _count_rows(db: Db, table: Table) -> int:
    return int(db.connection.scalar(select(func.count()).select_from(table)) or 0)


def _count(db: Db, name: str, more: int) -> None:
    if not more:
        return
    changed = db.connection.execute(
        update(counters).where(counters.c.name == name).values(count=counters.c.count + more)
    )
    if not changed.rowcount:
        db.connection.execute(insert(counters).values(name=name, count=more))
