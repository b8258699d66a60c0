"""An OpenID provider: where it sends people to, and whom it says they are."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from requests import RequestException

from lurewatch.config import OpenId, private

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")  # fmt: skip
SCOPES: Final = {"sub": "openid", "email": "openid email", "phone_number": "openid phone"}
VOUCHED: Final = {"email": "email_verified", "phone_number": "phone_number_verified"}
PATIENCE: Final = 10  # seconds for an answer
LEEWAY: Final = 60  # seconds that clocks may differ
KEPT: Final = 600  # seconds that what a provider says of itself is kept
METADATA: Final = "/.well-known/openid-configuration"


class OpenIdError(Exception):
    """Nobody is logged in by the provider: the kind is a key of `words.OPENID`."""

    def __init__(self, kind: str, detail: object = "") -> None:
        super().__init__(kind)
        self.kind = kind
        self.detail = str(detail)[:200]


@dataclass(frozen=True, slots=True)
class Flow:
    """What only the browser that began knows, until it comes back."""

    state: str
    nonce: str
    verifier: str  # of PKCE


class Provider:
    """The code flow with PKCE, state and nonce, against one provider."""

    def __init__(self, settings: OpenId) -> None:
        self.settings = settings
        self._metadata: dict[str, Any] = {}
        self._read_at = 0.0

    def begin(self) -> tuple[str, Flow]:
        """The address to send a person to. Raises OpenIdError."""
        flow = Flow(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48))
        with self._session() as session:
            address, _ = session.create_authorization_url(
                self._endpoint(session, "authorization_endpoint"),
                state=flow.state,
                nonce=flow.nonce,
                code_verifier=flow.verifier,
            )
        return str(address), flow

    def finish(self, flow: Flow | None, answer: Mapping[str, str]) -> str:
        """The value of the claim by which a person is known. Raises OpenIdError."""
        if flow is None or not secrets.compare_digest(
            answer.get("state", "").encode(), flow.state.encode()
        ):
            raise OpenIdError("stale")
        with self._session() as session:
            self._check_sender(session, answer)
            if "error" in answer:
                raise OpenIdError("refused", answer["error"])
            if not answer.get("code"):
                raise OpenIdError("token", "no code")
            claims, access = self._claims(session, answer["code"], flow)
            return self._value(session, claims, access)

    def _check_sender(self, session: OAuth2Session, answer: Mapping[str, str]) -> None:
        """An answer of another provider, mixed in, is not taken (RFC 9207)."""
        said = self._read(session).get("authorization_response_iss_parameter_supported")
        if answer.get("iss", None if said else self.settings.issuer) != self.settings.issuer:
            raise OpenIdError("token", "iss")

    def _claims(self, session: OAuth2Session, code: str, flow: Flow) -> tuple[Any, str]:
        """What the ID token says, once its signature and claims hold, and the access token."""
        methods = self._read(session).get("token_endpoint_auth_methods_supported")
        if methods and "client_secret_basic" not in methods:
            session.token_endpoint_auth_method = "client_secret_post"
        endpoint = self._endpoint(session, "token_endpoint")
        keys: Any = self._get(session, self._endpoint(session, "jwks_uri"))
        try:
            given = session.fetch_token(endpoint, code=code, grant_type="authorization_code", code_verifier=flow.verifier, allow_redirects=False)  # fmt: skip
        except RequestException as error:
            raise OpenIdError("provider", type(error).__name__) from error
        except (AuthlibBaseError, ValueError) as error:
            raise OpenIdError("refused", error) from error
        options = {
            "iss": {"essential": True, "value": self.settings.issuer},
            "aud": {"essential": True, "value": self.settings.client_id},
        }
        access = str(given.get("access_token", ""))
        params = {
            "nonce": flow.nonce,
            "client_id": self.settings.client_id,
            "access_token": access,
        }
        try:
            token = jwt.decode(
                given["id_token"], KeySet.import_key_set(keys), algorithms=ALGORITHMS
            )
            claims = CodeIDToken(token.claims, token.header, options, params)
            claims.validate(leeway=LEEWAY)
        except (JoseError, AuthlibBaseError, KeyError, TypeError, ValueError) as error:
            raise OpenIdError("token", error) from error
        return claims, access

    def _value(self, session: OAuth2Session, claims: Any, access: str) -> str:
        """The claim that counts, from the ID token, else from what the provider tells of its user."""
        name = self.settings.claim
        if name not in claims and self._read(session).get("userinfo_endpoint"):
            headers = {"Authorization": f"Bearer {access}"}
            told = self._get(session, self._endpoint(session, "userinfo_endpoint"), headers)
            if told.get("sub") != claims["sub"]:
                raise OpenIdError("token", "sub")
            claims = told
        value = claims.get(name)
        if not isinstance(value, str) or not value:
            raise OpenIdError("unverified", name)
        if name in VOUCHED and claims.get(VOUCHED[name]) is not True:
            raise OpenIdError("unverified", VOUCHED[name])
        return value

    def _session(self) -> OAuth2Session:
        return OAuth2Session(
            self.settings.client_id,
            self.settings.client_secret,
            scope=SCOPES.get(self.settings.claim, "openid profile"),
            redirect_uri=self.settings.callback,
            code_challenge_method="S256",
            default_timeout=PATIENCE,
        )

    def _read(self, session: OAuth2Session) -> dict[str, Any]:
        """What the provider says of itself; it must be the one that was asked."""
        if not self._metadata or time.monotonic() - self._read_at > KEPT:
            found = self._get(session, self.settings.issuer.rstrip("/") + METADATA)
            if found.get("issuer") != self.settings.issuer:
                raise OpenIdError("provider", "issuer")
            self._metadata, self._read_at = found, time.monotonic()
        return self._metadata

    def _endpoint(self, session: OAuth2Session, name: str) -> str:
        address = self._read(session).get(name)
        if not isinstance(address, str) or not private(address):
            raise OpenIdError("provider", name)
        return address

    def _get(
        self, session: OAuth2Session, address: str, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        try:
            answer = session.get(
                address, headers=headers, withhold_token=True, allow_redirects=False
            )
            found = answer.json() if answer.status_code == 200 else None
        except (RequestException, ValueError) as error:
            raise OpenIdError("provider", type(error).__name__) from error
        if not isinstance(found, dict):
            raise OpenIdError("provider", f"{address} {answer.status_code}")
        return found
