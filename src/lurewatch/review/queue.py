"""The queue: what waits for a person, the clearest first."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from lurewatch import workflow
from lurewatch.review.app import checked_form, decider, page, person, rules_of, store_of
from lurewatch.review.filters import CHOICES, DECIDED, Filters
from lurewatch.review.linked import posts_together
from lurewatch.review.marking import first_line

if TYPE_CHECKING:
    from lurewatch.finding import Finding

router = APIRouter()
PAGE: Final = 50
RECENT: Final = timedelta(days=7)  # of runs whose troubles are named above the queue
FURTHEST: Final = 1_000_000
BRIEF: Final = 24  # characters of what is folded under a finding of nearly the same wording


@router.get("/")
def queue(request: Request, start: int = 0) -> Response:
    """Findings by rank; the filters are kept in the address."""
    user = person(request)
    store = store_of(request)
    filters = Filters.read(request.query_params)
    start = min(max(0, start), FURTHEST)
    found = workflow.queue(store, filters.wanted(user), user=user, limit=PAGE, offset=start)
    shown = [one for one in found.findings if one.finding_id not in found.folded]
    under: dict[int, list[tuple[Finding, str]]] = {one.finding_id: [] for one in shown}
    for one in found.findings:
        if head := found.folded.get(one.finding_id):
            under[head].append((one, first_line(one)[:BRIEF]))
    return page(
        request,
        "queue.html",
        user=user,
        rows=[(one, first_line(one)) for one in shown],
        under=under,
        claims=found.claims,
        blind=found.blind,
        total=filters.total(found.tally),
        counts={name: filters.counts(found.tally, name) for name in CHOICES},
        shows=DECIDED,
        looks=found.looks if user.decides else 0,
        referred=found.referred if user.role == "lead" else 0,
        together=posts_together(store, found.findings),
        start=start,
        size=PAGE,
        filters=filters,
        troubled=workflow.troubled(store, datetime.now(UTC) - RECENT),
    )


@router.post("/next")
async def following(request: Request) -> Response:
    """Claim the next finding, and let go of the one before."""
    user = decider(request)
    form = await checked_form(request)
    written = str(form.get("after", [""])[0])
    after = int(written) if written.isdecimal() and len(written) < 19 else None
    return await run_in_threadpool(to_next, request, user, after)


def to_next(request: Request, user: workflow.User, after: int | None) -> Response:
    """On to the next finding of the filters in the address, or back to the queue."""
    filters = Filters.read(request.query_params)
    number = workflow.next_finding(
        store_of(request),
        filters.wanted(user),
        user=user,
        after=after,
        lease=rules_of(request).lease,
    )
    if number is None:
        request.session.setdefault("flash", {"said": "none"})
        return RedirectResponse(f"/{filters.query()}", 303)
    return RedirectResponse(f"/findings/{number}{filters.query()}", 303)
