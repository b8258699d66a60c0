"""Look at reported posts again, as politely as any crawl: still there, edited, or gone?"""

import difflib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from lurewatch import workflow
from lurewatch.crawling import Order, crawl_all
from lurewatch.store import Store
from lurewatch.takedown import TakedownRequest, TakedownState
from lurewatch.workflow import Outcome

LOOKED_AT: Final = (
    TakedownState.SENT,
    TakedownState.ACKNOWLEDGED,
    TakedownState.COUNTERED,
    TakedownState.REFUSED,
    TakedownState.REMOVED,
    TakedownState.VERIFIED,
)
SAYS: Final[dict[str, Outcome]] = {  # a run's only page, and what it says of the post
    "captured": "live",
    "empty": "gone",
    "blocked": "wall",
    "failed": "lost",
}
LINES: Final = 12  # of a difference that are kept


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found."""

    request: TakedownRequest
    outcome: Outcome
    detail: str


def due(store: Store, now: datetime, every: timedelta) -> list[TakedownRequest]:
    """The requests whose posts were last looked at longer ago than *every*."""
    found = []
    for one in workflow.requests(store):
        if one.state in LOOKED_AT:
            looks = workflow.checks_of(store, one.request_id)
            if not looks or now - looks[-1].at >= every:
                found.append(one)
    return found


def look_again(
    store: Store, requests: Sequence[TakedownRequest], say: Callable[[str], object]
) -> list[Look]:
    """
    Visit the post of each request through its platform's spider, one page a run.

    A platform that rests or is asked by another is left for the next time, and no more of its posts
    are asked for once it raises a wall.
    """
    looks: list[Look] = []
    asked_at: dict[str, float] = {}
    shut: set[str] = set()
    for request in requests:
        post = workflow.finding(store, request.finding_id, reader="re-check").post
        if post.platform in shut:
            continue
        wait = asked_at.get(post.platform, 0.0) + workflow.delay_of(store, post.platform)
        time.sleep(max(0.0, min(wait - time.monotonic(), 60.0)) if post.platform in asked_at else 0)
        (done,) = crawl_all(store, [post.platform], Order((), (post.url,), 1))
        asked_at[post.platform] = time.monotonic()
        if done.left:
            say(f"request {request.request_id}: {done.left}")
            shut.add(post.platform)
            continue
        rows = workflow.coverage(store, [done.run_id])
        state = rows[0].state if rows else "failed"
        outcome, detail = SAYS.get(state, "unclear"), rows[0].detail if rows else done.said
        if outcome == "wall":
            shut.add(post.platform)
        if outcome == "live":
            after = workflow.finding(store, request.finding_id, reader="re-check").post
            if detail := difference(post.text, after.text):
                outcome = "edited"
        workflow.record_check(store, request.request_id, outcome, detail, datetime.now(UTC))
        looks.append(Look(request, outcome, detail))
    return looks


def difference(before: str, after: str) -> str:
    """
    The lines in which two texts differ; nothing when they are the same.

    >>> difference("停息挂账\\n加微信", "停息挂账")
    '-加微信'
    """
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    return "\n".join(
        [f"{line[0]}{line[2:]}" for line in lines if line.startswith(("-", "+"))][:LINES]
    )
