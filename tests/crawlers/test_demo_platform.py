"""Every spider from end to end against the demo platform: posts, a deleted post, and a wall at last."""

import os
import re
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.error import HTTPError

import pytest
from scrapy.http import HtmlResponse, TextResponse
from sqlalchemy import select

from crawlers.reading import response_of
from crawlers.walls import CODES, STATUS, wall_of
from lurewatch import workflow
from lurewatch.config import Settings, read_secrets, read_settings
from lurewatch.crawling import SPIDERS, run_spider
from lurewatch.demo.forum import SITES
from lurewatch.demo.posts import KEYWORDS, DemoPost, deleted, posts_of
from lurewatch.demo.site import DemoSite, demo_site
from lurewatch.demo.walls import PAGES, REDIRECTS
from lurewatch.store import Store, open_store, tables


@pytest.fixture(scope="module")
def site() -> Iterator[DemoSite]:
    with demo_site() as running:
        yield running


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("home")
    (home / "sites.yaml").write_text(SITES, "utf-8")
    return read_settings({"LUREWATCH_HOME": str(home)})


@pytest.fixture(scope="module")
def store(settings: Settings) -> Iterator[Store]:
    opened = open_store(settings, read_secrets(settings, {}))
    yield opened
    opened.engine.dispose()


@dataclass(frozen=True, slots=True)
class Plan:
    """What one spider is sent for: all it finds, then a wall, then what must not be asked any more."""

    wall: str
    detail: str
    posts: tuple[DemoPost, ...]
    keywords: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    empty: int = 1


def alone(code: str, wall: str, detail: str, how_many: int = 2) -> Plan:
    """Posts by their addresses, one that was deleted, and the wall."""
    posts = posts_of(code)[:how_many]
    addresses = (*(post.address for post in posts), deleted(code).address, walled(code, wall))
    return Plan(wall, detail, posts, addresses=addresses)


def walled(code: str, wall: str) -> str:
    address = deleted(code).address
    return f"{address}{'&' if '?' in address else '?'}wall={wall}"


def searched(code: str, wall: str, detail: str, *addresses: str) -> Plan:
    """All posts of the platform's keywords and of addresses, and the wall."""
    walls = () if addresses else (f"wall={wall}",)
    more = (*addresses, walled(code, wall)) if addresses else ()
    return Plan(wall, detail, posts_of(code), (*KEYWORDS[code], "无人", *walls), more)


def plans(site: DemoSite) -> dict[str, Plan]:
    feed, web = site.roots["feed"], site.roots["web"]
    return {
        "weibo": searched("weibo", "ok:-100", "login", posts_of("weibo")[0].address),
        "tieba": searched("tieba", "slider", "captcha"),
        "wechat": searched("wechat", "expired", "expired", posts_of("wechat")[0].address),
        "toutiao": searched("toutiao", "429", "rate_limit", posts_of("toutiao")[0].address),
        "douyin": searched("douyin", "to-captcha", "captcha", posts_of("douyin")[0].address),
        "xiaohongshu": alone("xiaohongshu", "login", "login"),
        "kuaishou": alone("kuaishou", "region", "region"),
        "xianyu": alone("xianyu", "to-login", "login"),
        "bilibili": alone("bilibili", "code:-412", "blocked", 8),
        "zhihu": alone("zhihu", "error.code:40362", "captcha", 8),
        "feed": Plan(
            "432",
            "rate_limit",
            posts_of("feed"),
            addresses=(f"{feed}/rss.xml", f"{feed}/atom.xml", f"{feed}/rss.xml?wall=432"),
            empty=0,
        ),
        "web": Plan(
            "403",
            "blocked",
            posts_of("web"),
            addresses=(
                f"{web}/list",
                f"{web}/t/{posts_of('web')[0].id}",
                f"{web}/t/999",
                f"{web}/list?wall=403",
            ),
        ),
    }


def test_every_spider_has_its_plan(site: DemoSite) -> None:
    assert plans(site).keys() == set(SPIDERS)


@pytest.mark.parametrize("code", SPIDERS)
def test_a_spider_reads_the_demo_platform_until_its_wall(
    code: str, site: DemoSite, settings: Settings, store: Store
) -> None:
    plan, run_id = plans(site)[code], f"run-{code}"
    after = f"{site.roots[code]}/after" if plan.addresses else "其后"
    environ = dict(os.environ) | {
        "LUREWATCH_HOME": str(settings.home),
        "LUREWATCH_ROOTS": ",".join(f"{name}={root}" for name, root in site.roots.items()),
        "LUREWATCH_WEIBO_TOKEN": "a-token",
        "LUREWATCH_DOUYIN_TOKEN": "a-token",
    }
    keywords, addresses = list(plan.keywords), list(plan.addresses)
    (addresses if addresses else keywords).append(after)
    site.asked.clear()
    assert not run_spider(code, run_id, keywords, addresses, 10, environ)
    assert re.search("wall(=|%3D)|/passport/|/antispider", site.asked[-1])
    rows = workflow.coverage(store, [run_id])
    assert [row.detail for row in rows if row.state == "blocked"] == [plan.detail]
    assert sum(row.pages for row in rows if row.state == "empty") == plan.empty
    assert {row.state for row in rows} <= {"captured", "empty", "blocked"}
    with store.reading() as db:
        query = select(tables.runs.c.state).where(tables.runs.c.run_id == run_id)
        assert db.connection.scalar(query) == "blocked"
    kept = [row.post for row in workflow.export_posts(store) if row.post.platform == code]
    assert len(kept) == len(plan.posts)
    said = [closed_up(post.title + post.text) for post in kept]
    for post in plan.posts:
        assert any(closed_up(post.text or post.title) in words for words in said)
    assert all(post.author_name for post in kept)


def closed_up(text: str) -> str:
    """Without spaces and line breaks: pages show them as they please."""
    return "".join(text.split())


def answer_of(url: str) -> TextResponse:
    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            """A redirect is an answer."""

    try:
        with urllib.request.build_opener(Stay).open(url, timeout=10) as answer:
            return response_of(url, answer.read())
    except HTTPError as error:
        with error:
            return HtmlResponse(url, error.code, dict(error.headers), error.read(), encoding="utf-8")  # fmt: skip


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *((str(status), wall) for status, wall in STATUS.items()),
        *((f"{place}:{code}", wall) for place, codes in CODES for code, wall in codes.items()),
        *zip(
            PAGES,
            ("login", "captcha", "captcha", "rate_limit", "blocked", "region", "expired"),
            strict=True,
        ),
        *zip(REDIRECTS, ("login", "captcha"), strict=True),
    ],
)
def test_every_wall_stands_on_the_demo_platform(site: DemoSite, name: str, expected: str) -> None:
    answer = answer_of(f"{site.roots['tieba']}/f/search/res?wall={name}")
    assert wall_of(answer, answer.text) == expected
