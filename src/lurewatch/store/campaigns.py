"""How far campaigns have come, and what brought them there."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Select, func, insert, select, update

from lurewatch.campaign import SHUT, Campaign, CampaignEvent, CampaignState
from lurewatch.store import Db
from lurewatch.store.tables import (
    campaign_events,
    campaign_members,
    campaigns,
    findings,
    requests,
)
from lurewatch.takedown import TakedownState

LONGEST: Final = 200  # characters of a note


def every(db: Db) -> list[Campaign]:
    """The campaigns whose name stands, by name."""
    return [_campaign(db, row) for row in db.connection.execute(_named())]


def about(db: Db, finding_id: int) -> list[Campaign]:
    """The campaigns that the post of a finding is in."""
    own = (
        select(campaign_members.c.campaign_id)
        .join(findings, findings.c.post_key == campaign_members.c.post_key)
        .where(findings.c.finding_id == finding_id)
    )
    rows = db.connection.execute(_named().where(campaigns.c.campaign_id.in_(own)))
    return [_campaign(db, row) for row in rows]


def _named() -> Select[tuple[object, ...]]:
    return select(campaigns).where(campaigns.c.withdrawn_at.is_(None)).order_by(campaigns.c.name)


def _campaign(db: Db, row: object) -> Campaign:
    values = row._mapping  # type: ignore[attr-defined]
    number = values["campaign_id"]
    own = campaign_members.c.campaign_id == number
    posts = db.connection.scalar(select(func.count()).select_from(campaign_members).where(own))
    states = states_of(db, number)
    return Campaign(
        campaign_id=number,
        name=values["name"],
        state=CampaignState(values["state"]),
        named_by=values["named_by"],
        named_at=values["named_at"],
        posts=int(posts or 0),
        requests=len(states),
        under_way=sum(one not in SHUT for one in states),
    )


def states_of(db: Db, campaign_id: int) -> list[TakedownState]:
    """The states of the requests about a campaign's posts."""
    query = (
        select(requests.c.state)
        .join(findings, findings.c.finding_id == requests.c.finding_id)
        .join(campaign_members, campaign_members.c.post_key == findings.c.post_key)
        .where(campaign_members.c.campaign_id == campaign_id)
    )
    return [TakedownState(state) for state in db.connection.scalars(query)]


def add(db: Db, event: CampaignEvent, before: CampaignState) -> bool:
    """Take a step; False when another was taken in the meantime."""
    moved = db.connection.execute(
        update(campaigns)
        .where(campaigns.c.campaign_id == event.campaign_id, campaigns.c.state == before)
        .values(state=event.state)
    )
    if not moved.rowcount:
        return False
    db.connection.execute(
        insert(campaign_events).values(
            campaign_id=event.campaign_id,
            at=event.at,
            who=event.who,
            step=event.step,
            state=event.state,
            note=event.note[:LONGEST],
        )
    )
    return True


def events_of(db: Db, names: Sequence[str]) -> dict[str, list[CampaignEvent]]:
    """What became of the campaigns of these names, oldest first."""
    found: dict[str, list[CampaignEvent]] = {name: [] for name in names}
    rows = db.connection.execute(
        select(campaign_events, campaigns.c.name)
        .join(campaigns, campaigns.c.campaign_id == campaign_events.c.campaign_id)
        .where(campaigns.c.name.in_(names), campaigns.c.withdrawn_at.is_(None))
        .order_by(campaign_events.c.event_id)
    )
    for row in rows:
        found[row.name].append(
            CampaignEvent(
                row.campaign_id, row.at, row.who, row.step, CampaignState(row.state), row.note
            )
        )
    return found
