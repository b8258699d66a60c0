"""What went wrong is said in the reader's language, with a way back; a login leads where one wanted to go."""

import re
from typing import Any

from fastapi.testclient import TestClient

from lurewatch import workflow
from lurewatch.finding import Label
from lurewatch.review.audit import address_of, deed_in_words
from lurewatch.review.language import catalogue
from lurewatch.store import Store
from lurewatch.workflow import AuditEntry
from tests.conftest import NOW
from tests.review.conftest import decision, logged_in, token
from tests.takedown.test_requests import drafted

CHINESE = re.compile(r"[一-鿿]")


def test_a_refused_step_leads_back_to_its_request(app: Any, store: Store, a_finding: Any) -> None:
    number = drafted(store, a_finding(), by="kim")
    client = logged_in(app, "lee", "zh")
    form = {"token": token(client, f"/requests/{number}")}
    refused = client.post(f"/requests/{number}/approve", data=form)
    assert refused.status_code == 403
    assert f'<a href="/requests/{number}">返回刚才的页面</a>' in refused.text
    assert f"请求 {number} 处于“已起草”" in refused.text


def test_what_is_missing_is_a_page(app: Any) -> None:
    for name in ("", "aud"):
        client = logged_in(app, name) if name else TestClient(app)
        for path, status in (("/nowhere", 404), ("/findings/abc", 422), ("/register.pdf", 404)):
            answer = client.get(path)
            if name:
                assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")  # fmt: skip
                assert "没有这个页面" in answer.text
            assert '"detail"' not in answer.text


def test_a_login_leads_where_one_wanted_to_go(app: Any, a_finding: Any) -> None:
    number = a_finding()
    client = TestClient(app)
    client.get("/register.csv")  # a file is nothing to come back to
    client.get(f"/findings/{number}?grade=L3")
    form = {"name": "kim", "password": "password1", "token": token(client)}
    answer = client.post("/login", data=form)
    assert str(answer.url).endswith(f"/findings/{number}?grade=L3")


def test_the_audit_log_is_not_for_reviewers(app: Any, store: Store, a_finding: Any) -> None:
    number = a_finding()
    decision(logged_in(app, "kim"), number, label="lure")
    assert logged_in(app, "kim").get("/audit").status_code == 403
    assert 'href="/audit"' not in logged_in(app, "kim").get("/").text
    auditor = logged_in(app, "aud")
    shown = auditor.get(f"/audit?subject={number}&who=kim").text
    assert "决定: 引流内容" in shown
    assert f'<a href="/findings/{number}">' in shown
    assert "日志中没有这样的记录" in auditor.get("/audit?who=nobody").text
    rows = auditor.get("/audit.csv?who=kim").text.splitlines()
    assert rows[0].lstrip("\ufeff") == "at,who,what,subject,chain"
    assert {row.split(",")[1] for row in rows[1:]} == {"kim"}


def test_every_deed_on_record_has_words(app: Any, store: Store, a_finding: Any) -> None:
    number = drafted(store, a_finding())
    workflow.take_step(store, number, "submit", who="ann", role="reviewer")
    said = catalogue("zh").gettext
    told = {one.what: deed_in_words(one.what, said) for one in workflow.audit_log(store)}
    assert [what for what, shown in told.items() if not CHINESE.search(shown)] == []
    assert address_of(AuditEntry(NOW, "x", "submit request", "7", "")) == "/requests/7"
    assert address_of(AuditEntry(NOW, "x", f"decide {Label.LURE}", "7", "")) == "/findings/7"
    assert address_of(AuditEntry(NOW, "x", "log in", "", "")) == ""


def test_a_second_look_does_not_show_what_came_of_the_first(
    app: Any, store: Store, a_finding: Any
) -> None:
    number = a_finding()
    workflow.decide(store, number, reviewer="ann", label=Label.LURE, stance="SOLICIT", services=["C2"], second_share=1.0)  # type: ignore[arg-type]  # fmt: skip
    assert workflow.queue(store, workflow.Wanted(), user=workflow.User("kim", "reviewer", False), limit=1, offset=0).looks == 1  # fmt: skip
    request = drafted_again(store, number)
    assert f'href="/requests/{request}"' in logged_in(app, "ann").get(f"/findings/{number}").text
    assert (
        f'href="/requests/{request}"' not in logged_in(app, "kim").get(f"/findings/{number}").text
    )


def drafted_again(store: Store, number: int) -> int:
    """A request about a finding that is decided already."""
    from datetime import UTC, datetime
    from pathlib import Path

    from lurewatch.takedown import TakedownRequest, TakedownState, Track

    request = TakedownRequest(0, number, Track.A, "百度贴吧", TakedownState.DRAFTED, Path("a.docx"), Path("a.zip"), "ann", datetime.now(UTC))  # fmt: skip
    return workflow.record_request(store, request).request_id
