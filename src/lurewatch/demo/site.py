"""Serve the demo platform: `python -m lurewatch.demo.site --port 8761` or `with demo_site()`."""

import argparse
import re
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    Response,
)
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from lurewatch.demo import forum, pages, scripted, walls
from lurewatch.demo.posts import (
    CHANGED,
    FORBIDDEN,
    HURRIED,
    KEYWORDS,
    NOTHING,
    DemoPost,
    deleted,
    post_with,
    posts_of,
)
from lurewatch.errors import LurewatchError
from lurewatch.post import PLATFORMS

PAGE: Final = 10  # results a page
LATEST: Final = 200  # posts that Weibo's search gives at most
LOGIN_NOTE: Final = "https://www.xiaohongshu.com/explore/65a0ffffffffffffffffffff?wall=login"
ALONE: Final = ("xiaohongshu", "kuaishou", "bilibili", "zhihu", "xianyu")  # read by address only


@dataclass(frozen=True, slots=True)
class DemoSite:
    """A running demo platform."""

    root: str
    asked: list[str]  # every address that was asked of it, in order

    @property
    def roots(self) -> dict[str, str]:
        """Where each platform is, for LUREWATCH_ROOTS."""
        return {platform: f"{self.root}/{platform}" for platform in PLATFORMS}

    @property
    def keywords(self) -> dict[str, list[str]]:
        """What to search for, with keywords that find nothing, a new layout, a wall."""
        more = {"tieba": [NOTHING, CHANGED, FORBIDDEN], "wechat": [HURRIED]}
        return {code: [*words, *more.get(code, ())] for code, words in KEYWORDS.items()}

    @property
    def addresses(self) -> dict[str, list[str]]:
        """What to read by address, with a post that is gone each; the last note wants a login."""
        alone = {
            code: [post.address for post in (*posts_of(code), deleted(code))] for code in ALONE
        }
        alone["xiaohongshu"].append(LOGIN_NOTE)
        feed, web = self.roots["feed"], self.roots["web"]
        return alone | {"feed": [f"{feed}/rss.xml", f"{feed}/atom.xml"], "web": [f"{web}/list"]}


def robots(request: Request) -> Response:
    """What the demo platform forbids."""
    path = f"/tieba/f/search/res?{urlencode({'ie': 'utf-8', 'qw': FORBIDDEN})}"
    return PlainTextResponse(f"User-agent: *\nDisallow: {path}\n")


@dataclass(frozen=True, slots=True)
class Results:
    """One page of what a search found."""

    posts: tuple[DemoPost, ...]
    more: bool

    @classmethod
    def of(cls, found: tuple[DemoPost, ...], page: int, size: int = PAGE) -> "Results":
        """The page of that number, from 1 on."""
        some = found[(page - 1) * size : page * size]
        return cls(some, len(found) > page * size)


def number_in(request: Request, name: str, otherwise: int) -> int:
    """A number of the address's query."""
    return int(request.query_params.get(name, otherwise))


def turned(request: Request, number: str, page: int) -> str:
    """The query of another page of the same results."""
    return "?" + urlencode(dict(request.query_params) | {number: str(page)})


def tieba_search(request: Request) -> Response:
    """Search results in pages."""
    keyword, page = request.query_params.get("qw", ""), number_in(request, "pn", 1)
    if keyword == CHANGED:
        return HTMLResponse(pages.changed())
    results = Results.of(posts_of("tieba", keyword), page)
    link = f"/f/search/res{turned(request, 'pn', page + 1)}" if results.more else None
    return HTMLResponse(pages.tieba_results(results.posts, _now(), link))


def wechat_search(request: Request) -> Response:
    """Sogou's results in pages, and its wall."""
    keyword, page = request.query_params.get("query", ""), number_in(request, "page", 1)
    if keyword == HURRIED:
        return walls.wall("to-captcha", "wechat")
    results = Results.of(posts_of("wechat", keyword), page)
    link = turned(request, "page", page + 1) if results.more else None
    return HTMLResponse(pages.sogou_results(results.posts, _now(), link))


def weibo_search(request: Request) -> Response:
    """The official API: a token, or an error body."""
    if not request.headers.get("authorization"):
        body = {"error": "auth faild!", "error_code": 21301, "request": "/2/search/topics.json"}
        return JSONResponse(body, 403)
    page, count, now = number_in(request, "page", 1), number_in(request, "count", 10), _now()
    start, end = number_in(request, "starttime", 0), number_in(request, "endtime", 1 << 40)
    found = tuple(
        post
        for post in posts_of("weibo", request.query_params.get("q", ""))
        if start <= post.published(now).timestamp() <= end
    )
    some = found[:LATEST][(page - 1) * count : page * count]
    return JSONResponse(pages.weibo_answer(some, len(found), now))


def douyin_search(request: Request) -> Response:
    """The official API: a token, or an error body."""
    if not request.headers.get("access-token"):
        return JSONResponse(walls.error_body("data.error_code", "2190002"))
    start, count = number_in(request, "cursor", 0), number_in(request, "count", 10)
    found = posts_of("douyin", request.query_params.get("keyword", ""))
    some, end = found[start : start + count], start + count
    return JSONResponse(scripted.douyin_answer(some, end, len(found) > end, _now()))


def toutiao_search(request: Request) -> Response:
    """Results in pages, the first of them number 0."""
    found = posts_of("toutiao", request.query_params.get("keyword", ""))
    results = Results.of(found, number_in(request, "page_num", 0) + 1)
    return HTMLResponse(scripted.toutiao_results(results.posts, _now()))


def toutiao_article(request: Request) -> Response:
    """An article, or that it is gone."""
    post = post_with("toutiao", request.path_params["id"])
    return HTMLResponse(scripted.toutiao_article(post, _now()))


def xiaohongshu_note(request: Request) -> Response:
    """A note, for those who bring the share parameter."""
    if not request.query_params.get("xsec_token"):
        return HTMLResponse(pages.missing("xiaohongshu"), 404)
    return single("xiaohongshu", scripted.note)(request)


def picture(request: Request) -> Response:
    """A picture of a post, or that it is gone."""
    name = request.path_params["name"]
    if not re.fullmatch(r"demo-\d{3}\.png", name) or not (PICTURES / name).is_file():
        return PlainTextResponse("not found", 404)
    return Response((PICTURES / name).read_bytes(), media_type="image/png")


def forum_list(request: Request) -> Response:
    """The forum's threads in pages."""
    page = number_in(request, "page", 1)
    results = Results.of(posts_of("web", request.query_params.get("board")), page, 5)
    link = turned(request, "page", page + 1) if results.more else None
    return HTMLResponse(forum.threads(results.posts, _now(), link))


def feed(
    written: Callable[[tuple[DemoPost, ...], datetime], str], media_type: str
) -> Callable[[Request], Response]:
    """A feed of one family."""

    def show(request: Request) -> Response:
        return Response(written(posts_of("feed"), _now()), media_type=media_type)

    return show


def single(
    platform: str, page: Callable[[DemoPost, datetime], str]
) -> Callable[[Request], Response]:
    """A page that shows one post: its id stands in the path or in the query."""

    def show(request: Request) -> Response:
        query = request.query_params
        post_id = request.path_params.get("id") or query.get("mid") or query.get("id", "")
        post = post_with(platform, post_id)
        if post is None:
            return HTMLResponse(pages.missing(platform), 404)
        return HTMLResponse(page(post, _now()))

    return show


PICTURES: Final = Path(__file__).parent / "pictures"  # drawn by lurewatch.demo.drawing
ROUTES: Final = (
    ("/robots.txt", robots),
    ("/{platform}/passport/login", lambda request: HTMLResponse(walls.login())),
    ("/{platform}/antispider", lambda request: HTMLResponse(walls.captcha())),
    ("/weibo/large/{name}", picture),
    ("/xiaohongshu/{name}", picture),
    ("/toutiao/img/{name}", picture),
    ("/xianyu/bao/{name}", picture),
    ("/tieba/forum/{name}", picture),
    ("/tieba/f/search/res", tieba_search),
    ("/tieba/p/{id}", single("tieba", pages.tieba_thread)),
    ("/wechat/weixin", wechat_search),
    ("/wechat/s", single("wechat", pages.article)),
    ("/weibo/2/search/topics.json", weibo_search),
    ("/weibo/2/search/statuses.json", weibo_search),
    ("/weibo/detail/{id}", single("weibo", pages.weibo_detail)),
    ("/xiaohongshu/explore/{id}", xiaohongshu_note),
    ("/douyin/dy_open_api/v2/search/video/", douyin_search),
    ("/douyin/video/{id}", single("douyin", scripted.douyin_video)),
    ("/kuaishou/short-video/{id}", single("kuaishou", scripted.kuaishou_video)),
    ("/bilibili/video/av{id}", single("bilibili", scripted.bilibili_video)),
    ("/zhihu/question/{question}/answer/{id}", single("zhihu", scripted.zhihu_thing)),
    ("/zhihu/answer/{id}", single("zhihu", scripted.zhihu_thing)),
    ("/zhihu/p/{id}", single("zhihu", scripted.zhihu_thing)),
    ("/zhihu/zvideo/{id}", single("zhihu", scripted.zhihu_thing)),
    ("/xianyu/item", single("xianyu", scripted.xianyu_item)),
    ("/toutiao/search", toutiao_search),
    ("/toutiao/article/{id}/", toutiao_article),
    ("/feed/rss.xml", feed(forum.rss, "application/rss+xml")),
    ("/feed/atom.xml", feed(forum.atom, "application/atom+xml")),
    ("/feed/n/{id}", single("feed", forum.notice)),
    ("/web/list", forum_list),
    ("/web/t/{id}", single("web", forum.thread)),
)


class Log:
    """Writes down what is asked of the site."""

    def __init__(self, app: ASGIApp, asked: list[str]) -> None:
        self.app, self.asked = app, asked

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Write it down, and let the site answer."""
        if scope["type"] == "http":
            self.asked.append(str(Request(scope).url))
        await self.app(scope, receive, send)


def build_app(asked: list[str]) -> Starlette:
    """The site."""
    routes = [Route(path, answer) for path, answer in ROUTES]
    return Starlette(routes=routes, middleware=[Middleware(Log, asked), Middleware(walls.Walls)])


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def demo_site(port: int = 0) -> Iterator[DemoSite]:
    """
    The demo platform on 127.0.0.1, until the block ends; port 0 takes a free one.

    Raises LurewatchError when the port is in use.
    """
    # asyncio answers without delay (TCP_NODELAY) only where the socket says that it is TCP
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(64)
    except OSError as error:
        listener.close()
        raise LurewatchError(
            f"port {port} cannot be used ({error.strerror}); choose another with --port"
        ) from None
    asked: list[str] = []
    config = uvicorn.Config(build_app(asked), log_level="error", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield DemoSite(f"http://127.0.0.1:{listener.getsockname()[1]}", asked)
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8761)
    with demo_site(parser.parse_args().port) as site:
        roots = ",".join(f"{platform}={root}" for platform, root in site.roots.items())
        sys.stdout.write(f"LUREWATCH_ROOTS={roots}\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
