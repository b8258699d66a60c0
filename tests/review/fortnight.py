"""A fortnight of work on the demo platform's posts: found day by day, decided, asked about, taken down."""

import importlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final

from lurewatch import workflow
from lurewatch.cli.acting import keep_all
from lurewatch.cli.demo import INSTITUTION
from lurewatch.config import Settings, read_secrets
from lurewatch.demo.pages import document
from lurewatch.demo.posts import CHANGED, FORBIDDEN, HURRIED, DemoPost, all_posts
from lurewatch.detect import Detector, lexicon_for
from lurewatch.drafting import Wish, draft
from lurewatch.finding import LURING, Finding, Label
from lurewatch.post import Capture, CoverageState, Post
from lurewatch.store import Store, open_store
from lurewatch.takedown import TakedownRequest, TakedownState, Track

PEOPLE: Final = {"ann": "reviewer", "kim": "reviewer", "lee": "lead", "may": "legal", "aud": "auditor"}  # fmt: skip
PASSWORD: Final = "password1"
DAYS: Final = 14
OPEN: Final = 2  # days whose findings nobody has decided yet
PARTS: Final = ("acting", "collecting", "judging", "keeping", "linking", "reviewing")
Steps = tuple[tuple[str, str, float], ...]  # (step, who, days after the draft)
STEPS: Final[tuple[Steps, ...]] = (
    (("submit", "ann", 0.1), ("approve", "lee", 0.4), ("send", "lee", 0.6), ("acknowledge", "ann", 1.2), ("removed", "ann", 2.5)),
    (("submit", "kim", 0.2), ("approve", "lee", 0.5), ("send", "may", 1.1), ("acknowledge", "kim", 2.0)),
    (("submit", "ann", 0.1), ("approve", "may", 0.3), ("send", "lee", 0.5), ("refused", "ann", 3.0)),
    (("submit", "kim", 0.3), ("approve", "lee", 0.6), ("send", "lee", 0.7)),
)  # fmt: skip


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """What is done inside is done at that moment: history is written by the code that writes it."""
    parts: list[Any] = [importlib.import_module(f"lurewatch.workflow.{name}") for name in PARTS]
    before = parts[0].current
    for part in parts:
        part.current = lambda: moment
    try:
        yield
    finally:
        for part in parts:
            part.current = before


def fortnight(
    settings: Settings,
    *,
    now: datetime,
    drafts: int = 1,
    platforms: Sequence[str] = ("tieba", "wechat", "weibo"),
) -> Store:
    """
    A store with the demo's posts of some platforms, judged by the shipped model, and people's work on them.

    What was found in the last OPEN days waits; for *drafts* of the lures of the days before, the
    evidence is kept in a real browser and a letter is drafted, which needs the demo platform at
    the settings' roots.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    settings.profile_file.write_text(INSTITUTION, "utf-8")
    store = open_store(settings, read_secrets(settings, {}))
    detector = Detector.load(settings)
    with at(now - timedelta(days=DAYS)):
        for name, role in PEOPLE.items():
            workflow.add_user(store, name, PASSWORD, role)
    for ago in range(DAYS, -1, -1):
        morning = now - timedelta(days=ago)
        with at(morning):
            collect(store, platforms, now, morning, last=ago == 0)
            workflow.judge_pending(store, detector)
    workflow.link_pending(store, lexicon_for(settings))
    decided = decide(store, now)
    history(store, settings, decided[drafts:], now)
    keep_all(store, settings, decided[:drafts])
    for one in decided[:drafts]:
        found = workflow.finding(store, one.finding_id, reader="ann")
        ann = workflow.User("ann", "reviewer", False)
        draft(store, settings, found, settings.home / "letters", user=ann, wish=Wish())
    return store


def collect(
    store: Store, platforms: Sequence[str], now: datetime, morning: datetime, *, last: bool
) -> None:
    """What a morning's run finds: the posts of the day before, and walls where there are some."""
    day = timedelta(days=1)
    found: dict[tuple[str, str], list[DemoPost]] = {}
    for post in all_posts():
        if post.platform in platforms and morning - day < post.published(now) <= morning:
            found.setdefault((post.platform, post.keyword), []).append(post)
    if last:  # a wall where there were posts every day
        found.pop(("wechat", "征信修复"), None)
        trouble(store, "wechat", "征信修复", "blocked", "captcha")
    for (platform, keyword), some in found.items():
        run_id = workflow.start_run(store, platform=platform, how="spider")
        workflow.take_in(store, captured(some, run_id, keyword, morning, now))
        workflow.finish_run(store, run_id, "finished")
    trouble(store, "tieba", CHANGED, "changed", "no card was found")
    trouble(store, "tieba", FORBIDDEN, "disallowed", "")
    trouble(store, "wechat", HURRIED, "blocked", "captcha")


def trouble(store: Store, platform: str, keyword: str, state: CoverageState, detail: str) -> None:
    """A page that gave nothing, and why."""
    run_id = workflow.start_run(store, platform=platform, how="spider")
    workflow.count_coverage(store, run_id, platform=platform, keyword=keyword, state=state, detail=detail)  # fmt: skip
    workflow.finish_run(store, run_id, "blocked" if state == "blocked" else "finished")


def captured(
    some: Sequence[DemoPost], run_id: str, keyword: str, morning: datetime, now: datetime
) -> Capture:
    """A page with these posts."""
    return Capture(
        platform=some[0].platform,
        url=some[0].address,
        final_url=some[0].address,
        status=200,
        headers=(("Content-Type", "text/html; charset=utf-8"),),
        body=document(keyword, "".join(f"<p>{post.text}</p>" for post in some)).encode(),
        form="served",
        captured_at=morning,
        how="spider",
        run_id=run_id,
        keyword=keyword,
        posts=tuple(as_post(post, now) for post in some),
    )


def as_post(post: DemoPost, now: datetime) -> Post:
    """A post of the demo as a spider reads it."""
    return Post(
        platform=post.platform,
        post_id=post.id,
        url=post.address,
        title=post.title,
        text=post.text,
        tags=post.tags,
        ocr=post.ocr,
        author_comments=post.author_comments,
        author_id=f"demo-{post.author_name}",
        author_name=post.author_name,
        author_bio=post.author_bio,
        published_at=post.published(now),
    )


def decide(store: Store, now: datetime) -> list[Finding]:
    """What people said of all but the newest findings; gives those that may be acted on, newest first."""
    truth = {post.id: post for post in all_posts()}
    lures = []
    waiting = [
        one
        for one in workflow.findings_to_review(store, limit=500)
        if one.first_seen < now - timedelta(days=OPEN)
    ]
    for number, one in enumerate(waiting):
        known = truth[one.post.post_id]
        luring = one.verdict.stance in LURING and known.lure
        label = Label.LURE if luring else Label.NOT_LURE if not known.lure else Label.UNSURE
        with at(one.first_seen + timedelta(hours=1 + number % 30)):
            workflow.decide(
                store,
                one.finding_id,
                reviewer="lee" if one.named else ("ann", "kim")[number % 2],
                label=label,
                stance=one.verdict.stance if luring else type(one.verdict.stance)(known.stance),
                services=one.verdict.services,
                second_share=0.4,
            )
        if luring and one.verdict.services:
            lures.append(one)
    return sorted(lures, key=lambda one: one.first_seen, reverse=True)


def history(store: Store, settings: Settings, decided: list[Finding], now: datetime) -> None:
    """Requests of the days before, as far as each had time to come."""
    for number, one in zip(count(), decided[:40], strict=False):
        start = one.first_seen + timedelta(hours=40)
        letters = settings.home / "letters"
        with at(start):
            request = workflow.record_request(
                store,
                TakedownRequest(
                    0, one.finding_id, Track.A, recipient(one), TakedownState.DRAFTED,
                    letters / f"{one.post.platform}-{one.finding_id}.docx", letters / f"{one.post.platform}-{one.finding_id}.evidence.zip",
                    "kim" if number % 2 else "ann", start,
                ),
            )  # fmt: skip
        for step, who, days in STEPS[number % len(STEPS)]:
            moment = start + timedelta(days=days)
            if moment < now:
                with at(moment):
                    workflow.take_step(
                        store, request.request_id, step, who=who, role=PEOPLE[who],
                        receipt=f"DEMO-{request.request_id:04d}" if step == "acknowledge" else "",
                        note="平台认为证据不足" if step == "refused" else "",
                    )  # fmt: skip


def recipient(one: Finding) -> str:
    """Whom a request about this post is for."""
    from lurewatch.letters.law import rules

    return str(rules("words.yaml")["platforms"][one.post.platform])


def today() -> datetime:
    """Now, to the minute."""
    return datetime.now(UTC).replace(second=0, microsecond=0)


def settings_at(home: Path, roots: dict[str, str]) -> Settings:
    """Settings of a home that asks the demo platform."""
    from dataclasses import replace

    from lurewatch.config import read_settings

    return replace(read_settings({"LUREWATCH_HOME": str(home)}), roots=roots)
