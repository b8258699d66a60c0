"""Takedown requests in the console: what waits for whom, and the steps a person may take."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from lurewatch import workflow
from lurewatch.errors import NotAllowedError
from lurewatch.letters.blocks import blocks, channels
from lurewatch.letters.report import rules
from lurewatch.review.app import checked_form, decider, page, person, store_of
from lurewatch.takedown import STEPS, TakedownRequest, TakedownState, read_institution

router = APIRouter()
SHOWN: Final = 200  # requests on one page, the newest


@router.get("/requests")
def every(request: Request, state: str = "") -> Response:
    """All requests, or those in one state, with what has stood too long."""
    person(request)
    store = store_of(request)
    found = workflow.requests(store)
    counts = {one: sum(kept.state == one for kept in found) for one in TakedownState}
    chosen = [one for one in found if state in ("", one.state)][:SHOWN]
    late = overdue(chosen, workflow.events_of(store, [one.request_id for one in chosen]))
    return page(request, "requests.html", rows=chosen, state=state, counts=counts, late=late)


def overdue(found: list[TakedownRequest], events: dict[int, Any]) -> dict[int, int]:
    """The days that a request has stood where it is, for those that stood there too long."""
    clocks = {row["state"]: timedelta(days=row["days"]) for row in rules("clocks.yaml")}
    now, late = datetime.now(UTC), {}
    for one in found:
        own = events[one.request_id]
        stood = now - (own[-1].at if own else one.drafted_at)
        if one.state in clocks and stood >= clocks[one.state]:
            late[one.request_id] = stood.days
    return late


@router.get("/requests/{number}")
def single(request: Request, number: int) -> Response:
    """One request: what it is about, what was done with it, what may be done, what to copy."""
    user = person(request)
    store = store_of(request)
    one = workflow.request(store, number)
    finding = workflow.finding(store, one.finding_id, reader=user.name)
    institution = read_institution(request.app.state.settings.profile_file)
    today = datetime.now(UTC).date()
    forms = [
        (channel, blocks(channel, finding, finding.decision, institution, one, today))
        for channel in channels(finding)
        if finding.decision
    ]
    return page(
        request,
        "request.html",
        one=one,
        finding=finding,
        events=workflow.events_of(store, [number])[number],
        checks=workflow.checks_of(store, number),
        steps=[
            step for step in STEPS.values() if one.state in step.sources and user.role in step.roles
        ],
        forms=[(channel, some, channel.stale(today)) for channel, some in forms],
        late=overdue([one], workflow.events_of(store, [number])),
    )


@router.post("/requests/{number}/{step}")
async def take(request: Request, number: int, step: str) -> Response:
    """Take a step, and show the request again."""
    user = decider(request)
    form = await checked_form(request)
    given = {name: str(form.get(name, [""])[0]).strip() for name in ("receipt", "note")}
    if step not in STEPS:
        raise NotAllowedError(f"there is no step {step!r}")
    await run_in_threadpool(
        workflow.take_step,
        store_of(request),
        number,
        step,
        who=user.name,
        role=user.role,
        receipt=given["receipt"],
        note=given["note"],
    )
    return RedirectResponse(f"/requests/{number}", 303)
