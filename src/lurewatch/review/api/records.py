"""What the API gives and takes: the fields a platform needs to find and judge a post, and no more."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from lurewatch.desk import Fetched, Outcome, Sent
from lurewatch.finding import PROTECTED, Label
from lurewatch.post import visible
from lurewatch.text.mask import mask_personal


class Account(BaseModel):
    """Who published the post, as the platform shows it."""

    id: str
    name: str


class ReasonShown(BaseModel):
    """A stretch of the post and what it was read as."""

    field: str
    surface: str
    meaning: str
    kind: str


class OutcomeShown(BaseModel):
    """What a desk said it did."""

    outcome: int
    result: str
    reference: str
    desk: str
    at: datetime


class OutcomeGiven(BaseModel):
    """What a desk says it did."""

    model_config = ConfigDict(extra="forbid")

    result: Literal["removed", "refused"]
    reference: str = Field(
        min_length=1, max_length=200, description="The desk's own number for it."
    )
    note: str = Field("", max_length=2000)


class FindingShown(BaseModel):
    """A finding that a person decided."""

    finding: int
    platform: str
    post_id: str
    url: str
    title: str
    text: str
    account: Account
    published_at: datetime | None
    first_seen: datetime
    label: str
    stance: str
    services: list[str]
    decided_at: datetime
    grade: str = Field(description="What the machine thought: L3 clear, L2 probable.")
    score: float
    model: str
    reasons: list[ReasonShown]
    evidence_sha256: str | None = Field(
        description="Of SHA256SUMS in the package; null: none is kept."
    )
    outcomes: list[OutcomeShown]


class Page(BaseModel):
    """Findings in the order of their decisions."""

    findings: list[FindingShown]
    next: str = Field(
        description="Give it as `cursor` to go on, also later: what was decided since."
    )


class StepShown(BaseModel):
    """One step that was taken with a request; who took it stays in the house."""

    step: str
    state: str = Field(description="After the step.")
    at: datetime
    receipt: str


class FileShown(BaseModel):
    """A file of a request, as it was kept."""

    kind: str = Field(description="letter, pdf or receipt")
    sha256: str


class RequestShown(BaseModel):
    """A takedown request that was sent."""

    request: int
    finding: int
    url: str
    track: str
    channel: str
    recipient: str
    state: str
    drafted_at: datetime
    sent_at: datetime | None
    receipt: str
    cites: list[str]
    steps: list[StepShown]
    files: list[FileShown]


class RequestPage(BaseModel):
    """Requests in the order in which they were sent."""

    requests: list[RequestShown]
    next: str = Field(description="Give it as `cursor` to go on, also later: what was sent since.")


def request_shown(one: Sent) -> RequestShown:
    """A request as another system sees it."""
    request, events = one.request, one.events
    return RequestShown(
        request=request.request_id,
        finding=request.finding_id,
        url=visible(one.url),
        track=request.track,
        channel=request.channel,
        recipient=request.recipient,
        state=request.state,
        drafted_at=request.drafted_at,
        sent_at=next((event.at for event in events if event.step == "send"), None),
        receipt=next((visible(e.receipt) for e in reversed(events) if e.receipt), ""),
        cites=list(request.cites or ()),
        steps=[
            StepShown(
                step=event.step, state=event.state, at=event.at, receipt=visible(event.receipt)
            )
            for event in events
        ],
        files=[FileShown(kind=file.kind, sha256=file.sha256) for file in one.files],
    )


def finding_shown(one: Fetched) -> FindingShown:
    """A finding as a desk sees it; details of protected people are masked."""
    post, verdict, decision = one.finding.post, one.finding.verdict, one.decision
    guarded = decision.label is not Label.LURE or decision.stance in PROTECTED

    def text(value: str) -> str:
        return visible(mask_personal(value) if guarded else value)

    return FindingShown(
        finding=one.finding.finding_id,
        platform=post.platform,
        post_id=visible(post.post_id),
        url=visible(post.url),
        title=text(post.title),
        text=text(post.text),
        account=Account(id=visible(post.author_id), name=text(post.author_name)),
        published_at=post.published_at,
        first_seen=one.finding.first_seen,
        label=decision.label,
        stance=decision.stance,
        services=list(decision.services),
        decided_at=decision.decided_at,
        grade=verdict.grade,
        score=verdict.score,
        model=verdict.model,
        reasons=[
            ReasonShown(
                field=reason.field,
                surface=text(reason.surface),
                meaning=text(reason.meaning),
                kind=reason.kind,
            )
            for reason in verdict.reasons
        ],
        evidence_sha256=one.evidence.sums_sha256 if one.evidence else None,
        outcomes=[outcome_shown(outcome) for outcome in one.outcomes],
    )


def outcome_shown(outcome: Outcome) -> OutcomeShown:
    """An outcome as it is given back."""
    return OutcomeShown(
        outcome=outcome.outcome_id,
        result=outcome.result,
        reference=outcome.reference,
        desk=outcome.desk,
        at=outcome.at,
    )
