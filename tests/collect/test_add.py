"""One post by hand: from its page where that is public, else as a person saw it."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from lurewatch import workflow
from lurewatch.addresses import read_address
from lurewatch.cli import app
from lurewatch.config import read_secrets, read_settings
from lurewatch.demo.posts import posts_of
from lurewatch.demo.site import PICTURES, demo_site
from lurewatch.errors import InputError
from lurewatch.store import Store, open_store


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LUREWATCH_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("LUREWATCH_DB", raising=False)
    return tmp_path


def run(*words: str) -> Any:
    return CliRunner().invoke(app, ["add", *words])


def store_of(home: Path) -> Store:
    settings = read_settings({"LUREWATCH_HOME": str(home / "home")})
    return open_store(settings, read_secrets(settings, {}))


@pytest.mark.parametrize(
    ("url", "known"),
    [
        ("https://m.weibo.cn/detail/5099999999999999", ("weibo", "5099999999999999")),
        ("https://www.bilibili.com/video/BV17x411w7KC/?p=1", ("bilibili", "170001")),
        ("https://www.zhihu.com/question/6/answer/30", ("zhihu", "answer-30")),
        ("https://mp.weixin.qq.com/s?__biz=M&mid=26&idx=1&sn=a", ("wechat", "M-26-1")),
        (
            "https://www.toutiao.com/article/7300000000000000001/",
            ("toutiao", "7300000000000000001"),
        ),
    ],
)
def test_an_address_says_whose_post_it_is(url: str, known: tuple[str, str]) -> None:
    assert read_address(url) == known


@pytest.mark.parametrize(
    "url", ["", "nonsense", "ftp://x.example/1", "http://[", "https://localhost"]
)
def test_what_is_no_address_is_said(url: str) -> None:
    with pytest.raises(InputError, match="is no address"):
        read_address(url)


def test_a_post_as_a_person_saw_it(home: Path) -> None:
    shot = home / "shot.png"
    shot.write_bytes(b"\x89PNG invented")
    url = "https://www.douyin.com/video/7400000000000000009"
    said = "停息挂账六十期，不成不收，加薇demo_kk99"
    done = run(url, "--no-visit", "--text", said, "--author", "阿禾", "--file", str(shot))
    assert done.exit_code == 0, done.output
    assert "kept as you saw it" in done.output
    store = store_of(home)
    (row,) = workflow.export_posts(store)
    assert (row.post.platform, row.post.post_id, row.post.text) == ("douyin", "7400000000000000009", said)  # fmt: skip
    assert row.source == "person:douyin"
    (capture,) = workflow.captures_of(store, row.post)
    assert (capture.how, capture.body) == ("person", shot.read_bytes())
    assert [entry.what for entry in workflow.audit_log(store)] == ["add post"]


def test_a_post_without_a_page_or_words_is_refused(home: Path) -> None:
    done = run("https://bbs.example.invalid/t/1")
    assert done.exit_code != 0
    assert "--text" in str(done.exception)
    bad = home / "shot.exe"
    bad.write_bytes(b"MZ")
    refused = run("https://bbs.example.invalid/t/1", "--text", "x", "--file", str(bad))
    assert "give a screenshot" in str(refused.exception)


def test_a_public_page_is_read_itself(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note = posts_of("xiaohongshu")[0]
    with demo_site() as site:
        roots = ",".join(f"{name}={root}" for name, root in site.roots.items())
        monkeypatch.setenv("LUREWATCH_ROOTS", roots)
        done = run(note.address, "--text", "not needed")
    assert done.exit_code == 0, done.output
    assert "read from its public page" in done.output
    (row,) = workflow.export_posts(store_of(home))
    assert row.post.text == note.text
    assert json.dumps(row.source).startswith('"browser')


def test_a_screenshot_says_what_the_post_says(home: Path) -> None:
    shot = home / "shot.png"
    shot.write_bytes((PICTURES / "demo-204.png").read_bytes())
    done = run(
        "https://www.douyin.com/video/7400000000000000009", "--no-visit", "--file", str(shot)
    )
    assert done.exit_code == 0, done.output
    assert "characters were read in the screenshot" in done.output
    store = store_of(home)
    (row,) = workflow.export_posts(store)
    assert row.post.ocr == ("网贷信用卡逾期\n债务优化 月供减半\n成功再收15%\n扣扣 100008832",)
    (found,) = workflow.findings_to_review(store)
    assert {one.field for one in found.verdict.contacts} == {"ocr"}


def test_a_screenshot_that_cannot_be_read_is_kept_and_said(home: Path) -> None:
    shot = home / "shot.png"
    shot.write_bytes(b"\x89PNG invented")
    url = "https://www.douyin.com/video/7400000000000000009"
    refused = run(url, "--no-visit", "--file", str(shot))
    assert isinstance(refused.exception, InputError)
    assert "the screenshot cannot be read (broken" in str(refused.exception)
    done = run(url, "--no-visit", "--text", "停息挂账", "--file", str(shot))
    assert "the screenshot cannot be read (broken" in done.output
    (row,) = workflow.export_posts(store_of(home))
    assert row.post.ocr == ()
