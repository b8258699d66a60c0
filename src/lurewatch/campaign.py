"""How far a campaign has come: what may follow what, and what follows from its requests."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from lurewatch.errors import NotAllowedError
from lurewatch.takedown import TakedownState


class CampaignState(StrEnum):
    """Whether anything is left to do about a campaign."""

    OPEN = "open"
    CLOSED = "closed"  # all its requests are
    REOPENED = "reopened"  # what was taken down is here again


@dataclass(frozen=True, slots=True)
class CampaignStep:
    """What may become of a campaign: from where, to where. No person takes one: it follows its requests."""

    name: str
    sources: frozenset[CampaignState]
    target: CampaignState


S: Final = CampaignState
STEPS: Final = {
    step.name: step
    for step in (
        CampaignStep("close", frozenset({S.OPEN, S.REOPENED}), S.CLOSED),
        CampaignStep("resume", frozenset({S.CLOSED}), S.OPEN),  # one more request is under way
        CampaignStep("alarm", frozenset(S), S.REOPENED),
    )
}
SHUT: Final = frozenset({TakedownState.VERIFIED, TakedownState.REFUSED, TakedownState.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Campaign:
    """A cluster that a person confirmed and named."""

    campaign_id: int
    name: str
    state: CampaignState
    named_by: str
    named_at: datetime
    posts: int  # that people confirmed
    requests: int  # about them
    under_way: int  # of those


@dataclass(frozen=True, slots=True)
class CampaignEvent:
    """One step that was taken, and why."""

    campaign_id: int
    at: datetime
    who: str  # whose deed it follows from
    step: str
    state: CampaignState  # after it
    note: str


def follows(state: CampaignState, requests: Sequence[TakedownState]) -> str:
    """
    The step that a campaign's requests lead to; nothing where they lead nowhere.

    Requests that were all withdrawn close nothing: nobody acted on any post.

    >>> sent, gone, withdrawn = TakedownState.SENT, TakedownState.VERIFIED, TakedownState.WITHDRAWN
    >>> [follows(S.OPEN, some) for some in ([], [gone, sent], [gone, withdrawn], [withdrawn])]
    ['', '', 'close', '']
    >>> follows(S.CLOSED, [gone, sent]), follows(S.REOPENED, [gone])
    ('resume', 'close')
    """
    shut = SHUT.issuperset(requests) and any(
        one in SHUT - {TakedownState.WITHDRAWN} for one in requests
    )
    if state is S.CLOSED:
        return "" if shut or SHUT.issuperset(requests) else "resume"
    return "close" if shut else ""


def taken(campaign: Campaign, step: str, *, who: str, at: datetime, note: str) -> CampaignEvent:
    """The event of a step. Raises NotAllowedError where it may not follow."""
    wanted = STEPS[step]
    if campaign.state not in wanted.sources:
        raise NotAllowedError(
            f"campaign {campaign.name!r} is {campaign.state}: {step} may not follow"
        )
    return CampaignEvent(campaign.campaign_id, at, who, step, wanted.target, note)
