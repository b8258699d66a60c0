"""Takedown requests in the console: what waits for whom, and the steps a person may take."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import FileResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from lurewatch import workflow
from lurewatch.dates import CHINA
from lurewatch.desk import outcomes_of
from lurewatch.errors import InputError, NotAllowedError
from lurewatch.letters.blocks import channel_name, form_of
from lurewatch.letters.law import rules
from lurewatch.review.app import Number, checked_form, decider, page, person, store_of
from lurewatch.review.language import catalogue, language_of
from lurewatch.review.marking import first_line
from lurewatch.review.problems import told
from lurewatch.takedown import (
    STEPS,
    TakedownRequest,
    TakedownState,
    Track,
    authors,
    open_to,
    read_institution,
)
from lurewatch.workflow import LARGEST_RECEIPT, User, WantedRequests, checked_receipt

router = APIRouter()
PAGE: Final = 50  # requests on one page
FURTHEST: Final = 1_000_000
FILTERS: Final = ("state", "channel", "track", "drafted_by")


TOGETHER: Final = {"drafted": "submit", "submitted": "approve", "approved": "send"}


@router.get("/requests")
def every(request: Request, start: int = 0) -> Response:
    """A page of requests, newest first, with what has stood too long; filters stand in the address."""
    return _listed(request, wanted_in(request.query_params), start)


@router.post("/requests")
async def take_together(request: Request, start: int = 0) -> Response:
    """Take the step that follows with each request that was ticked, and say what was refused and why."""
    user = decider(request)
    form = await checked_form(request)
    return await run_in_threadpool(_take_together, request, user, form, start)


def _take_together(request: Request, user: User, form: dict[str, Any], start: int) -> Response:
    wanted = wanted_in(request.query_params)
    step = TOGETHER.get(wanted.state)
    if step is None:
        raise NotAllowedError("requests are taken further together in one state only")
    refused: list[tuple[int, str]] = []
    ticked = [str(one) for one in form.get("ticked", [])][:PAGE]
    for number in [int(one) for one in ticked if one.isdecimal() and len(one) < 19]:
        try:
            _take(request, number, step, user, {"receipt": "", "note": ""})
        except NotAllowedError as error:
            refused.append((number, str(error)))
    done = len(ticked) - len(refused)
    return _listed(request, wanted, start, done=(step, done), refused=refused)


def _listed(
    request: Request,
    wanted: WantedRequests,
    start: int,
    *,
    done: tuple[str, int] | None = None,
    refused: Sequence[tuple[int, str]] = (),
) -> Response:
    user = person(request)
    store = store_of(request)
    start = min(max(0, start), FURTHEST)
    found = workflow.some_requests(store, wanted, limit=PAGE, offset=start)
    events = workflow.events_of(store, [one.request_id for one in found.requests])
    step = TOGETHER.get(wanted.state)
    may = {
        one.request_id: one.finding_id
        for one in found.requests
        for open_step in open_to(one, events[one.request_id], who=user.name, role=user.role)
        if open_step.name == step
    }
    said = catalogue(language_of(request)).gettext
    return page(
        request,
        "requests.html",
        rows=found.requests,
        counts=found.counts,
        total=found.total,
        wanted=asdict(wanted),
        query=lambda **changes: query_of(wanted, **changes),
        late=overdue(found.requests, events),
        causes=workflow.causes(store, found.requests),
        channel_name=channel_name,
        start=start,
        size=PAGE,
        step=step,
        may=may,
        about=workflow.several(store, list(dict.fromkeys(may.values())), reader=user.name),
        first_line=first_line,
        done=done,
        refused=[(number, told(why, said)) for number, why in refused],
    )


def wanted_in(params: Mapping[str, str]) -> WantedRequests:
    """The filters of an address; what means nothing is left out."""
    given = {name: params.get(name, "")[:100] for name in FILTERS}
    given = {name: value if value.isprintable() else "" for name, value in given.items()}
    if given["state"] not in set(TakedownState):
        given["state"] = ""
    if given["track"] not in set(Track):
        given["track"] = ""
    return WantedRequests(**given)


def query_of(wanted: WantedRequests, **changes: Any) -> str:
    """
    What stands in an address for the filters, the question mark included.

    >>> query_of(WantedRequests(state="sent"), start=50), query_of(WantedRequests(state="sent"), state="")
    ('?state=sent&start=50', '')
    """
    values = {name: value for name, value in (asdict(wanted) | changes).items() if value}
    return f"?{urlencode(values)}" if values else ""


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
def single(request: Request, number: Number) -> Response:
    """One request: what it is about, what was done with it, what may be done, what to copy."""
    user = person(request)
    store = store_of(request)
    one = workflow.request(store, number)
    finding = workflow.finding(store, one.finding_id, reader=user.name)
    today = datetime.now(CHINA).date()  # the day that letters bear
    form, unreadable = None, ""
    try:
        institution = read_institution(request.app.state.settings.profile_file)
        form = form_of(finding, institution, one, today)
    except InputError as error:
        unreadable = told(str(error), catalogue(language_of(request)).gettext)
    events = workflow.events_of(store, [number])[number]
    steps = open_to(one, events, who=user.name, role=user.role)
    return page(
        request,
        "request.html",
        one=one,
        finding=finding,
        events=events,
        checks=workflow.checks_of(store, number),
        files=workflow.files_of(store, [number]),
        steps=steps,
        own=one.state is TakedownState.SUBMITTED and user.name in authors(one, events),
        form=form,
        unreadable=unreadable,
        stale=form is not None and form[0].stale(today),
        channel=channel_name(one.channel),
        late=overdue([one], {number: events}),
        cause=workflow.causes(store, [one]).get(number, ""),
        told=outcomes_of(store, one.finding_id),
    )


@router.get("/requests/{number}/files/{kind}")
def file(request: Request, number: Number, kind: str) -> Response:
    """The letter, its PDF or its evidence, to be read and sent by a person."""
    user = person(request)
    path = workflow.drafted_file(store_of(request), number, kind, reader=user.name)
    if path is None:
        raise HTTPException(404)
    return FileResponse(path, filename=path.name, media_type="application/octet-stream")


@router.post("/requests/{number}/{step}")
async def take(request: Request, number: Number, step: str) -> Response:
    """Take a step, and show the request again."""
    user = decider(request)
    form = await checked_form(request)
    given = {name: str(form.get(name, [""])[0]).strip() for name in ("receipt", "note")}
    if step not in STEPS:
        raise NotAllowedError(f"there is no step {step!r}")
    file = await sent_file(form)
    if step == "acknowledge":
        await run_in_threadpool(
            workflow.acknowledge,
            store_of(request),
            number,
            who=user.name,
            role=user.role,
            receipt=given["receipt"],
            file=file,
            folder=request.app.state.settings.receipts_dir,
        )
    else:
        await run_in_threadpool(_take, request, number, step, user, given)
    return RedirectResponse(f"/requests/{number}", 303)


def _take(request: Request, number: int, step: str, user: User, given: dict[str, str]) -> None:
    workflow.take_step(
        store_of(request),
        number,
        step,
        who=user.name,
        role=user.role,
        receipt=given["receipt"],
        note=given["note"],
    )


async def sent_file(form: dict[str, Any]) -> tuple[str, bytes] | None:
    """The file that came with a form; none where the field was left empty."""
    sent = form.get("file", [""])[0]
    if not isinstance(sent, UploadFile):
        return None
    body = await sent.read(LARGEST_RECEIPT + 1)
    await sent.close()
    return checked_receipt(sent.filename or "receipt", body) if sent.filename or body else None
