"""
p95 of each page of the console over 100,000 findings and as many posts more as a minute's set-up gives.

usage: python bench/console.py [FINDINGS [POSTS]]   with POSTS, as long as it takes
"""

import os
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import insert

from lurewatch import workflow
from lurewatch.cli.serving import settle
from lurewatch.config import read_secrets, read_settings
from lurewatch.demo.posts import all_posts
from lurewatch.finding import Contact, Grade, Reason, Service, Stance, Verdict, rank
from lurewatch.post import PLATFORMS, Counts, Post
from lurewatch.review.app import create_app
from lurewatch.store import Db, Store, open_store, posts, runs, tables
from lurewatch.store.findings import digest, dump_verdict
from lurewatch.text.lexicon import load_lexicon

GOAL = 0.150  # seconds, p95
SETUP = 60  # seconds for the posts beside the findings
BATCH = 5000
TIMES = 40  # requests of each page
NOW = datetime.now(UTC)
DRAW = random.Random(7)
GANGS = 500  # of which the largest has a seventh of all posts
SIZES = [1 / (1 + gang) for gang in range(GANGS)]
TEXTS = [" ".join(DRAW.sample([post.text for post in all_posts()], 2)) for _ in range(GANGS)]


def main() -> None:
    """Fill a store, ask for each page, print the table."""
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    total = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    with tempfile.TemporaryDirectory() as folder:
        settings = read_settings({"LUREWATCH_HOME": str(Path(folder) / "home")})
        store = open_store(settings, read_secrets(settings, {}))
        start = time.perf_counter()
        count = fill(store, wanted, total)
        print(
            f"{wanted:,} findings among {count:,} posts, made in {time.perf_counter() - start:.0f} s"
        )
        workflow.add_user(store, "bench", "password1", "lead")
        app = create_app(
            store, secret="x" * 32, evidence_dir=settings.evidence_dir, settings=settings
        )
        print(f"load of this machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        settle()  # as the server does
        with TestClient(app) as client:
            measure(client, wanted)
        store.engine.dispose()


def fill(store: Store, wanted: int, total: int) -> int:
    """Findings first, which are linked, then posts that were not flagged: up to *total*, or for a minute."""
    texts = [post.text for post in all_posts()]
    made, until = 0, 0.0
    while made < max(wanted, total) or (not total and time.perf_counter() < until):
        flagged = made < wanted
        many = min(BATCH, wanted - made) if flagged else BATCH
        with store.begin() as db:
            rows = [one(db, 1 + made + at, texts, flagged) for at in range(many)]
            for table in (tables.posts, tables.verdicts, tables.findings, tables.observables):
                some = [row[table.name] for row in rows if table.name in row]
                if some:
                    db.connection.execute(insert(table), some)
        made += many
        if made == wanted:
            workflow.link_pending(store, load_lexicon())
            until = time.perf_counter() + SETUP
    run_id = workflow.start_run(store, platform="tieba", how="spider")
    with store.begin() as db:
        for day in range(30):
            for number in range(100):
                keyword = f"词{number}"
                runs.count(
                    db, run_id, "tieba", keyword, "captured", NOW - timedelta(days=day), found=3
                )
    workflow.draw_samples(store, 50, user=workflow.User("bench", "lead", False))
    return made


def handle_of(gang: int) -> str:
    """One of a gang's contacts: a new one for every few hundred posts."""
    return f"demo_{gang:03d}{DRAW.randrange(1 + 400 // (1 + gang)):03d}"


def one(db: Db, key: int, texts: list[str], flagged: bool) -> dict[str, dict[str, Any]]:
    """The rows of one post: its verdict, its finding, and the wording and a contact of one of the gangs."""
    platform = DRAW.choice(PLATFORMS)
    counts = Counts(likes=int(10 ** DRAW.uniform(0, 5)))
    gang = DRAW.choices(range(GANGS), SIZES)[0]
    handle = handle_of(gang)
    text = f"{DRAW.choice(texts[gang % len(texts) :][:3])} {TEXTS[gang]}"
    post = Post(platform, str(key), f"https://example.invalid/{key}", f"{text} {handle}", counts=counts,
                author_id=str(DRAW.randrange(20_000)), author_name="演示")  # fmt: skip
    grade = DRAW.choice((Grade.L3, Grade.L2)) if flagged else Grade.L0
    stance = (
        DRAW.choice((Stance.SOLICIT, Stance.SOLICIT, Stance.RECRUIT)) if flagged else Stance.OTHER
    )
    services = tuple(sorted(DRAW.sample(list(Service)[:9], DRAW.choice((1, 1, 2)))))
    verdict = Verdict(
        stance,
        services,
        grade,
        "model",
        DRAW.uniform(0.7, 1) if flagged else 0.1,
        tuple(Reason("text", None, at, at + 2, text[at : at + 2], "停息挂账", "term") for at in range(0, 16, 4)),
        (Contact("text", None, len(text) + 1, len(text) + 10, "wechat", handle, "author", 0.9),),
        (),
        "bench",
        "bench",
    )  # fmt: skip
    found = {
        "posts": {
            "post_key": key,
            **posts.columns(
                db, posts.Seen(post, NOW - timedelta(minutes=key % 50_000), "spider:tieba")
            ),
            "judged_by": "bench/bench",
        },
        "verdicts": {
            "verdict_id": key,
            "post_key": key,
            "text_sha256": "",
            "grade": grade,
            "stance": stance,
            "services": " ".join(services),
            "score": verdict.score,
            "model": "bench",
            "lexicon": "bench",
            "judged_at": NOW,
            "sealed": db.vault.seal(dump_verdict(verdict)),
        },
    }
    if flagged:
        value = db.vault.keyed_hash(f"wechat:{handle}")
        found["observables"] = {"post_key": key, "channel": "wechat", "value_hash": value}
        found["findings"] = {
            "post_key": key,
            "verdict_id": key,
            "platform": platform,
            "grade": grade,
            "score": verdict.score,
            "stance": stance,
            "services": " ".join(services),
            "rank": rank(grade, verdict.score, counts),
            "ranked_by": digest(()),
            "found_at": NOW - timedelta(minutes=key % 50_000),
            "decided": key % 3 == 0,
        }
    return found


def measure(client: TestClient, wanted: int) -> None:
    """The p95 of each page, in milliseconds."""
    token = re.search(r'name="token" value="([^"]+)"', client.get("/login").text)
    assert token
    client.post("/login", data={"name": "bench", "password": "password1", "token": token[1]})
    token = re.search(r'name="token" value="([^"]+)"', client.get("/add").text)
    assert token
    form = {"token": token[1]}

    def any_finding() -> str:
        return f"/findings/{DRAW.randrange(1, wanted)}"

    def decide() -> Any:
        answer = client.post("/next", data=form, follow_redirects=False)
        path = answer.headers["location"]
        decided = form | {"label": "lure", "stance": "SOLICIT", "services": "C2"}
        return path, decided

    pages: dict[str, Callable[[], Any]] = {
        "queue": lambda: client.get("/"),
        "queue, filtered": lambda: client.get(
            "/?platform=weibo&service=C7&grade=L2&stance=RECRUIT"
        ),
        "queue, all, since": lambda: client.get(f"/?decided=all&since={NOW:%Y-%m-%d}"),
        "queue, page 500": lambda: client.get("/?start=25000"),
        "queue, held by me": lambda: client.get("/?mine=1"),
        "finding": lambda: client.get(any_finding()),
        "next": lambda: client.post("/next", data=form, follow_redirects=False),
        "clusters": lambda: client.get("/clusters"),
        "cluster": lambda: client.get(any_finding().replace("findings", "clusters")),
        "search, a contact": lambda: client.post(
            "/search", data=form | {"sought": handle_of(DRAW.randrange(GANGS))}
        ),
        "search, a wording": lambda: client.post(
            "/search", data=form | {"sought": DRAW.choice(TEXTS)}
        ),
        "coverage": lambda: client.get("/coverage"),
        "quality": lambda: client.get("/quality"),
        "figures, 30 days": lambda: client.get("/figures"),
        "figures, a year": lambda: client.get("/figures?days=365"),
        "requests": lambda: client.get("/requests"),
        "audit": lambda: client.get("/audit"),
        "sample": lambda: client.get("/sample"),
        "add": lambda: client.get("/add"),
    }
    worst = 0.0
    for name, ask in pages.items():
        worst = max(worst, shown(name, [timed(ask) for _ in range(TIMES)]))
    times = []
    for _ in range(TIMES):
        path, decided = decide()
        times.append(timed(lambda p=path, d=decided: client.post(f"{p}/decide", data=d, follow_redirects=False)))  # type: ignore[misc]  # fmt: skip
    worst = max(worst, shown("decide, and claim the next", times))
    print(f"slowest p95 {worst * 1000:.0f} ms, goal {GOAL * 1000:.0f} ms")


def timed(ask: Callable[[], Any]) -> tuple[float, float]:
    """Seconds that an answer took: by the clock, and of this process's work."""
    start, work = time.perf_counter(), time.process_time()
    answer = ask()
    took = time.perf_counter() - start, time.process_time() - work
    assert answer.status_code in (200, 303), answer.text
    return took


def shown(name: str, times: list[tuple[float, float]]) -> float:
    """Print median and p95 by the clock, and the p95 of work alone; gives the p95 by the clock."""
    clock, work = (
        sorted(column) for column in zip(*times[1:], strict=True)
    )  # the first fills caches
    at = int(0.95 * (len(clock) - 1))
    print(
        f"{name:28} median {clock[len(clock) // 2] * 1000:6.1f} ms  p95 {clock[at] * 1000:6.1f} ms"
        f"  p95 of work alone {work[at] * 1000:6.1f} ms"
    )
    return clock[at]


if __name__ == "__main__":
    main()
