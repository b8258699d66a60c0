"""Log in and out."""

import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TypeVar

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from lurewatch.review.app import BACK, anybody, checked_form, page, store_of
from lurewatch.workflow import User, release, verify_code, verify_password

router = APIRouter()
TRIES: Final = 8  # failures of one name or address within WINDOW
WINDOW: Final = 600  # seconds
HALF: Final = 300  # seconds between a password and its second factor
T = TypeVar("T")


class TooOftenError(Exception):
    """Wrong passwords or codes came too often of late."""


class Failures:
    """Counts wrong passwords and codes, so that they cannot be tried without end."""

    def __init__(self) -> None:
        self._at: dict[str, list[float]] = defaultdict(list)

    def too_many(self, *keys: str) -> bool:
        """Whether any of these failed too often of late."""
        now = time.monotonic()
        for key in keys:
            self._at[key] = [at for at in self._at[key] if now - at < WINDOW]
        return any(len(self._at[key]) >= TRIES for key in keys)

    def count(self, *keys: str) -> float:
        """One failure more; gives when."""
        now = time.monotonic()
        for key in keys:
            self._at[key].append(now)
        return now

    def forgive(self, at: float, *keys: str) -> None:
        """The failure counted then was none; others stay."""
        for key in keys:
            with suppress(ValueError):
                self._at[key].remove(at)


async def attempt(request: Request, name: str, check: Callable[[], T | None]) -> T | None:
    """
    What checking a password or a code gives; nothing for a wrong one. Raises TooOftenError.

    It counts as wrong before it is checked, so that many sent at once are not all let through.
    """
    failures: Failures = request.app.state.failures
    keys = (f"name {name}", f"from {request.client.host if request.client else ''}")
    if failures.too_many(*keys):
        raise TooOftenError
    at = failures.count(*keys)
    found = await run_in_threadpool(check)
    if found is not None:
        failures.forgive(at, *keys)
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
    if user is None:
        return _login(request, "wrong", 401)
    return RedirectResponse(begin(request, user), 303)


def begin(request: Request, user: User) -> str:
    """
    A new session for who has proven a password, or a provider's word; gives where they go next.

    Where they have a second factor, the session is nobody's before its code was given.
    """
    back = request.session.get(BACK, "/")
    request.session.clear()
    if user.second_factor:
        request.session["half"] = {"name": user.name, "at": time.time()}
        request.session[BACK] = back
        return "/login/code"
    request.session["name"] = user.name
    return "/account" if user.must_set_up else str(back)


def half_in(request: Request) -> str | None:
    """Whose code is waited for."""
    half = request.session.get("half")
    return half["name"] if half and 0 <= time.time() - half["at"] < HALF else None


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
        user = await attempt(request, name, lambda: verify_code(store, name, code))
    except TooOftenError:
        return page(request, "code.html", status=429, wrong="late")
    if user is None:
        return page(request, "code.html", status=401, wrong="wrong")
    back = str(request.session.get(BACK, "/"))
    request.session.clear()
    request.session["name"] = user.name
    return RedirectResponse(back, 303)


@router.post("/logout")
async def log_out(request: Request) -> Response:
    """End the session, and let go of what the person held."""
    user = anybody(request)
    await checked_form(request)
    await run_in_threadpool(release, store_of(request), user=user)
    request.session.clear()
    return RedirectResponse("/login", 303)
