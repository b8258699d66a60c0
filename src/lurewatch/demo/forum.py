"""The demo's feeds and its small forum, with the selectors that read the forum."""

from datetime import datetime
from email.utils import format_datetime
from html import escape
from typing import Final

from lurewatch.dates import CHINA
from lurewatch.demo.pages import document, whole_text
from lurewatch.demo.posts import DemoPost

SITES: Final = """\
- host: 127.0.0.1
  path: /web/list$
  cards: li.thread
  id: a.title::attr(href)
  id_in: t/(\\d+)
  link: a.title::attr(href)
  title: a.title
  text: p.summary
  author: .who
  date: .when
  tags: .tag::text
  gone: 还没有主题
  next: a.next::attr(href)
- host: 127.0.0.1
  path: /web/t/\\d+$
  cards: article
  id: ::attr(data-thread)
  title: h1
  text: div.note
  author: .who
  date: .when
  gone: 帖子不存在
"""


def as_html(post: DemoPost) -> str:
    """The words of a post as feeds carry them."""
    return f"<p>{escape(whole_text(post))}</p>"


def rss(posts: tuple[DemoPost, ...], now: datetime) -> str:
    """A feed of the older family."""
    items = "".join(
        f"<item><title>{escape(post.title)}</title><link>{post.address}</link>"
        f'<guid isPermaLink="false">demo-{post.id}</guid>'
        f"<pubDate>{format_datetime(post.published(now))}</pubDate>"
        f"<dc:creator>{escape(post.author_name)}</dc:creator>"
        f"<description>{escape(as_html(post))}</description></item>"
        for post in posts
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>演示公告</title><link>https://feed.example.invalid/</link>{items}</channel></rss>"
    )


def atom(posts: tuple[DemoPost, ...], now: datetime) -> str:
    """A feed of the newer family."""
    entries = "".join(
        f"<entry><title>{escape(post.title)}</title>"
        f'<link rel="alternate" href="{post.address}"/><id>demo-{post.id}</id>'
        f"<updated>{post.published(now).isoformat()}</updated>"
        f"<author><name>{escape(post.author_name)}</name></author>"
        f'<content type="html">{escape(as_html(post))}</content></entry>'
        for post in posts
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
        f"<title>演示公告</title>{entries}</feed>"
    )


def notice(post: DemoPost, now: datetime) -> str:
    """The page a feed's entry links to."""
    return document(post.heading, f"<h1>{escape(post.heading)}</h1>{words(post, now)}")


def words(post: DemoPost, now: datetime) -> str:
    """Who wrote what, and when."""
    at = f"{post.published(now).astimezone(CHINA):%Y-%m-%d %H:%M}"
    return (
        f'<p class="meta"><span class="who">{escape(post.author_name)}</span> '
        f'<span class="when">{at}</span></p><div class="note">{escape(whole_text(post))}</div>'
    )


def threads(posts: tuple[DemoPost, ...], now: datetime, next_link: str | None) -> str:
    """A list of the forum's threads."""
    cards = "".join(
        f'<li class="thread"><a class="title" href="t/{post.id}">{escape(post.heading)}</a>'
        f'<p class="summary">{escape(whole_text(post))}</p>'
        f'<span class="who">{escape(post.author_name)}</span> <span class="when">'
        f"{post.published(now).astimezone(CHINA):%Y-%m-%d %H:%M}</span></li>"
        for post in posts
    )
    body = f"<ul>{cards}</ul>" if cards else "<p>还没有主题</p>"
    if next_link:
        body += f'<a class="next" href="{escape(next_link)}">下一页</a>'
    return document("演示论坛", body)


def thread(post: DemoPost, now: datetime) -> str:
    """One thread of the forum."""
    return document(
        post.heading,
        f'<article data-thread="{post.id}"><h1>{escape(post.heading)}</h1>{words(post, now)}'
        "</article>",
    )
