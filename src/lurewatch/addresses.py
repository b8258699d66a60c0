"""Whose post an address shows: the platform and the post's id, by the address alone."""

import re
import string
from fnmatch import fnmatchcase
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Final
from urllib.parse import parse_qs, parse_qsl, quote, urlsplit

import yaml

from lurewatch.errors import InputError

# platform, host (and its subdomains), the id in the path, what stands before it in our post ids
KNOWN: Final = (
    ("weibo", "weibo.cn", r"/(?:detail|status|statuses/show)/(\w+)", ""),
    ("weibo", "weibo.com", r"/(?:detail/(\d+)|\d+/(\w+))", ""),
    ("xiaohongshu", "xiaohongshu.com", r"/(?:explore|discovery/item)/([0-9a-f]{24})", ""),
    ("douyin", "douyin.com", r"/(?:video|note)/(\d+)", ""),
    ("douyin", "iesdouyin.com", r"/(?:video|note)/(\d+)", ""),
    ("kuaishou", "kuaishou.com", r"/(?:short-video|fw/photo|f)/(\w+)", ""),
    ("bilibili", "bilibili.com", r"/video/(?:av(\d+)|(BV\w+))", ""),
    ("zhihu", "zhihu.com", r"/answer/(\d+)", "answer-"),
    ("zhihu", "zhihu.com", r"/p/(\d+)", "article-"),
    ("zhihu", "zhihu.com", r"/zvideo/(\d+)", "zvideo-"),
    ("tieba", "tieba.baidu.com", r"/p/(\d+)", ""),
    ("wechat", "mp.weixin.qq.com", r"/s/([\w-]+)", ""),
    ("toutiao", "toutiao.com", r"(\d{16,})", ""),
)
BY_QUERY: Final = (  # the same where the id stands behind the question mark
    ("douyin", "douyin.com", ("modal_id",)),
    ("xianyu", "goofish.com", ("id",)),
    ("xianyu", "2.taobao.com", ("id",)),
    ("wechat", "mp.weixin.qq.com", ("__biz", "mid", "idx")),
)


def read_address(url: str) -> tuple[str, str]:
    """
    The platform and the post's id; an address of no platform we know is the web's, by its hash.

    Raises InputError for what is no address of a page.

        >>> read_address("https://zhuanlan.zhihu.com/p/700000001?utm=x")
        ('zhihu', 'article-700000001')
        >>> read_address("https://www.goofish.com/item?id=800000000003")
        ('xianyu', '800000000003')
        >>> read_address("https://weibo.com/1/z0JH2lOMb"), read_address("https://b.bilibili.com/video/BV17x411w7KC")
        (('weibo', '3501756485200075'), ('bilibili', '170001'))
        >>> read_address("https://bbs.example.invalid/t/1")[0]
        'web'
    """
    try:
        parts = urlsplit(url.strip())
    except ValueError as error:
        raise InputError(f"{url!r} is no address ({error})") from None
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or "." not in host:
        raise InputError(f"{url!r} is no address of a page; write it whole, from https:// on")
    for platform, known, pattern, before in KNOWN:
        found = re.search(pattern, parts.path)
        if found and belongs(host, known):
            return platform, before + canonical(platform, next(filter(None, found.groups())))
    query = parse_qs(parts.query)
    for platform, known, names in BY_QUERY:
        if belongs(host, known) and all(name in query for name in names):
            return platform, "-".join(query[name][0] for name in names)
    return "web", sha256(url.strip().encode("utf-8", "replace")).hexdigest()[:20]


DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"  # of weibo's bid
BV_DIGITS: Final = "FcwAPNKTMug3GV5Lj7EJnHpWsx4tb8haYeviqBz6rkCy12mUSDQX9RdoZf"
BV_MASK, BV_KEY = (1 << 51) - 1, 23442827791579


def canonical(platform: str, post_id: str) -> str:
    """
    The number of a post that its address writes in letters: the same post has both in its addresses.

    >>> canonical("weibo", "5099999999999999"), canonical("bilibili", "BV0"), canonical("zhihu", "a1")
    ('5099999999999999', 'BV0', 'a1')
    """
    if platform == "weibo" and not post_id.isdigit() and set(post_id) <= set(DIGITS):
        ends = range(len(post_id), 0, -4)
        parts = [f"{in_base(post_id[max(0, end - 4) : end], DIGITS):07}" for end in ends]
        return "".join(reversed(parts)).lstrip("0")
    if platform == "bilibili" and len(post_id) == 12 and set(post_id[2:]) <= set(BV_DIGITS):
        signs = list(post_id)
        signs[3], signs[9], signs[4], signs[7] = signs[9], signs[3], signs[7], signs[4]
        return str((in_base("".join(signs[3:]), BV_DIGITS) & BV_MASK) ^ BV_KEY)
    return post_id


def in_base(written: str, digits: str) -> int:
    """
    >>> in_base("10", DIGITS)
    62
    """
    number = 0
    for sign in written:
        number = number * len(digits) + digits.index(sign)
    return number


def belongs(host: str, known: str) -> bool:
    """
    >>> belongs("m.weibo.cn", "weibo.cn"), belongs("notweibo.cn", "weibo.cn")
    (True, False)
    """
    return host == known or host.endswith(f".{known}")


def same_page(url: str) -> str:
    """
    What all addresses of one page have in common: the post's id, or the address without what does not matter.

    Scheme, `www.`, tracking parameters, their order, a first page and an anchor make no difference; an
    anchor that is a route of its own (`#/`, `#!`) does.

        >>> same_page("https://tieba.baidu.com/p/9001?pn=1#sub")
        'tieba:9001'
        >>> same_page("http://www.bbs.example/t/1/?utm_source=x&b=2&a=1#top")
        '//bbs.example/t/1?a=1&b=2'
        >>> same_page("https://bbs.example/t/1?a=1&b=2&page=1") == same_page("https://bbs.example/t/1?b=2&a=1")
        True
        >>> same_page("https://bbs.example/t/1?page=2"), same_page("https://bbs.example/#/t/1")
        ('//bbs.example/t/1?page=2', '//bbs.example#/t/1')
    """
    platform, post_id = read_address(url)
    if platform != "web":
        return f"{platform}:{post_id}"
    parts = urlsplit(quote(url.strip(), safe=string.printable))
    host = (parts.hostname or "").rstrip(".").removeprefix("www.")
    try:
        port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    except ValueError as error:
        raise InputError(f"{url!r} is no address ({error})") from None
    path = re.sub("%[0-9a-fA-F]{2}", _plainer, parts.path).rstrip("/")
    pairs = parse_qsl(parts.query, keep_blank_values=True, encoding="latin-1")
    kept = sorted(f"{name}={value}" for name, value in pairs if not _idle(name.lower(), value))
    route = f"#{parts.fragment}" if parts.fragment.startswith(("/", "!")) else ""
    return f"//{host}{port}{path}{'?' + '&'.join(kept) if kept else ''}{route}"


def _plainer(escape: re.Match[str]) -> str:
    sign = chr(int(escape[0][1:], 16))
    plain = sign.isascii() and (sign.isalnum() or sign in "-._~")
    return sign if plain else escape[0].upper()


def _idle(name: str, value: str) -> bool:
    known = idle_parameters()
    return any(fnmatchcase(name, one) for one in known["tracking"]) or (
        value == "1" and name in known["first_page"]
    )


@cache
def idle_parameters() -> dict[str, list[str]]:
    """The names in `addresses.yaml`, by what they are."""
    rows = yaml.safe_load((files("lurewatch") / "addresses.yaml").read_text("utf-8"))
    return {kind: [name for row in some for name in row["names"]] for kind, some in rows.items()}
