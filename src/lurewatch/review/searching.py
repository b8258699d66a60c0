"""Find posts by a contact or a complaint's wording, and confirm what belongs together as a campaign."""

from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from lurewatch import workflow
from lurewatch.detect import lexicon_for
from lurewatch.errors import InputError, NotAllowedError
from lurewatch.finding import PROTECTED
from lurewatch.review.app import Number, checked_form, decider, page, person, store_of
from lurewatch.review.giving import may_give
from lurewatch.review.marking import excerpt
from lurewatch.sharing.marking import Tlp
from lurewatch.text.mask import mask_post

router = APIRouter()
SHOWN: Final = 50  # posts or clusters on one page
LONGEST: Final = 5000  # characters of what is looked for
LINE: Final = 90  # characters of a post


@router.get("/search")
def form(request: Request) -> Response:
    """The form."""
    person(request)
    return page(request, "search.html", sought="", rows=None, wrong=False)


@router.post("/search")
async def search(request: Request) -> Response:
    """The posts that carry it; what is looked for stands in no address and no log."""
    user = person(request)
    given = await checked_form(request)
    sought = str(given.get("sought", [""])[0]).strip()[:LONGEST]
    return await run_in_threadpool(_search, request, user, sought)


def _search(request: Request, user: workflow.User, sought: str) -> Response:
    store = store_of(request)
    lexicon = lexicon_for(request.app.state.settings)
    try:
        found = workflow.posts_carrying(store, lexicon, sought, reader=user.name, limit=SHOWN)
    except InputError:
        return page(request, "search.html", status=400, sought=sought, rows=None, wrong=True)
    numbers = [one.finding_id for one in found if one.finding_id is not None]
    return page(
        request,
        "search.html",
        sought=sought,
        rows=[(one, excerpt(mask_post(one.post), LINE)) for one in found],
        together=workflow.cluster_sizes(store, numbers),
        protected=PROTECTED,
        most=len(found) == SHOWN,
        wrong=False,
    )


@router.get("/clusters")
def clusters(request: Request) -> Response:
    """The clusters of lures with the most posts."""
    user = person(request)
    found = workflow.clusters(store_of(request), reader=user.name, limit=SHOWN)
    return page(request, "clusters.html", rows=found)


@router.get("/clusters/{number}")
def cluster(request: Request, number: Number) -> Response:
    """The cluster that a finding is in, and what it is called."""
    return _cluster(request, number)


def _cluster(request: Request, number: int, *, status: int = 200, wrong: bool = False) -> Response:
    user = person(request)
    whole, linked = workflow.open_cluster(store_of(request), number, reader=user.name)
    if whole is None:
        return RedirectResponse(f"/findings/{number}", 303)
    events = workflow.campaign_events(store_of(request), whole.campaigns)
    values: dict[str, Any] = {"one": whole, "linked": linked, "user": user, "number": number}
    values |= {"events": events, "gives": may_give(user), "markings": list(Tlp)}
    return page(request, "cluster.html", status=status, wrong=wrong, **values)


@router.post("/clusters/{number}/name")
async def name(request: Request, number: Number) -> Response:
    """Confirm a cluster as one campaign; the same name again takes in what has joined since."""
    user = decider(request)
    form = await checked_form(request)
    called = str(form.get("name", [""])[0])
    return await run_in_threadpool(_name, request, number, user, called)


def _name(request: Request, number: int, user: workflow.User, called: str) -> Response:
    store = store_of(request)
    if workflow.cluster(store, number) is None:
        return RedirectResponse(f"/findings/{number}", 303)
    try:
        workflow.name_campaign(store, number, called, who=user.name)
    except NotAllowedError:
        return _cluster(request, number, status=400, wrong=True)
    request.session["flash"] = {"said": "named"}
    return RedirectResponse(f"/clusters/{number}", 303)


@router.post("/clusters/{number}/unname")
async def unname(request: Request, number: Number) -> Response:
    """Take the name of a cluster back."""
    user = decider(request)
    form = await checked_form(request)
    called = str(form.get("name", [""])[0])
    return await run_in_threadpool(_unname, request, number, user, called)


def _unname(request: Request, number: int, user: workflow.User, called: str) -> Response:
    store = store_of(request)
    whole = workflow.cluster(store, number)
    if whole is not None and called in whole.campaigns:
        workflow.withdraw_campaign(store, called, who=user.name)
        request.session["flash"] = {"said": "unnamed"}
    return RedirectResponse(f"/clusters/{number}", 303)
