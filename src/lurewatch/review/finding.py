"""One finding: the post as shown, why it was flagged, what is kept, what was decided."""

from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import FileResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool

from lurewatch import workflow
from lurewatch.errors import NotAllowedError
from lurewatch.finding import Finding, Label, Service, Stance
from lurewatch.review.app import checked_form, page, person
from lurewatch.review.linked import linked_to
from lurewatch.review.marking import marks_of, parts_of
from lurewatch.store import Store

router = APIRouter()
PICTURES: Final = ("viewport.png", "page.png", "rendered-from-capture.png")


@router.get("/findings/{number}")
def show(request: Request, number: int) -> Response:
    """The page on which a person decides."""
    user = person(request)
    store: Store = request.app.state.store
    one = workflow.finding(store, number, reader=user.name)
    kept = workflow.evidence_of(store, number)
    return page(
        request,
        "finding.html",
        one=one,
        user=user,
        parts=parts_of(one),
        reasons=unique_reasons(one),
        kept=[(package, files_of(package.path)) for package in kept],
        decisions=workflow.decisions_on(store, number),
        following=neighbour(store, number),
        linked=linked_to(store, number),
        stances=list(Stance),
        services=list(Service),
    )


def unique_reasons(one: Finding) -> list[tuple[str, str, str, str]]:
    """Each (kind, what was written, what it means, field) once."""
    found: dict[tuple[str, str, str, str], None] = {}
    for mark in marks_of(one):
        values = [v for f, i, v in one.post.values() if (f, i) == (mark.field, mark.index)]
        surface = mark.surface or (values[0][mark.start : mark.end] if values else "")
        found[(mark.kind, surface, mark.meaning, mark.field)] = None
    return sorted(found, key=lambda row: (row[0] != "coding", row[0] == "term", row[0]))


def files_of(package: Path) -> list[tuple[str, str]]:
    """The sealed files and their digests."""
    sums = package / "SHA256SUMS"
    if not sums.is_file():
        return []
    lines = (line.partition("  ") for line in sums.read_text("ascii").splitlines())
    return [(name, digest) for digest, _, name in lines]


def neighbour(store: Store, number: int) -> int | None:
    """The next finding that waits: the one after this in the queue, else its first."""
    waiting = [one.finding_id for one in workflow.findings_to_review(store, limit=200)]
    if number in waiting[:-1]:
        return waiting[waiting.index(number) + 1]
    others = [other for other in waiting if other != number]
    return others[0] if others else None


@router.post("/findings/{number}/decide")
async def decide(request: Request, number: int) -> Response:
    """Record a decision, and go on to the next finding."""
    user = person(request)
    form = await checked_form(request)
    if not user.decides:
        raise NotAllowedError(f"the role {user.role} reads and does not decide")
    return await run_in_threadpool(_decide, request, number, user.name, form)


def _decide(request: Request, number: int, name: str, form: dict[str, Any]) -> Response:
    store: Store = request.app.state.store
    try:
        label = Label(form.get("label", [""])[0])
        stance = Stance(form.get("stance", [""])[0])
        services = [Service(service) for service in form.get("services", [])]
    except ValueError as error:
        raise NotAllowedError(f"not a decision we know: {error}") from None
    following = neighbour(store, number)
    workflow.decide(
        store,
        number,
        reviewer=name,
        label=label,
        stance=stance,
        services=services,
        note=form.get("note", [""])[0],
    )
    request.session["flash"] = {"number": number, "label": str(label)}
    return RedirectResponse(f"/findings/{following}" if following else "/", 303)


@router.post("/findings/{number}/undo")
async def undo(request: Request, number: int) -> Response:
    """Take the last decision on a finding back, and show it again."""
    user = person(request)
    await checked_form(request)
    if not user.decides:
        raise NotAllowedError(f"the role {user.role} reads and does not decide")
    store: Store = request.app.state.store
    await run_in_threadpool(workflow.undo_decision, store, number, reviewer=user.name)
    return RedirectResponse(f"/findings/{number}", 303)


@router.get("/findings/{number}/evidence/{package}/{name}")
def picture(request: Request, number: int, package: str, name: str) -> Response:
    """A screenshot of a package on record; captured pages themselves are never served."""
    person(request)
    kept = workflow.evidence_of(request.app.state.store, number)
    found = [one.path for one in kept if one.path.name == package]
    if not found or name not in PICTURES or not (found[0] / name).is_file():
        raise HTTPException(404)
    return FileResponse(found[0] / name, media_type="image/png")
