"""Look at reported posts again, as politely as any crawl: still there, edited, or gone?"""

import difflib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from lurewatch import retention, workflow
from lurewatch.crawling import Order, crawl_all
from lurewatch.finding import Finding
from lurewatch.notices import Notice, said
from lurewatch.post import Post
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
WALLS: Final[dict[str, Outcome]] = {"login": "login_wall", "captcha": "captcha"}  # others: wall
LINES: Final = 12  # of a difference that are kept
WEEKLY: Final = timedelta(days=7)  # between looks at a verified removal
WATCHED: Final = timedelta(days=90)  # the longest span in which a relapse is counted


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found."""

    request: TakedownRequest
    outcome: Outcome
    detail: str


def due(store: Store, now: datetime, every: timedelta) -> list[TakedownRequest]:
    """
    The requests whose posts were last looked at longer ago than *every*.

    A verified removal is looked at once a week for three months: a guest does not call daily for
    good. What was emptied has no address any more.
    """
    found, gone = [], retention.emptied(store)
    for one in workflow.requests(store):
        if one.state not in LOOKED_AT or one.finding_id in gone:
            continue
        looks = workflow.checks_of(store, one.request_id)
        wait = every
        if one.state is TakedownState.VERIFIED:
            events = workflow.events_of(store, [one.request_id])[one.request_id]
            if now - events[-1].at > WATCHED:
                continue
            wait = max(every, WEEKLY)
        if not looks or now - looks[-1].at >= wait:
            found.append(one)
    return found


def look_again(
    store: Store,
    requests: Sequence[TakedownRequest],
    say: Callable[[str], object],
    notices: Sequence[Notice] | None = None,
    halted: Callable[[], bool] = lambda: False,
) -> list[Look]:
    """
    Visit the post of each request through its platform's spider, one page a run.

    *notices* are what pages say in place of a post; by default those that are shipped. When *halted*
    says so, the rest is left for the next time.

    A platform that rests or is asked by another is left for the next time, and no more of its posts
    are asked for once it raises a wall.
    """
    looks: list[Look] = []
    asked_at: dict[str, float] = {}
    shut: set[str] = set()
    for request in requests:
        found = workflow.finding(store, request.finding_id, reader="re-check")
        post = found.post
        if halted():
            break
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
        outcome, detail = seen_on(store, found, done.run_id, done.said, notices)
        if outcome in ("login_wall", "captcha", "wall"):
            shut.add(post.platform)
        workflow.record_check(store, request.request_id, outcome, detail, datetime.now(UTC))
        looks.append(Look(request, outcome, detail))
    return looks


def seen_on(
    store: Store, before: Finding, run_id: str, otherwise: str, notices: Sequence[Notice] | None
) -> tuple[Outcome, str]:
    """
    What the only page of a run says of a finding's post, and the words or lines that show it.

    *live* is only a page with this very post, *gone* and its kinds only one that says so itself: an
    answer without either, or with another post, is *unclear*.
    """
    pages = workflow.pages_of(store, run_id)
    rows = workflow.coverage(store, [run_id])
    state, detail = (rows[0].state, rows[0].detail) if rows else ("failed", otherwise)
    if not pages:
        return ("network_error" if state == "failed" else "unclear"), detail or state
    page = pages[0]
    if page.wall:
        return WALLS.get(page.wall, "wall"), page.wall
    shown = workflow.captures_of(store, before.post)
    if shown and shown[0].run_id == run_id:
        after = workflow.finding(store, before.finding_id, reader="re-check")
        changes = difference(told_by(before.post, after.post), told_by(after.post, before.post))
        return ("edited" if changes else "live"), changes
    if state == "empty":
        return said(before.post.platform, read_body(page.body), notices)
    return "unclear", "the page shows another post" if state == "captured" else detail


def told_by(post: Post, other: Post) -> str:
    """
    What a page says of a post, to be compared with *other*: text, and title where both show one.

    A page of results may lack the title that the post's own page has: that is no edit.

    >>> old, new = (Post("zhihu", "1", "", "停息挂账", title=title) for title in ("上岸", "改了"))
    >>> difference(told_by(old, new), told_by(new, old)).splitlines()
    ['-上岸', '+改了']
    """
    return f"{post.title}\n{post.text}" if post.title and other.title else post.text


def read_body(body: bytes) -> str:
    """A page as text: UTF-8, else GBK as old Chinese pages."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("gb18030", "replace")


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
