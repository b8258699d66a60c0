"""Look at reported posts again, as politely as any crawl: still there, edited, or gone?"""

import difflib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from lurewatch import retention, workflow
from lurewatch.addresses import same_page
from lurewatch.crawling import Order, crawl_all
from lurewatch.errors import InputError
from lurewatch.finding import Finding
from lurewatch.notices import Notice, said
from lurewatch.post import Post
from lurewatch.store import Store
from lurewatch.store.captures import ShownFields
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
        outcome, detail = seen_on(store, request, found, done.run_id, done.said, notices)
        if outcome in ("login_wall", "captcha", "wall"):
            shut.add(post.platform)
        workflow.record_check(store, request.request_id, outcome, detail, datetime.now(UTC))
        looks.append(Look(request, outcome, detail))
    return looks


def seen_on(
    store: Store,
    request: TakedownRequest,
    finding: Finding,
    run_id: str,
    otherwise: str,
    notices: Sequence[Notice] | None,
) -> tuple[Outcome, str]:
    """
    What the only page of a run says of a finding's post, and the words or lines that show it.

    *live* is only a page with this very post as it was reported, *edited* one that shows it otherwise;
    *gone* and its kinds only one that says so itself: an answer without any, or with another post, is
    *unclear*.
    """
    pages = workflow.pages_of(store, run_id)
    rows = workflow.coverage(store, [run_id])
    state, detail = (rows[0].state, rows[0].detail) if rows else ("failed", otherwise)
    if not pages:
        return ("network_error" if state == "failed" else "unclear"), detail or state
    page = pages[0]
    if page.wall:
        return WALLS.get(page.wall, "wall"), page.wall
    shown = workflow.shown_of(store, finding.post)
    if shown and shown[0].run_id == run_id:
        now = workflow.finding(store, finding.finding_id, reader="re-check").post
        told = compared(shown, request.drafted_at)
        changes = edits(workflow.reported(store, request), now, shown[0].fields, told)
        return ("edited" if changes else "live"), changes
    if state == "empty":
        return said(finding.post.platform, read_body(page.body), notices)
    return "unclear", "the page shows another post" if state == "captured" else detail


@dataclass(frozen=True, slots=True)
class Told:
    """Of which empty fields it is known that there was nothing, rather than that a page left them out."""

    in_report: bool  # the post's own page had been read when it was reported
    now: frozenset[str]  # what its own page showed in earlier looks


def compared(shown: Sequence[ShownFields], reported_at: datetime) -> Told:
    """What the page of a look, the newest of those *shown*, tells of empty fields by its earlier looks."""
    own = [one for one in shown if _page(one.url) == _page(shown[0].url)]
    return Told(
        any(one.at <= reported_at for one in own),
        frozenset().union(*(one.fields for one in own if one.run_id != shown[0].run_id)),
    )


def _page(url: str) -> str:
    try:
        return same_page(url)
    except InputError:
        return url


BUNDLE: Final = {
    "title": "",
    "text": "",
    "tags": "# ",
    "author_comments": "↳ ",
}  # and what begins a line


def edits(reported: Post, now: Post, shown: frozenset[str], told: Told) -> str:
    """
    The lines in which what a page shows of a post differs from what was reported: title, text, tags, own comments.

    A page of results may lack the title or the comments that the post's own page has: a field that
    one side lacks counts only where that side is known to have had none.

    >>> old = Post("tieba", "1", "", "逾期了", author_comments=("加微 demo",))
    >>> new, page = Post("tieba", "1", "", "逾期了"), frozenset({"text"})
    >>> edits(old, new, page, Told(True, frozenset())), edits(old, new, page, Told(True, frozenset({"author_comments"})))
    ('', '-↳ 加微 demo')
    """
    before, after = list[str](), list[str]()
    for field, sign in BUNDLE.items():
        was = lines_of(reported, field)
        here = lines_of(now, field) if field in shown else []
        lacking = (not was and not told.in_report) or (not here and field not in told.now)
        if was != here and (field == "text" or not lacking):
            before += [f"{sign}{line}" for line in was]
            after += [f"{sign}{line}" for line in here]
    return difference("\n".join(before), "\n".join(after))


def lines_of(post: Post, field: str) -> list[str]:
    """A field of a post in lines."""
    return [
        line for name, _, value in post.values() if name == field for line in value.splitlines()
    ]


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
