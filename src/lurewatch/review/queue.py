"""The queue: what waits for a person, the clearest first."""

from typing import Final

from fastapi import APIRouter, Request, Response

from lurewatch.finding import Finding, Grade
from lurewatch.post import visible
from lurewatch.review.app import page, person
from lurewatch.review.linked import posts_together
from lurewatch.review.marking import masked
from lurewatch.workflow import count_findings, coverage, findings_to_review

router = APIRouter()
PAGE: Final = 50


@router.get("/")
def queue(
    request: Request, grade: str = "", platform: str = "", decided: str = "no", start: int = 0
) -> Response:
    """Findings by grade and score; the filters are kept in the address."""
    person(request)
    store = request.app.state.store
    chosen_grade = Grade(grade) if grade in ("L2", "L3") else None
    chosen = {"no": False, "yes": True}.get(decided)
    start = max(0, start)
    found = findings_to_review(
        store,
        limit=PAGE,
        offset=start,
        grade=chosen_grade,
        decided=chosen,
        platform=platform or None,
    )
    total = count_findings(store, grade=chosen_grade, decided=chosen, platform=platform or None)
    troubled = sorted(
        {
            (row.platform, row.state)
            for row in coverage(store)
            if row.state in ("blocked", "changed", "failed", "disallowed")
        }
    )
    return page(
        request,
        "queue.html",
        rows=[(one, first_line(one)) for one in found],
        together=posts_together(store, found),
        total=total,
        start=start,
        size=PAGE,
        filters={"grade": grade, "platform": platform, "decided": decided},
        troubled=troubled,
    )


def first_line(one: Finding, size: int = 90) -> str:
    """The beginning of a post."""
    line = " ".join(f"{one.post.title} {one.post.text}".split())
    return visible(masked(one, line[:size])) + ("…" if len(line) > size else "")
