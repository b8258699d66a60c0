"""Whose post an address shows: the platform and the post's id, by the address alone."""

import re
from hashlib import sha256
from typing import Final
from urllib.parse import parse_qs, urlsplit

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
            return platform, before + next(part for part in found.groups() if part)
    query = parse_qs(parts.query)
    for platform, known, names in BY_QUERY:
        if belongs(host, known) and all(name in query for name in names):
            return platform, "-".join(query[name][0] for name in names)
    return "web", sha256(url.strip().encode("utf-8", "replace")).hexdigest()[:20]


def belongs(host: str, known: str) -> bool:
    """
    >>> belongs("m.weibo.cn", "weibo.cn"), belongs("notweibo.cn", "weibo.cn")
    (True, False)
    """
    return host == known or host.endswith(f".{known}")
