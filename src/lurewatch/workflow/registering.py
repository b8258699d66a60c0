"""What the takedown register says of each request, brought together."""

from collections.abc import Iterator
from dataclasses import dataclass

from lurewatch.finding import Finding
from lurewatch.store import Store, audit, cases, clusters, findings, quality
from lurewatch.store import requests as asked
from lurewatch.store.cases import Check
from lurewatch.store.quality import SecondLook
from lurewatch.store.requests import KeptEvidence
from lurewatch.takedown import Event, TakedownRequest
from lurewatch.workflow.acting import GONE_STATES
from lurewatch.workflow.common import current
from lurewatch.workflow.reviewing import found_in


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request with all that its row in the register tells."""

    request: TakedownRequest
    events: list[Event]
    checks: list[Check]
    cause: str  # as what its page tells that the post is gone; empty: it is not, or nobody saw
    finding: Finding
    evidence: KeptEvidence | None  # the newest complete package
    second_look: SecondLook | None
    cluster: int | None
    fingerprints: tuple[tuple[str, str], ...]  # channel and keyed hash of each contact


def recorded(store: Store, *, reader: str) -> Iterator[Recorded]:
    """Every request, the oldest first; that each finding was read is on record."""
    with store.reading() as db:
        every = list(reversed(asked.every(db)))
        looks = {one.finding_id: one for one in quality.second_looks_done(db)}
    for one in every:
        with store.begin() as db:
            finding = found_in(store, db, one.finding_id)
            audit.note(db, current(), reader, "read finding", str(one.finding_id))
            kept = asked.evidence_of(db, one.finding_id)
            yield Recorded(
                one,
                cases.events_of(db, [one.request_id])[one.request_id],
                cases.checks_of(db, one.request_id),
                cases.causes(db, [one.request_id] if one.state in GONE_STATES else []).get(
                    one.request_id, ""
                ),
                finding,
                next((package for package in kept if package.complete), None),
                looks.get(one.finding_id),
                clusters.number_of(db, one.finding_id),
                findings.fingerprints(db, one.finding_id),
            )
