"""Serve the demo platform: `python -m lurewatch.demo.site --port 8761` or `with demo_site()`."""

import argparse
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote, urlencode

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from starlette.routing import Route

from lurewatch.demo import pages
from lurewatch.demo.posts import (
    CHANGED,
    FORBIDDEN,
    HURRIED,
    KEYWORDS,
    NOTHING,
    DemoPost,
    all_posts,
    posts_of,
)
from lurewatch.errors import LurewatchError

PAGE: Final = 10  # results a page, on Tieba and Sogou
PLATFORMS: Final = ("tieba", "wechat", "weibo", "xiaohongshu")
LOGIN_NOTE: Final = "65a0ffffffffffffffffffff"


@dataclass(frozen=True, slots=True)
class DemoSite:
    """A running demo platform."""

    root: str

    @property
    def roots(self) -> dict[str, str]:
        """Where each platform is, for LUREWATCH_ROOTS."""
        return {platform: f"{self.root}/{platform}" for platform in PLATFORMS}

    @property
    def keywords(self) -> dict[str, list[str]]:
        """What to search for, with keywords that find nothing, a new layout, a wall."""
        return {
            "tieba": [*KEYWORDS["tieba"], NOTHING, CHANGED, FORBIDDEN],
            "wechat": [*KEYWORDS["wechat"], HURRIED],
            "weibo": list(KEYWORDS["weibo"]),
        }

    @property
    def addresses(self) -> list[str]:
        """Notes to read one by one; the last is behind a login."""
        ids = [post.note_id for post in posts_of("xiaohongshu")] + [LOGIN_NOTE]
        home = "https://www.xiaohongshu.com/explore"
        return [f"{home}/{note_id}?xsec_token=demo" for note_id in ids]


def robots(request: Request) -> Response:
    """What the demo platform forbids."""
    path = f"/tieba/f/search/res?{urlencode({'ie': 'utf-8', 'qw': FORBIDDEN})}"
    return PlainTextResponse(f"User-agent: *\nDisallow: {path}\n")


def turned(request: Request, number: str, page: int) -> str:
    """The address of another page of the same results, as the platform links it."""
    query = dict(request.query_params) | {number: str(page)}
    return f"/{request.url.path.split('/', 2)[2]}?{urlencode(query)}"


def tieba_search(request: Request) -> Response:
    """Search results in pages."""
    keyword, page = request.query_params.get("qw", ""), int(request.query_params.get("pn", "1"))
    if keyword == CHANGED:
        return HTMLResponse(pages.changed())
    found = posts_of("tieba", keyword)
    some = found[(page - 1) * PAGE : page * PAGE]
    link = turned(request, "pn", page + 1) if len(found) > page * PAGE else None
    return HTMLResponse(pages.tieba_results(some, _now(), link))


def wechat_search(request: Request) -> Response:
    """Sogou's results in pages, and its wall."""
    keyword, page = (
        request.query_params.get("query", ""),
        int(request.query_params.get("page", "1")),
    )
    if keyword == HURRIED:
        return RedirectResponse(f"/wechat/antispider/?from={quote(str(request.url))}", 302)
    found = posts_of("wechat", keyword)
    some = found[(page - 1) * PAGE : page * PAGE]
    query = urlencode(dict(request.query_params) | {"page": page + 1})
    link = f"?{query}" if len(found) > page * PAGE else None
    return HTMLResponse(pages.sogou_results(some, _now(), link))


def weibo_search(request: Request) -> Response:
    """The official API: a token, or an error body."""
    if not request.headers.get("authorization"):
        body = {"error": "auth faild!", "error_code": 21301, "request": "/2/search/topics.json"}
        return JSONResponse(body, 403)
    found = posts_of("weibo", request.query_params.get("q", ""))
    page, count = (int(request.query_params.get(name, 1)) for name in ("page", "count"))
    some = found[(page - 1) * count : page * count]
    return JSONResponse(pages.weibo_answer(some, len(found), _now()))


def xiaohongshu_note(request: Request) -> Response:
    """A note, for those who bring the share parameter."""
    note_id = request.path_params["note_id"]
    if note_id == LOGIN_NOTE:
        return HTMLResponse(pages.login())
    found = [post for post in all_posts() if post.note_id == note_id]
    if not found or not request.query_params.get("xsec_token"):
        return HTMLResponse(pages.missing(), 404)
    return HTMLResponse(pages.note(found[0], _now()))


def single(
    number_of: Callable[[Request], int], page: Callable[[DemoPost, datetime], str]
) -> Callable[[Request], Response]:
    """A page that shows one post."""

    def show(request: Request) -> Response:
        number = number_of(request)
        found = [post for post in all_posts() if post.number == number]
        if not found:
            return HTMLResponse(pages.missing(), 404)
        return HTMLResponse(page(found[0], _now()))

    return show


def build_app() -> Starlette:
    """The site."""
    thread = single(lambda request: request.path_params["tid"] - 9_000_000_000, pages.tieba_thread)
    detail = single(
        lambda request: request.path_params["mid"] - 5_000_000_000_000_000, pages.weibo_detail
    )
    article = single(
        lambda request: int(request.query_params.get("mid", "0")) - 2_650_000_000, pages.article
    )
    return Starlette(
        routes=[
            Route("/robots.txt", robots),
            Route("/tieba/f/search/res", tieba_search),
            Route("/tieba/p/{tid:int}", thread),
            Route("/wechat/weixin", wechat_search),
            Route("/wechat/antispider/", lambda request: HTMLResponse(pages.captcha())),
            Route("/wechat/s", article),
            Route("/weibo/2/search/topics.json", weibo_search),
            Route("/weibo/detail/{mid:int}", detail),
            Route("/xiaohongshu/explore/{note_id}", xiaohongshu_note),
        ]
    )


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def demo_site(port: int = 0) -> Iterator[DemoSite]:
    """
    The demo platform on 127.0.0.1, until the block ends; port 0 takes a free one.

    Raises LurewatchError when the port is in use.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(64)
    except OSError as error:
        listener.close()
        raise LurewatchError(
            f"port {port} cannot be used ({error.strerror}); choose another with --port"
        ) from None
    config = uvicorn.Config(build_app(), log_level="error", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield DemoSite(f"http://127.0.0.1:{listener.getsockname()[1]}")
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
