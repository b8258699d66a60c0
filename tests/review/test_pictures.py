"""Pictures on a finding's page: named, blurred until asked for, and never those of protected people."""

from typing import Any

import pytest
from playwright.sync_api import expect

from lurewatch import workflow
from lurewatch.demo.site import PICTURES
from lurewatch.finding import Label, Stance
from lurewatch.store import Store
from tests.pictures.test_keeping import Told
from tests.review.conftest import logged_in

BODY = (PICTURES / "demo-107.png").read_bytes()


@pytest.fixture
def number(store: Store, a_finding: Any) -> int:
    """A finding with a picture that was read, one that is gone, and one that waits."""
    images = tuple(
        f"https://tiebapic.baidu.com/forum/{name}.png" for name in ("read", "gone", "waiting")
    )
    found: int = a_finding(images=images)
    workflow.list_pictures(store)
    first, second, _ = workflow.waiting_pictures(store, "tieba", 9)
    run_id = workflow.start_run(store, platform="tieba", how="pictures")
    for fetched in (
        workflow.Fetched(first.picture_id, "tieba", run_id, "kept", "image/png", BODY),
        workflow.Fetched(second.picture_id, "tieba", run_id, "gone"),
    ):
        workflow.keep_picture(store, fetched)
    workflow.read_pictures(store, Told("停xi挂z，加薇❤信"))
    return found


def test_each_picture_says_what_came_of_it(app: Any, number: int) -> None:
    shown = logged_in(app).get(f"/findings/{number}").text
    for words in (
        "图片 1 – 文字已识别",
        "置信度 90 %",
        "图片 2 – 平台上已不存在",
        "图片 3 – 尚未抓取",
    ):
        assert words in shown
    assert 'class="text ocr"' in shown
    english = logged_in(app, language="en").get(f"/findings/{number}").text
    assert "Picture 3 – not fetched yet" in english


def test_a_picture_is_served_from_here_and_that_is_on_record(
    app: Any, store: Store, number: int
) -> None:
    client = logged_in(app)
    answer = client.get(f"/findings/{number}/pictures/0")
    assert (answer.headers["content-type"], answer.content) == ("image/png", BODY)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert [one.who for one in workflow.audit_log(store) if one.what == "look at picture"] == [
        "lee"
    ]
    for place in (1, 2, 3):
        assert client.get(f"/findings/{number}/pictures/{place}").status_code == 404


def test_pictures_of_a_protected_person_are_not_shown(app: Any, store: Store, number: int) -> None:
    workflow.decide(
        store, number, reviewer="lee", label=Label.NOT_LURE, stance=Stance.SEEK, services=()
    )
    client = logged_in(app)
    assert client.get(f"/findings/{number}/pictures/0").status_code == 404
    shown = client.get(f"/findings/{number}").text
    assert f"/findings/{number}/pictures/0" not in shown
    assert "可能含受保护人员" in shown


def test_a_picture_is_blurred_until_it_is_asked_for(browsing: Any, number: int) -> None:
    page = browsing("lee")
    page.goto(f"/findings/{number}")
    page.locator("summary", has_text="文字已识别").click()
    picture = page.locator(".veil img")
    assert "blur" in picture.evaluate("one => getComputedStyle(one).filter")
    page.get_by_label("清晰显示").focus()
    page.keyboard.press("Space")
    expect(picture).to_have_css("filter", "none")
    assert picture.evaluate("one => one.complete && one.naturalWidth > 0")
