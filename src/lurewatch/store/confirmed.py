"""Which findings people confirmed: those of a campaign, and all of them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from lurewatch.finding import LURING, Label
from lurewatch.store import Db
from lurewatch.store.tables import campaign_members, campaigns, decisions, findings


@dataclass(frozen=True, slots=True)
class Named:
    """A campaign as it was named, and the findings that people confirmed to be its."""

    campaign_id: int
    name: str
    named_at: datetime
    confirmed_at: datetime  # the newest of them
    finding_ids: tuple[int, ...]


def campaign_called(db: Db, name: str) -> Named | None:
    """The campaign that is called so now."""
    own = db.connection.execute(
        select(campaigns).where(campaigns.c.name == name, campaigns.c.withdrawn_at.is_(None))
    ).one_or_none()
    if own is None:
        return None
    rows = db.connection.execute(
        select(findings.c.finding_id, campaign_members.c.confirmed_at)
        .join(campaign_members, campaign_members.c.post_key == findings.c.post_key)
        .where(campaign_members.c.campaign_id == own.campaign_id)
        .order_by(findings.c.finding_id)
    ).all()
    newest = max((row.confirmed_at for row in rows), default=own.named_at)
    numbers = tuple(row.finding_id for row in rows)
    return Named(own.campaign_id, own.name, own.named_at, newest, numbers)


def ever_called_lures(db: Db) -> list[int]:
    """The findings that somebody once called a lure that solicits or recruits: the last word may be another."""
    return list(
        db.connection.scalars(
            select(decisions.c.finding_id)
            .where(decisions.c.label == Label.LURE, decisions.c.stance.in_(sorted(LURING)))
            .distinct()
            .order_by(decisions.c.finding_id)
        )
    )
