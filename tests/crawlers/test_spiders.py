"""Real spiders, as processes of their own, against the demo platform and a server made to misbehave."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from crawlers.platforms.tieba import TiebaSpider
from crawlers.platforms.weibo import WeiboSpider
from crawlers.walls import wall_of
from lurewatch import workflow
from lurewatch.config import Settings
from lurewatch.crawling import Order, crawl_all, read_whole, run_spider, scrapy_environment
from lurewatch.dates import CHINA
from lurewatch.demo.pages import tieba_results, tieba_thread
from lurewatch.demo.posts import CHANGED, FORBIDDEN, HURRIED, MANY, NOTHING, posts_of
from lurewatch.demo.site import LATEST, demo_site
from lurewatch.errors import InputError
from lurewatch.store import Store
from tests.conftest import NOW

HTML = {"Content-Type": "text/html; charset=utf-8"}
Crawl = Callable[..., list[workflow.CoverageRow]]


@pytest.fixture
def crawl(store: Store, settings: Settings) -> Crawl:
    def run(platform: str, root: str, words: list[str], run_id: str = "run", pages: int = 10, **env: str) -> list[workflow.CoverageRow]:  # fmt: skip
        environ = dict(os.environ) | {
            "LUREWATCH_HOME": str(settings.home),
            "LUREWATCH_ROOTS": f"{platform}={root}",
            "LUREWATCH_WEIBO_TOKEN": "a-secret-token",
        }
        is_address = words[0].startswith("http")
        keywords, addresses = (None, words) if is_address else (words, None)
        failure = run_spider(platform, run_id, keywords, addresses, pages, environ | env)
        assert not failure
        return workflow.coverage(store, [run_id])

    return run


def states(rows: list[workflow.CoverageRow]) -> dict[str, str]:
    return {row.keyword: row.state for row in rows}


def test_tieba_in_pages_with_every_state(crawl: Crawl, store: Store) -> None:
    with demo_site() as site:
        rows = crawl("tieba", site.roots["tieba"], ["逾期", NOTHING, CHANGED, FORBIDDEN])
    assert states(rows) == {"逾期": "captured", NOTHING: "empty", CHANGED: "changed", FORBIDDEN: "disallowed"}  # fmt: skip
    kept = {row.post.post_id for row in workflow.export_posts(store)}
    assert len(kept) == len(posts_of("tieba", "逾期"))
    assert {row.pages for row in rows if row.keyword == "逾期"} == {2}


def test_a_wall_ends_the_run_as_blocked(crawl: Crawl, store: Store) -> None:
    with demo_site() as site:
        rows = crawl("wechat", site.roots["wechat"], [HURRIED])
    assert [(row.state, row.detail) for row in rows] == [("blocked", "captcha")]
    assert workflow.unfinished(store, "wechat", HURRIED) is None


def test_a_cap_is_said(crawl: Crawl, store: Store) -> None:
    with demo_site() as site:
        rows = crawl("tieba", site.roots["tieba"], [MANY], pages=2)
    assert {(row.state, row.pages) for row in rows} == {("captured", 2), ("capped", 1)}
    (day,) = workflow.coverage_by_day(store)
    (run,) = workflow.recent_runs(store)
    assert (day.tried, day.pages["capped"], run.pages) == (2, 1, 2)


def test_the_token_of_weibo_is_kept_nowhere(crawl: Crawl, store: Store, settings: Settings) -> None:
    with demo_site() as site:
        rows = crawl("weibo", site.roots["weibo"], ["荐股"])
    assert states(rows) == {"荐股": "captured"}
    for row in workflow.export_posts(store):
        (capture,) = workflow.captures_of(store, row.post)
        assert "a-secret-token" not in repr(capture)


@contextmanager
def server(answer: Callable[[BaseHTTPRequestHandler], tuple[int, dict[str, str], bytes]], host: str = "127.0.0.1") -> Iterator[str]:  # fmt: skip
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = answer(self)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    served = ThreadingHTTPServer((host, 0), Handler)
    thread = threading.Thread(target=served.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{served.server_port}"
    finally:
        served.shutdown()
        served.server_close()
        thread.join()


@pytest.mark.parametrize(
    ("status", "headers", "body", "state", "detail"),
    [
        (403, {}, b"no", "blocked", "blocked"),
        (429, {}, b"slow down", "blocked", "rate_limit"),
        (302, {"Location": "https://passport.example.com/login"}, b"", "blocked", "login"),
        (200, {"Content-Type": "text/html"}, "<p>操作太频繁</p>".encode(), "blocked", "rate_limit"),
        (302, {"Location": "https://wappass.example.com/captcha"}, b"", "blocked", "captcha"),
        (200, HTML, b'<div class="slider-verify"></div>', "blocked", "captcha"),
        (451, {}, b"", "blocked", "region"),
        (200, HTML, "<title>所在地区不可用</title>".encode(), "blocked", "region"),
        (200, HTML, "<p>链接已过期</p>".encode(), "blocked", "expired"),
        (
            200,
            {"Content-Type": "application/json"},
            b'{"error_code": 10023}',
            "blocked",
            "rate_limit",
        ),
        (200, {"Content-Type": "application/json"}, b'{"error_code": 21327}', "blocked", "expired"),
        (302, {"Location": "http://10.0.0.1/admin"}, b"", "failed", "private address refused"),
        (302, {"Location": "http://0x7f.1/admin"}, b"", "failed", "private address refused"),
        (302, {"Location": "http://2130706433/"}, b"", "failed", "private address refused"),
        (200, {"Content-Type": "image/png"}, b"\x89PNG", "changed", "neither a post"),
        (200, {"Content-Type": "text/html"}, b"", "changed", "neither a post"),
    ],
)
def test_what_a_platform_may_answer(
    crawl: Crawl, status: int, headers: dict[str, str], body: bytes, state: str, detail: str
) -> None:
    def answer(request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        if request.path == "/robots.txt":
            return 404, {}, b""
        return status, headers, body

    with server(answer) as root:
        (row,) = crawl("tieba", root, ["x"])
    assert row.state == state
    assert detail in row.detail


def test_a_browser_is_led_to_no_private_address(crawl: Crawl) -> None:
    """Neither by a page's redirect nor by a picture's, of which it asks nobody before it follows."""
    inside = list[str]()

    def secret(request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        inside.append(request.path)
        return 200, {"Content-Type": "text/html"}, b"<p>inside</p>"

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        if request.path == "/robots.txt":
            return 404, {}, b""
        if request.path.endswith("/" + "1" * 24) or request.path == "/picture":
            return 302, {"Location": f"{private}{request.path}"}, b""
        return 200, {"Content-Type": "text/html"}, b'<img src="/picture">'

    with server(secret, "127.0.0.2") as private, server(answer) as root:
        for note in ("1" * 24, "2" * 24):
            (row,) = crawl("xiaohongshu", root, [f"{root}/explore/{note}"], run_id=note)
            assert row.state == ("failed" if note.startswith("1") else "changed")
            assert note.startswith("2") or "private address refused: 127.0.0.2 leads" in row.detail
    assert inside == []


def test_a_name_leads_a_spider_to_no_private_address(crawl: Crawl) -> None:
    """A feed may stand anywhere: its own address, and where that one sends on to."""
    inside, names = list[str](), [socket.gethostname(), "0x7f.1"]

    def secret(request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        inside.append(request.path)
        return 200, {}, b"<rss/>"

    with server(secret) as private:
        for name in names:
            feed = f"{private.replace('127.0.0.1', name)}/feed"
            (row,) = crawl("feed", "", [feed], run_id=name, LUREWATCH_ROOTS="")
            assert row.state == "failed"
            assert "private address refused" in row.detail or "cannot be found" in row.detail
    assert inside == []


def test_a_name_that_leads_inside_after_it_was_looked_at_is_not_found(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The resolver looks at the very address that is connected to."""
    monkeypatch.setenv("LUREWATCH_HOME", str(settings.home))
    script = """
import sys
from twisted.internet import asyncioreactor
asyncioreactor.install()
from twisted.internet import reactor
from crawlers.guard import PublicNames
found = PublicNames(reactor, 10, 5).getHostByName(sys.argv[1])
found.addCallbacks(lambda at: print("found", at), lambda failure: print("refused", failure.value))
found.addBoth(lambda _: reactor.stop())
reactor.run()
"""

    def looked_up(name: str) -> str:
        command = [sys.executable, "-c", script, name]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert "refused" in looked_up("0x7f.1") and "no public address" in looked_up("localhost")
    monkeypatch.setenv("LUREWATCH_ROOTS", "tieba=http://localhost:8800/tieba")
    assert looked_up("localhost") == "found 127.0.0.1\n"


def test_robots_out_of_reach_lets_nothing_be_asked(crawl: Crawl) -> None:
    """It forbids nothing: that is no word of the platform's, and a host that is down is told of."""
    asked: list[str] = []

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        asked.append(request.path)
        return 503, {}, b""

    with server(answer) as root:
        rows = crawl("tieba", root, ["x", "y", "z"])
    assert set(states(rows).values()) == {"failed"}
    assert all("robots.txt" in row.detail for row in rows)
    assert set(asked) == {"/robots.txt"}


def test_a_killed_crawl_goes_on(crawl: Crawl, store: Store, settings: Settings) -> None:
    """The third page never comes; the process is killed; the next run begins with that page."""
    hung, asked = threading.Event(), list[str]()
    go_on = threading.Event()

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        if request.path == "/robots.txt":
            return 404, {}, b""
        asked.append(request.path)
        number = int(request.path.partition("pn=")[2] or 1)
        if number == 3 and not go_on.is_set():
            hung.set()
            go_on.wait(30)
        link = f"/f/search/res?qw=x&pn={number + 1}" if number < 4 else None
        page = tieba_results(posts_of("tieba")[number * 3 : number * 3 + 3], NOW, link)
        return 200, {"Content-Type": "text/html; charset=utf-8"}, page.encode()

    with server(answer) as root:
        env = scrapy_environment(dict(os.environ) | {"LUREWATCH_HOME": str(settings.home), "LUREWATCH_ROOTS": f"tieba={root}"})  # fmt: skip
        command = [sys.executable, "-m", "scrapy", "crawl", "tieba", "-a", "keywords=x", "-a", "run_id=first"]  # fmt: skip
        with subprocess.Popen(command, env=env) as child:
            assert hung.wait(60)
            child.send_signal(signal.SIGKILL)
        assert len(list(workflow.export_posts(store))) == 6
        go_on.set()
        asked.clear()
        rows = crawl("tieba", root, ["x"], run_id="second")
    assert asked[0].endswith("pn=3")
    assert len(list(workflow.export_posts(store))) == 12
    assert {(row.state, row.pages) for row in rows} == {("captured", 2)}


def test_the_next_run_ends_where_the_last_whole_one_began(crawl: Crawl, store: Store) -> None:
    """A page of nothing new is the overlap; what a blocked run saw does not end the next one."""
    posts, walled = list(posts_of("tieba", MANY)[10:22]), set[int]()

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        if request.path == "/robots.txt":
            return 404, {}, b""
        number = int(request.path.partition("pn=")[2] or 1)
        if number in walled:
            return 429, {}, b""
        link = f"/f/search/res?qw=x&pn={number + 1}" if len(posts) > number * 3 else None
        page = tieba_results(tuple(posts[number * 3 - 3 : number * 3]), NOW, link)
        return 200, {"Content-Type": "text/html; charset=utf-8"}, page.encode()

    with server(answer) as root:
        (whole,) = crawl("tieba", root, ["x"], run_id="whole")
        assert (whole.pages, whole.detail) == (4, "")
        (again,) = crawl("tieba", root, ["x"], run_id="again")
        assert (again.pages, again.detail) == (1, "caught up")
        posts[:0] = posts_of("tieba", MANY)[4:10]
        walled.add(2)
        assert {row.state for row in crawl("tieba", root, ["x"], run_id="blocked")} == {"captured", "blocked"}  # fmt: skip
        walled.clear()
        (after,) = crawl("tieba", root, ["x"], run_id="after")
    assert (after.pages, after.detail) == (3, "caught up")
    assert len(list(workflow.export_posts(store))) == 18


def test_a_text_that_results_cut_is_read_whole_before_it_is_judged(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, other = [one for one in posts_of("tieba") if len(one.text) > 30 and not one.tags][:2]
    asked, mood = list[str](), ["open"]

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        asked.append(request.path.split("?")[0])
        if request.path == "/robots.txt":
            return 404, {}, b""
        if request.path.startswith("/p/"):
            page = tieba_thread(whole if request.path.endswith(whole.id) else other, NOW)
            return (403, {}, b"no") if mood[0] == "shut" else (200, HTML, page.encode())
        shown = [replace(whole, text=f"{whole.text[:12]}...")]
        shown += [replace(other, text=f"{other.text[:12]}...")] if mood[0] == "shut" else []
        return 200, HTML, tieba_results(tuple(shown), NOW, None).encode()

    with server(answer) as root:
        monkeypatch.setenv("LUREWATCH_HOME", str(settings.home))
        monkeypatch.setenv("LUREWATCH_ROOTS", f"tieba={root}")
        for mood[0] in ("open", "open", "shut", "shut"):
            done = crawl_all(store, ["tieba"], Order(("x",), (), 10))
            read = read_whole(store, done, 60, "me")
            kept = {row.post.post_id: row.post for row in workflow.export_posts(store)}
            assert "".join(whole.text.split()) in "".join(kept[whole.id].text.split())
            assert not kept[whole.id].cut
    assert asked.count(f"/p/{whole.id}") == 1 and asked.count(f"/p/{other.id}") == 1
    assert kept[other.id].cut and "refused" in read[0].left
    assert not workflow.why_not(workflow.source(store, "tieba"), datetime.now(UTC))
    assert {run.how for run in workflow.recent_runs(store)} == {"spider", "whole"}


@pytest.mark.parametrize("first", ["results", "page"])
def test_an_article_found_through_sogou_is_the_one_of_its_own_page(
    crawl: Crawl, store: Store, first: str
) -> None:
    saved = Path(__file__).parent.parent / "platforms" / "wechat"
    article = (saved / "article.html").read_text("utf-8")
    results = re.sub(
        r'href="https://mp[^"]*"',
        'href="/link?url=dn9a"',
        (saved / "search.html").read_text("utf-8"),
    ).replace("page=2", "page=2&amp;end=1")
    number = iter(range(9))

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        if request.path == "/robots.txt":
            return 404, {}, b""
        return 200, HTML, (results if request.path.startswith("/weixin") else article).encode()

    def look(kind: str) -> None:
        asked = (
            ["x"] if kind == "results" else [f"{root}/s?__biz=MzDEMOe6bc94e7&mid=2650000003&idx=1"]
        )
        (row, *_) = crawl("wechat", root, asked, run_id=f"{kind}{next(number)}", pages=1)
        assert row.state == "captured"

    with server(answer) as root:
        look(first)
        before = {row.post_key: row.post.post_id for row in workflow.export_posts(store)}
        look("page" if first == "results" else "results")
        look("results")
    kept = {row.post.post_id: row for row in workflow.export_posts(store)}
    assert len(kept) == 3 and sum(one.startswith("oDEMO") for one in kept) == 2
    one = kept["MzDEMOe6bc94e7-2650000003-1"]
    assert one.post_key in before
    assert not one.post.cut and one.post.author_id == "MzDEMOe6bc94e7"
    assert "/s?__biz=" in one.post.url
    assert len(workflow.captures_of(store, one.post)) == 3


def test_articles_that_only_look_alike_stay_apart(store: Store, a_post: Any) -> None:
    """Of another second, under another title, or of an account with another name."""
    page = a_post(
        platform="wechat", post_id="MzDEMO-2650000003-1", title="停息挂账", published_at=NOW
    )
    found = replace(page, post_id="oDEMO-1-1795512600", cut=True)
    others = [
        replace(found, post_id="oDEMO-1-1795512601", published_at=NOW + timedelta(seconds=1)),
        replace(found, post_id="oDEMO-2-1795512600", title="停息挂账二"),
        replace(found, post_id="oDEMO-3-1795512600", author_name="演示乙"),
        replace(page, post_id="MzDEMO-2650000003-2", title="停息挂账三"),  # of the same message
    ]
    for post in (found, *others, page, found):
        workflow.import_posts(store, [(post, NOW)], "test")
    kept = {row.post.post_id for row in workflow.export_posts(store)}
    assert kept == {page.post_id, *(one.post_id for one in others)}


def test_a_window_with_more_than_the_api_gives_is_read_in_slices(
    store: Store, settings: Settings
) -> None:
    since = datetime.now(CHINA).date() - timedelta(days=85)
    start = datetime.combine(since, time.min, CHINA)
    expected = {
        post.id
        for post in posts_of("weibo", MANY)
        if post.published(datetime.now(UTC)) >= start + timedelta(minutes=5)
    }
    assert LATEST < len(expected) < 2 * LATEST
    with demo_site() as site:
        env = scrapy_environment(
            dict(os.environ)
            | {
                "LUREWATCH_HOME": str(settings.home),
                "LUREWATCH_ROOTS": f"weibo={site.roots['weibo']}",
                "LUREWATCH_WEIBO_TOKEN": "x",
            }
        )
        command = [sys.executable, "-m", "scrapy", "crawl", "weibo", "-a", f"keywords={MANY}", "-a", "run_id=w", "-a", f"since={since}"]  # fmt: skip
        assert not subprocess.run(command, env=env, check=False).returncode
    assert {row.post.post_id for row in workflow.export_posts(store)} >= expected
    (row,) = workflow.coverage(store, ["w"])
    assert (row.state, row.pages, row.detail) == ("captured", 6, f"from {since} to now")


def test_a_person_asks_for_some_days_only(store: Store, settings: Settings) -> None:
    since, until = "2026-11-20", "2026-11-22"
    with demo_site() as site:
        env = dict(os.environ) | {
            "LUREWATCH_HOME": str(settings.home),
            "LUREWATCH_ROOTS": f"weibo={site.roots['weibo']}",
            "LUREWATCH_WEIBO_TOKEN": "x",
        }
        command = [sys.executable, "-m", "lurewatch", "crawl", "weibo", "--keyword", MANY, "--since", since, "--until", until, "--no-judge"]  # fmt: skip
        subprocess.run(command, env=env, check=False)
    rows = workflow.coverage(store)
    assert {row.detail for row in rows} == {f"from {since} to {until}"}
    assert [run.how for run in workflow.recent_runs(store)] == ["spider"]


def test_a_search_without_windows_refuses_one() -> None:
    with pytest.raises(InputError, match="tieba: its search takes no window"):
        TiebaSpider(keywords="x", since="2026-11-01")
    with pytest.raises(InputError, match="write 2026-11-01"):
        WeiboSpider(keywords="x", since="November")


@pytest.mark.parametrize(
    ("address", "asked"),
    [
        ("https://weibo.com/1234567890/z0JH2lOMb", "https://m.weibo.cn/detail/3501756485200075"),
        ("https://m.weibo.cn/detail/3501756485200075", "https://m.weibo.cn/detail/3501756485200075"),
        ("https://weibo.com/hot/search", "https://weibo.com/hot/search"),
        ("https://api.weibo.com/2/search/topics.json?q=x", "https://api.weibo.com/2/search/topics.json?q=x"),
    ],
)  # fmt: skip
def test_a_post_of_weibo_is_asked_for_where_visitors_see_it(address: str, asked: str) -> None:
    assert WeiboSpider().located(address) == asked


def test_a_post_about_codes_is_no_wall() -> None:
    from scrapy.http import HtmlResponse

    text = "<title>收到验证码怎么办_贴吧</title>" + "<p>x</p>" * 20_000
    response = HtmlResponse("https://tieba.baidu.com/p/1", body=text.encode(), encoding="utf-8")
    assert wall_of(response, "<title>网贷逾期</title>" + "登录后查看" + "x" * 70_000) is None
    assert wall_of(response, text.replace("验证码", "提醒")) is None


def test_weibo_without_a_token_says_so(settings: Settings, tmp_path: Path) -> None:
    env = {k: v for k, v in os.environ.items() if k != "LUREWATCH_WEIBO_TOKEN"}
    command = [sys.executable, "-m", "lurewatch", "crawl", "weibo", "--keyword", "x", "--no-judge"]
    done = subprocess.run(command, env=env | {"LUREWATCH_HOME": str(settings.home)}, capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 1
    assert "set LUREWATCH_WEIBO_TOKEN" in done.stderr
    assert "Traceback" not in done.stderr
