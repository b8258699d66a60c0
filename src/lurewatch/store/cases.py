"""What was done with requests, and what re-checks found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import insert, or_, select, update

from lurewatch.store import Db, deliveries
from lurewatch.store.requests import of_row
from lurewatch.store.tables import checks, request_events, requests
from lurewatch.takedown import Event, TakedownRequest, TakedownState, Told

Outcome = Literal[
    "live",
    "edited",
    # not there, as the page says itself (lurewatch.notices has the words); `gone`: not why
    "removed_by_platform",
    "deleted_or_private",
    "account_closed",
    "gone",
    # these say nothing of the post; `lost` is what network_error was called before
    "login_wall",
    "captcha",
    "wall",
    "network_error",
    "lost",
    "unclear",
]
INSIDE: Final = frozenset({TakedownState.DRAFTED, TakedownState.SUBMITTED, TakedownState.APPROVED})
GONE: Final = frozenset({"removed_by_platform", "deleted_or_private", "account_closed", "gone"})
SEEN: Final = frozenset({"live", "edited"})
BATCH: Final = 500  # requests named in one statement


@dataclass(frozen=True, slots=True)
class Check:
    """One look at a reported post."""

    request_id: int
    at: datetime
    outcome: Outcome
    detail: str


def get(db: Db, request_id: int) -> TakedownRequest | None:
    """One request."""
    row = db.connection.execute(
        select(requests).where(requests.c.request_id == request_id)
    ).one_or_none()
    return of_row(db, row) if row else None


def add(db: Db, event: Event, before: TakedownState) -> bool:
    """
    Take a step; False when another was taken in the meantime.

    Webhooks are told of what left the house: of no draft, and of no approval.
    """
    moved = db.connection.execute(
        update(requests)
        .where(requests.c.request_id == event.request_id, requests.c.state == before)
        .values(state=event.state)
    )
    if not moved.rowcount:
        return False
    db.connection.execute(
        insert(request_events).values(
            request_id=event.request_id,
            at=event.at,
            who=event.who,
            step=event.step,
            state=event.state,
            receipt=event.receipt[:200],
            note=db.vault.seal(event.note.encode("utf-8", "surrogatepass")),
        )
    )
    if event.state is TakedownState.SENT or not {before, event.state} & INSIDE:
        finding = select(requests.c.finding_id).where(requests.c.request_id == event.request_id)
        number = int(db.connection.scalar(finding) or 0)
        deliveries.announce(db, f"request.{event.state}", number, event.at)
    return True


def events_of(db: Db, request_ids: Sequence[int]) -> dict[int, list[Event]]:
    """The events of each request, oldest first."""
    found: dict[int, list[Event]] = {number: [] for number in request_ids}
    rows = (
        row
        for start in range(0, len(request_ids), BATCH)
        for row in db.connection.execute(
            select(request_events)
            .where(request_events.c.request_id.in_(request_ids[start : start + BATCH]))
            .order_by(request_events.c.event_id)
        )
    )
    for row in rows:
        note = db.vault.open(row.note).decode("utf-8", "surrogatepass")
        found[row.request_id].append(
            Event(
                row.request_id,
                row.at,
                row.who,
                row.step,
                TakedownState(row.state),
                row.receipt,
                note,
            )
        )
    return found


def told(db: Db, request: TakedownRequest) -> list[Told]:
    """
    Requests about the same finding or address to the same channel, newest first.

    The request itself is among them once it was sent.
    """
    rows = db.connection.execute(
        select(requests.c.request_id, requests.c.state)
        .where(
            requests.c.channel == request.channel,
            or_(
                requests.c.finding_id == request.finding_id,
                requests.c.address_hash == request.address_hash,
            ),
        )
        .order_by(requests.c.request_id.desc())
    ).all()
    numbers = [row.request_id for row in rows]
    sent = set(
        db.connection.scalars(
            select(request_events.c.request_id).where(
                request_events.c.request_id.in_(numbers), request_events.c.step == "send"
            )
        )
    )
    found = [Told(row.request_id, TakedownState(row.state), row.request_id in sent) for row in rows]
    return [one for one in found if one.sent or one.request_id != request.request_id]


def last_live(db: Db, numbers: Sequence[int]) -> datetime | None:
    """When the newest look that says anything found the post; none where it found none."""
    row = db.connection.execute(
        select(checks.c.at, checks.c.outcome)
        .where(checks.c.request_id.in_(numbers), checks.c.outcome.in_(GONE | SEEN))
        .order_by(checks.c.at.desc(), checks.c.check_id.desc())
        .limit(1)
    ).one_or_none()
    return row.at if row and row.outcome in SEEN else None


def causes(db: Db, request_ids: Sequence[int]) -> dict[int, Outcome]:
    """As what the newest look that found each of these posts gone told it."""
    found: dict[int, Outcome] = {}
    for start in range(0, len(request_ids), BATCH):
        query = select(checks.c.request_id, checks.c.outcome).where(
            checks.c.request_id.in_(request_ids[start : start + BATCH]), checks.c.outcome.in_(GONE)
        )
        for row in db.connection.execute(query.order_by(checks.c.check_id)):
            found[row.request_id] = row.outcome
    return found


def add_check(db: Db, check: Check) -> None:
    """Keep what a look found."""
    db.connection.execute(
        insert(checks).values(
            request_id=check.request_id,
            at=check.at,
            outcome=check.outcome,
            detail=db.vault.seal(check.detail.encode("utf-8", "surrogatepass")),
        )
    )


def checks_of(db: Db, request_id: int) -> list[Check]:
    """The looks at a request's post, oldest first."""
    rows = db.connection.execute(
        select(checks).where(checks.c.request_id == request_id).order_by(checks.c.check_id)
    )
    return [
        Check(
            row.request_id,
            row.at,
            row.outcome,
            db.vault.open(row.detail).decode("utf-8", "surrogatepass"),
        )
        for row in rows
    ]
