"""What was tried: blocked is not empty."""

from fastapi import APIRouter, Request, Response

from lurewatch.review.app import page, person
from lurewatch.workflow import coverage

router = APIRouter()
SHOWN = 500


@router.get("/coverage")
def show(request: Request) -> Response:
    """Every platform, keyword and state, newest first."""
    person(request)
    return page(request, "coverage.html", rows=coverage(request.app.state.store)[:SHOWN])
