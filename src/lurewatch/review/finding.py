"""One finding: the post as shown, why it was flagged, what is kept, what was decided."""

from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import FileResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool

from lurewatch import workflow
from lurewatch.desk import outcomes_of
from lurewatch.detect import lexicon_for
from lurewatch.errors import NotAllowedError
from lurewatch.finding import PROTECTED, Label, Service, Stance
from lurewatch.review.app import (
    Number,
    checked_form,
    decider,
    detector_of,
    page,
    person,
    rules_of,
    store_of,
)
from lurewatch.review.filters import Filters
from lurewatch.review.language import catalogue, language_of
from lurewatch.review.linked import linked_to
from lurewatch.review.marking import (
    POINTER,
    excerpt,
    first_line,
    marks_of,
    parts_of,
    reason_rows,
    shown_value,
)
from lurewatch.review.problems import told
from lurewatch.review.queue import to_next

router = APIRouter()
PICTURES: Final = ("viewport.png", "page.png", "rendered-from-capture.png")
SHOTS: Final = ("image/png", "image/jpeg", "image/gif", "image/webp")  # that a browser only draws
TRAIL: Final = 20  # findings one can go back to
ASK_LEAD: Final = "ask_lead"  # what a reviewer says instead of "lure" where we are named


@router.get("/findings/{number}")
def show(request: Request, number: Number, why: bool = False) -> Response:
    """The page on which a person decides; *why* asks the machine what keeps it from a flag."""
    return _shown(request, number, contacts_shown=False, why=why)


@router.post("/findings/{number}/contacts")
async def contacts(request: Request, number: Number) -> Response:
    """The same page with its contacts unmasked, which goes on record."""
    user = person(request)
    await checked_form(request)
    store = store_of(request)
    await run_in_threadpool(workflow.show_contacts, store, number, reader=user.name)
    return await run_in_threadpool(_shown, request, number, contacts_shown=True)


def _shown(request: Request, number: int, *, contacts_shown: bool, why: bool = False) -> Response:
    user = person(request)
    store = store_of(request)
    opened = workflow.open_finding(store, number, user=user, lease=rules_of(request).lease)
    one = opened.finding
    account, contact = workflow.histories(store, one, user=user)
    shots = workflow.shots_of(store, one.post)
    stance = one.decision.stance if one.decision else one.verdict.stance
    return page(
        request,
        "finding.html",
        one=one,
        user=user,
        filters=Filters.read(request.query_params),
        opened=opened,
        elsewhere=opened.claim is not None and opened.claim.holder != user.name,
        only_leads=bool(workflow.lead_rule(one)) and user.role != "lead",
        unreadable=told(one.unreadable, catalogue(language_of(request)).gettext),
        parts=parts_of(one, contacts_shown=contacts_shown),
        reasons=reason_rows(marks_of(one, contacts_shown=contacts_shown), sources(request)),
        contacts=[
            (found, shown_value(found, contacts_shown=contacts_shown))
            for found in one.verdict.contacts
        ],
        hides=not contacts_shown and any(c.channel != POINTER for c in one.verdict.contacts),
        shots=[at for at, (kind, _) in enumerate(shots) if kind in SHOTS],
        pictures=workflow.pictures_of(store, one.post),
        drawn=SHOTS,
        guarded=stance in PROTECTED,
        histories=(("account", account), ("contact", contact)),
        kept=[(package, files_of(package.path)) for package in workflow.evidence_of(store, number)],
        before=trail(request, number),
        why=detector_of(request).why_not(one.post) if why else None,
        wondered=why,
        asked=[] if opened.look else workflow.requests_about(store, number),
        told=[] if opened.look else outcomes_of(store, number),
        linked=linked_to(store_of(request), number, reader=user.name),
        stances=list(Stance),
        services=list(Service),
        ask_lead=ASK_LEAD,
        excerpt=excerpt,
        first_line=first_line,
    )


def sources(request: Request) -> dict[str, str]:
    """Where each listed form of the lexicon was seen."""
    lexicon = lexicon_for(request.app.state.settings)
    return {term.form.lower(): f"{term.source}, {term.first_seen}" for term in lexicon.terms}


def trail(request: Request, number: int) -> int | None:
    """Remember that this finding was opened; gives the one that was opened before it."""
    opened = [at for at in request.session.get("trail", []) if isinstance(at, int)]
    opened = opened[: opened.index(number)] if number in opened else opened
    request.session["trail"] = [*opened, number][-TRAIL:]
    return opened[-1] if opened else None


def files_of(package: Path) -> list[tuple[str, str]]:
    """The sealed files and their digests."""
    sums = package / "SHA256SUMS"
    if not sums.is_file():
        return []
    lines = (line.partition("  ") for line in sums.read_text("ascii").splitlines())
    return [(name, digest) for digest, _, name in lines]


@router.post("/findings/{number}/decide")
async def decide(request: Request, number: Number) -> Response:
    """Record a decision or a second look, and go on to the next finding."""
    user = decider(request)
    form = await checked_form(request)
    return await run_in_threadpool(_decide, request, number, user, form)


def _decide(request: Request, number: int, user: workflow.User, form: dict[str, Any]) -> Response:
    store = store_of(request)
    wanted, stance, services = (form.get(name, [""]) for name in ("label", "stance", "services"))
    if not wanted[0]:  # Enter in a field presses the form's first button, which says nothing
        return RedirectResponse(
            f"/findings/{number}{Filters.read(request.query_params).query()}", 303
        )
    asks = wanted[0] == ASK_LEAD
    try:
        said: dict[str, Any] = {
            "reviewer": user.name,
            "stance": Stance(stance[0]),
            "services": [Service(service) for service in services if service],
            "note": form.get("note", [""])[0],
        }
        label = Label.UNSURE if asks else Label(wanted[0])
    except ValueError as error:
        raise NotAllowedError(f"not a decision we know: {error}") from None
    if asks:
        workflow.ask_lead(store, number, **said)
        request.session["flash"] = {"number": number, "said": "asked"}
    elif "second" in form:
        workflow.look_again(store, number, label=label, **said)
        request.session["flash"] = {"said": "second"}
    else:
        share, also = rules_of(request).second_share, numbers_in(form)
        workflow.decide(store, number, label=label, second_share=share, also=also, **said)
        request.session["flash"] = {"number": number, "label": str(label), "also": also}
    return to_next(request, user, number)


def numbers_in(form: dict[str, Any]) -> list[int]:
    """The findings of like wording that were ticked."""
    written = [str(one) for one in form.get("also", [])][: workflow.TOGETHER]
    return list(dict.fromkeys(int(one) for one in written if one.isdecimal() and len(one) < 19))


@router.post("/findings/{number}/golden")
async def settle(request: Request, number: Number) -> Response:
    """A lead puts a finding into the golden set, or takes it out."""
    user = decider(request)
    form = await checked_form(request)
    agreed = form.get("agreed", [""])[0] == "1"
    await run_in_threadpool(
        workflow.set_golden, store_of(request), number, who=user.name, agreed=agreed
    )
    return RedirectResponse(f"/findings/{number}{Filters.read(request.query_params).query()}", 303)


@router.post("/findings/{number}/undo")
async def undo(request: Request, number: Number) -> Response:
    """Take the last decision on a finding back, with what it settled as well, and show it again."""
    user = decider(request)
    form = await checked_form(request)
    store = store_of(request)
    for one in (*numbers_in(form), number):
        await run_in_threadpool(workflow.undo_decision, store, one, reviewer=user.name)
    return RedirectResponse(f"/findings/{number}{Filters.read(request.query_params).query()}", 303)


@router.post("/findings/{number}/leave")
async def leave(request: Request, number: Number) -> Response:
    """Let go of a finding undecided, and go back to the queue."""
    user = person(request)
    await checked_form(request)
    store = store_of(request)
    await run_in_threadpool(workflow.release, store, user=user, finding_id=number)
    return RedirectResponse(f"/{Filters.read(request.query_params).query()}", 303)


@router.get("/findings/{number}/evidence/{package}/{name}")
def picture(request: Request, number: Number, package: str, name: str) -> Response:
    """A screenshot of a package on record; captured pages themselves are never served."""
    user = person(request)
    store = store_of(request)
    found = [one for one in workflow.evidence_of(store, number) if one.path.name == package]
    if not found or name not in PICTURES or not (found[0].path / name).is_file():
        raise HTTPException(404)
    workflow.note_custody(store, found[0].sums_sha256, user.name, f"looked at {name}")
    return FileResponse(found[0].path / name, media_type="image/png")


@router.get("/findings/{number}/shots/{at}")
def shot(request: Request, number: Number, at: int) -> Response:
    """A screenshot that a person added; nothing but a plain picture is served."""
    user = person(request)
    store = store_of(request)
    shots = workflow.shots_of(store, workflow.finding(store, number, reader=user.name).post)
    if not 0 <= at < len(shots) or shots[at][0] not in SHOTS:
        raise HTTPException(404)
    kind, body = shots[at]
    return Response(body, media_type=kind)


@router.get("/findings/{number}/pictures/{place}")
def fetched(request: Request, number: Number, place: int) -> Response:
    """A picture of the post as it was fetched, which goes on record; of a protected person none."""
    user = person(request)
    store = store_of(request)
    one = workflow.finding(store, number, reader=user.name)
    stance = one.decision.stance if one.decision else one.verdict.stance
    found = [shown for shown in workflow.pictures_of(store, one.post) if shown.place == place]
    if not found or not found[0].size or found[0].kind not in SHOTS or stance in PROTECTED:
        raise HTTPException(404)
    body = workflow.look_at_picture(store, number, found[0], reader=user.name)
    return Response(body, media_type=found[0].kind)
