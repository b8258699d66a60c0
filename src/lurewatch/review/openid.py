"""Log in with an institution's own account, by OpenID Connect."""

from dataclasses import asdict
from typing import Final

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from itsdangerous import BadData, URLSafeTimedSerializer

from lurewatch.config import OpenId
from lurewatch.review.app import page, store_of
from lurewatch.review.provider import Flow, OpenIdError, Provider
from lurewatch.review.sessions import begin
from lurewatch.workflow import log_in_as

router = APIRouter()
COOKIE: Final = "openid"
AWAY: Final = 600  # seconds that a person may take at the provider
PATH: Final = "/login/openid"


class Gate:
    """The provider, and the cookie that ties an answer to the browser that asked."""

    def __init__(self, settings: OpenId, secret: str) -> None:
        self.provider = Provider(settings)
        self.signer = URLSafeTimedSerializer(secret, salt="openid")


def gate(request: Request) -> Gate:
    """The provider; where none is set there is no such page."""
    found: Gate | None = request.app.state.openid
    if found is None:
        raise HTTPException(404)
    return found


@router.get(PATH)
def leave(request: Request) -> Response:
    """Off to the provider."""
    door = gate(request)
    try:
        address, flow = door.provider.begin()
    except OpenIdError as error:
        return _failed(request, error)
    response = RedirectResponse(address, 303)
    response.set_cookie(
        COOKIE,
        door.signer.dumps(asdict(flow)),
        max_age=AWAY,
        path=PATH,
        httponly=True,
        secure=door.provider.settings.console.startswith("https:"),
        samesite="lax",  # a strict one, as the session's, does not come along from another site
    )
    return response


@router.get(f"{PATH}/back")
def back(request: Request) -> Response:
    """
    From the provider: who it was is looked up, and a session begins.

    The page goes on by itself rather than by a redirect: to one that began at another site a
    browser would not show the new session.
    """
    door = gate(request)
    settings = door.provider.settings
    try:
        value = door.provider.finish(_flow(request, door), request.query_params)
        user = log_in_as(store_of(request), settings.issuer, settings.claim, value)
        if user is None:
            raise OpenIdError("unknown", f"{settings.claim} {value}")
    except OpenIdError as error:
        response = _failed(request, error)
    else:
        response = page(request, "entered.html", onward=begin(request, user))
    response.delete_cookie(COOKIE, path=PATH)
    return response


def _flow(request: Request, door: Gate) -> Flow | None:
    try:
        return Flow(**door.signer.loads(request.cookies.get(COOKIE, ""), max_age=AWAY))
    except (BadData, TypeError):
        return None


def _failed(request: Request, error: OpenIdError) -> Response:
    status = {"provider": 502, "stale": 400, "token": 502}.get(error.kind, 403)
    return page(request, "outside.html", status=status, kind=error.kind, detail=error.detail)
