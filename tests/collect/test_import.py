"""Imports: other tools' files, mended where they can be, rejected with a reason where not."""

import csv
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from typer.testing import CliRunner

from lurewatch.cli import app
from lurewatch.collect.files import Tally, files_in, read_files
from lurewatch.collect.guess import read_map
from lurewatch.collect.layouts import COMMENTS, MEDIACRAWLER
from lurewatch.collect.tables import tables_of
from lurewatch.errors import InputError
from lurewatch.store.posts import dump, load, text_sha256
from lurewatch.workflow.collecting import IMPORT_BATCH

WEIBO = {
    "note_id": "5099999999999999",
    "content": "停息挂账，加微信 demo_0088",
    "create_time": "1763976600",
    "create_date_time": "2025-11-24 09:30:00+08:00",
    "liked_count": "1.2万",
    "comments_count": "3",
    "shared_count": "10万+",
    "note_url": "https://m.weibo.cn/detail/5099999999999999",
    "creator_hash": "0123456789abcdef",
    "nickname": "演***甲",
    "last_modify_ts": 1763980000000,
}
XHS = {
    "note_id": "65a000000000000000000001",
    "title": "上岸",
    "desc": "记录",
    "time": 1763947800000,
    "nickname": "演示乙",
    "liked_count": "7",
    "tag_list": "负债,上岸",
    "note_url": "https://www.xiaohongshu.com/explore/65a000000000000000000001?xsec_token=x",
    "xsec_token": "x",
}


def read(path: Path, tmp_path: Path, platform: str = "") -> tuple[list[Any], Tally]:
    tally = Tally(tmp_path / "rejected.jsonl")
    return [post for post, _ in read_files(files_in([path]), platform, tally)], tally


def written(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def test_mediacrawler_weibo(tmp_path: Path) -> None:
    late = WEIBO | {"create_time": "1763976600"}
    (post,), _ = read(written(tmp_path / "search_contents.jsonl", late), tmp_path)
    assert (post.platform, post.post_id) == ("weibo", "5099999999999999")
    assert post.published_at.isoformat() == "2025-11-24T09:30:00+08:00"
    assert (post.counts.likes, post.counts.shares) == (12000, 100000)
    assert post.counts.at_least == ("likes", "shares")
    assert post.repairs == ("create_time was eight hours late; create_date_time was taken",)


def test_mediacrawler_xiaohongshu_in_a_broken_array(tmp_path: Path) -> None:
    path = tmp_path / "notes.json"
    path.write_text(json.dumps([XHS, XHS | {"note_id": "65a000000000000000000002"}])[:-20], "utf-8")
    posts, tally = read(path, tmp_path)
    assert [(post.platform, post.tags) for post in posts] == [("xiaohongshu", ("负债", "上岸"))]
    assert posts[0].published_at.isoformat() == "2025-11-24T09:30:00+08:00"
    assert tally.rejected == 1
    assert "breaks off" in tally.rejected_file.read_text("utf-8")


def test_comments_are_no_posts(tmp_path: Path) -> None:
    path = written(tmp_path / "search_comments.jsonl", {"comment_id": "1", "content": "求推"})
    posts, tally = read(path, tmp_path)
    assert posts == []
    assert "comments" in tally.notes[0]


def test_an_authors_own_comments_come_with_the_post(tmp_path: Path) -> None:
    written(tmp_path / "search_contents.jsonl", WEIBO)
    said = {"note_id": WEIBO["note_id"], "creator_hash": WEIBO["creator_hash"], "create_time": 1}
    other = said | {"creator_hash": "f" * 16, "comment_id": "2", "content": "别信"}
    rows = [said | {"comment_id": "3", "content": "加我", "create_time": 9}, other]
    written(tmp_path / "a_comments.jsonl", *rows, said | {"comment_id": "1", "content": "办好再付"})
    (post,), tally = read(tmp_path, tmp_path)
    assert post.author_comments == ("办好再付", "加我")
    assert (tally.rows, tally.rejected) == (1, 0)


def test_a_pinned_comment_comes_first(tmp_path: Path) -> None:
    said = {"note_id": WEIBO["note_id"], "creator_hash": WEIBO["creator_hash"]}
    rows = [
        said | {"comment_id": "1", "content": "先说", "create_time": 1, "is_pinned": "0"},
        said | {"comment_id": "2", "content": "再说", "create_time": 2, "is_pinned": ""},
        said | {"comment_id": "3", "content": "加我", "create_time": 3, "is_pinned": "True"},
    ]
    written(tmp_path / "a_comments.jsonl", *rows)
    written(tmp_path / "b_contents.jsonl", WEIBO)
    ((found,), _) = read(tmp_path, tmp_path)
    assert found.author_comments == ("加我", "先说", "再说")


def test_comments_that_an_operators_browser_was_shown(tmp_path: Path) -> None:
    """Zeeschuimer's comments of Xiaohongshu, in a file of their own or beside the notes."""

    def line(source: str, data: dict[str, Any]) -> dict[str, Any]:
        return {"item_id": "x", "timestamp_collected": 1763976600000, "source_platform": source, "data": data}  # fmt: skip

    def said(number: int, text: str, user: str, *tags: str, **more: Any) -> dict[str, Any]:
        about = {
            "id": f"c{number}",
            "note_id": XHS["note_id"],
            "content": text,
            "create_time": number,
        }
        about |= {"user_info": {"user_id": user, "nickname": "x"}, "show_tags": list(tags)}
        return about | {"sub_comment_count": "0", "like_count": "1", **more}

    card = {"display_title": "上岸", "desc": "记录", "user": {"user_id": "u1", "nick_name": "乙"}}
    note = line("xiaohongshu.com", {"id": XHS["note_id"], "note_card": card})
    below = said(1763976500002, "戳我", "u1", "is_author")
    del below["note_id"]
    comments = [
        line("xiaohongshu.com-comments", said(1763976500000 + number, text, user, *tags, **more))
        for number, text, user, tags, more in (
            (1, "求推", "u2", (), {"sub_comments": [below]}),
            (3, "办好再付", "u1", ("is_author",), {}),
            (4, "看我主页", "u1", ("is_author", "user_top"), {}),
            (5, "别信", "u3", ("user_top",), {}),
        )
    ]
    (tmp_path / "apart").mkdir()
    written(tmp_path / "apart" / "comments.ndjson", *comments)
    written(tmp_path / "apart" / "notes.ndjson", note)
    mixed = written(tmp_path / "mixed.ndjson", *comments * 10, note)
    for path in (tmp_path / "apart", mixed):
        ((post,), tally) = read(path, tmp_path)
        assert post.author_comments == ("看我主页", "戳我", "办好再付")
        assert (tally.rows, tally.rejected) == (1, 0)
        assert [note for note in tally.notes if "comments; those of a post's own author" in note]
    hashed = XHS | {
        "creator_hash": "0123456789abcdef"
    }  # of whom only the platform's own word tells
    written(tmp_path / "apart" / "notes.ndjson", hashed)
    ((post,), _) = read(tmp_path / "apart", tmp_path)
    assert post.author_comments == ("看我主页", "戳我", "办好再付")


DOUYIN = {
    "aweme_id": "7400000000000000001",
    "title": "停挂找我",
    "desc": "停挂找我",
    "create_time": 1763947800,
    "nickname": "演示丙",
    "cover_url": "https://p3.example/cover.jpg",
    "note_download_url": "https://p3.example/1.webp,https://p3.example/2.webp",
    "aweme_url": "https://www.douyin.com/video/7400000000000000001",
}
OLDER = {  # what MediaCrawler wrote of an account before 2026-07-01
    "douyin": DOUYIN
    | {"user_id": "98", "sec_uid": "MS4wLjAB", "short_user_id": "0", "user_signature": "看主页"},
    "zhihu": {
        "content_id": "77",
        "content_type": "article",
        "title": "停息挂账",
        "content_text": "停息挂账的流程，看我名字",
        "desc": "停息挂账的流程",
        "created_time": 1763947800,
        "user_nickname": "演示丁",
        "user_id": "0a1b",
        "user_url_token": "a-he",
        "user_link": "https://www.zhihu.com/people/a-he",
    },
    "tieba": {
        "note_id": "9001",
        "title": "有懂的吗",
        "desc": "停挂",
        "publish_time": "2025-11-24 09:30",
        "user_nickname": "演示戊",
        "user_link": "https://tieba.baidu.com/home/main?id=tb.1.5b4a.x-y?t=1&fr=pb",
        "total_replay_num": 3,
    },
    "kuaishou": {
        "video_id": "3xk1",
        "title": "停挂找我",
        "desc": "停挂找我",
        "create_time": 1763947800000,
        "user_id": "3xuser",
        "viewd_count": "1.2万",
    },
}


@pytest.mark.parametrize(
    ("platform", "author", "shown"),
    [
        ("douyin", "MS4wLjAB", {"title": "", "author_bio": "看主页"}),
        (
            "zhihu",
            "a-he",
            {"text": "停息挂账的流程，看我名字", "url": "https://zhuanlan.zhihu.com/p/77"},
        ),
        ("tieba", "tb.1.5b4a.x-y", {"title": "有懂的吗", "text": "停挂"}),
        ("kuaishou", "3xuser", {"title": "", "text": "停挂找我"}),
    ],
)
def test_an_account_has_the_id_that_its_pages_have(
    tmp_path: Path, platform: str, author: str, shown: dict[str, str]
) -> None:
    row = OLDER[platform]
    named = {name: row[name] for name in row if name.startswith(("user_", "sec_")) and name != "user_url_token"}  # fmt: skip
    key = next(name for name in ("aweme_id", "content_id", "note_id", "video_id") if name in row)
    said = {"comment_id": "1", key: row[key], "content": "加我", **named}
    written(tmp_path / "comments.jsonl", said, said | dict.fromkeys(named, "other"))
    written(tmp_path / "contents.jsonl", row)
    ((post,), _) = read(tmp_path, tmp_path)
    assert (post.platform, post.author_id, post.author_comments) == (platform, author, ("加我",))
    assert {name: getattr(post, name) for name in shown} == shown


def test_a_note_of_douyin_has_its_pictures(tmp_path: Path) -> None:
    ((post,), _) = read(written(tmp_path / "contents.jsonl", DOUYIN), tmp_path)
    assert [image.rpartition("/")[2] for image in post.images] == ["1.webp", "2.webp", "cover.jpg"]


def test_a_later_row_under_an_older_header(tmp_path: Path) -> None:
    older = [*WEIBO, "ip_location", "user_id", "gender", "profile_url", "avatar", "source_keyword"]
    older.remove("creator_hash")
    first = [str(WEIBO.get(name, "u1" if name == "user_id" else "x")) for name in older]
    header = next(one for one in MEDIACRAWLER if one.platform == "weibo").header.split()
    second = [str((WEIBO | {"note_id": "5099999999999998"}).get(name, "词")) for name in header]
    path = tmp_path / "search_contents.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([older, first, second])
    posts, tally = read(path, tmp_path)
    assert [post.post_id for post in posts] == ["5099999999999999", "5099999999999998"]
    assert [post.author_id for post in posts] == ["u1", WEIBO["creator_hash"]]
    assert posts[1].repairs[0] == "a row of the tool's later version under its older header"
    assert tally.rejected == 0


@pytest.mark.parametrize("platform", COMMENTS)
def test_a_later_comment_under_an_older_header(tmp_path: Path, platform: str) -> None:
    later = COMMENTS[platform].split()
    older = [
        *(name for name in later if name != "creator_hash"),
        "ip_location",
        "user_id",
        "avatar",
    ]
    path = tmp_path / "search_comments.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(
            [older, [f"old {one}" for one in older], [f"new {one}" for one in later]]
        )
    [(first, second)] = [tuple(rows) for _, rows in tables_of(path)]
    assert first.values["user_id"] == "old user_id"
    assert second.values == {name: f"new {name}" for name in later}


def test_a_spreadsheet_with_three_sheets(tmp_path: Path) -> None:
    book = Workbook()
    sheets = {
        "Contents": XHS | {"user_id": "u1"},
        "Comments": {
            "comment_id": "1",
            "note_id": XHS["note_id"],
            "content": "dd",
            "user_id": "u1",
        },
        "Creators": {"user_id": "u1", "fans": 3},
    }
    for title, row in sheets.items():
        sheet = book.create_sheet(title)
        sheet.append(list(row))
        sheet.append([str(value) for value in row.values()])
    book.save(tmp_path / "xhs_search_20261122_093000.xlsx")
    (post,), tally = read(tmp_path, tmp_path)
    assert (post.post_id, post.author_comments) == (XHS["note_id"], ("dd",))
    assert tally.rejected == 0
    assert any("Creators" in note for note in tally.notes)


def test_the_database_of_a_tool(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "sqlite_tables.db")) as db, db:
        db.execute(
            "CREATE TABLE xhs_note (id, note_id, title, desc, time, tag_list, xsec_token, liked_count, user_id)"
        )
        db.execute(
            "INSERT INTO xhs_note VALUES (1, ?, '上岸', '记录', 1763947800000, ?, 'x', '1.2万', 'u1')",
            (XHS["note_id"], json.dumps("负债,上岸")),
        )
        db.execute(
            "CREATE TABLE weibo (id INTEGER, screen_name TEXT, text TEXT, attitudes_count INTEGER, created_at TEXT)"
        )
        db.execute(
            "INSERT INTO weibo VALUES (5099999999999999, '甲', '停挂', 3, '2025-11-24 09:30')"
        )
    posts, tally = read(tmp_path, tmp_path)
    assert [(post.platform, post.post_id) for post in posts] == [
        ("xiaohongshu", XHS["note_id"]),
        ("weibo", "5099999999999999"),
    ]
    assert posts[0].tags == ("负债", "上岸")
    assert posts[1].published_at.isoformat() == "2025-11-24T09:30:00+08:00"
    assert tally.rejected == 0


def test_captures_of_an_operators_browser(tmp_path: Path) -> None:
    def line(source: str, data: dict[str, Any]) -> dict[str, Any]:
        return {
            "nav_index": "1",
            "item_id": "x1",
            "timestamp_collected": 1763976600000,
            "source_platform": source,
            "data": data,
        }

    video = {
        "aweme_id": "74001",
        "desc": "停挂 #负债",
        "create_time": 1763976000,
        "author": {"sec_uid": "s", "nickname": "阿禾"},
        "statistics": {"digg_count": 3},
        "text_extra": [{"hashtag_name": "负债"}],
    }
    note = {
        "id": "65a000000000000000000001",
        "xsec_token": "t",
        "note_card": {
            "display_title": "上岸",
            "user": {"user_id": "u", "nick_name": "乙"},
            "interact_info": {"liked_count": "1.2万"},
        },
    }
    path = written(
        tmp_path / "export.ndjson",
        line("douyin.com", video),
        line("xiaohongshu.com", note),
        line("douyin.com", {"room": 1}),
        line("tiktok.com", video),
    )
    posts, tally = read(path, tmp_path)
    assert [(post.platform, post.post_id, post.author_name) for post in posts] == [
        ("douyin", "74001", "阿禾"),
        ("xiaohongshu", "65a000000000000000000001", "乙"),
    ]
    assert posts[1].url.endswith("?xsec_token=t")
    assert posts[1].counts.likes == 12000
    assert tally.rejected == 2


def test_a_listing_of_a_monitor(tmp_path: Path) -> None:
    item = {
        "商品标题": "协商代办",
        "当前售价": "¥38",
        "“想要”人数": "12人想要",
        "商品标签": ["包邮"],
        "卖家昵称": "小宁",
        "商品链接": "https://www.goofish.com/item?id=800000000001&x=1",
        "发布时间": "2025-11-24 09:30",
        "商品ID": "800000000001",
    }
    path = written(
        tmp_path / "协商.jsonl",
        {
            "爬取时间": "2025-11-24T10:00:00",
            "商品信息": item,
            "卖家信息": {"卖家个性签名": "看主页"},
        },
    )
    (post,), _ = read(path, tmp_path)
    assert (post.platform, post.post_id, post.title, post.text) == (
        "xianyu",
        "800000000001",
        "协商代办",
        "¥38",
    )
    assert (post.tags, post.author_bio, post.counts.collects) == (("包邮",), "看主页", 12)


def test_what_a_platform_verified_stands_before_the_bio(tmp_path: Path) -> None:
    table = tmp_path / "结果.csv"
    head = "id,bid,user_id,用户昵称,微博正文,发布时间,user_authentication"
    row = "5099999999999999,Qx,7000000001,演示甲,停息挂账找我,2026-11-24 09:30,蓝V"
    table.write_text(f"{head}\n{row}\n", "utf-8")
    (post,), _ = read(table, tmp_path)
    assert (post.platform, post.author_bio) == ("weibo", "认证：蓝V")
    author = {"sec_uid": "s1", "nickname": "演示甲", "signature": "看主页"}
    author |= {"enterprise_verify_reason": "", "custom_verify": "演示财经领域创作者"}
    aweme = {"aweme_id": "7400000000000000009", "desc": "停息挂账找我", "author": author}
    line = {"item_id": aweme["aweme_id"], "source_platform": "douyin.com", "data": aweme}
    line |= {"timestamp_collected": 1795140000000}
    (post,), _ = read(written(tmp_path / "zeeschuimer.ndjson", line), tmp_path)
    assert (post.platform, post.author_bio) == ("douyin", "认证：演示财经领域创作者\n看主页")


def test_where_an_author_wrote_from_comes_with_the_import(tmp_path: Path) -> None:
    legacy = WEIBO | {"ip_location": "发布于 上海", "user_id": "7000000001"}
    note = {"id": XHS["note_id"], "note_card": {"desc": "上岸", "ip_location": "广东", "user": {"user_id": "u"}}}  # fmt: skip
    line = {"source_platform": "xiaohongshu.com", "timestamp_collected": 1763976600000, "data": note}  # fmt: skip
    table = {"platform": "tieba", "post_id": "1", "text": "停挂", "ip_region": "IP属地:四川"}
    posts, _ = read(written(tmp_path / "a.jsonl", legacy), tmp_path)
    posts += read(written(tmp_path / "b.ndjson", line), tmp_path)[0]
    posts += read(written(tmp_path / "c.jsonl", table), tmp_path)[0]
    assert [post.ip_region for post in posts] == ["上海", "广东", "四川"]
    (tmp_path / "d.csv").write_text(
        "id,user_id,用户昵称,微博正文,发布时间,ip\n5099999999999999,7,甲,停挂,2026-11-24 09:30,上海\n"
    )
    ((post,), _) = read(tmp_path / "d.csv", tmp_path)
    assert post.ip_region == "上海" and "上海" not in str(post.values())


def test_a_post_kept_before_regions_were_read_is_still_read(tmp_path: Path) -> None:
    ((post,), _) = read(written(tmp_path / "posts.jsonl", WEIBO), tmp_path)
    before = json.loads(dump(post))
    del before["ip_region"]
    assert load(json.dumps(before).encode()) == post
    assert text_sha256(replace(post, ip_region="上海")) == text_sha256(post)


def test_a_table_nobody_knows_is_guessed_and_shown(tmp_path: Path) -> None:
    path = tmp_path / "八爪鱼.csv"
    path.write_text(
        "博主昵称,博文内容,博文链接\n甲,停挂找我,https://m.weibo.cn/detail/5099999999999999\n",
        "utf-8",
    )
    posts, tally = read(path, tmp_path)
    assert posts == []
    assert "--map 'author_name=博主昵称,text=博文内容,url=博文链接'" in tally.notes[0]
    columns = read_map(["author_name=博主昵称,text=博文内容,url=博文链接"])
    again = Tally(tmp_path / "rejected.jsonl")
    ((post, _),) = read_files([path], "weibo", again, columns)
    assert (post.platform, post.post_id, post.author_name) == ("weibo", "5099999999999999", "甲")
    assert post.repairs == ("id taken from the address",)


@pytest.mark.parametrize("name", ["broken.xlsx", "broken.db"])
def test_a_broken_workbook_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"no such thing")
    with pytest.raises(InputError, match=name):
        read(tmp_path / name, tmp_path)


def test_a_table_a_spreadsheet_has_spoilt(tmp_path: Path) -> None:
    path = tmp_path / "posts.csv"
    head = "platform,post_id,url,text,likes\n"
    row = 'weibo,5.1E+15,https://m.weibo.cn/detail/5099999999999999,"停挂,\n找我",1.2万\n'
    path.write_bytes((head + row + "weibo,1,u\n").encode("gb18030"))
    (post,), tally = read(path, tmp_path)
    assert post.post_id == "5099999999999999"
    assert post.text == "停挂,\n找我"
    assert post.repairs == ("read as GBK", "id 5.1E+15 recovered from the address")
    assert tally.rejected == 1


def test_an_open_quotation_mark_loses_its_own_line_only(tmp_path: Path) -> None:
    rows = [
        "platform,post_id,text",
        'tieba,1,"两\n行"',
        'tieba,2,"没有关',
        "tieba,3,好",
        'tieba,4,"引""号"""',
    ]
    rows += ['tieba,5,5" 屏', 'tieba,6,"松"散', 'tieba,7,"到底', "tieba,8,完"]
    path = tmp_path / "posts.csv"
    path.write_text("\n".join(rows) + "\n", "utf-8")
    posts, tally = read(path, tmp_path)
    assert [post.post_id for post in posts] == ["1", "3", "4", "5", "6", "8"]
    assert [post.text for post in posts[:3]] == ["两\n行", "好", '引"号"']
    assert tally.rejected == 2
    lost = [json.loads(line) for line in tally.rejected_file.read_text("utf-8").splitlines()]
    assert [row["raw"]["line"] for row in lost] == ['tieba,2,"没有关\n', 'tieba,7,"到底\n']


def test_one_broken_line_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl"
    good = json.dumps({"platform": "tieba", "post_id": "1", "text": "好"}).encode()
    broken = b'{"platform": "tieba", "post_id": "2", "text": "\xff\xfe\xfd"}'
    path.write_bytes(b"\xef\xbb\xbf" + good + b"\n\n{no json\n[1]\n" + broken + b"\n")
    posts, tally = read(path, tmp_path)
    assert [post.post_id for post in posts] == ["1", "2"]
    assert posts[1].repairs == ("bytes that are no UTF-8 were replaced",)
    assert (tally.rows, tally.rejected) == (4, 2)


@pytest.mark.parametrize("name", ["missing.jsonl", "posts.pdf"])
def test_a_bad_file_is_named(tmp_path: Path, name: str) -> None:
    if name.endswith("pdf"):
        (tmp_path / name).write_bytes(b"%PDF")
    with pytest.raises(InputError, match=name):
        read(tmp_path / name, tmp_path)


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("LUREWATCH_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("LUREWATCH_DB", raising=False)
    runner = CliRunner()
    return lambda *words: runner.invoke(app, words, catch_exceptions=False)


def test_what_cannot_be_is_left_out_and_said(tmp_path: Path) -> None:
    odd = WEIBO | {
        "note_id": "None",
        "create_date_time": "2999-01-01 00:00:00+08:00",
        "create_time": "",
        "creator_hash": "nan",
    }
    scripted = WEIBO | {"note_id": "5099999999999990", "note_url": "javascript:alert(1)"}
    lost = odd | {"note_url": "javascript:alert(1)"}
    posts, tally = read(written(tmp_path / "posts.jsonl", odd, scripted, lost), tmp_path)
    first, second = posts
    assert (first.post_id, first.published_at, first.author_id) == ("5099999999999999", None, "")
    assert first.repairs == (
        "id None recovered from the address",
        "published at 2999-01-01T00:00:00+08:00: cannot be, left out",
        "the account's id 'nan' is none and was left out",
    )
    assert second.url == "https://m.weibo.cn/detail/5099999999999990"
    assert "the address 'javascript:alert(1)' cannot be visited and was left out" in second.repairs
    assert tally.rejected == 1
    assert "is lost and the address does not hold it" in tally.rejected_file.read_text("utf-8")


def test_a_post_under_two_addresses_is_one(tmp_path: Path) -> None:
    rows = [
        {"text": "停息挂账", "url": "https://weibo.com/1234567890/z0JH2lOMb"},
        {"text": "停息挂账", "url": "https://m.weibo.cn/detail/3501756485200075"},
        {"text": "另一条", "url": "https://weibo.com/1234567890/z0JH2lOMc"},
        {"text": "视频", "url": "https://www.bilibili.com/video/BV17x411w7KC"},
        {"text": "视频", "url": "https://m.bilibili.com/video/av170001"},
    ]
    posts, _ = read(written(tmp_path / "posts.jsonl", *rows), tmp_path)
    ids = [(post.platform, post.post_id) for post in posts]
    assert ids[0] == ids[1] == ("weibo", "3501756485200075")
    assert ids[2] not in (ids[0], ("weibo", "1234567890"))
    assert ids[3] == ids[4] == ("bilibili", "170001")


def test_titles_above_the_header_of_a_spreadsheet(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet
    for row in (["舆情周报"], ["导出时间", "2026-11-26"], list(XHS), list(XHS.values())):
        sheet.append(row)
    book.save(tmp_path / "report.xlsx")
    (post,), tally = read(tmp_path / "report.xlsx", tmp_path)
    assert (post.platform, post.title) == ("xiaohongshu", "上岸")
    assert post.repairs == ("the header stands in row 3",) and tally.rejected == 0


def test_a_picture_called_a_table_is_no_table(cli: Any, tmp_path: Path) -> None:
    (tmp_path / "posts.csv").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40)
    done = CliRunner().invoke(app, ["import", str(tmp_path / "posts.csv")])
    assert isinstance(done.exception, InputError)
    assert "posts.csv cannot be imported: it is no text" in str(done.exception)


def test_importing_twice_changes_nothing(cli: Any, tmp_path: Path) -> None:
    path = written(tmp_path / "posts.jsonl", WEIBO)
    first = json.loads(cli("import", str(path), "--json", "--no-judge").stdout)
    again = json.loads(cli("import", str(path), "--json", "--no-judge").stdout)
    assert first == {"files": 1, "rows": 1, "imported": 1, "known": 0, "repaired": 1, "rejected": 0}
    assert (again["imported"], again["known"]) == (0, 1)


def test_a_killed_import_keeps_whole_batches_and_goes_on(tmp_path: Path) -> None:
    count = 20_000
    rows = (WEIBO | {"note_id": str(5_000_000_000_000_000 + at)} for at in range(count))
    path = written(tmp_path / "posts.jsonl", *rows)
    env = os.environ | {"LUREWATCH_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "lurewatch", "import", str(path), "--no-judge", "--json"]

    def kept() -> int:
        database = tmp_path / "home" / "lurewatch.db"
        if not database.exists():
            return 0
        with (
            closing(sqlite3.connect(database, timeout=30)) as db,
            suppress(sqlite3.OperationalError),
        ):
            return int(db.execute("SELECT count(*) FROM posts").fetchone()[0])
        return 0  # the tables are being made

    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL) as child:
        while not kept():
            assert child.poll() is None
        child.kill()
    some = kept()
    assert 0 < some < count and some % IMPORT_BATCH == 0
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    counts = json.loads(done.stdout.splitlines()[0])
    assert (counts["imported"], counts["known"], kept()) == (count - some, some, count)


def test_an_empty_file_is_said_to_be_empty(cli: Any, tmp_path: Path) -> None:
    (tmp_path / "posts.jsonl").write_bytes(b"")
    command = [sys.executable, "-m", "lurewatch", "import", str(tmp_path / "posts.jsonl")]
    env = os.environ | {"LUREWATCH_HOME": str(tmp_path / "home")}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "posts.jsonl is empty" in done.stderr and "no post was found" in done.stderr
    assert "Traceback" not in done.stderr


def test_export_in_every_form(cli: Any, tmp_path: Path) -> None:
    row = {"platform": "tieba", "post_id": "001", "text": "=1+1\0", "tags": ["a", "b"], "published_at": "2026-01-05T08:00:00+08:00"}  # fmt: skip
    row["ip_region"] = "上海"
    cli("import", str(written(tmp_path / "p.jsonl", row)), "--no-judge")
    (line,) = cli("posts", "export").stdout.splitlines()
    assert json.loads(line)["text"] == "=1+1\0"
    assert json.loads(line)["published_at"] == "2026-01-05T00:00:00Z"
    book = tmp_path / "p.xlsx"
    cli("posts", "export", "--format", "xlsx", "-o", str(book))
    opened = load_workbook(book)
    head, cells = opened.active.iter_rows(values_only=True)
    shown = dict(zip(head, cells, strict=True))
    assert (shown["post_id"], shown["text"], shown["tags"]) == ("001", "'=1+1␀", '["a", "b"]')
    table = tmp_path / "p.csv"
    cli("posts", "export", "--format", "csv", "-o", str(table))
    assert "'=1+1␀" in table.read_text("utf-8-sig")
    assert "上海" not in table.read_text("utf-8-sig")  # the columns are a closed list
    cli("posts", "export", "--format", "csv", "--ip-region", "-o", str(table))
    with table.open(encoding="utf-8-sig", newline="") as file:
        (again,) = csv.DictReader(file)
    assert (list(again)[-1], again["ip_region"]) == ("ip_region", "上海")


def test_an_odd_first_row_does_not_lose_the_others(tmp_path: Path) -> None:
    rows = (
        {"odd": 1},
        WEIBO,
        {**WEIBO, "note_id": "\ud83d"},
        {**WEIBO, "note_id": "5099999999999998"},
    )
    path = tmp_path / "posts.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    found, tally = read(path, tmp_path)
    assert [post.post_id for post in found] == ["5099999999999999", "5099999999999998"]
    assert (tally.rows, tally.rejected) == (4, 2)
    reasons = [json.loads(line)["reason"] for line in tally.rejected_file.read_text().splitlines()]
    assert sorted(reasons) == [
        "not a post: its columns are unknown",
        "post_id holds half a character (a lone surrogate)",
    ]
    assert tally.rejected_file.stat().st_mode & 0o077 == 0
