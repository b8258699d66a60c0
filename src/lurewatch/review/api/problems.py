"""What went wrong, as other systems read it (RFC 9457, application/problem+json)."""

import json
import logging
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from lurewatch.errors import LurewatchError, NotAllowedError

LOG: Final = logging.getLogger(__name__)
MEDIA_TYPE: Final = "application/problem+json"


class Problem(BaseModel):
    """What went wrong and what to do about it."""

    type: str
    title: str
    status: int
    detail: str


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route may answer beside success, for its documentation."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": schema}},
        }
        for status in statuses
    }


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    """One problem as an answer."""
    found = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    return Response(json.dumps(found), status, headers, MEDIA_TYPE)


def install(api: FastAPI) -> None:
    """Have every problem of the API answered in this form."""

    @api.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        return problem(error.status_code, str(error.detail), dict(error.headers or {}))

    @api.exception_handler(RequestValidationError)
    async def unreadable(request: Request, error: RequestValidationError) -> Response:
        found = [
            f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()
        ]  # never what was sent: it may be anybody's data
        return problem(422, "; ".join(found))

    @api.exception_handler(LurewatchError)
    async def refused(request: Request, error: LurewatchError) -> Response:
        if isinstance(error, NotAllowedError):
            return problem(403, str(error))
        LOG.error("%s", error)  # it may name files and servers of ours
        return problem(503, "the store cannot be used now; ask again later")
