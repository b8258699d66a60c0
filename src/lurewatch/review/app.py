"""The console as an application: pages for people who are logged in, and nothing from elsewhere."""

import re
import secrets
import threading
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import FastAPI, Request, Response
from fastapi import Path as InPath
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, select_autoescape
from markupsafe import Markup, escape
from starlette.exceptions import HTTPException
from starlette.middleware.sessions import SessionMiddleware

from lurewatch.config import Settings, read_settings
from lurewatch.dates import CHINA
from lurewatch.detect import Detector
from lurewatch.errors import InputError, LurewatchError, NotAllowedError
from lurewatch.post import visible
from lurewatch.review import words
from lurewatch.review.language import COOKIE, LANGUAGES, catalogue, language_of
from lurewatch.review.problems import told
from lurewatch.store import Store
from lurewatch.text.mask import mask_name
from lurewatch.workflow import Rules, User, user_named

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self';"
    " img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none';"
    " base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
Number = Annotated[int, InPath(ge=1, le=2**63 - 1)]  # of a row, as a database takes it
BACK: Final = "back"  # in a session: the page that was asked for before anybody had logged in
UNDER: Final = "under"  # in a session: the number that the person's sessions had when it began
CHOOSE: Final = "choose"  # in a session: the person has to choose a password of their own
MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\dZ)")  # as refusals name one
STEP: Final = 14 * 3600  # seconds a session lasts: a working day


class LogInError(Exception):
    """Nobody is logged in."""


class SetUpError(Exception):
    """Somebody is logged in who has to choose a password or set up a second factor first."""


def create_app(
    store: Store, *, secret: str, evidence_dir: Path, settings: Settings | None = None
) -> FastAPI:
    """The console over a store; *secret* signs sessions; settings are the environment's if not given."""
    from lurewatch.review import (
        account,
        adding,
        audit,
        coverage,
        drafts,
        figures,
        finding,
        giving,
        metrics,
        openid,
        people,
        quality,
        queue,
        register,
        requests,
        searching,
        sessions,
    )
    from lurewatch.review.api.routes import create_api

    settings = settings or read_settings()
    app = FastAPI(title="lurewatch", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.store = store
    app.state.evidence_dir = evidence_dir
    app.state.metrics_token = settings.metrics_token
    app.state.settings = settings
    app.state.rules = Rules(
        timedelta(minutes=settings.claim_minutes),
        settings.second_look,
        timedelta(hours=settings.password_hours),
    )
    app.state.detector, app.state.loading = None, threading.Lock()
    app.state.snapshots = {}
    app.state.openid = openid.Gate(settings.openid, secret) if settings.openid else None
    app.add_middleware(
        SessionMiddleware,
        secret_key=secret,
        max_age=STEP,
        same_site="strict",
        https_only=settings.openid is not None and settings.openid.console.startswith("https:"),
    )
    here = Path(str(files("lurewatch.review")))
    app.mount("/static", StaticFiles(directory=here / "static"), name="static")
    app.state.templates = Environment(
        loader=FileSystemLoader(here / "templates"),
        autoescape=select_autoescape(),
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    app.mount("/api/v1", create_api(store))
    for module in (sessions, openid, account, queue, finding, searching):
        app.include_router(module.router)
    for module in (quality, coverage, figures, adding, metrics, requests):
        app.include_router(module.router)
    for module in (audit, register, people, drafts, giving):
        app.include_router(module.router)

    @app.middleware("http")
    async def harden(request: Request, call_next: Any) -> Response:
        response: Response = await call_next(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    @app.exception_handler(LogInError)
    async def to_login(request: Request, error: LogInError) -> Response:
        if "." not in request.url.path:  # a picture or a file is no page to come back to
            request.session[BACK] = way_back(request)
        return RedirectResponse("/login", 303)

    @app.exception_handler(SetUpError)
    async def to_account(request: Request, error: SetUpError) -> Response:
        return RedirectResponse("/account", 303)

    @app.exception_handler(LurewatchError)
    async def explain(request: Request, error: LurewatchError) -> Response:
        known = {NotAllowedError: 403, InputError: 400}
        return problem(request, known.get(type(error), 500), str(error))

    @app.exception_handler(HTTPException)
    async def missing(request: Request, error: HTTPException) -> Response:
        return problem(request, error.status_code, words.PROBLEMS["page"])

    @app.exception_handler(RequestValidationError)
    async def unreadable(request: Request, error: RequestValidationError) -> Response:
        return problem(request, 422, words.PROBLEMS["page"])

    @app.get("/healthz")
    def healthy() -> PlainTextResponse:
        return PlainTextResponse("ok")

    @app.post("/language/{language}")
    async def choose(request: Request, language: str) -> Response:
        form = await checked_form(request)
        back = str(form.get("back", ["/"])[0])
        here_only = back.startswith("/") and not back.startswith(("//", "/\\"))
        response = RedirectResponse(back if here_only else "/", 303)
        if language in LANGUAGES:
            response.set_cookie(COOKIE, language, max_age=365 * 86400, samesite="strict")
        return response

    return app


def person(request: Request) -> User:
    """Who is logged in, as the store knows them now. Raises LogInError and SetUpError."""
    user = anybody(request)
    if user.must_set_up or must_choose(request, user):
        raise SetUpError
    return user


def must_choose(request: Request, user: User) -> bool:
    """Whether this session began with a password that somebody else gave."""
    return user.must_choose and bool(request.session.get(CHOOSE))


def anybody(request: Request) -> User:
    """
    Who is logged in, be there something to set up or not. Raises LogInError.

    A session that began before the person's password or second factor changed is over.
    """
    name = request.session.get("name")
    user = user_named(request.app.state.store, name) if name else None
    if user is None or user.disabled or request.session.get(UNDER) != user.sessions:
        request.session.pop("name", None)
        raise LogInError
    request.state.user = user  # for the page around what is shown
    return user


def decider(request: Request) -> User:
    """Who is logged in, if their role decides. Raises NotAllowedError."""
    user = person(request)
    if not user.decides:
        raise NotAllowedError(f"the role {user.role} reads and does not decide")
    return user


def store_of(request: Request) -> Store:
    """The store that the console shows."""
    store: Store = request.app.state.store
    return store


def rules_of(request: Request) -> Rules:
    """What this installation sets for its people."""
    rules: Rules = request.app.state.rules
    return rules


def detector_of(request: Request) -> Detector:
    """The detector, loaded when a page first needs it."""
    state = request.app.state
    with state.loading:
        if state.detector is None:
            state.detector = Detector.load(state.settings)
    detector: Detector = state.detector
    return detector


async def checked_form(request: Request) -> dict[str, Any]:
    """A form that came from one of our own pages. Raises NotAllowedError."""
    form = await request.form()
    token = request.session.get("token", "")
    if not token or not secrets.compare_digest(str(form.get("token", "")), token):
        raise NotAllowedError("this form is too old; go back, reload the page and try again")
    values: dict[str, Any] = {name: form.getlist(name) for name in form}
    return values


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page in the person's language."""
    language = language_of(request)
    found = catalogue(language)
    templates: Environment = request.app.state.templates
    request.session.setdefault("token", secrets.token_urlsafe(24))
    name = request.session.get("name")
    html = templates.get_template(template).render(
        _=found.gettext,
        gettext=found.gettext,
        ngettext=found.ngettext,
        language=language,
        token=request.session["token"],
        name=name,
        account=getattr(request.state, "user", None),
        path=request.url.path,
        here=way_back(request),
        flash=request.session.pop("flash", None),
        words=words,
        visible=visible,
        hidden=mask_name,
        moment=shown_moment,
        **values,
    )
    return HTMLResponse(html, status)


def problem(request: Request, status: int, message: str) -> HTMLResponse:
    """A page that says what did not work, with a way back to where it was tried."""
    said = told(message, catalogue(language_of(request)).gettext)
    before = "/" if request.method == "GET" else way_back(request)
    return page(request, "problem.html", status=status, message=timed(said), before=before)


def timed(said: str) -> Markup:
    """
    A sentence whose moments are shown as everywhere in the console.

    >>> print(timed("until 2026-11-27T04:12Z <b>"))
    until <time datetime="2026-11-27T04:12:00+00:00">2026-11-27 12:12</time> &lt;b&gt;
    """
    parts = (
        shown_moment(datetime.fromisoformat(part)) if at % 2 else escape(part)
        for at, part in enumerate(MOMENT.split(said))
    )
    return Markup("").join(parts)


def way_back(request: Request) -> str:
    """
    Where a change of language or a login leads: this page, or the one whose form it answers.

    A form is answered below its page's address: /findings/5/decide belongs to /findings/5.
    """
    if request.method != "GET":
        return request.url.path.rpartition("/")[0] or "/"
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def shown_moment(at: Any) -> str:
    """A moment in China's time, as an element that says the moment itself."""
    if not at:
        return "–"
    inside = f"{at.astimezone(CHINA):%Y-%m-%d %H:%M}"
    return Markup('<time datetime="{}">{}</time>').format(at.astimezone(UTC).isoformat(), inside)
