"""The pages of the demo platform, in the structures of the platforms it stands for."""

import base64
import json
from datetime import datetime
from html import escape
from urllib.parse import quote, urlencode

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


def tieba_results(posts: list[DemoPost], now: datetime, next_link: str | None) -> str:
    """Search results as Tieba shows them."""
    cards = "".join(
        f'<div class="s_post"><span class="p_title"><a data-tid="{9_000_000_000 + post.number}" '
        f'href="/p/{9_000_000_000 + post.number}?pid=1&amp;cid=0">'
        f"{escape(post.title or post.text[:20])}</a></span>"
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
        f'<div class="d_post_content note">{escape(said)}</div>'
        f'<span class="tail-info">{number}楼</span><span class="tail-info">{at}</span></div>'
        for number, said in enumerate((whole_text(post), *post.author_comments), start=1)
    )
    title = post.title or post.text[:20]
    return document(
        f"{title}_演示",
        f'<h3 class="core_title_txt" title="{escape(title)}">{escape(title)}</h3>'
        f'<p class="meta">{escape(post.author_name)}</p><div id="j_p_postlist">{floors}</div>',
    )


def floor_data(post: DemoPost, at: str) -> str:
    """What Tieba writes beside a floor."""
    author = {
        "user_id": post.number,
        "user_name": post.author_name,
        "portrait": f"tb.1.{post.number}",
    }
    return json.dumps({"author": author, "content": {"date": at}}, ensure_ascii=False)


def sogou_results(posts: list[DemoPost], now: datetime, next_link: str | None) -> str:
    """Article results as Sogou shows them; every third has no image."""
    items = []
    for at, post in enumerate(posts):
        link = "/s?" + urlencode(
            {"__biz": f"MzDEMO{post.author_name.encode().hex()[:8]}", "mid": 2_650_000_000 + post.number, "idx": 1, "sn": f"{post.number:08x}"}
        )  # fmt: skip
        image = (
            ""
            if at % 3 == 2
            else f'<div class="img-box"><a href="{escape(link)}"><img src="/static/cover.png"></a></div>'
        )
        items.append(
            f'<li id="sogou_vr_box_{at}">{image}<div class="txt-box"><h3><a target="_blank" '
            f'href="https://mp.weixin.qq.com{escape(link)}">{escape(post.title or post.text[:24])}'
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


def captcha() -> str:
    """Sogou's page for visitors who ask too often."""
    return document(
        "搜狗搜索",
        "<h3>您的访问出错了</h3><p>用户您好，您的访问过于频繁，为确认本次访问为正常用户行为，需要您协助验证。</p>"
        '<form id="seccodeForm"><label>验证码：<input name="c"></label></form>',
    )


def article(post: DemoPost, now: datetime) -> str:
    """An article of a public account."""
    title = escape(post.title or post.text[:24])
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in whole_text(post).split("\n"))
    return document(
        post.title,
        f'<h1 class="rich_media_title" id="activity-name">{title}</h1><p class="meta">'
        f'<a id="js_name">{escape(post.author_name)}</a> <em id="publish_time">'
        f"{post.published(now).astimezone(CHINA):%Y-%m-%d %H:%M}</em></p>"
        f'<div class="rich_media_content" id="js_content">{paragraphs}</div><script>var biz = "" || '
        f'"MzDEMO{post.author_name.encode().hex()[:8]}"; var mid = "" || "{2_650_000_000 + post.number}"; '
        f'var idx = "" || "1"; var ct = "{int(post.published(now).timestamp())}";</script>',
    )


def weibo_answer(posts: list[DemoPost], total: int, now: datetime) -> dict[str, object]:
    """What the official search API answers."""
    return {
        "statuses": [
            {
                "created_at": f"{post.published(now).astimezone(CHINA):%a %b %d %H:%M:%S %z %Y}",
                "id": 5_000_000_000_000_000 + post.number,
                "idstr": str(5_000_000_000_000_000 + post.number),
                "text": whole_text(post),
                "pic_urls": [],
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
            for post in posts
        ],
        "total_number": total,
    }


def weibo_detail(post: DemoPost, now: datetime) -> str:
    """A single status, as a person sees it."""
    return document(
        f"{post.author_name}的微博",
        f"<h3>{escape(post.author_name)}</h3>"
        f'<p class="meta">{minutes_shown(post.published(now), now)} · {escape(post.author_bio)}</p>'
        f'<div class="note weibo-text">{escape(whole_text(post))}</div>',
    )


def note(post: DemoPost, now: datetime) -> str:
    """A note whose data and text only JavaScript puts on the page."""
    state = {
        "note": {
            "noteDetailMap": {
                post.note_id: {
                    "note": {
                        "noteId": post.note_id,
                        "title": post.title,
                        "desc": post.text,
                        "type": "normal",
                        "time": int(post.published(now).timestamp() * 1000),
                        "user": {"userId": f"5f{post.number:022x}", "nickname": post.author_name},
                        "interactInfo": {
                            "likedCount": "1.2万" if post.number % 9 == 0 else str(post.number),
                            "collectedCount": "3",
                            "commentCount": "5",
                            "shareCount": "",
                        },
                        "imageList": [],
                        "tagList": [
                            {"name": tag.lstrip("#"), "type": "topic"} for tag in post.tags
                        ],
                    }
                }
            }
        }
    }
    packed = base64.b64encode(json.dumps(state).encode()).decode()
    script = """
const state = new TextDecoder().decode(Uint8Array.from(atob(PACKED), c => c.charCodeAt(0)));
const holder = document.createElement("script");
holder.textContent = "window.__INITIAL_STATE__=" + state.replaceAll("<", "\\\\u003c");
document.head.append(holder);
const note = Object.values(JSON.parse(state).note.noteDetailMap)[0].note;
const show = (tag, text, name) => { const e = document.createElement(tag); e.textContent = text;
  e.className = name; document.querySelector("main").append(e); };
show("h1", note.title, "title"); show("p", note.user.nickname, "meta");
show("div", note.desc, "note"); note.tagList.forEach(t => show("span", "#" + t.name, "tag"));
""".replace("PACKED", json.dumps(packed))
    return document("小红书_演示", "") + f"<script>{script}</script>"


def login() -> str:
    """A page for people who are logged in."""
    return document("登录", '<div class="login-container"><p>登录后查看更多内容</p></div>')


def changed() -> str:
    """A layout nobody has seen before."""
    return document("贴吧", '<div class="feed-v9"><article data-x="1">全新改版</article></div>')


def missing() -> str:
    """A post that is not there."""
    return document("页面不见了", "<p>你访问的页面不见了</p>")
