"""The routes: decided findings, their evidence, and what became of them."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path as File
from typing import Annotated, Final, Literal

from fastapi import APIRouter, FastAPI, HTTPException, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from lurewatch import __version__, desk
from lurewatch.desk import Fetched, Outcome, Token, Wanted, WantedRequests
from lurewatch.finding import Grade, Label, Service
from lurewatch.post import visible
from lurewatch.review.api.access import Rate, needs
from lurewatch.review.api.problems import Problem, answers, install
from lurewatch.review.api.records import (
    FindingShown,
    OutcomeGiven,
    OutcomeShown,
    Page,
    RequestPage,
    RequestShown,
    finding_shown,
    outcome_shown,
    request_shown,
)
from lurewatch.store import Store
from lurewatch.takedown import TakedownState

router = APIRouter()
MOST: Final = (1 << 63) - 1
Number = Annotated[int, Path(ge=1, le=MOST, description="The number of a finding or request.")]
Reader = Annotated[Token, needs("findings:read")]
NOBODYS: Final = answers(401, 403, 422, 429)
MISSING: Final = answers(401, 403, 404, 422, 429)


def create_api(store: Store) -> FastAPI:
    """The API over a store; its description is at /openapi.json and nowhere else."""
    api = FastAPI(
        title="lurewatch",
        version=__version__,
        summary="Decided findings for platform desks, their evidence, and what became of them.",
        docs_url=None,
        redoc_url=None,
    )
    api.state.store = store
    api.state.rate = Rate()
    install(api)
    api.include_router(router)
    described = api.openapi

    def with_problems() -> dict[str, object]:
        schema = described()
        schema["components"]["schemas"]["Problem"] = Problem.model_json_schema()
        return schema

    api.openapi = with_problems  # type: ignore[method-assign]  # as FastAPI documents it
    return api


@router.get("/findings", responses=NOBODYS)
def findings(
    request: Request,
    token: Reader,
    cursor: Annotated[int, Query(ge=0, le=(1 << 63) - 1, description="`next` of the page before.")] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    label: Annotated[Literal["lure", "not_lure", "unsure", "any"], Query(description="All but `lure` need the scope findings:all.")] = "lure",
    platform: Annotated[str | None, Query(max_length=16)] = None,
    grade: Grade | None = None,
    service: Service | None = None,
    since: Annotated[datetime | None, Query(description="Decided at or after this moment.")] = None,
) -> Page:  # fmt: skip
    """Decided findings, the earliest decision first; without filters those that are lures."""
    if label != "lure" and "findings:all" not in token.scopes:
        raise HTTPException(403, f"label {label} needs the scope findings:all")
    wanted = Wanted(
        label=None if label == "any" else Label(label),
        platform=visible(platform) if platform else None,
        grade=grade,
        service=service,
        since=as_utc(since),
    )
    found = desk.decided(request.app.state.store, wanted, cursor, limit, desk=token.known_as)
    last = found[-1].decision.decision_id if found else cursor
    return Page(findings=[finding_shown(one) for one in found], next=str(last))


def as_utc(moment: datetime | None) -> datetime | None:
    """A moment the store can compare with; one without a zone is UTC. Raises 422."""
    try:
        if moment and moment.tzinfo is None:
            return moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC) if moment else None
    except OverflowError:
        raise HTTPException(422, "query.since: this moment is out of range") from None


@router.get("/findings/{number}", responses=MISSING)
def finding(request: Request, token: Reader, number: Number) -> FindingShown:
    """One decided finding."""
    return finding_shown(fetched(request, token, number))


def fetched(request: Request, token: Token, number: int) -> Fetched:
    """The finding, if this desk may see it. Raises 404."""
    found = desk.fetch(
        request.app.state.store,
        number,
        desk=token.known_as,
        any_label="findings:all" in token.scopes,
    )
    if found is None:
        raise HTTPException(404, f"there is no decided lure {number}")
    return found


@router.get(
    "/findings/{number}/evidence",
    response_class=Response,
    responses=MISSING | {200: {"description": "The package", "content": {"application/zip": {}}}},
)
def evidence(
    request: Request, token: Annotated[Token, needs("evidence:read")], number: Number
) -> Response:
    """The newest package as a zip; that it left the house is in its custody log."""
    found = fetched(request, token, number)
    kept = found.evidence
    if kept is None or not kept.path.is_dir():
        raise HTTPException(404, f"no evidence is kept of finding {number}")
    with tempfile.TemporaryDirectory() as folder:
        target = File(folder) / f"{kept.path.name}.zip"
        who = token.known_as
        desk.export_evidence(request.app.state.store, found.finding, kept, target, who=who)
        content = target.read_bytes()
    disposition = f'attachment; filename="{target.name}"'
    return Response(
        content, media_type="application/zip", headers={"Content-Disposition": disposition}
    )


@router.post(
    "/findings/{number}/outcomes",
    status_code=201,
    response_model=OutcomeShown,
    responses=MISSING | {200: {"description": "Said before", "model": OutcomeShown}},
)
def outcome(
    request: Request,
    token: Annotated[Token, needs("outcomes:write")],
    number: Number,
    given: OutcomeGiven,
) -> Response:
    """Say what became of a lure: what was said is kept for good, and may be followed by something else."""
    said = Outcome(
        outcome_id=0,
        finding_id=number,
        result=given.result,
        reference=visible(given.reference),
        note=given.note,
        desk=token.holder,
        at=datetime.now(UTC),
    )
    kept = desk.record_outcome(request.app.state.store, said, desk=token.known_as)
    if kept is None:
        raise HTTPException(404, f"there is no decided lure {number}")
    one, new = kept
    return JSONResponse(outcome_shown(one).model_dump(mode="json"), 201 if new else 200)


Caller = Annotated[Token, needs("requests:read")]


@router.get("/requests", responses=NOBODYS)
def requests(
    request: Request,
    token: Caller,
    cursor: Annotated[int, Query(ge=0, le=MOST, description="`next` of the page before.")] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    state: TakedownState | None = None,
    channel: Annotated[str, Query(max_length=32)] = "",
    finding: Annotated[int | None, Query(ge=1, le=MOST)] = None,
) -> RequestPage:
    """Takedown requests that were sent, the first sent first."""
    found = desk.sent(
        request.app.state.store,
        WantedRequests(state=state or "", channel=visible(channel)),
        {} if finding is None else {"finding_id": finding},
        after=cursor,
        limit=limit,
        desk=token.known_as,
    )
    last = found[-1].place if found else cursor
    return RequestPage(requests=[request_shown(one) for one in found], next=str(last))


@router.get("/requests/{number}", responses=MISSING)
def one_request(request: Request, token: Caller, number: Number) -> RequestShown:
    """One request that was sent."""
    store, about = request.app.state.store, {"request_id": number}
    found = desk.sent(store, WantedRequests(), about, desk=token.known_as)
    if not found:
        raise HTTPException(404, f"no request {number} was sent")
    return request_shown(found[0])
