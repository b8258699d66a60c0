"""Webhooks, and what is still to be told to each."""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import insert, select, update

from lurewatch.post import zulu
from lurewatch.store import Db
from lurewatch.store.tables import deliveries, webhooks

HELD: Final = timedelta(minutes=2)  # whoever takes a delivery has so long to tell how it went


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that is told; `webhook_id` is 0 until the store has it."""

    webhook_id: int
    url: str
    secret: str
    disabled: bool
    added_by: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing to be told to one webhook."""

    delivery_id: int
    webhook_id: int
    body: str
    tries: int  # with the one that is being made


def add_webhook(db: Db, hook: Webhook) -> Webhook:
    """A new address; gives it with its number."""
    kept = db.connection.execute(
        insert(webhooks).values(
            url=hook.url,
            secret=db.vault.seal(hook.secret.encode("ascii")),
            disabled=hook.disabled,
            added_by=hook.added_by,
            added_at=hook.added_at,
        )
    )
    return replace(hook, webhook_id=int(kept.inserted_primary_key[0]))  # type: ignore[index]


def every_webhook(db: Db) -> list[Webhook]:
    """All webhooks in the order they were added."""
    return [
        Webhook(
            row.webhook_id,
            row.url,
            db.vault.open(row.secret).decode("ascii"),
            row.disabled,
            row.added_by,
            row.added_at,
        )
        for row in db.connection.execute(select(webhooks).order_by(webhooks.c.webhook_id))
    ]


def disable(db: Db, webhook_id: int) -> bool:
    """A webhook is told nothing more; False when there is none of this number."""
    changed = db.connection.execute(
        update(webhooks).where(webhooks.c.webhook_id == webhook_id).values(disabled=True)
    )
    db.connection.execute(
        update(deliveries)
        .where(deliveries.c.webhook_id == webhook_id, deliveries.c.state == "waiting")
        .values(state="given_up", answer="the webhook was disabled")
    )
    return bool(changed.rowcount)


def announce(db: Db, event: str, finding_id: int, at: datetime) -> None:
    """
    Have every webhook told, in the transaction in which the event became true.

    Only the number of the finding is told: whoever may know more fetches it with a token.
    """
    body = json.dumps({"event": event, "finding": finding_id, "at": zulu(at)})
    chosen = select(webhooks.c.webhook_id).where(webhooks.c.disabled.is_(False))
    for webhook_id in list(db.connection.scalars(chosen)):
        db.connection.execute(
            insert(deliveries).values(
                webhook_id=webhook_id, body=body, state="waiting", tries=0, due_at=at, answer=""
            )
        )


def take(db: Db, now: datetime) -> Delivery | None:
    """
    The next delivery that is due; nobody else gets it before its holder's time is over.

    One of a process that died comes again then: a receiver may be told twice, never not at all.
    """
    query = (
        select(deliveries)
        .where(deliveries.c.state == "waiting", deliveries.c.due_at <= now)
        .order_by(deliveries.c.due_at, deliveries.c.delivery_id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = db.connection.execute(query).one_or_none()
    if row is None:
        return None
    db.connection.execute(
        update(deliveries)
        .where(deliveries.c.delivery_id == row.delivery_id)
        .values(tries=row.tries + 1, due_at=now + HELD)
    )
    return Delivery(row.delivery_id, row.webhook_id, row.body, row.tries + 1)


def settle(db: Db, delivery: Delivery, state: str, answer: str, due_at: datetime) -> None:
    """How a try went; *due_at* is when the next one is made, where one is."""
    db.connection.execute(
        update(deliveries)
        .where(deliveries.c.delivery_id == delivery.delivery_id)
        .values(state=state, answer=answer[:200], due_at=due_at)
    )


def counts(db: Db) -> dict[tuple[int, str], int]:
    """Deliveries of each webhook by state."""
    found: dict[tuple[int, str], int] = {}
    for row in db.connection.execute(select(deliveries.c.webhook_id, deliveries.c.state)):
        found[row.webhook_id, row.state] = found.get((row.webhook_id, row.state), 0) + 1
    return found
