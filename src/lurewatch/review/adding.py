"""One post by hand: its address, and what a person saw of it."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from lurewatch.intake import LARGEST, add_post, checked_file, environment
from lurewatch.review.app import checked_form, decider, detector_of, page, store_of
from lurewatch.workflow import User, judge_post

router = APIRouter()


@router.get("/add")
def form(request: Request) -> Response:
    """The form."""
    decider(request)
    return page(request, "add.html", added=None)


@router.post("/add")
async def add(request: Request) -> Response:
    """Read the public page, else keep what was seen; judge it at once, and show what it became."""
    user = decider(request)
    given = await checked_form(request)
    sent = given.get("file", [""])[0]
    file = None
    if isinstance(sent, UploadFile):
        body = await sent.read(LARGEST + 1)
        await sent.close()
        file = checked_file(sent.filename or "", body) if body else None
    return await run_in_threadpool(_add, request, user, given, file)


def _add(
    request: Request, user: User, given: dict[str, Any], file: tuple[str, bytes] | None
) -> Response:
    store = store_of(request)
    written = {name: str(given.get(name, [""])[0]).strip() for name in ("url", "text", "title", "author")}  # fmt: skip
    added = add_post(
        store,
        written["url"],
        text=written["text"],
        title=written["title"],
        author=written["author"],
        file=file,
        visit="visit" in given,
        who=user.name,
        environ=environment(request.app.state.settings),
    )
    detector = detector_of(request)
    post, number = judge_post(store, detector, added.platform, added.post_id)
    if number is not None:
        request.session["flash"] = {"said": "added"}
        return RedirectResponse(f"/findings/{number}", 303)
    return page(request, "add.html", added=added, why=detector.why_not(post))
