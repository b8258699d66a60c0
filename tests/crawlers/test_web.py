"""Any forum, by a file of selectors."""

import importlib
from pathlib import Path

import pytest

from crawlers.platforms import web
from crawlers.reading import read_saved
from lurewatch.errors import SettingsError

SITES = """
- host: bbs.example.invalid
  path: ^/list$
  cards: li.thread
  id: a.title::attr(href)
  id_in: /t/(\\d+)
  link: a.title::attr(href)
  title: a.title
  text: p.summary
  author: .who
  date: .when
  tags: .tag::text
  gone: 没有主题
  next: a.next::attr(href)
"""
LIST = """<html><body><ul>
<li class="thread"><a class="title" href="/t/101">停息<b>挂账</b></a><p class="summary">有人办过吗
在线等</p><span class="who">路人甲</span><span class="when">2026-11-19 21:40</span><i class="tag">负债</i></li>
<li class="thread"><a class="title" href="/u/7">没有编号</a><p class="summary">x</p></li>
</ul><a class="next" href="/list?page=2">下一页</a></body></html>"""


@pytest.fixture
def sites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LUREWATCH_HOME", str(tmp_path))
    return tmp_path / "sites.yaml"


def test_a_forum_is_read_by_its_selectors(sites: Path, tmp_path: Path) -> None:
    sites.write_text(SITES, "utf-8")
    importlib.reload(web)
    page = tmp_path / "list.html"
    page.write_text(LIST, "utf-8")
    seen = read_saved("web", page, "https://bbs.example.invalid/list", None)
    (post,) = seen["posts"]
    assert (post["post_id"], post["url"]) == ("bbs.example.invalid:101", "https://bbs.example.invalid/t/101")  # fmt: skip
    assert (post["title"], post["text"], post["author_name"]) == ("停息挂账", "有人办过吗 在线等", "路人甲")  # fmt: skip
    assert (post["published_at"], post["tags"]) == ("2026-11-19T13:40:00Z", ["负债"])
    assert seen["problems"] == ["'/t/(\\\\d+)' found no id in '/u/7'"]
    assert seen["next_url"] == "https://bbs.example.invalid/list?page=2"
    page.write_text("<html><p>本版没有主题</p></html>", "utf-8")
    empty = read_saved("web", page, "https://bbs.example.invalid/list", None)
    assert (empty["posts"], empty["problems"]) == ([], [])
    other = read_saved("web", page, "https://other.example.invalid/list", None)
    assert "no page we read" in other["problems"][0]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("- host: x.example\n", "entry 1 lacks path, cards, id, text"),
        (SITES + "  colour: red\n", "entry 1 has unknown colour"),
        (SITES.replace("/t/(\\d+)", "/t/(\\d+"), "id_in is no pattern"),
        ("host: x\n", "write a list"),
        ("- [\n", "cannot be read"),
        ("- 7\n", "entry 1 is no set"),
    ],
)
def test_a_file_of_sites_that_is_wrong_is_named(sites: Path, written: str, said: str) -> None:
    sites.write_text(written, "utf-8")
    with pytest.raises(SettingsError, match=r"sites\.yaml") as raised:
        web.pages_in(sites)
    assert said in str(raised.value)


def test_without_a_file_no_site_is_read(sites: Path) -> None:
    assert web.pages_in(sites) == ()
