"""A reported post that was edited is told against what was reported, not against the look before."""

from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from lurewatch import retention, workflow
from lurewatch.config import Settings
from lurewatch.demo.pages import tieba_thread
from lurewatch.demo.posts import posts_of
from lurewatch.periods import shipped_periods
from lurewatch.post import Post
from lurewatch.recheck import Told, edits, look_again
from lurewatch.store import Store, masking, posts
from lurewatch.store import requests as asked
from tests.conftest import NOW
from tests.crawlers.test_spiders import server
from tests.takedown.test_requests import HTML, drafted, sent

LURE = replace(
    posts_of("tieba")[0], text="逾期了怎么办", author_comments=("停息挂账找我，加薇 demo_0088",)
)


def test_an_edit_is_told_against_what_was_reported(
    store: Store, a_finding: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    tid = str(9_000_000_000 + LURE.number)
    page = [LURE]

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        if request.path == "/robots.txt":
            return 404, {}, b""
        return 200, HTML, tieba_thread(page[0], NOW).encode()

    with server(answer) as root:
        monkeypatch.setenv("LUREWATCH_HOME", str(settings.home))
        monkeypatch.setenv("LUREWATCH_ROOTS", f"tieba={root}")
        address = f"https://tieba.baidu.com/p/{tid}"
        finding = a_finding("逾期了怎么办", post_id=tid, url=address, author_comments=LURE.author_comments, title=LURE.heading)  # fmt: skip
        number = drafted(store, finding)
        sent(store, number)
        request = workflow.request(store, number)

        def look(shown: Any) -> tuple[str, str]:
            page[0] = shown
            (found,) = look_again(store, [request], say=print)
            return found.outcome, found.detail

        assert look(LURE) == ("live", "")
        without = ("edited", "-↳ 停息挂账找我，加薇 demo_0088")
        assert look(replace(LURE, author_comments=())) == without
        assert look(replace(LURE, author_comments=())) == without  # not: as the look before
        assert look(LURE) == ("live", "")  # put back
        outcome, detail = look(replace(LURE, text="已经上岸"))
        assert outcome == "edited" and "-逾期了怎么办" in detail and "+已经上岸" in detail
    looks = workflow.checks_of(store, number)
    assert [one.outcome for one in looks] == ["live", "edited", "edited", "live", "edited"]


POST = Post("xiaohongshu", "1", "", "负债自救", tags=("停息挂账", "上岸"))
TAGS = frozenset({"tags"})


@pytest.mark.parametrize(
    ("now", "told", "said"),
    [
        (POST, Told(True, TAGS), ""),
        (replace(POST, tags=("上岸",)), Told(False, frozenset()), "-# 停息挂账"),
        (replace(POST, tags=()), Told(True, TAGS), "-# 停息挂账\n-# 上岸"),
        (replace(POST, tags=()), Told(True, frozenset()), ""),  # such a page may never show tags
        (replace(POST, author_comments=("看主页",)), Told(True, frozenset()), "+↳ 看主页"),
        (replace(POST, author_comments=("看主页",)), Told(False, frozenset()), ""),
        (replace(POST, title="姐妹们"), Told(False, frozenset()), ""),
    ],
)
def test_what_a_page_leaves_out_is_no_edit(now: Post, told: Told, said: str) -> None:
    shown = frozenset(field for field, _, _ in now.values())
    assert edits(POST, now, shown, told) == said


def test_a_request_from_before_is_told_by_the_wording_of_its_day(
    store: Store, a_finding: Any
) -> None:
    finding = a_finding("停息挂账，找我", post_id="77")
    number = drafted(store, finding)
    edited = replace(workflow.finding(store, finding, reader="t").post, text="已经上岸")
    with store.begin() as db:
        db.connection.exec_driver_sql("update requests set reported = null")
        posts.keep(db, [posts.Seen(edited, datetime.now(UTC), "spider:tieba")])
    assert workflow.finding(store, finding, reader="t").post.text == "已经上岸"
    assert workflow.reported(store, workflow.request(store, number)).text == "停息挂账，找我"


def test_what_was_reported_is_masked_and_forgotten_with_the_rest(
    store: Store, a_finding: Any, settings: Settings
) -> None:
    number = drafted(store, a_finding("停息挂账，我的电话 13800001234"))
    request = workflow.request(store, number)
    assert "13800001234" in workflow.reported(store, request).text
    with store.begin() as db:
        key = db.connection.exec_driver_sql("select post_key from findings").scalar_one()
        assert masking.hide(db, key)
        assert asked.reported(db, request).text == "停息挂账，我的电话 138****1234"
        db.connection.exec_driver_sql("update requests set state = 'withdrawn'")
    retention.run(store, shipped_periods(), settings.imports_dir, who="t", now=NOW.replace(year=NOW.year + 9))  # fmt: skip
    with store.reading() as db:
        kept = db.connection.exec_driver_sql("select count(*) from requests where reported is not null")  # fmt: skip
        assert kept.scalar_one() == 0
