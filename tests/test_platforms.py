"""Each saved page gives what the JSON beside it says."""

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from scrapy.spiderloader import SpiderLoader
from scrapy.utils.project import get_project_settings

from crawlers.base import read_page
from crawlers.reading import read_saved, response_of, spider_of

SAVED = Path(__file__).parent / "platforms"


def saved_pages() -> list[Path]:
    return sorted(path for path in SAVED.glob("*/*") if not path.match("*.expected.json"))


@pytest.mark.parametrize("saved", saved_pages(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_saved_page(saved: Path) -> None:
    written = saved.with_suffix(".expected.json")
    expected = json.loads(written.read_text("utf-8"))
    captured_at = datetime.fromisoformat(expected["captured_at"])
    known = {name: expected[name] for name in ("url", "captured_at")}
    actual = known | read_saved(saved.parent.name, saved, expected["url"], captured_at)
    if "posts" not in expected:
        written.write_text(json.dumps(actual, ensure_ascii=False, indent=2) + "\n", "utf-8")
        pytest.fail(f"wrote {written.name}: check every value against the page, then run again")
    assert actual == expected


@pytest.mark.parametrize(
    ("saved", "region"),
    [
        ("weibo/mobile.json", "上海"),
        ("xiaohongshu/note.html", "上海"),
        ("douyin/share-note.html", "福建"),
        ("zhihu/answer.html", "四川"),
        ("tieba/thread.html", "广东"),
        ("wechat/article.html", "广东"),
    ],
)
def test_where_an_author_wrote_from_is_read_as_shown(saved: str, region: str) -> None:
    page = SAVED / saved
    expected = json.loads(page.with_suffix(".expected.json").read_text("utf-8"))
    response = response_of(expected["url"], page.read_bytes())
    at = datetime.fromisoformat(expected["captured_at"])
    post = read_page(spider_of(page.parent.name).pages, response, at).posts[0]
    assert post.ip_region == region
    assert region not in str(post.values())


def test_every_platform_has_saved_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCRAPY_SETTINGS_MODULE", "crawlers.settings")
    platforms = {page.parent.name for page in saved_pages()}
    spiders = set(SpiderLoader(get_project_settings()).list())
    assert (
        spiders - {"web", "pictures"} == platforms
    )  # what the web's pages look like, the operator says


def read(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lurewatch", "read", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=dict(os.environ)
    )


def test_read_command_from_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = str(SAVED / "tieba/search.html")
    done = read("tieba", page, "--url", "https://tieba.baidu.com/f/search/res?qw=x")
    seen = json.loads(done.stdout)
    assert done.returncode == 0
    assert seen["posts"][1]["published_at"] is None  # "昨天" says nothing without a moment
    assert any("says nothing without" in problem for problem in seen["problems"])


@pytest.mark.parametrize(
    ("platform", "content", "said"),
    [
        ("tieba", b"", "is empty"),
        ("tieba", None, "cannot be read"),
        ("myspace", b"<html></html>", "unknown platform"),
    ],
)
def test_read_names_a_bad_input(
    tmp_path: Path, platform: str, content: bytes | None, said: str
) -> None:
    page = tmp_path / "page.html"
    if content is not None:
        page.write_bytes(content)
    done = read(platform, str(page), "--url", "https://tieba.baidu.com/f/search/res?qw=x")
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("content", [b"\xff\xfe\x00" * 50, b"{broken", b"[1, 2]", b"plain text"])
def test_what_is_no_page_is_a_problem(tmp_path: Path, content: bytes) -> None:
    page = tmp_path / "page.html"
    page.write_bytes(content)
    seen = read_saved("tieba", page, "https://tieba.baidu.com/f/search/res?qw=x", None)
    assert seen["posts"] == []
    assert seen["problems"]


def test_a_page_in_gbk_is_read(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    text = (SAVED / "tieba/search.html").read_text("utf-8").replace("charset=utf-8", "charset=gbk")
    page.write_bytes(text.encode("gb18030"))
    seen = read_saved("tieba", page, "https://tieba.baidu.com/f/search/res?qw=x", None)
    assert seen["posts"][0]["author_name"] == "路人乙"


@pytest.mark.parametrize("content", [b"x\ny\n", b"[" * 100_000, b'{"id": 1}\n{"id": 2}\n'])
def test_what_is_no_json_is_a_problem_of_the_page(tmp_path: Path, content: bytes) -> None:
    page = tmp_path / "page.json"
    page.write_bytes(content)
    seen = read_saved("weibo", page, "https://m.weibo.cn/detail/1", None)
    assert seen["posts"] == [] and seen["problems"]


def test_an_address_that_is_none_is_named(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_bytes(b"<html></html>")
    done = read("tieba", str(page), "--url", "http://[")
    assert done.returncode == 2
    assert "is no address" in done.stderr and "Traceback" not in done.stderr
    done = read("tieba", str(page), "--url", "https://example.com/elsewhere")
    assert done.returncode == 2
    assert "https://example.com/elsewhere" in done.stderr and not done.stdout
