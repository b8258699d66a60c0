"""What the figures are made of: moments and labels, nothing that a post says."""

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Select, select

from lurewatch.dates import CHINA
from lurewatch.figures import DayCount, FindingTimes, RequestTimes
from lurewatch.finding import Label
from lurewatch.store import Db, runs
from lurewatch.store.cases import GONE
from lurewatch.store.findings import FLAGGED, UNDONE
from lurewatch.store.links import rows_in
from lurewatch.store.sampling import SAMPLED, place_of, sample_key
from lurewatch.store.tables import (
    checks,
    decisions,
    findings,
    posts,
    request_events,
    requests,
    verdicts,
)

TROUBLED: Final = ("blocked", "disallowed", "changed", "failed")
ENDS: Final = ("refused", "withdraw")  # steps after which nothing is waited for


def covered(db: Db, since: datetime, until: datetime) -> list[DayCount]:
    """Each platform on each day in China, oldest first."""
    sums: dict[tuple[str, date], tuple[int, int, int]] = defaultdict(lambda: (0, 0, 0))
    for one in runs.by_day(db, since=since):
        if one.day >= until.astimezone(CHINA).date():
            continue
        pages, troubled, found = sums[one.platform, one.day]
        sums[one.platform, one.day] = (
            pages + one.tried,
            troubled + sum(count for state, count in one.pages.items() if state in TROUBLED),
            found + one.posts,
        )
    return [DayCount(*key, *sums[key]) for key in sorted(sums, key=lambda key: (key[1], key[0]))]


def finding_times(db: Db, since: datetime, until: datetime, now: datetime) -> list[FindingTimes]:
    """The findings found from *since* to *until*, with the decision that stood at *now*."""
    chosen = (findings.c.found_at >= since, findings.c.found_at < until)
    made: dict[int, list[Any]] = defaultdict(list)
    for row in db.connection.execute(
        select(
            decisions.c.finding_id,
            decisions.c.label,
            decisions.c.stance,
            decisions.c.reviewer,
            decisions.c.decided_at,
        )
        .join(findings, findings.c.finding_id == decisions.c.finding_id)
        .where(*chosen, decisions.c.decided_at <= now)
        .order_by(decisions.c.decision_id)
    ):
        if row.label == UNDONE:
            made[row.finding_id].pop()
        else:
            made[row.finding_id].append(row)
    query = (
        select(
            findings.c.finding_id,
            findings.c.platform,
            findings.c.grade,
            findings.c.found_at,
            verdicts.c.services,
            posts.c.published_at,
        )
        .join(posts, posts.c.post_key == findings.c.post_key)
        .join(verdicts, verdicts.c.verdict_id == findings.c.verdict_id)
        .where(*chosen)
        .order_by(findings.c.finding_id)
    )
    key = sample_key(db)
    return [_times(row, made[row.finding_id], key) for row in db.connection.execute(query)]


def _times(row: Any, made: list[Any], key: int) -> FindingTimes:
    last = made[-1] if made and made[-1].label != Label.UNSURE else None
    return FindingTimes(
        finding_id=row.finding_id,
        platform=row.platform,
        grade=row.grade,
        services=tuple(row.services.split()),
        published_at=row.published_at,
        found_at=row.found_at,
        decided_at=last.decided_at if last else None,
        label=last.label if last else None,
        stance=last.stance if last else None,
        reviewer=last.reviewer if last else None,
        sampled=row.grade in FLAGGED and place_of(row.finding_id, key) < SAMPLED,
    )


def request_times(db: Db, since: datetime, until: datetime, now: datetime) -> list[RequestTimes]:
    """The requests drafted from *since* to *until*, with what was done with each by *now*."""
    query = select(requests).where(requests.c.drafted_at >= since, requests.c.drafted_at < until)
    rows = db.connection.execute(query.order_by(requests.c.request_id)).all()
    asked = select(requests.c.request_id).where(
        requests.c.drafted_at >= since, requests.c.drafted_at < until
    )
    steps: dict[int, dict[str, datetime]] = defaultdict(dict)
    for event in db.connection.execute(
        select(request_events.c.request_id, request_events.c.step, request_events.c.at)
        .where(request_events.c.request_id.in_(asked), request_events.c.at <= now)
        .order_by(request_events.c.event_id)
    ):
        steps[event.request_id].setdefault(event.step, event.at)  # the first time counts
    causes = {
        row.request_id: row.outcome
        for row in db.connection.execute(
            select(checks.c.request_id, checks.c.outcome)
            .where(checks.c.request_id.in_(asked), checks.c.outcome.in_(GONE), checks.c.at <= now)
            .order_by(checks.c.check_id)
        )
    }
    first = _first_sent(db, {row.finding_id for row in rows})
    made = _decided(db, {row.finding_id for row in rows})
    services = _services_then(db, asked)
    return [
        _request_times(
            row,
            steps[row.request_id],
            causes.get(row.request_id, ""),
            services.get(row.request_id, ()),
            made=[at for at in made[row.finding_id] if at <= row.drafted_at],
            repeated=first.get((row.finding_id, row.recipient), row.request_id) != row.request_id,
        )
        for row in rows
    ]


def _request_times(
    row: Any,
    steps: dict[str, datetime],
    cause: str,
    services: tuple[str, ...],
    *,
    made: Sequence[datetime],
    repeated: bool,
) -> RequestTimes:
    ends = [steps[step] for step in ENDS if step in steps]
    return RequestTimes(
        row.recipient,
        row.drafted_at,
        decided_at=max(made, default=None),
        sent_at=steps.get("send"),
        removed_at=steps.get("removed"),
        ended_at=min(ends, default=None),
        cause=cause,
        refused="refused" in steps,
        countered="countered" in steps,
        repeated=repeated and "send" in steps,
        back_at=steps.get("reopen") if "removed" in steps else None,
        reasons=(row.infringement,) if row.infringement else services,
        bases=tuple(json.loads(row.cites)) if row.cites else (),
    )


def _decided(db: Db, numbers: Collection[int]) -> dict[int, list[datetime]]:
    """When people called each finding a lure."""
    query = select(decisions.c.finding_id, decisions.c.decided_at).where(
        decisions.c.label == Label.LURE
    )
    found: dict[int, list[datetime]] = defaultdict(list)
    for row in rows_in(db, query, decisions.c.finding_id, numbers):
        found[row.finding_id].append(row.decided_at)
    return found


def _services_then(db: Db, asked: Select[Any]) -> dict[int, tuple[str, ...]]:
    """What was decided to be offered when each request was drafted, as its letter says it."""
    query = (
        select(requests.c.request_id, decisions.c.label, decisions.c.services)
        .join(requests, requests.c.finding_id == decisions.c.finding_id)
        .where(requests.c.request_id.in_(asked), decisions.c.decided_at <= requests.c.drafted_at)
        .order_by(decisions.c.decision_id)
    )
    made: dict[int, list[tuple[str, ...]]] = defaultdict(list)
    for row in db.connection.execute(query):
        if row.label == UNDONE:
            made[row.request_id].pop()
        else:
            made[row.request_id].append(tuple(row.services.split()))
    return {number: standing[-1] for number, standing in made.items() if standing}


def _first_sent(db: Db, numbers: Collection[int]) -> dict[tuple[int, str], int]:
    """The request by which a post was sent to a recipient for the first time."""
    query = (
        select(requests.c.finding_id, requests.c.recipient, requests.c.request_id)
        .join(request_events, request_events.c.request_id == requests.c.request_id)
        .where(request_events.c.step == "send")
        .order_by(request_events.c.event_id.desc())
    )
    found = rows_in(db, query, requests.c.finding_id, numbers)
    return {(row.finding_id, row.recipient): row.request_id for row in found}
