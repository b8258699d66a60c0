"""What each page of the console shows: filters, contacts, histories, coverage, adding by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lurewatch import workflow
from lurewatch.config import Settings
from lurewatch.demo.posts import posts_of
from lurewatch.demo.site import demo_site
from lurewatch.finding import Contact, Grade, Stance, Verdict
from lurewatch.post import Counts
from lurewatch.review.app import create_app
from lurewatch.review.filters import Filters
from lurewatch.store import Store, runs
from tests.conftest import Judge
from tests.review.conftest import logged_in, token

HANDLE = "demo_0088"


class Pointing(Judge):
    """Says of every post that a handle stands in it."""

    def judge(self, posts: Any, **_: Any) -> list[Verdict]:
        found = []
        for post, verdict in zip(posts, super().judge(posts), strict=True):
            start = post.text.index(HANDLE)
            place = ("text", None, start, start + len(HANDLE))
            contact = Contact(*place, "wechat", HANDLE, "author", 0.9)
            found.append(replace(verdict, contacts=(contact,)))
        return found


def take_in(store: Store, a_capture: Any, judge: Judge, *posts: Any) -> None:
    run_id = workflow.start_run(store, platform=posts[0].platform, how="spider")
    workflow.take_in(store, a_capture(*posts, run_id=run_id, platform=posts[0].platform))
    workflow.judge_pending(store, judge)  # type: ignore[arg-type]


def test_reach_comes_first_and_filters_stay_in_the_address(
    app: Any, store: Store, a_post: Any, a_capture: Any
) -> None:
    take_in(store, a_capture, Judge(), a_post(post_id="1"), a_post(post_id="2", counts=Counts(likes=9000)))  # fmt: skip
    take_in(store, a_capture, Judge(Stance.RECRUIT, Grade.L2), a_post(post_id="3", platform="weibo"))  # fmt: skip
    shown = workflow.findings_to_review(store)
    assert [one.post.post_id for one in shown] == ["2", "1", "3"]
    client = logged_in(app)
    text = client.get("/?grade=L2&platform=weibo&stance=RECRUIT&service=C2").text
    assert f"/findings/{shown[2].finding_id}?grade=L2&amp;platform=weibo" in text
    assert "L3 明确 (0)" not in text
    assert "贴吧 (2)" in client.get("/").text
    assert "贴吧 (2)" not in client.get("/?grade=L2").text
    assert "这里没有待审内容" in client.get("/?service=C9").text
    assert "这里没有待审内容" in client.get("/?since=2999-01-01").text
    answer = client.post("/next?platform=weibo", data={"token": token(client, "/")})
    assert str(answer.url).endswith(f"/findings/{shown[2].finding_id}?platform=weibo")
    assert "处理人" in client.get("/?mine=1").text
    assert "贴吧" not in client.get("/?mine=1").text.partition("<ol")[2]


def test_what_means_nothing_is_no_filter(app: Any) -> None:
    assert Filters.read({"grade": "'--", "since": "x", "decided": "?"}) == Filters()
    client = logged_in(app)
    assert client.get("/?start=-5&grade=L9&since=0001-01-01").status_code == 200
    assert client.get(f"/findings/{10**30}").status_code == 422
    assert client.get(f"/findings/{10**18}").status_code == 403


def test_contacts_are_masked_until_asked(
    app: Any, store: Store, a_post: Any, a_capture: Any
) -> None:
    take_in(store, a_capture, Pointing(), a_post(f"停息挂账，加微信 {HANDLE}"))
    (found,) = workflow.findings_to_review(store)
    path = f"/findings/{found.finding_id}"
    client = logged_in(app, "kim")
    assert HANDLE not in client.get("/").text
    assert HANDLE not in client.get(path).text
    assert "de******8" in client.get(path).text
    asked = client.post(f"{path}/contacts", data={"token": token(client, path)})
    assert HANDLE in asked.text
    entry = [one for one in workflow.audit_log(store) if one.what == "show contacts"]
    assert [(one.who, one.subject) for one in entry] == [("kim", str(found.finding_id))]


def test_other_posts_of_account_and_contact(
    app: Any, store: Store, a_post: Any, a_capture: Any
) -> None:
    text = f"停息挂账，加微信 {HANDLE}"
    posts = [
        a_post(text, post_id="1", author_id="a"),
        a_post(f"征信 {HANDLE}", post_id="2", author_id="a"),
        a_post(f"退保 {HANDLE}", post_id="3", author_id="b"),
    ]
    take_in(store, a_capture, Pointing(), *posts)
    take_in(store, a_capture, Judge(Stance.OTHER, Grade.L0), a_post("今天天气", post_id="4", author_id="a"))  # fmt: skip
    first = next(one for one in workflow.findings_to_review(store) if one.post.post_id == "1")
    shown = logged_in(app).get(f"/findings/{first.finding_id}").text
    account, _, contact = shown.partition("含相同联系方式的其他帖子")
    assert "该账号的其他帖子: 2" in account
    assert "未标记" in account
    assert contact.lstrip(": ").startswith("2")
    assert HANDLE not in shown


def test_pictures_are_named_and_never_loaded(app: Any, a_finding: Any) -> None:
    number = a_finding(images=("https://img.example.invalid/1.jpg",))
    text = logged_in(app).get(f"/findings/{number}").text
    assert "未抓取，也不会从平台加载" in text
    assert 'src="https://' not in text
    assert '<a href="https://img' not in text


def test_coverage_by_day_with_its_file(app: Any, store: Store) -> None:
    run_id = workflow.start_run(store, platform="weibo", how="spider")
    now = datetime.now(UTC)
    with store.begin() as db:
        for day in range(5):
            state, found = ("captured", 7) if day else ("blocked", 0)
            runs.count(db, run_id, "weibo", "=停息挂账", state, now - timedelta(days=day), found=found)  # type: ignore[arg-type]  # fmt: skip
    client = logged_in(app)
    assert "来源沉默" in client.get("/coverage").text
    assert "来源沉默" not in client.get("/coverage?platform=tieba").text
    rows = client.get("/coverage.csv?days=2").text.lstrip("\ufeff").splitlines()
    assert len(rows) == 3
    assert "'=停息挂账" in rows[1]


@pytest.fixture
def judged(app: Any) -> Any:
    """The console with a judge that needs no model."""
    app.state.detector = Judge()
    return app


def test_a_post_is_added_as_it_was_seen(judged: Any, store: Store) -> None:
    client = logged_in(judged, "kim")
    form = {
        "token": token(client, "/add"),
        "url": "https://www.douyin.com/video/7400000000000000009",
        "text": "停息挂账六十期",
    }
    shot = {"file": ("shot.png", b"\x89PNG invented", "image/png")}
    answer = client.post("/add", data=form, files=shot)
    assert "/findings/" in str(answer.url)
    assert "人工添加" in answer.text
    assert client.get(f"{answer.url.path}/shots/0").content == b"\x89PNG invented"
    assert client.get(f"{answer.url.path}/shots/1").status_code == 404
    assert ("kim", "add post") in [(one.who, one.what) for one in workflow.audit_log(store)]
    bad = client.post("/add", data=form | {"url": "nonsense", "token": token(client, "/add")})
    assert bad.status_code == 400
    svg = {"file": ("x.svg", b"<svg onload=alert(1)>", "image/svg+xml")}
    form["token"], form["url"] = token(client, "/add"), "https://www.douyin.com/video/74"
    drawn = client.post("/add", data=form, files=svg)
    assert client.get(f"{drawn.url.path}/shots/0").status_code == 404  # no script in a picture
    assert logged_in(judged, "aud").get("/add").status_code == 403


def test_a_public_page_is_read_from_the_console(store: Store, settings: Settings) -> None:
    workflow.add_user(store, "kim", "password1", "reviewer")
    note = posts_of("xiaohongshu")[0]
    with demo_site() as site:
        app = create_app(
            store,
            secret="x" * 32,
            evidence_dir=settings.evidence_dir,
            settings=replace(settings, roots=site.roots),
        )
        app.state.detector = Judge()
        client = logged_in(app, "kim")
        url = f"https://www.xiaohongshu.com/explore/{note.id}?xsec_token=demo"
        form = {"token": token(client, "/add"), "url": url, "visit": "1"}
        answer = client.post("/add", data=form)
    assert "由浏览器采集" in answer.text, answer.text
    (found,) = workflow.findings_to_review(store)
    assert found.post.text == note.text
