"""The walls of the demo platform: every kind that real ones put up, to be asked for by name."""

from collections.abc import Callable
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from lurewatch.demo.pages import document


def login() -> str:
    """A page for people who are logged in."""
    return document("登录", '<div class="login-container"><p>登录后查看更多内容</p></div>')


def captcha() -> str:
    """Sogou's page for visitors who ask too often."""
    return document(
        "搜狗搜索",
        "<h3>您的访问出错了</h3><p>用户您好，您的访问过于频繁，为确认本次访问为正常用户行为，需要您协助验证。</p>"
        '<form id="seccodeForm"><label>验证码：<input name="c"></label></form>',
    )


def slider() -> str:
    """Baidu's slider."""
    body = '<div class="passMod_slide-btn">拖动滑块完成拼图</div>'
    return document("百度", body)


PAGES: Final[dict[str, Callable[[], str]]] = {
    "login": login,
    "captcha": captcha,
    "slider": slider,
    "often": lambda: document("提示", "<p>访问过于频繁，请稍后再试</p>"),
    "refused": lambda: document("访问受限", "<p>您的访问受限</p>"),
    "region": lambda: document("内容在您所在地区不可用", "<p>看看别的吧</p>"),
    "expired": lambda: document("提示", "<p>链接已过期</p>"),
}
REDIRECTS: Final = {"to-login": "passport/login", "to-captcha": "antispider"}


def wall(name: str, platform: str) -> Response:
    """
    The wall of that name: a page, a redirect, a status, or `place:code` for an error body.

    >>> wall("429", "tieba").status_code, wall("data.error_code:2190008", "douyin").body
    (429, b'{"data":{"error_code":2190008}}')
    """
    if name in PAGES:
        return HTMLResponse(PAGES[name]())
    if name in REDIRECTS:
        return RedirectResponse(f"/{platform}/{REDIRECTS[name]}", 302)
    place, _, code = name.rpartition(":")
    if place:
        return JSONResponse(error_body(place, code))
    return HTMLResponse(document("演示", "<p>没有内容</p>"), int(name))


def error_body(place: str, code: str) -> Any:
    """
    What an API answers that refuses, with its code at *place*.

    >>> error_body("ret[0]", "FAIL_SYS_SESSION_EXPIRED")
    {'ret': ['FAIL_SYS_SESSION_EXPIRED::演示']}
    """
    if place == "ret[0]":
        return {"ret": [f"{code}::演示"]}
    body: Any = int(code)
    for name in reversed(place.split(".")):
        body = {name: body}
    return body


class Walls:
    """Puts a wall before the site: at any address with `wall=NAME`, and for that keyword."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the wall, or let the site answer."""
        name = asked(Request(scope)) if scope["type"] == "http" else ""
        answer = wall(name, scope["path"].split("/")[1]) if name else self.app
        await answer(scope, receive, send)


def asked(request: Request) -> str:
    """
    The name of the wall that is asked for.

    Its sign stands in the query, as a name of its own or as what is searched for.
    """
    named = (
        value if name == "wall" else value.partition("wall=")[2]
        for name, value in request.query_params.items()
    )
    return next(filter(None, named), "")
