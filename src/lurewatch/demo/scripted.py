"""Pages of the demo platform that carry a post as data in a script, as most platforms do today."""

import base64
import json
from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import quote

from lurewatch.dates import CHINA
from lurewatch.demo.pages import document, whole_text
from lurewatch.demo.posts import DemoPost

ASSEMBLE = """
const page = JSON.parse(new TextDecoder().decode(
  Uint8Array.from(atob(PACKED), c => c.charCodeAt(0))));
if (page.script) {
  const holder = document.createElement("script");
  for (const [name, value] of Object.entries(page.attributes)) holder.setAttribute(name, value);
  holder.textContent = page.script;
  document.head.append(holder);
}
document.querySelector("main").innerHTML = page.shown;
"""


def assembled(title: str, shown: str, script: str = "", **attributes: str) -> str:
    """A page on which only JavaScript puts what it shows, and the script that holds its data."""
    page = {"shown": shown, "script": script, "attributes": attributes}
    packed = base64.b64encode(json.dumps(page).encode()).decode()
    source = ASSEMBLE.replace("PACKED", json.dumps(packed))
    return document(title, "") + f"<script>{source}</script>"


def literal(value: object) -> str:
    """Data as it may stand in a script: no tag can end it."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


def shown(post: DemoPost) -> str:
    """What a reader sees of a post."""
    tags = "".join(f'<span class="tag">#{escape(tag.lstrip("#"))}</span>' for tag in post.tags)
    return (
        f'<h1 class="title">{escape(post.title)}</h1><p class="meta">{escape(post.author_name)}</p>'
        f'<div class="note">{escape(post.text)}</div>{tags}'
    )


def seconds(post: DemoPost, now: datetime) -> int:
    """When the post was published."""
    return int(post.published(now).timestamp())


def note(post: DemoPost, now: datetime) -> str:
    """A note of Xiaohongshu."""
    data = {
        "noteId": post.id,
        "title": post.title,
        "desc": post.text,
        "type": "normal",
        "time": seconds(post, now) * 1000,
        "user": {"userId": f"5f{post.number:022x}", "nickname": post.author_name},
        "interactInfo": {
            "likedCount": "1.2万" if post.number % 9 == 0 else str(post.number),
            "collectedCount": "3",
            "commentCount": "5",
            "shareCount": "",
        },
        "imageList": [{"urlDefault": one} for one in post.pictures],
        "tagList": [{"name": tag.lstrip("#"), "type": "topic"} for tag in post.tags],
    }
    state = {"note": {"noteDetailMap": {post.id: {"note": data}}}}
    script = f"window.__INITIAL_STATE__={literal(state)}"
    return assembled("小红书_演示", shown(post), script)


def douyin_video(post: DemoPost, now: datetime) -> str:
    """A video of Douyin; its data is percent-encoded."""
    data = {
        "awemeId": post.id,
        "desc": whole_text(post),
        "createTime": seconds(post, now),
        "authorInfo": {
            "secUid": f"MS4wLjABAAAA_demo_{post.number}",
            "nickname": post.author_name,
            "signature": post.author_bio,
        },
        "stats": {"diggCount": post.number, "commentCount": 2, "shareCount": 0, "collectCount": 1},
        "textExtra": [{"hashtagName": tag.lstrip("#")} for tag in post.tags],
        "images": None,
    }
    script = quote(json.dumps({"app": {"videoDetail": data}}))
    attributes = {"id": "RENDER_DATA", "type": "application/json"}
    return assembled(f"{post.heading} - 抖音", shown(post), script, **attributes)


def douyin_answer(posts: tuple[DemoPost, ...], cursor: int, more: bool, now: datetime) -> Any:
    """What the official search of Douyin answers, with a tile that is no video."""
    found = [
        {
            "aweme_info": {
                "aweme_id": post.id,
                "desc": whole_text(post),
                "create_time": seconds(post, now),
                "author": {
                    "sec_uid": f"MS4wLjABAAAA_demo_{post.number}",
                    "nickname": post.author_name,
                    "signature": post.author_bio,
                },
                "statistics": {"digg_count": post.number, "comment_count": 2},
                "text_extra": [{"hashtag_name": tag.lstrip("#")} for tag in post.tags],
                "images": None,
            }
        }
        for post in posts
    ]
    tile = [{"card": "tile without a video"}] if found else []
    data = {"error_code": 0, "description": "", "cursor": cursor, "has_more": int(more)}
    return {"data": data | {"list": [*found, *tile]}}


def kuaishou_video(post: DemoPost, now: datetime) -> str:
    """A short video of Kuaishou; its data stands by type."""
    author = f"3xauthor{post.number}"
    client = {
        f"VisionVideoDetailAuthor:{author}": {
            "id": author,
            "name": post.author_name,
            "__typename": "VisionVideoDetailAuthor",
        },
        f"VisionVideoDetailPhoto:{post.id}": {
            "id": post.id,
            "caption": whole_text(post),
            "likeCount": "1.2万" if post.number % 9 == 0 else str(post.number),
            "viewCount": "31.5万",
            "coverUrl": "",
            "timestamp": seconds(post, now) * 1000,
            "__typename": "VisionVideoDetailPhoto",
        },
    }
    script = f"window.__APOLLO_STATE__={literal({'defaultClient': client})};"
    return assembled(f"{post.heading}-快手", shown(post), script)


def bilibili_video(post: DemoPost, now: datetime) -> str:
    """A video of Bilibili, as served."""
    state = {
        "aid": int(post.id),
        "videoData": {
            "aid": int(post.id),
            "title": post.heading,
            "pubdate": seconds(post, now),
            "desc": post.text or "-",
            "owner": {"mid": 200_000 + post.number, "name": post.author_name},
            "stat": {"view": 31_500, "reply": 6, "favorite": 12, "share": 9, "like": post.number},
        },
        "upData": {"sign": post.author_bio},
        "tags": [{"tag_name": tag.lstrip("#")} for tag in post.tags],
        "error": {},
    }
    script = f"<script>window.__INITIAL_STATE__={literal(state)};(function(){{}}());</script>"
    return document(f"{post.heading}_哔哩哔哩", shown(post)) + script


def zhihu_thing(post: DemoPost, now: datetime) -> str:
    """An answer, an article or a video of Zhihu, as served."""
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in post.text.split("\n"))
    data = {
        "id": int(post.id),
        "type": post.kind,
        "content": paragraphs,
        "voteupCount": post.number,
        "commentCount": 3,
        "topics": [{"name": tag.lstrip("#")} for tag in post.tags],
        "author": {
            "urlToken": f"demo-{post.number}",
            "name": post.author_name,
            "headline": post.author_bio,
        },
    }
    if post.kind == "answer":
        question = {"id": "600000001", "title": post.heading}
        data |= {"question": question, "createdTime": seconds(post, now)}
    elif post.kind == "article":
        data |= {"title": post.heading, "created": seconds(post, now)}
    else:
        data |= {"title": post.heading, "publishedAt": seconds(post, now)}
    state = {"initialState": {"entities": {f"{post.kind}s": {post.id: data}}}}
    script = f'<script id="js-initialData" type="text/json">{literal(state)}</script>'
    return document(f"{post.heading} - 知乎", shown(post)) + script


def xianyu_item(post: DemoPost, now: datetime) -> str:
    """A listing of Xianyu: no data, only class names that end in a hash; it shows no date."""
    carousel = "".join(
        f'<div class="carousel--demo"><img src="{escape(one)}" alt=""></div>'
        for one in post.pictures
    )
    listing = (
        f'<div class="item-user-info-nick--rtpD">{escape(post.author_name)}</div>'
        f'<div class="item-main-container--jhpF"><div class="value--EyQB">9.00</div>'
        f"{carousel}"
        f'<div class="want--ecBy">{post.number}人想要<span>420浏览</span></div>'
        f'<div class="main--Nu33"><span class="desc--GaIU note">'
        f"{escape(f'{post.title} {whole_text(post)}'.strip())}</span></div></div>"
    )
    return assembled(f"{post.heading}_闲鱼", listing)


def toutiao_result(post: DemoPost, now: datetime) -> dict[str, Any]:
    """One result as the search of Toutiao has it."""
    return {
        "group_id": post.id,
        "cell_type": 60,
        "title": post.title,
        "abstract": whole_text(post),
        "publish_time": seconds(post, now),
        "user_info": {
            "user_id": 300_000 + post.number,
            "name": post.author_name,
            "description": post.author_bio,
        },
        "comment_count": 4,
        "digg_count": post.number,
        "image_list": [{"url": one} for one in post.pictures],
    }


def toutiao_results(posts: tuple[DemoPost, ...], now: datetime) -> str:
    """Results of Toutiao, each with its data in a script of its own."""
    held = [{"data": toutiao_result(post, now)} for post in posts]
    held += [{"data": {"type": "related words"}}] if posts else []
    cards = "".join(
        '<div class="result-content"><script data-for="s-result-json" type="application/json">'
        f"{literal(one)}</script></div>"
        for one in held
    )
    body = cards or '<div class="no-result">抱歉，没有找到相关内容</div>'
    return document("头条搜索_演示", f'<div class="s-result-list">{body}</div>')


def toutiao_article(post: DemoPost | None, now: datetime) -> str:
    """An article of Toutiao; its data is percent-encoded, and says so when there is none."""
    attributes = {"id": "RENDER_DATA", "type": "application/json"}
    if post is None:
        return assembled(
            "今日头条", "<p>内容已被删除</p>", '{"data": {"isDeleted": true}}', **attributes
        )
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in whole_text(post).split("\n"))
    data = {
        "itemId": post.id,
        "title": post.title,
        "content": f"<article>{paragraphs}</article>",
        "publishTime": f"{post.published(now).astimezone(CHINA):%Y-%m-%d %H:%M}",
        "source": post.author_name,
        "mediaInfo": {
            "userId": str(300_000 + post.number),
            "name": post.author_name,
            "description": post.author_bio,
        },
        "itemCell": {"itemCounter": {"diggCount": post.number, "commentCount": 1}},
    }
    script = quote(json.dumps({"data": data}))
    return assembled(f"{post.heading}-今日头条", shown(post), script, **attributes)
