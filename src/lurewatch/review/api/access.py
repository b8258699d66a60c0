"""Who asks: a token in the Authorization header, its scopes, and how often it may ask."""

import time
from collections import defaultdict, deque
from typing import Annotated, Any, Final

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from lurewatch.desk import SCOPES, Token, token_shown

RATE: Final = 120  # requests of one token, or of one address without a token, in
WINDOW: Final = 60.0  # seconds
MOST: Final = 10_000  # clients counted at a time; then counting begins anew
BEARER: Final = HTTPBearer(
    auto_error=False, description="A token of: lurewatch token add NAME --scope findings:read"
)


class Rate:
    """Counts requests, so that no client can keep the console from its people."""

    def __init__(self, most: int = RATE) -> None:
        self.most = most
        self._at: dict[str, deque[float]] = defaultdict(deque)

    def wait(self, key: str, now: float) -> int:
        """Counts a request of *key*; gives the seconds it has to wait, or 0 when it may go on."""
        asked = self._at[key]
        while asked and now - asked[0] >= WINDOW:
            asked.popleft()
        if len(asked) >= self.most:
            return int(WINDOW - (now - asked[0])) + 1
        asked.append(now)
        if len(self._at) > MOST:
            self._at.clear()
        return 0


def limited(request: Request, key: str) -> None:
    """Raises 429 when this client asked too often."""
    rate: Rate = request.app.state.rate
    if wait := rate.wait(key, time.monotonic()):
        raise HTTPException(429, f"ask again in {wait} s", {"Retry-After": str(wait)})


def holder(
    request: Request,
    shown: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)],
) -> Token:
    """Whose token was shown. Raises 401; no cookie counts here."""
    token = token_shown(request.app.state.store, shown.credentials) if shown else None
    if token is None:
        limited(request, f"from {request.client.host if request.client else ''}")
        raise HTTPException(
            401, "show a token: Authorization: Bearer lw_…", {"WWW-Authenticate": "Bearer"}
        )
    limited(request, f"token {token.name}")
    return token


def needs(scope: str) -> Any:
    """A token with this scope. Raises 403."""

    def check(token: Annotated[Token, Depends(holder)]) -> Token:
        if scope not in token.scopes:
            raise HTTPException(403, f"this needs the scope {scope}: {SCOPES[scope]}")
        return token

    return Depends(check)
