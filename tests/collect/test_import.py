"""Imports: other tools' files, mended where they can be, rejected with a reason where not."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from lurewatch.cli import app
from lurewatch.collect.files import Tally, files_in, read_files
from lurewatch.errors import InputError

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
    assert "left out" in tally.notes[0]


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


def test_importing_twice_changes_nothing(cli: Any, tmp_path: Path) -> None:
    path = written(tmp_path / "posts.jsonl", WEIBO)
    first = json.loads(cli("import", str(path), "--json", "--no-judge").stdout)
    again = json.loads(cli("import", str(path), "--json", "--no-judge").stdout)
    assert first == {"files": 1, "rows": 1, "imported": 1, "known": 0, "repaired": 1, "rejected": 0}
    assert (again["imported"], again["known"]) == (0, 1)


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
