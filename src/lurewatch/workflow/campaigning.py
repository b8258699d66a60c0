"""Campaigns follow what becomes of their requests."""

from collections.abc import Sequence

from lurewatch.campaign import Campaign, CampaignEvent, follows, taken
from lurewatch.store import Db, Store, audit
from lurewatch.store import campaigns as kept
from lurewatch.workflow.common import current


def campaigns(store: Store) -> list[Campaign]:
    """The campaigns whose name stands, and how far each has come."""
    with store.reading() as db:
        return kept.every(db)


def campaign_events(store: Store, names: Sequence[str]) -> dict[str, list[CampaignEvent]]:
    """What became of the campaigns of these names, oldest first."""
    with store.reading() as db:
        return kept.events_of(db, names)


def raise_alarm(db: Db, finding_id: int, why: str, *, who: str) -> None:
    """What was taken down of a finding's campaigns is here again: they are open again, whatever they were."""
    audit.one_writer(db)
    for one in kept.about(db, finding_id):
        _take(db, one, "alarm", why, who=who)


def follow(db: Db, finding_id: int, why: str, *, who: str) -> None:
    """A request about a finding was drafted or has moved: its campaigns close or go on with it."""
    audit.one_writer(db)
    _follow(db, kept.about(db, finding_id), why, who=who)


def follow_all(db: Db, why: str, *, who: str) -> None:
    """Every campaign stands as its requests do, those too whose posts were confirmed or forgotten since."""
    audit.one_writer(db)
    _follow(db, kept.every(db), why, who=who)


def _follow(db: Db, some: Sequence[Campaign], why: str, *, who: str) -> None:
    for one in some:
        if step := follows(one.state, kept.states_of(db, one.campaign_id)):
            _take(db, one, step, why, who=who)


def _take(db: Db, one: Campaign, step: str, why: str, *, who: str) -> None:
    event = taken(one, step, who=who, at=current(), note=why)
    if kept.add(db, event, one.state):
        audit.note(db, event.at, who, f"{step} campaign", str(one.campaign_id))
