"""Tell a login wall, a CAPTCHA, a rate limit or a block page from a page that has no posts."""

import re
from typing import Final
from urllib.parse import urljoin, urlsplit

from parsel import Selector
from scrapy.http import Response

from lurewatch.post import Wall

STATUS: Final[dict[int, Wall]] = {
    401: "login",
    403: "blocked",
    418: "blocked",
    429: "rate_limit",
    432: "rate_limit",  # Weibo's own
    451: "region",
}
ADDRESS: Final[tuple[tuple[re.Pattern[str], Wall], ...]] = (
    (re.compile(r"antispider|captcha|wappass|/verify|/sec_?code|safe_?verify", re.I), "captcha"),
    (re.compile(r"passport|/login|/signin|/sso/", re.I), "login"),
)
TITLE: Final[tuple[tuple[re.Pattern[str], Wall], ...]] = (
    (re.compile("安全验证|验证码|滑动验证|人机验证|captcha", re.I), "captcha"),
    (re.compile("^(用户)?(登录|登陆)|请(先)?登录|扫码登录|log ?in|sign ?in", re.I), "login"),
    (re.compile("访问(过于)?频繁|请求过于频繁"), "rate_limit"),
    (re.compile("访问受限|禁止访问|拒绝访问|forbidden|access denied", re.I), "blocked"),
    (re.compile("地区不可用|所在地区|not available in your (region|country)", re.I), "region"),
    (re.compile("链接已过期|链接已失效"), "expired"),
)
SHOWN: Final[tuple[tuple[re.Pattern[str], Wall], ...]] = (
    (re.compile(r'id="?(?:seccodeForm|seccodeImage|captcha|nc_1_wrapper)|class="[^"]*'
                r"(?:captcha-|geetest|slider-verify|mod-captcha|passMod_slide)", re.I), "captcha"),
    (re.compile("访问过于频繁[^<]{0,40}(?:<[^>]*>\\s*)*[^<]{0,20}验证码|请完成(?:下方|安全)?验证"), "captcha"),
    (re.compile(r'class="[^"]*(?:login-container|login-modal|login-wrap|login-box)', re.I), "login"),
    (re.compile("登录后(?:查看|即可|可)|请先登录"), "login"),
    (re.compile("访问过于频繁|操作太频繁|请求过于频繁"), "rate_limit"),
    (re.compile("链接已过期|链接已失效"), "expired"),
)  # fmt: skip
# what answers in JSON say of a refusal: where the code stands, and which wall each one is
CODES: Final[tuple[tuple[str, dict[str, Wall]], ...]] = (
    ("ok", {"-100": "login"}),  # Weibo's mobile site
    ("error_code", {  # Weibo's official API (open.weibo.com/wiki/Error_code, read 2026-11)
        "10006": "login", "21301": "login", "21314": "expired", "21315": "expired",
        "21316": "expired", "21317": "expired", "21319": "expired", "21327": "expired",
        "21332": "expired", "10022": "rate_limit", "10023": "rate_limit", "10024": "rate_limit",
        "10004": "blocked", "10014": "blocked", "10005": "blocked", "21321": "blocked"}),
    ("data.error_code", {  # Douyin's open platform, as its public documentation had it 2026-11
        "2190002": "login", "2190008": "expired", "2190003": "rate_limit", "2190004": "blocked",
        "2190015": "rate_limit"}),
    ("error.code", {"40362": "captcha", "40352": "captcha", "100": "login"}),  # Zhihu
    ("result", {"2": "rate_limit", "109": "login", "400002": "captcha"}),  # Kuaishou
    ("code", {"-101": "login", "-352": "captcha", "-412": "blocked", "-799": "rate_limit"}),  # Bilibili
    ("ret[0]", {  # Xianyu's gateway: a code before its sentence
        "FAIL_SYS_SESSION_EXPIRED": "login", "FAIL_SYS_TOKEN_EXOIRED": "login",
        "FAIL_SYS_TOKEN_EMPTY": "login", "FAIL_SYS_USER_VALIDATE": "captcha",
        "RGV587_ERROR": "captcha", "FAIL_SYS_TRAFFIC_LIMIT": "rate_limit"}),
)  # fmt: skip
SHORT: Final = 60_000  # characters: a wall says little; a long page that says it is about it


def wall_of(response: Response, text: str) -> Wall | None:
    """
    Which wall a page without posts is, if it is one.

    Only called where no post was read: a post may speak of codes and logins itself.
    """
    if wall := wall_at(response.url):
        return wall
    if 300 <= response.status < 400:
        location = (response.headers.get("Location") or b"").decode("latin-1")
        return wall_at(urljoin(response.url, location))
    if text.lstrip().startswith(("{", "[")) and (wall := wall_in_json(text)):
        return wall
    title = re.search(r"<title[^>]*>\s*(.*?)\s*</title>", text[:20_000], re.S | re.I)
    if title and (wall := matching(TITLE, title[1])):
        return wall
    if len(text) < SHORT and (wall := matching(SHOWN, text)):
        return wall
    return STATUS.get(response.status)


def wall_at(url: str) -> Wall | None:
    """
    The wall an address leads to.

    >>> wall_at("https://passport.weibo.com/signin"), wall_at("https://tieba.baidu.com/p/1")
    ('login', None)
    """
    parts = urlsplit(url)
    return matching(ADDRESS, f"{parts.hostname or ''}{parts.path}")


def matching(table: tuple[tuple[re.Pattern[str], Wall], ...], text: str) -> Wall | None:
    """The first wall of *table* whose sign is in *text*."""
    return next((wall for pattern, wall in table if pattern.search(text)), None)


def wall_in_json(text: str) -> Wall | None:
    """The wall that an official error body names."""
    try:
        body = Selector(text=text, type="json")
        for path, walls in CODES:
            code = str(body.jmespath(path).get()).partition("::")[0]
            if wall := walls.get(code):
                return wall
    except (ValueError, RecursionError):  # no JSON, or nested without end
        return None
    return None
