"""A small OpenID provider: the code flow with PKCE, client secrets, codes that work once, signed tokens."""

import secrets
import threading
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import uvicorn
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import RSAKey

from lurewatch.cli.serving import bound


class Provider:
    """One provider with one client and one person; what it lies about is set by a test."""

    def __init__(self, client_id: str, client_secret: str) -> None:
        self.issuer = ""
        self.client = (client_id, client_secret)
        self.callback = ""
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.person: dict[str, Any] = {"sub": "u-1", "email": "Lee@example.com"}
        self.lies: dict[str, Any] = {}  # claims of the ID token
        self.forged: str | None = None  # an ID token to give instead
        self.signs = self.key
        self.metadata: dict[str, Any] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.tokens: set[str] = set()

    def described(self) -> dict[str, Any]:
        """What it says of itself."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "authorization_response_iss_parameter_supported": True,
        } | self.metadata

    def answered(self, asked: dict[str, str], *, agrees: bool = True) -> str:
        """Where a person is sent back to who says yes or no."""
        known = (self.client[0], self.callback, "code", "S256")
        names = ("client_id", "redirect_uri", "response_type", "code_challenge_method")
        assert tuple(asked.get(name) for name in names) == known
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        said = {"code": code} if agrees else {"error": "access_denied"}
        self.codes[code] = asked
        return f"{self.callback}?{urlencode(said | {'state': asked['state'], 'iss': self.issuer})}"

    def token(self, form: dict[str, str], authorization: str) -> Response:
        """An ID token for a code, to the client that may have it, once."""
        named = b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        if (named[0], named[2]) != self.client:
            return JSONResponse({"error": "invalid_client"}, 401)
        asked = self.codes.pop(form.get("code", ""), None)
        if (
            asked is None
            or form.get("redirect_uri") != asked["redirect_uri"]
            or create_s256_code_challenge(form.get("code_verifier", "")) != asked["code_challenge"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        now, access = int(time.time()), secrets.token_urlsafe(16)
        self.tokens.add(access)
        claims = {
            "iss": self.issuer,
            "aud": self.client[0],
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "sub": self.person["sub"],
        }
        signed = jwt.encode({"alg": "RS256", "kid": "one"}, claims | self.lies, self.signs)
        given = {"access_token": access, "token_type": "Bearer", "expires_in": 300}
        return JSONResponse(given | {"id_token": self.forged or signed})

    def application(self) -> FastAPI:
        """It as an application."""
        app = FastAPI()

        @app.get("/.well-known/openid-configuration")
        def metadata() -> dict[str, Any]:
            return self.described()

        @app.get("/keys")
        def keys() -> dict[str, Any]:
            return {"keys": [self.key.as_dict(private=False)]}

        @app.get("/authorize")
        def ask() -> Response:
            return HTMLResponse(
                "<link rel=icon href=data:,><form method=post><button id=yes>Yes</button></form>"
            )

        @app.post("/authorize")
        def agree(request: Request) -> Response:
            return RedirectResponse(self.answered(dict(request.query_params)), 303)

        @app.post("/token")
        async def token(request: Request) -> Response:
            form = {name: str(value) for name, value in (await request.form()).items()}
            return self.token(form, request.headers.get("authorization", ""))

        @app.get("/userinfo")
        def userinfo(request: Request) -> Response:
            if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
                return JSONResponse({}, 401)
            return JSONResponse(self.person)

        return app


@contextmanager
def served(app: Any) -> Iterator[int]:
    """An application on a port of this machine."""
    listener = bound("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
