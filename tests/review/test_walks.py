"""A day of each of the console's users, in a real browser, on a fortnight of the demo platform's posts."""

import io
import json
import shutil
import subprocess
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import update

from lurewatch import desk, workflow
from lurewatch.finding import Label, Service, Stance
from lurewatch.letters.register import COLUMNS
from lurewatch.review.language import catalogue
from lurewatch.store.tables import audit
from tests.review.conftest import Walk, log_in

LANGUAGES = ("zh-CN", "en-GB")
both = pytest.mark.parametrize("locale", LANGUAGES)


def word(locale: str, english: str) -> str:
    """A text of the console in the language of a browser."""
    return catalogue(locale[:2]).gettext(english)


def number_of(page: Any) -> int:
    return int(page.url.rpartition("/")[2].partition("?")[0])


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def press_and_go(page: Any, key: str) -> None:
    """Press a key that leads to another page."""
    with page.expect_navigation():
        page.keyboard.press(key)


def click_and_go(page: Any, selector: str) -> None:
    """Click what leads to another page."""
    with page.expect_navigation():
        page.click(selector)


@both
def test_a_reviewers_morning(walk: Walk, locale: str) -> None:
    page = walk.page(at="/coverage", locale=locale)
    page.fill("[name=name]", "kim")
    page.fill("[name=password]", "wrong")
    press_and_go(page, "Enter")
    assert page.inner_text("[role=alert]") == word(
        locale, "Name and password do not belong together."
    )
    log_in(page, "kim")
    assert page.url.endswith("/coverage")  # where they wanted to go before they had to log in
    assert word(locale, "blocked by a wall") in page.inner_text(".newest")
    assert "征信修复" in page.inner_text(".notice")
    click_and_go(page, "nav >> text=" + word(locale, "Queue"))
    assert word(locale, "Not everything could be looked at:") in page.inner_text(".notice")

    press(page, "j", "j")
    second = page.evaluate("document.activeElement.getAttribute('href')")
    press_and_go(page, "Enter")
    assert page.url.endswith(second)
    press_and_go(page, "q")
    press_and_go(page, "n")
    first = number_of(page)
    verdict = workflow.finding(walk.store, first, reader="test").verdict
    more = next(one for one in Service if one not in verdict.services)
    press_and_go(page, "1")
    assert word(locale, "Lure") in page.inner_text(".flash")
    assert [one.label for one in workflow.decisions_on(walk.store, first)] == [Label.LURE]
    press_and_go(page, "u")
    assert number_of(page) == first
    assert workflow.decisions_on(walk.store, first) == []

    page.select_option("[name=stance]", Stance.VICTIM)  # and a lure all the same: refused, in words
    press_and_go(page, "1")
    assert word(locale, "a lure solicits or recruits") in page.inner_text("main")
    click_and_go(page, "main >> text=" + word(locale, "Back to where you were"))
    assert number_of(page) == first
    turned = Stance.RECRUIT if verdict.stance is Stance.SOLICIT else Stance.SOLICIT
    press(page, "s", "ArrowDown" if turned is Stance.RECRUIT else "ArrowUp", "Escape")
    press(page, "t", more[-1], "Escape", "m")  # the last digit of C1 to C10
    page.keyboard.type("看过主页")
    press(page, "Escape")
    press_and_go(page, "1")
    (made,) = workflow.decisions_on(walk.store, first)
    assert (made.stance, made.services) == (
        turned,
        tuple(sorted({*verdict.services, more}, key=list(Service).index)),
    )
    assert made.note == "看过主页"

    page.goto("/sample")
    click_and_go(page, "text=" + word(locale, "Draw more posts at random:"))
    page.wait_for_selector("#decide")
    press_and_go(page, "2")
    assert [one.label for one in workflow.samples(walk.store) if one.label] == [Label.NOT_LURE]
    page.goto("/audit")
    assert word(locale, "the audit log is for auditor, lead, legal or admin") in page.inner_text(
        "main"
    )


@both
def test_a_leads_noon(walk: Walk, locale: str) -> None:
    drafted = next(one for one in workflow.requests(walk.store) if one.state == "drafted")
    page = walk.page("lee", locale=locale)
    click_and_go(page, ".waiting a >> text=" + word(locale, "For a second look"))
    press(page, "j")
    press_and_go(page, "Enter")
    looked = number_of(page)
    assert word(locale, "Second look") in page.inner_text("#decide")
    assert word(locale, "Decisions of people") not in page.inner_text("main")
    (before,) = workflow.decisions_on(walk.store, looked)
    press_and_go(page, "1" if before.label is Label.LURE else "2")
    assert page.inner_text(".flash").strip() == word(locale, "Recorded as a second look")
    assert workflow.decisions_on(walk.store, looked) == [before]

    step = f"form[action='/requests/{drafted.request_id}/%s'] button"
    reviewer = walk.page("ann", at=f"/requests/{drafted.request_id}", locale=locale)
    click_and_go(reviewer, step % "submit")
    assert reviewer.query_selector(step % "approve") is None
    page.goto("/requests?state=submitted")
    click_and_go(page, f"table a >> text='{drafted.request_id}'")
    click_and_go(page, step % "approve")
    click_and_go(page, step % "send")
    assert page.inner_text("main strong") == word(locale, "Sent")
    page.fill("form [name=receipt]", "R-2026-1")
    click_and_go(page, step % "acknowledge")
    assert "R-2026-1" in page.inner_text("main ol")
    assert workflow.request(walk.store, drafted.request_id).state == "acknowledged"

    page.goto("/requests")
    with page.expect_download() as download:
        page.click("a[href='/register.xlsx']")
    sheet = load_workbook(io.BytesIO(Path(download.value.path()).read_bytes())).active
    assert sheet is not None
    rows = [[cell.value for cell in row] for row in sheet]
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 1 + len(workflow.requests(walk.store))
    assert ["R-2026-1" in row for row in rows].count(True) == 1
    page.goto("/figures")
    assert page.locator("svg[role=img]").count() == 10
    assert word(locale, "Tieba") in page.inner_text("main table")
    with page.expect_download() as download:
        page.click("a[href^='/figures/waits.csv']")
    assert Path(download.value.path()).read_text("utf-8-sig").startswith("wait,days")


@both
def test_a_request_is_drafted_and_its_letter_taken_along(walk: Walk, locale: str) -> None:
    (kept,) = workflow.all_evidence(walk.store)
    before = {one.request_id for one in workflow.requests(walk.store)}
    who = workflow.decisions_on(walk.store, kept.finding_id)[
        -1
    ].reviewer  # no second look is asked of them
    page = walk.page(who, at=f"/findings/{kept.finding_id}", locale=locale)
    click_and_go(page, "main >> text=" + word(locale, "Draft a request"))
    page.select_option("[name=channel]", "12377")
    page.fill("[name=quote]", "没有说过的话")
    click_and_go(page, "main button.main")
    refused = word(locale, "原文摘录 quotation: these words do not stand in the post")
    assert refused in page.inner_text("[role=alert]")
    assert page.input_value("[name=channel]") == "12377"
    text = workflow.finding(walk.store, kept.finding_id, reader="test").post.text
    quoted = " ".join(text.split())[2:12]
    page.fill("[name=quote]", quoted)
    with page.expect_navigation(url="**/requests/*"):
        page.dblclick("main button.main")  # an impatient hand
    (made,) = [one for one in workflow.requests(walk.store) if one.request_id not in before]
    assert (made.channel, made.drafted_by, made.quote) == ("12377", who, quoted.strip())
    assert page.inner_text(".flash").strip() == word(
        locale, "Drafted: the letter as Word file and PDF, and its evidence as a zip."
    )
    with page.expect_download() as download:
        page.click("a[href$='/files/pdf']")
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")


@both
def test_an_auditors_afternoon(walk: Walk, locale: str) -> None:
    page = walk.page("aud", locale=locale)
    links = page.inner_text("nav")
    assert word(locale, "Audit log") in links
    assert word(locale, "Add a post") not in links
    press(page, "j")
    press_and_go(page, "Enter")
    assert page.query_selector("#decide") is None
    finding = number_of(page)
    answer = page.goto("/add")
    assert answer.status == 403
    said = word(locale, "the role {role} reads and does not decide")
    assert said.format(role=word(locale, "Auditor")) in page.inner_text("main")
    assert page.goto("/nowhere").status == 404
    assert word(locale, "There is no such page.") in page.inner_text("main")

    click_and_go(page, "nav >> text=" + word(locale, "Audit log"))
    assert word(locale, "Opened a finding") in page.inner_text("main table")
    page.fill("[name=who]", "aud")
    press_and_go(page, "Enter")
    people = page.locator("main table td:nth-child(2)").all_inner_texts()
    assert set(people) == {"aud"}
    click_and_go(page, f"main table a >> text='{finding}'")
    assert number_of(page) == finding
    page.go_back()
    click_and_go(page, "text=" + word(locale, "Check the chain"))
    assert word(locale, "The log holds.") in page.inner_text("[role=status]")
    with walk.store.begin() as db:
        db.connection.execute(update(audit).where(audit.c.entry_id == 5).values(who="nobody"))
    page.reload()
    assert word(locale, "The log does not hold.") in page.inner_text("[role=alert]")
    click_and_go(page, "nav >> text=" + word(locale, "Coverage"))
    with page.expect_download() as download:
        page.click("text=" + word(locale, "The table as CSV"))
    assert (
        Path(download.value.path()).read_text("utf-8-sig").startswith("day,platform,keyword,tried")
    )


@both
def test_a_desks_evening(walk: Walk, locale: str, tmp_path: Path) -> None:
    kept = {one.finding_id for one in workflow.all_evidence(walk.store)}
    shown = desk.add_token(
        walk.store,
        "tieba desk",
        ("findings:read", "evidence:read", "outcomes:write"),
        who="op",
    )

    def ask(path: str, body: dict[str, str] | None = None) -> bytes:
        headers = {"Authorization": f"Bearer {shown}", "Content-Type": "application/json"}
        data = json.dumps(body).encode() if body else None
        asked = urllib.request.Request(f"{walk.address}/api/v1/{path}", data, headers)
        with urllib.request.urlopen(asked, timeout=20) as answer:
            content: bytes = answer.read()
        return content

    listed = json.loads(ask("findings?limit=100"))["findings"]
    (found,) = [one for one in listed if one["finding"] in kept]
    number = found["finding"]
    assert json.loads(ask(f"findings/{number}"))["url"] == found["url"]
    with zipfile.ZipFile(io.BytesIO(ask(f"findings/{number}/evidence"))) as package:
        package.extractall(tmp_path / "package")
    (sums,) = (tmp_path / "package").rglob("SHA256SUMS")
    verifier = shutil.which("sha256sum")
    assert verifier
    for name in ("SHA256SUMS", "EXPORT.SHA256SUMS"):
        done = subprocess.run([verifier, "-c", "--strict", name], cwd=sums.parent, capture_output=True, check=False)  # fmt: skip
        assert done.returncode == 0, done.stdout
    given = {"result": "removed", "reference": "TB-77", "note": "已删除"}
    ask(f"findings/{number}/outcomes", given)

    page = walk.page("aud", at=f"/findings/{number}", locale=locale)
    told = page.inner_text("main")
    assert "tieba desk" in told
    assert "TB-77" in told
    assert word(locale, "Removed") in told
    click_and_go(page, f"main >> text='{word(locale, 'Request')} {workflow.requests_about(walk.store, number)[0].request_id}'")  # fmt: skip
    assert "TB-77" in page.inner_text("main")
