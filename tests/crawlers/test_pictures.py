"""The spider of pictures, as a process of its own, against a host made to misbehave."""

import io
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from PIL import Image

from crawlers.pictures import larger, picture_hosts
from lurewatch import workflow
from lurewatch.config import Settings
from lurewatch.crawling import SPIDERS, run_picture_spider, scrapy_environment
from lurewatch.errors import InputError
from lurewatch.pictures.seeing import LARGEST
from lurewatch.store import Store
from tests.crawlers.test_spiders import server

Answer = tuple[int, dict[str, str], bytes]
HTML = {"Content-Type": "text/html; charset=utf-8"}


def png(colour: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (20, 20), (colour % 256, colour // 256, 9)).save(out, "PNG")
    return out.getvalue()


ANSWERS: dict[str, Answer] = {
    "good": (200, {"Content-Type": "text/plain"}, png(1)),
    "twin": (200, {}, png(1)),
    "page": (200, HTML, "<title>花园</title><p>今天天气不错</p>".encode()),
    "gone": (404, HTML, b"not found"),
    "big": (200, {}, b"\x89PNG\r\n\x1a\n" + b"0" * LARGEST),
    "private": (302, {"Location": "http://10.0.0.1/a.png"}, b""),
    "elsewhere": (302, {"Location": "https://pictures.example.com/a.png"}, b""),
    "down": (500, {}, b"no"),
    "refused": (403, {}, b"no"),
    "refused2": (403, {}, b"no"),
    "refused3": (403, {}, b"no"),
    "often": (429, {}, b"no"),
    "captcha": (200, HTML, "<title>安全验证</title>".encode()),
    "login": (302, {"Location": "https://passport.weibo.com/signin"}, b""),
}


@pytest.fixture
def fetch(store: Store, settings: Settings, a_post: Any, a_capture: Any) -> Callable[..., Any]:
    """Takes in a post for each name, runs the spider, and gives what was asked and what came."""

    def run(*names: str) -> tuple[list[str], Counter[tuple[str, str]]]:
        run_id = workflow.start_run(store, platform="weibo", how="spider")
        for number, name in enumerate(reversed(names)):
            post = a_post(platform="weibo", post_id=f"{number}", images=(f"//wx1.sinaimg.cn/thumbnail/{name}.png",))  # fmt: skip
            workflow.take_in(store, a_capture(post, run_id=run_id))
        asked: list[str] = []

        def answer(request: BaseHTTPRequestHandler) -> Answer:
            name = request.path.rpartition("/")[2]
            if name == "robots.txt":
                return 200, {}, b"User-agent: *\nDisallow: /weibo/large/forbidden.png\n"
            asked.append(request.path)
            return ANSWERS[name.removesuffix(".png")]

        workflow.list_pictures(store)
        with server(answer) as root:
            environ = dict(os.environ) | {"LUREWATCH_HOME": str(settings.home), "LUREWATCH_ROOTS": f"weibo={root}/weibo"}  # fmt: skip
            assert not run_picture_spider("weibo", f"run{len(names)}", 50, environ)
        rows = workflow.coverage(store, [f"run{len(names)}"])
        return asked, Counter({(row.state, row.detail): row.pages for row in rows})

    return run


def test_what_a_host_may_answer(fetch: Any, store: Store) -> None:
    names = ["good", "twin", "page", "gone", "big", "private", "elsewhere", "forbidden", "down", "refused"]  # fmt: skip
    asked, came = fetch(*names)
    reached = [path.rpartition("/")[2].removesuffix(".png") for path in asked]
    unasked = ("forbidden", "down")  # what answers 500 is asked once more
    assert [name for name in reached if name != "down"] == [n for n in names if n not in unasked]
    assert all(path.startswith("/weibo/large/") for path in asked)
    assert came[("captured", "")] == 2
    states = {row.post.post_id: [one.state for one in workflow.pictures_of(store, row.post)] for row in workflow.export_posts(store)}  # fmt: skip
    found = {name: states[str(len(names) - 1 - at)] for at, name in enumerate(names)}
    assert found == {
        "good": ["kept"],
        "twin": ["kept"],
        "page": ["no_picture"],
        "gone": ["gone"],
        "big": ["too_large"],
        "private": ["refused"],
        "elsewhere": ["refused"],
        "forbidden": ["disallowed"],
        "down": ["failed"],
        "refused": ["refused"],
    }
    counts = workflow.picture_counts(store)
    assert counts.files == {"unread": 1}  # two addresses, one content
    assert store.pictures and len(list(store.pictures.glob("*/*"))) == 1
    assert workflow.waiting_pictures(store, "weibo", 50) == []  # what failed waits for an hour


@pytest.mark.parametrize(
    ("wall", "said"), [("often", "rate_limit"), ("captcha", "captcha"), ("login", "login")]
)
def test_a_wall_ends_the_run_as_blocked(fetch: Any, store: Store, wall: str, said: str) -> None:
    asked, came = fetch("good", wall, "twin")
    assert [path.rpartition("/")[2] for path in asked] == ["good.png", f"{wall}.png"]
    assert came == {("captured", ""): 1, ("blocked", said): 1}
    assert workflow.came_of(store, "run3") == "blocked"
    assert len(workflow.waiting_pictures(store, "weibo", 50)) == 1


def test_three_refusals_one_after_the_other_are_a_wall(fetch: Any, store: Store) -> None:
    asked, came = fetch("refused", "refused2", "refused3", "good")
    assert len(asked) == 3
    assert sum(count for (state, _), count in came.items() if state == "blocked") == 1
    after = workflow.release_beside(store, "weibo", "run4", workflow_now())
    assert not workflow.why_not(after, workflow_now())  # the pages are elsewhere, and go on
    assert "pictures rest" in workflow.pictures_rest(store, "weibo", workflow_now())


def workflow_now() -> Any:
    from datetime import UTC, datetime

    return datetime.now(UTC)


def test_killed_and_started_again_it_asks_for_the_rest(
    store: Store, settings: Settings, a_post: Any, a_capture: Any
) -> None:
    run_id = workflow.start_run(store, platform="weibo", how="spider")
    images = tuple(f"https://wx1.sinaimg.cn/large/{number}.png" for number in range(12))
    workflow.take_in(store, a_capture(a_post(platform="weibo", images=images), run_id=run_id))
    workflow.list_pictures(store)
    asked: list[str] = []

    def answer(request: BaseHTTPRequestHandler) -> Answer:
        name = request.path.rpartition("/")[2]
        if name == "robots.txt":
            return 404, {}, b""
        asked.append(name)
        return 200, {}, png(int(name.removesuffix(".png")))

    with server(answer) as root:
        environ = scrapy_environment(dict(os.environ) | {"LUREWATCH_HOME": str(settings.home), "LUREWATCH_ROOTS": f"weibo={root}/weibo"})  # fmt: skip
        command = [
            sys.executable,
            "-m",
            "scrapy",
            "crawl",
            "pictures",
            "-a",
            "platform=weibo",
            "-a",
        ]
        with subprocess.Popen([*command, "run_id=killed"], env=environ) as child:
            while len(asked) < 4:
                assert child.poll() is None
                time.sleep(0.005)
            child.send_signal(signal.SIGKILL)
        with subprocess.Popen([*command, "run_id=again"], env=environ) as child:
            assert child.wait(120) == 0
    assert set(asked) == {f"{number}.png" for number in range(12)}
    assert len(asked) <= 13  # at most the one that was under way is asked for twice
    (row,) = workflow.export_posts(store)
    shown = workflow.pictures_of(store, row.post)
    assert [one.state for one in shown] == ["kept"] * 12
    for one, number in zip(shown, range(12), strict=True):
        assert workflow.picture_bytes(store, one.sha256) == png(number)


def test_every_platform_says_where_its_pictures_are() -> None:
    assert all(picture_hosts(code) for code in SPIDERS)
    with pytest.raises(InputError, match="not known"):
        picture_hosts("myspace")
    assert larger("https://p.example/thumbnail/1.jpg", picture_hosts("weibo")) == "https://p.example/thumbnail/1.jpg"  # fmt: skip
