"""The pages of the demo platform, in the structures of the platforms it stands for."""

import json
from datetime import datetime
from html import escape
from typing import Final
from urllib.parse import quote

from lurewatch.dates import CHINA
from lurewatch.demo.posts import DemoPost

STYLE = """
body{margin:0;background:#f4f5f7;color:#1d2129;font:16px/1.7 "Noto Sans CJK SC","PingFang SC",
"Microsoft YaHei",sans-serif}
header{background:#20304a;color:#fff;padding:10px 24px;font-size:14px}
main{max-width:760px;margin:24px auto;background:#fff;border-radius:10px;padding:24px 32px}
h1,h3{line-height:1.4;margin:.2em 0}.meta,.p_date,.s-p{color:#86909c;font-size:13px}
.s_post,li{border-bottom:1px solid #e5e6eb;padding:14px 0;list-style:none}ul{padding:0}
.tag{color:#3370ff;margin-right:8px}.note{white-space:pre-wrap;overflow-wrap:anywhere}
"""


def document(title: str, body: str) -> str:
    """A whole page."""
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(title)}'
        f"</title><style>{STYLE}</style></head><body><header>lurewatch 演示平台 · 全部内容为虚构"
        f"</header><main>{body}</main></body></html>"
    )


def whole_text(post: DemoPost) -> str:
    """The body with its tags, as a reader of a page without tag fields sees it."""
    return " ".join((post.text, *(f"#{tag.lstrip('#')}" for tag in post.tags))).strip()


def minutes_shown(at: datetime, now: datetime) -> str:
    """A date as a platform shows it beside a post."""
    passed = (now - at).total_seconds() // 60
    if passed < 60:
        return f"{passed:.0f}分钟前"
    at, today = at.astimezone(CHINA), now.astimezone(CHINA)
    if (today.date() - at.date()).days == 1:
        return f"昨天 {at:%H:%M}"
    return f"{at:%Y-%m-%d %H:%M}"


def tieba_results(posts: tuple[DemoPost, ...], now: datetime, next_link: str | None) -> str:
    """Search results as Tieba shows them."""
    cards = "".join(
        f'<div class="s_post"><span class="p_title"><a data-tid="{post.id}" '
        f'href="/p/{post.id}?pid=1&amp;cid=0">{escape(post.heading)}</a></span>'
        f'<div class="p_content">{escape(whole_text(post))}</div>贴吧：<a class="p_forum" '
        f'href="/f?kw={quote("演示", encoding="gbk")}"><font class="p_violet">演示</font></a>作者：'
        f'<a href="/home/main?un={quote(post.author_name, encoding="gbk", errors="replace")}">'
        f'<font class="p_violet">{escape(post.author_name)}</font></a> '
        f'<font class="p_green p_date">{minutes_shown(post.published(now), now)}</font></div>'
        for post in posts
    )
    body = cards or '<div class="search_noresult">抱歉，没有找到相关的帖子</div>'
    if next_link:
        body += f'<a class="next" href="{escape(next_link)}">下一页&gt;</a>'
    return document("贴吧搜索_演示", f'<div class="s_post_list">{body}</div>')


def tieba_thread(post: DemoPost, now: datetime) -> str:
    """A thread: the post, and what its author added."""
    at = f"{post.published(now).astimezone(CHINA):%Y-%m-%d %H:%M}"
    floors = "".join(
        f'<div class="l_post" data-field="{escape(floor_data(post, at))}">'
        f'<div class="d_post_content note">{escape(said)}{images(post) if number == 1 else ""}</div>'
        f'<span class="tail-info">{number}楼</span><span class="tail-info">{at}</span></div>'
        for number, said in enumerate((whole_text(post), *post.author_comments), start=1)
    )
    title = post.heading
    return document(
        f"{title}_演示",
        f'<h3 class="core_title_txt" title="{escape(title)}">{escape(title)}</h3>'
        f'<p class="meta">{escape(post.author_name)}</p><div id="j_p_postlist">{floors}</div>',
    )


def images(post: DemoPost) -> str:
    """The pictures of a floor."""
    return "".join(f'<img class="BDE_Image" src="{escape(one)}">' for one in post.pictures)


def floor_data(post: DemoPost, at: str) -> str:
    """What Tieba writes beside a floor."""
    author = {
        "user_id": post.number,
        "user_name": post.author_name,
        "portrait": f"tb.1.{post.number}",
    }
    return json.dumps({"author": author, "content": {"date": at}}, ensure_ascii=False)


def sogou_results(posts: tuple[DemoPost, ...], now: datetime, next_link: str | None) -> str:
    """Article results as Sogou shows them; every third has no image."""
    items = []
    for at, post in enumerate(posts):
        link = escape(post.address)
        image = (
            ""
            if at % 3 == 2
            else f'<div class="img-box"><a href="{link}"><img src="/static/cover.png"></a></div>'
        )
        items.append(
            f'<li id="sogou_vr_box_{at}">{image}<div class="txt-box"><h3><a target="_blank" '
            f'href="{link}">{escape(post.heading)}'
            f'</a></h3><p class="txt-info">{escape(whole_text(post))}</p>'
            f'<div class="s-p" t="{int(post.published(now).timestamp())}"><a class="account" '
            f'i="oDEMO{post.number:06d}" href="/profile">{escape(post.author_name)}</a></div></div></li>'
        )
    body = (
        f'<ul class="news-list">{"".join(items)}</ul>'
        if items
        else '<div id="noresult_part1_container">没有找到相关的微信公众号文章。</div>'
    )
    if next_link:
        body += f'<a id="sogou_next" class="np" href="{escape(next_link)}">下一页</a>'
    return document("微信搜索_演示", f'<div class="news-box">{body}</div>')


def article(post: DemoPost, now: datetime) -> str:
    """An article of a public account."""
    title = escape(post.heading)
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in whole_text(post).split("\n"))
    return document(
        post.title,
        f'<h1 class="rich_media_title" id="activity-name">{title}</h1><p class="meta">'
        f'<a id="js_name">{escape(post.author_name)}</a> <em id="publish_time">'
        f"{post.published(now).astimezone(CHINA):%Y-%m-%d %H:%M}</em></p>"
        f'<div class="rich_media_content" id="js_content">{paragraphs}</div><script>var biz = "" || '
        f'"{post.biz}"; var mid = "" || "{post.id}"; '
        f'var idx = "" || "1"; var ct = "{int(post.published(now).timestamp())}";</script>',
    )


def weibo_answer(posts: tuple[DemoPost, ...], total: int, now: datetime) -> dict[str, object]:
    """What the official search API answers."""
    return {"statuses": [weibo_status(post, now) for post in posts], "total_number": total}


def weibo_status(post: DemoPost, now: datetime) -> dict[str, object]:
    """One status, as the API and the mobile site have it."""
    return {
        "created_at": f"{post.published(now).astimezone(CHINA):%a %b %d %H:%M:%S %z %Y}",
        "id": int(post.id),
        "idstr": post.id,
        "text": whole_text(post) or post.title,
        "pic_urls": [{"thumbnail_pic": one} for one in post.pictures],
        "user": {
            "id": 7_000_000_000 + post.number,
            "idstr": str(7_000_000_000 + post.number),
            "screen_name": post.author_name,
            "description": post.author_bio,
        },
        "reposts_count": post.number % 7,
        "comments_count": post.number % 23,
        "attitudes_count": post.number % 41,
    }


def weibo_detail(post: DemoPost, now: datetime) -> str:
    """A single status, as a person sees it, and its data."""
    data = json.dumps([{"status": weibo_status(post, now)}]).replace("</", "<\\/")
    return document(
        f"{post.author_name}的微博",
        f"<h3>{escape(post.author_name)}</h3>"
        f'<p class="meta">{minutes_shown(post.published(now), now)} · {escape(post.author_bio)}</p>'
        f'<div class="note weibo-text">{escape(whole_text(post))}</div>'
        f"<script>var $render_data = {data}[0] || {{}};</script>",
    )


def changed() -> str:
    """A layout nobody has seen before."""
    return document("贴吧", '<div class="feed-v9"><article data-x="1">全新改版</article></div>')


DELETED: Final = {  # what each platform shows in place of a post that is gone
    "weibo": "<p>微博不存在或暂无查看权限</p>",
    "xiaohongshu": "<p>你访问的页面不见了</p>",
    "douyin": "<div>你要观看的视频不存在</div>",
    "kuaishou": "<div>作品已被删除</div>",
    "bilibili": "<div>啊叻？视频去哪了呢？</div>",
    "zhihu": '<div class="ErrorPage"><h1>404</h1><p>你似乎来到了没有知识存在的荒原</p></div>',
    "tieba": '<div class="page404">贴子可能已被删除</div>',
    "xianyu": '<div class="error-page--demo">卖掉了，看看别的吧</div>',
    "wechat": '<div class="weui-msg"><h2>该内容已被发布者删除</h2></div>',
    "feed": "<p>公告已撤下</p>",
    "web": "<p>帖子不存在</p>",
}


def missing(platform: str) -> str:
    """A post that is not there."""
    return document("页面不见了", DELETED[platform])
