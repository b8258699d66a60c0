"""Log in and out."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from lurewatch.errors import NotAllowedError
from lurewatch.review.app import BACK, CHOOSE, UNDER, anybody, checked_form, page, store_of
from lurewatch.workflow import (
    TooLateError,
    User,
    forgive_try,
    release,
    take_try,
    user_named,
    verify_code,
    verify_password,
)

router = APIRouter()
HALF: Final = 300  # seconds between a password and its second factor
T = TypeVar("T")


class TooOftenError(Exception):
    """Wrong passwords or codes came too often of late."""


async def attempt(request: Request, name: str, check: Callable[[], T | None]) -> T | None:
    """
    What checking a password or a code gives; nothing for a wrong one. Raises TooOftenError.

    It counts as wrong before it is checked, so that many sent at once are not all let through. The
    store counts: whichever process is asked, it is the same count.
    """
    store = store_of(request)
    keys = (f"name {name}", f"from {request.client.host if request.client else ''}")
    tries = await run_in_threadpool(take_try, store, keys)
    if not tries:
        raise TooOftenError
    try:
        found = await run_in_threadpool(check)
    except NotAllowedError:  # said before anything was checked
        await run_in_threadpool(forgive_try, store, tries)
        raise
    if found is not None:
        await run_in_threadpool(forgive_try, store, tries)
    return found


@router.get("/login")
def login(request: Request) -> Response:
    """The form."""
    return _login(request)


def _login(request: Request, wrong: str = "", status: int = 200) -> Response:
    outside = request.app.state.openid is not None
    return page(request, "login.html", status=status, wrong=wrong, outside=outside)


@router.post("/login")
async def log_in(request: Request) -> Response:
    """Check name and password; a new session begins with a new token."""
    form = await checked_form(request)
    name, password = (str(form.get(key, [""])[0]) for key in ("name", "password"))
    store = store_of(request)
    try:
        user = await attempt(request, name, lambda: verify_password(store, name, password))
    except TooOftenError:
        return _login(request, "late", 429)
    except TooLateError:
        return _login(request, "ended", 403)
    if user is None:
        return _login(request, "wrong", 401)
    return RedirectResponse(begin(request, user, choose=user.must_choose), 303)


def begin(request: Request, user: User, *, choose: bool = False) -> str:
    """
    A new session for who has proven a password, or a provider's word; gives where they go next.

    Where they have a second factor, the session is nobody's before its code was given. Who came by a
    password that somebody else gave them has to *choose* another first.
    """
    back = str(request.session.get(BACK, "/"))
    request.session.clear()
    if user.second_factor:
        request.session["half"] = {"name": user.name, "at": time.time(), UNDER: user.sessions}
        request.session[BACK], request.session[CHOOSE] = back, choose
        return "/login/code"
    return enter(request, user, back, choose=choose)


def enter(request: Request, user: User, back: str, *, choose: bool) -> str:
    """The session is this person's from now on; gives where they go next."""
    request.session.clear()
    request.session["name"], request.session[UNDER] = user.name, user.sessions
    if choose:
        request.session[CHOOSE] = True
    return "/account" if user.must_set_up or choose else back


def half_in(request: Request) -> str | None:
    """Whose code is waited for; nobody's where their password has changed since."""
    half = request.session.get("half")
    if not half or not 0 <= time.time() - half["at"] < HALF:
        return None
    user = user_named(store_of(request), half["name"])
    return user.name if user and user.sessions == half.get(UNDER) else None


@router.get("/login/code")
def ask_code(request: Request) -> Response:
    """The form for the second factor."""
    if half_in(request) is None:
        return RedirectResponse("/login", 303)
    return page(request, "code.html", wrong="")


@router.post("/login/code")
async def check_code(request: Request) -> Response:
    """Check a code of the second factor, or a recovery code."""
    form = await checked_form(request)
    name = half_in(request)
    if name is None:
        return RedirectResponse("/login", 303)
    store, code = store_of(request), str(form.get("code", [""])[0])
    try:
        user = await attempt(request, name, lambda: verify_code(store, name, code, entering=True))
    except TooOftenError:
        return page(request, "code.html", status=429, wrong="late")
    if user is None:
        return page(request, "code.html", status=401, wrong="wrong")
    back, choose = str(request.session.get(BACK, "/")), bool(request.session.get(CHOOSE))
    return RedirectResponse(enter(request, user, back, choose=choose), 303)


@router.post("/logout")
async def log_out(request: Request) -> Response:
    """End the session, and let go of what the person held."""
    user = anybody(request)
    await checked_form(request)
    await run_in_threadpool(release, store_of(request), user=user)
    request.session.clear()
    return RedirectResponse("/login", 303)
