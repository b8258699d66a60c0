"""A person's own account: the password and the second factor."""

from typing import Any, Final

import segno
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from lurewatch import workflow
from lurewatch.review.app import (
    CHOOSE,
    UNDER,
    anybody,
    checked_form,
    must_choose,
    page,
    store_of,
)
from lurewatch.review.sessions import TooOftenError, attempt
from lurewatch.workflow import User

router = APIRouter()
DOT: Final = 5  # pixels of a dot of the QR code


@router.get("/account")
def account(request: Request) -> Response:
    """Who one is here, where to choose a password, and whether a second factor is set up."""
    return _shown(request)


def _shown(request: Request, *, status: int = 200, **values: Any) -> Response:
    user = anybody(request)
    store = store_of(request)
    shown: dict[str, Any] = {
        "enrolment": None,
        "codes": (),
        "wrong": "",
        "password": "",
        "choose": must_choose(request, user),
    } | values
    if shown["enrolment"]:
        code = segno.make(shown["enrolment"].uri, error="m")
        shown["picture"] = code.svg_data_uri(scale=DOT, dark="#000", light="#fff")
    left = workflow.recovery_left(store, user.name)
    return page(request, "account.html", status=status, user=user, left=left, **shown)


def stay(request: Request, user: User) -> None:
    """This session goes on, though what the person logs in with has changed; all others are over."""
    request.session[UNDER] = user.sessions + 1


@router.post("/account/password")
async def choose(request: Request) -> Response:
    """A password of one's own, by whoever knows the one from before."""
    user = anybody(request)
    form = await checked_form(request)
    store, name = store_of(request), user.name
    before, one, other = (str(form.get(key, [""])[0]) for key in ("before", "one", "other"))
    if one != other:
        return await run_in_threadpool(lambda: _shown(request, status=400, password="differ"))
    try:
        done = await attempt(
            request, name, lambda: workflow.choose_password(store, name, before, one)
        )
    except TooOftenError:
        return await run_in_threadpool(lambda: _shown(request, status=429, password="late"))
    except workflow.TooLateError:
        return await run_in_threadpool(lambda: _shown(request, status=403, password="ended"))
    if not done:
        return await run_in_threadpool(lambda: _shown(request, status=401, password="wrong"))
    stay(request, user)
    request.session.pop(CHOOSE, None)
    return await run_in_threadpool(lambda: _shown(request, password="done"))


@router.post("/account/totp")
async def change(request: Request) -> Response:
    """Begin a second factor; who has one proves it first, also to take it off or for new codes."""
    user = anybody(request)
    form = await checked_form(request)
    store, wanted, code = (
        store_of(request),
        str(form.get("do", ["set"])[0]),
        str(form.get("code", [""])[0]),
    )
    if user.second_factor:
        name = user.name
        try:
            proven = await attempt(request, name, lambda: workflow.verify_code(store, name, code))
        except TooOftenError:
            return await run_in_threadpool(_again, request, "late")
        if proven is None:
            return await run_in_threadpool(_again, request, "wrong")
        if wanted == "codes":
            codes = await run_in_threadpool(workflow.renew_recovery, store, name)
            return await run_in_threadpool(lambda: _shown(request, codes=codes))
        if wanted == "off":
            await run_in_threadpool(lambda: workflow.drop_factor(store, name, who=name))
            stay(request, user)
            return await run_in_threadpool(_shown, request)
    begun = await run_in_threadpool(lambda: workflow.begin_factor(store, user.name, who=user.name))
    request.session["enrolling"] = True  # in this session only is it shown again
    return await run_in_threadpool(lambda: _shown(request, enrolment=begun))


@router.post("/account/totp/confirm")
async def confirm(request: Request) -> Response:
    """The first code of a new second factor; the recovery codes are shown this once."""
    user = anybody(request)
    name = user.name
    form = await checked_form(request)
    if "enrolling" not in request.session:
        return RedirectResponse("/account", 303)
    store, code = store_of(request), str(form.get("code", [""])[0])
    try:
        codes = await attempt(
            request, name, lambda: workflow.confirm_factor(store, name, code, who=name)
        )
    except TooOftenError:
        return await run_in_threadpool(_again, request, "late")
    if codes is None:
        return await run_in_threadpool(_again, request, "wrong")
    del request.session["enrolling"]
    stay(request, user)
    return await run_in_threadpool(lambda: _shown(request, codes=codes))


def _again(request: Request, wrong: str) -> Response:
    """The page as it was, with what was wrong; a new second factor can still be proven."""
    begun = None
    if "enrolling" in request.session:
        begun = workflow.pending_factor(store_of(request), anybody(request).name)
    status = 429 if wrong == "late" else 401
    return _shown(request, status=status, wrong=wrong, enrolment=begun)
