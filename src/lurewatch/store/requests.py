"""Kept evidence and the takedown requests that rest on it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, insert, select, true, update

from lurewatch.addresses import same_page
from lurewatch.errors import InputError
from lurewatch.post import Post
from lurewatch.store import Db
from lurewatch.store.findings import get
from lurewatch.store.posts import dump, load
from lurewatch.store.tables import evidence, findings, posts, request_events, requests, revisions
from lurewatch.takedown import TakedownRequest, TakedownState, Track


@dataclass(frozen=True, slots=True)
class KeptEvidence:
    """One package on disk and the digest of its SHA256SUMS."""

    finding_id: int
    path: Path
    sums_sha256: str
    complete: bool
    kept_at: datetime


def record_evidence(db: Db, kept: KeptEvidence) -> None:
    """A package has been kept."""
    db.connection.execute(
        insert(evidence).values(
            finding_id=kept.finding_id,
            path=str(kept.path),
            sums_sha256=kept.sums_sha256,
            complete=kept.complete,
            kept_at=kept.kept_at,
        )
    )


def evidence_of(db: Db, finding_id: int) -> list[KeptEvidence]:
    """The packages of a finding, newest first."""
    return _packages(db, select(evidence).where(evidence.c.finding_id == finding_id))


def digests(db: Db) -> list[tuple[str, str]]:
    """The folder's name and the digest of every package that was ever kept; no name once it is gone."""
    rows = db.connection.execute(select(evidence.c.path, evidence.c.sums_sha256))
    return [(Path(row.path).name if row.path else "", row.sums_sha256) for row in rows]


def all_evidence(db: Db) -> list[KeptEvidence]:
    """Every package, newest first."""
    return _packages(db, select(evidence))


def _packages(db: Db, query: Select[Any]) -> list[KeptEvidence]:
    there = query.where(evidence.c.path != "")  # one that was kept long enough is gone
    rows = db.connection.execute(there.order_by(evidence.c.evidence_id.desc()))
    return [
        KeptEvidence(row.finding_id, Path(row.path), row.sums_sha256, row.complete, row.kept_at)
        for row in rows
    ]


def record(db: Db, request: TakedownRequest, reported: Post | None = None) -> TakedownRequest:
    """Keep a request, with the post as its letter tells of it; gives it with its number."""
    kept = db.connection.execute(
        insert(requests).values(
            finding_id=request.finding_id,
            track=request.track,
            recipient=request.recipient,
            state=request.state,
            letter=str(request.letter),
            package=str(request.package),
            drafted_by=request.drafted_by,
            drafted_at=request.drafted_at,
            channel=request.channel,
            address_hash=request.address_hash or address_hash(db, request.finding_id),
            cites=None if request.cites is None else json.dumps(request.cites, ensure_ascii=False),
            why_again=_sealed(db, request.why_again),
            infringement=request.infringement,
            quote=_sealed(db, request.quote),
            reported=db.vault.seal(dump(reported)) if reported else None,
        )
    )
    return replace(request, request_id=int(kept.inserted_primary_key[0]))  # type: ignore[index]


def reported(db: Db, request: TakedownRequest) -> Post:
    """
    The post as it was reported: as the request's letter tells of it.

    A request from before kept none: what counts then is how the post read when it was drafted.
    """
    row = db.connection.execute(
        select(requests.c.reported, posts.c.post_key, posts.c.sealed)
        .join(findings, findings.c.finding_id == requests.c.finding_id)
        .join(posts, posts.c.post_key == findings.c.post_key)
        .where(requests.c.request_id == request.request_id)
    ).one()
    sealed = row.reported or db.connection.scalar(
        select(revisions.c.sealed)
        .where(revisions.c.post_key == row.post_key, revisions.c.replaced_at > request.drafted_at)
        .order_by(revisions.c.revision_id)
        .limit(1)
    )
    return load(db.vault.open(sealed or row.sealed))


def _sealed(db: Db, text: str) -> bytes | None:
    return db.vault.seal(text.encode("utf-8", "surrogatepass")) if text else None


def _opened(db: Db, sealed: bytes | None) -> str:
    return db.vault.open(sealed).decode("utf-8", "surrogatepass") if sealed else ""


def address_hash(db: Db, finding_id: int) -> str:
    """The keyed hash of what all addresses of a finding's page have in common."""
    found = get(db, finding_id)
    url = found.post.url if found else ""
    try:
        key = same_page(url)
    except InputError:
        key = url or f"finding:{finding_id}"
    return db.vault.keyed_hash(f"address:{key}")


def hash_addresses(db: Db) -> None:
    """Give requests from before their address's hash."""
    lacking = select(requests.c.request_id, requests.c.finding_id).where(
        requests.c.address_hash.is_(None)
    )
    for row in db.connection.execute(lacking).all():
        db.connection.execute(
            update(requests)
            .where(requests.c.request_id == row.request_id)
            .values(address_hash=address_hash(db, row.finding_id))
        )


def every(db: Db) -> list[TakedownRequest]:
    """All requests, newest first."""
    rows = db.connection.execute(select(requests).order_by(requests.c.request_id.desc()))
    return [of_row(db, row) for row in rows]


@dataclass(frozen=True, slots=True)
class WantedRequests:
    """Which requests are asked for; an empty value leaves nothing out."""

    state: str = ""
    channel: str = ""
    track: str = ""
    drafted_by: str = ""

    def condition(self) -> ColumnElement[bool]:
        """What a row has to fulfil."""
        given = {name: getattr(self, name) for name in ("state", "channel", "track", "drafted_by")}
        return and_(true(), *(requests.c[name] == value for name, value in given.items() if value))


def some(db: Db, wanted: WantedRequests, *, limit: int, offset: int) -> list[TakedownRequest]:
    """Requests of a kind, newest first, a page of them."""
    rows = db.connection.execute(
        select(requests)
        .where(wanted.condition())
        .order_by(requests.c.request_id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [of_row(db, row) for row in rows]


def sent(
    db: Db, wanted: WantedRequests, about: Mapping[str, int], *, after: int, limit: int
) -> list[tuple[int, TakedownRequest]]:
    """
    Requests that ever went out, by their first sending, each with its place in that order.

    *about* may give a `request_id` and a `finding_id`.
    """
    went = (
        select(request_events.c.request_id, func.min(request_events.c.event_id).label("place"))
        .where(request_events.c.step == "send")
        .group_by(request_events.c.request_id)
        .subquery()
    )
    query = (
        select(requests, went.c.place)
        .join(went, went.c.request_id == requests.c.request_id)
        .where(wanted.condition(), went.c.place > after)
        .where(*(requests.c[name] == number for name, number in about.items()))
    )
    rows = db.connection.execute(query.order_by(went.c.place).limit(limit))
    return [(row.place, of_row(db, row)) for row in rows]


def counts_by(db: Db, name: str, wanted: WantedRequests) -> dict[str, int]:
    """How many there are of each value of a column, with the other filters as they are."""
    column = requests.c[name]
    rows = db.connection.execute(
        select(column, func.count())
        .where(replace(wanted, **{name: ""}).condition())
        .group_by(column)
        .order_by(column)
    )
    return {str(value): int(many) for value, many in rows}


def of_finding(db: Db, finding_id: int) -> list[TakedownRequest]:
    """The requests about a finding, newest first."""
    query = select(requests).where(requests.c.finding_id == finding_id)
    rows = db.connection.execute(query.order_by(requests.c.request_id.desc()))
    return [of_row(db, row) for row in rows]


def of_row(db: Db, row: Any) -> TakedownRequest:
    """A request as its row keeps it."""
    return TakedownRequest(
        request_id=row.request_id,
        finding_id=row.finding_id,
        track=Track(row.track),
        recipient=row.recipient,
        state=TakedownState(row.state),
        letter=Path(row.letter),
        package=Path(row.package),
        drafted_by=row.drafted_by,
        drafted_at=row.drafted_at,
        channel=row.channel,
        address_hash=row.address_hash or "",
        cites=None if row.cites is None else tuple(json.loads(row.cites)),
        why_again=_opened(db, row.why_again),
        infringement=row.infringement,
        quote=_opened(db, row.quote),
    )
