"""Log in and out."""

import time
from collections import defaultdict
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from lurewatch.review.app import checked_form, page, person
from lurewatch.workflow import release, verify_password

router = APIRouter()
TRIES: Final = 8  # failures of one name or address within WINDOW
WINDOW: Final = 600  # seconds


class Failures:
    """Counts failed logins, so that passwords cannot be tried without end."""

    def __init__(self) -> None:
        self._at: dict[str, list[float]] = defaultdict(list)

    def too_many(self, *keys: str) -> bool:
        """Whether any of these failed too often of late."""
        now = time.monotonic()
        for key in keys:
            self._at[key] = [at for at in self._at[key] if now - at < WINDOW]
        return any(len(self._at[key]) >= TRIES for key in keys)

    def count(self, *keys: str) -> None:
        """One failure more."""
        for key in keys:
            self._at[key].append(time.monotonic())


@router.get("/login")
def login(request: Request) -> Response:
    """The form."""
    return page(request, "login.html", wrong="")


@router.post("/login")
async def log_in(request: Request) -> Response:
    """Check name and password; a new session begins with a new token."""
    form = await checked_form(request)
    name, password = (form.get(key, [""])[0] for key in ("name", "password"))
    failures: Failures = request.app.state.failures
    keys = (f"name {name}", f"from {request.client.host if request.client else ''}")
    if failures.too_many(*keys):
        return page(request, "login.html", status=429, wrong="late")
    user = await run_in_threadpool(verify_password, request.app.state.store, name, password)
    if user is None:
        failures.count(*keys)
        return page(request, "login.html", status=401, wrong="wrong")
    request.session.clear()
    request.session["name"] = user.name
    return RedirectResponse("/", 303)


@router.post("/logout")
async def log_out(request: Request) -> Response:
    """End the session, and let go of what the person held."""
    user = person(request)
    await checked_form(request)
    await run_in_threadpool(release, request.app.state.store, user=user)
    request.session.clear()
    return RedirectResponse("/login", 303)
