"""Requests drafted in the console: the same rules as at the terminal, said in the reader's language."""

import html
import re
from typing import Any

import pytest
from docx import Document
from fastapi.testclient import TestClient

from lurewatch import workflow
from lurewatch.config import Settings
from lurewatch.dates import CHINA
from lurewatch.drafting import Wish, wanting
from lurewatch.finding import Label, Service, Stance
from lurewatch.letters.law import rules
from lurewatch.letters.notice import Claim
from lurewatch.review import words
from lurewatch.review.app import create_app
from lurewatch.review.language import catalogue
from lurewatch.review.problems import told
from lurewatch.store import Store
from lurewatch.takedown import Institution, Track
from tests.review.conftest import logged_in, token
from tests.takedown.test_letters import PAPERS, PROFILE, confirmed, no_browser, words_of

CHINESE = re.compile(r"[一-鿿]")
POST = "停息挂账，加微信 demo_0088，电话13800001234，六十期慢慢还"


@pytest.fixture
def app(store: Store, settings: Settings) -> Any:
    settings.profile_file.write_text(PROFILE, "utf-8")
    for name, role in (("ann", "reviewer"), ("lee", "lead"), ("aud", "auditor"), ("law", "legal")):
        workflow.add_user(store, name, "password1", role)
    settings = no_browser(settings)
    return create_app(store, secret="x" * 32, evidence_dir=settings.evidence_dir, settings=settings)


@pytest.fixture
def a_lure(store: Store, settings: Settings, a_finding: Any) -> Any:
    def make(text: str = POST, **changes: Any) -> int:
        return confirmed(store, settings, a_finding(text, **changes))

    return make


def drafting(client: TestClient, number: int, track: str = "A", **form: str) -> Any:
    given = {"token": token(client, f"/findings/{number}/draft"), "channel": "platform-report"}
    if track == "B":
        given["channel"] = "platform-infringement"
    return client.post(f"/findings/{number}/draft/{track}", data=given | form)


def test_a_report_is_drafted_in_the_console(app: Any, store: Store, a_lure: Any) -> None:
    number = a_lure()
    ann = logged_in(app, "ann")
    assert f'href="/findings/{number}/draft"' in ann.get(f"/findings/{number}").text
    form = ann.get(f"/findings/{number}/draft").text
    assert "中央网信办举报中心" in form and "13800001234" not in form.partition("<details class=\"card\"")[0]  # fmt: skip
    answer = drafting(ann, number, channel="12377", quote="加微信 demo_0088，电话13800001234")
    assert str(answer.url).endswith("/requests/1")
    assert "已起草，但没有 PDF" in answer.text
    (request,) = workflow.requests_about(store, number)
    assert (request.channel, request.drafted_by, request.state) == ("12377", "ann", "drafted")
    letter = words_of(request.letter)
    assert "原文摘录：“加微信 demo_0088，电话" in letter
    assert "13800001234" not in letter
    assert "停息挂账，加" not in letter  # what was chosen is quoted, not the beginning
    assert "原文摘录：“加微信" in answer.text  # in the form of the channel too
    kinds = [one.kind for one in workflow.files_of(store, [1])]
    assert kinds == ["letter", "archive"]


def test_what_the_form_offers_is_taken(app: Any, store: Store, a_lure: Any) -> None:
    number = a_lure("他说“停息挂账”，\n电话13800001234", title="老师傅")
    ann = logged_in(app, "ann")
    form = ann.get(f"/findings/{number}/draft").text
    offered = re.search(r'<textarea name="quote"[^>]*>(.*?)</textarea>', form, re.S)
    assert offered and "‘停息挂账’" in offered[1]  # no words of the post as they stand in it
    assert str(drafting(ann, number, quote=html.unescape(offered[1])).url).endswith("/requests/1")
    assert workflow.request(store, 1).quote == ""


def test_what_is_refused_is_said_above_the_form(app: Any, store: Store, a_lure: Any) -> None:
    number = a_lure()
    zh, en = logged_in(app, "ann"), logged_in(app, "lee", "en")
    long = "停" * 51
    refused = drafting(zh, number, quote=long, again="因为")
    assert refused.status_code == 403
    assert "51 个字符，超过 50 个" in refused.text and "帖子中没有这些文字" in refused.text
    assert long in refused.text and 'value="因为"' in refused.text  # as it was filled in
    assert "do not stand in the post" in drafting(en, number, quote="征信修复").text
    wrong = drafting(en, number, "B", infringement="impersonation").text
    assert "names neither the institution" in wrong and not CHINESE.search(alert(wrong))
    assert drafting(zh, number, token="forged").status_code == 403
    assert drafting(zh, number, channel="nowhere").status_code == 403
    assert zh.get(f"/findings/{number}/draft?track=C").status_code == 403
    assert workflow.requests(store) == []


def alert(text: str) -> str:
    found = re.search(r'role="alert">(.*?)</section>', text, re.S)
    assert found
    return found[1]


def test_a_notice_asks_for_what_the_profile_does_not_give(
    app: Any, store: Store, settings: Settings, a_lure: Any
) -> None:
    number = a_lure("演示消金客服，停息挂账，加微信 demo_0088")
    law = logged_in(app, "law")
    before = law.get(f"/findings/{number}/draft?track=B").text
    assert "授权委托书" in before and "商标" in before
    settings.profile_file.write_text(PROFILE + PAPERS, "utf-8")
    for name in ("licence.png", "poa.pdf", "id.png", "mark.pdf"):
        (settings.home / name).write_bytes(name.encode())
    assert "授权委托书" not in law.get(f"/findings/{number}/draft?track=B").text
    none = drafting(law, number, "B")
    assert none.status_code == 403 and "权利人通知须写明其一" in none.text
    harsh = drafting(law, number, "B", infringement="impersonation", facts="发帖人是骗子。")
    assert harsh.status_code == 403
    assert "骗子" in alert(harsh.text) and "只有法院或主管机关" in alert(harsh.text)
    assert (
        drafting(law, number, "B", infringement="false_facts").status_code == 403
    )  # no such right
    done = drafting(
        law, number, "B", infringement="impersonation", facts="该账号疑似自称我方客服。"
    )
    assert str(done.url).endswith("/requests/1"), alert(done.text)
    (request,) = workflow.requests(store)
    assert (request.track, request.infringement) == (Track.B, "impersonation")
    assert "该账号疑似自称我方客服。" in words_of(request.letter)


def test_who_may_not_draft(app: Any, store: Store, a_lure: Any) -> None:
    number = a_lure()
    aud = logged_in(app, "aud")
    assert aud.get(f"/findings/{number}/draft").status_code == 403
    assert "/draft" not in aud.get(f"/findings/{number}").text
    form = {"token": token(aud, "/coverage"), "channel": "12377"}
    assert aud.post(f"/findings/{number}/draft/A", data=form).status_code == 403
    assert workflow.requests(store) == []


def test_whoever_looks_a_second_time_is_told_nothing(
    app: Any, store: Store, a_finding: Any
) -> None:
    number = a_finding()
    workflow.decide(store, number, reviewer="ann", label=Label.LURE, stance=Stance.SOLICIT, services=[Service.C2], second_share=1.0)  # fmt: skip
    lee = logged_in(app, "lee")
    assert str(lee.get(f"/findings/{number}/draft").url).endswith(f"/findings/{number}")
    assert f'href="/findings/{number}/draft"' not in lee.get(f"/findings/{number}").text


def test_the_same_address_is_refused_with_its_request(app: Any, store: Store, a_lure: Any) -> None:
    number = a_lure()
    ann = logged_in(app, "ann")
    drafting(ann, number)
    workflow.take_step(store, 1, "submit", who="ann", role="reviewer")
    refused = drafting(ann, number)
    assert refused.status_code == 403
    assert "向百度贴吧提出过请求 1（待批准）" in alert(refused.text)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_everything_that_is_lacking_is_said_in_the_readers_language(
    language: str, store: Store, settings: Settings, a_finding: Any
) -> None:
    found = workflow.finding(store, a_finding(url=""), reader="t")
    broken = Institution(
        name="演示", credit_code="1", email="x", brands=("停息挂账",), licence="no"
    )
    said = catalogue(language).gettext
    items = [
        item
        for profile in (Institution(), broken)
        for code in ("impersonation", "trademark", "false_facts")
        for item in wanting(
            found, profile, None, Wish(Track.B, claim=Claim(code), quote="无" * 60), settings.home
        )
    ]
    assert len(set(items)) > 15
    for item in items:
        shown = told(item, said)
        assert shown != item or not CHINESE.search(item)
        chinese = bool(CHINESE.search(shown.replace("演示", "")))
        assert chinese == (language == "zh"), shown


def test_every_reason_of_the_wording_rules_has_words() -> None:
    wording = rules("wording.yaml")
    whys = {rule["why"] for rule in (*wording["forbidden"], *wording["debtor"])}
    assert whys == set(words.WHYS.values())
    codes = [row["code"] for row in rules("infringements.yaml")["infringements"]]
    assert codes == list(words.INFRINGEMENTS)


@pytest.mark.parametrize("step", ["approve", "send"])
@pytest.mark.parametrize("what", ["edited", "removed"])
def test_an_edited_letter_goes_no_further(
    app: Any, store: Store, a_lure: Any, step: str, what: str
) -> None:
    ann, lee = logged_in(app, "ann"), logged_in(app, "lee")
    drafting(ann, a_lure())
    workflow.take_step(store, 1, "submit", who="ann", role="reviewer")
    if step == "send":
        workflow.take_step(store, 1, "approve", who="lee", role="lead")
    letter = workflow.request(store, 1).letter
    if what == "edited":
        document = Document(str(letter))
        document.add_paragraph("发帖人是骗子。")
        document.save(str(letter))
    else:
        letter.unlink()
    before = workflow.request(store, 1).state
    refused = lee.post(f"/requests/1/{step}", data={"token": token(lee, "/requests/1")})
    assert refused.status_code == 403
    assert letter.name in refused.text and "重新起草" in refused.text
    assert ("在起草后被改动" if what == "edited" else "已不存在") in refused.text
    assert workflow.request(store, 1).state == before
    form = {"token": token(lee, "/requests/1"), "note": "改过的函件"}
    assert lee.post("/requests/1/withdraw", data=form).status_code == 200
    assert drafting(ann, 1).status_code == 200  # drafted anew, as it was told


def test_the_files_can_be_taken_along(app: Any, store: Store, a_lure: Any) -> None:
    ann = logged_in(app, "ann")
    drafting(ann, a_lure())
    request = workflow.request(store, 1)
    assert 'href="/requests/1/files/letter"' in ann.get("/requests/1").text
    answer = ann.get("/requests/1/files/letter")
    assert answer.content == request.letter.read_bytes()
    assert answer.headers["content-disposition"].startswith("attachment")
    assert ann.get("/requests/1/files/archive").content == request.package.read_bytes()
    for path in ("/requests/1/files/pdf", "/requests/1/files/x", "/requests/9/files/letter"):
        assert ann.get(path).status_code == 404
    assert TestClient(app, follow_redirects=False).get("/requests/1/files/letter").status_code == 303  # fmt: skip
    request.letter.write_bytes(b"another")
    assert ann.get("/requests/1/files/letter").status_code == 403
    deeds = [one.what for one in workflow.audit_log(store) if one.who == "ann"]
    assert deeds.count("take letter") == deeds.count("take archive") == 1


def test_changed_evidence_goes_no_further(app: Any, store: Store, a_lure: Any) -> None:
    lee = logged_in(app, "lee")
    drafting(logged_in(app, "ann"), a_lure())
    workflow.take_step(store, 1, "submit", who="ann", role="reviewer")
    archive = workflow.request(store, 1).package
    archive.write_bytes(archive.read_bytes() + b"x")
    refused = lee.post("/requests/1/approve", data={"token": token(lee, "/requests/1")})
    assert refused.status_code == 403 and archive.name in refused.text


def test_a_broken_profile_stops_only_what_needs_it(
    app: Any, store: Store, settings: Settings, a_lure: Any, a_finding: Any
) -> None:
    lure, open_one = a_lure(), a_finding("停息挂账 六十期", post_id="2")
    ann, lee = logged_in(app, "ann"), logged_in(app, "lee")
    drafting(ann, lure)
    settings.profile_file.write_text("name: 演示消费金融有限公司\nbrandz: [演示消金]\n", "utf-8")
    shown = ann.get(f"/findings/{open_one}")
    assert shown.status_code == 200
    assert "无法判断此帖是否提及本机构" in shown.text and "第 2 行：没有字段 &#39;brandz&#39;" in shown.text  # fmt: skip
    request = ann.get("/requests/1")
    assert request.status_code == 200 and "无法填写渠道表单" in request.text
    draft = ann.get(f"/findings/{lure}/draft")
    assert draft.status_code == 400 and "brandz" in draft.text
    form = {"stance": "SOLICIT", "services": "C2", "label": "lure"}
    form["token"] = token(ann, f"/findings/{open_one}")
    refused = ann.post(f"/findings/{open_one}/decide", data=form)
    assert refused.status_code == 403 and "只有主管可以认定" in refused.text
    assert workflow.decisions_on(store, open_one) == []
    assert 'value="ask_lead"' in shown.text
    asked = ann.post(f"/findings/{open_one}/decide", data=form | {"label": "ask_lead"})
    assert asked.status_code == 200
    seen = lee.get(f"/findings/{open_one}").text
    assert "无法判断是否提及本机构" in seen
    form["token"] = token(lee, f"/findings/{open_one}")
    assert lee.post(f"/findings/{open_one}/decide", data=form).status_code == 200
    assert workflow.decisions_on(store, open_one)[-1].label is Label.LURE


def test_whoever_holds_a_finding_is_said_with_the_consoles_time(
    app: Any, store: Store, a_finding: Any
) -> None:
    number = a_finding()
    claim = workflow.open_finding(store, number, user=workflow.User("lee", "lead", False)).claim
    ann = logged_in(app, "ann", "en")
    form = {"stance": "SOLICIT", "services": "C2", "label": "lure", "token": token(ann, "/coverage")}  # fmt: skip
    refused = ann.post(f"/findings/{number}/decide", data=form).text
    assert claim
    until = claim.until.replace(second=0, microsecond=0)
    shown = f"{until.astimezone(CHINA):%Y-%m-%d %H:%M}"
    assert f'lee, until <time datetime="{until.isoformat()}">{shown}</time>' in refused
