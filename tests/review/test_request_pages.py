"""Requests in the console: two people, a step each, and nothing for whom it is not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from lurewatch import workflow
from lurewatch.config import Settings
from lurewatch.finding import Label, Stance
from lurewatch.review.app import create_app
from lurewatch.store import Store
from tests.review.conftest import logged_in, token
from tests.takedown.test_requests import drafted, sent


@pytest.fixture
def app(store: Store, settings: Settings) -> Any:
    for name, role in (("ann", "reviewer"), ("lee", "lead"), ("aud", "auditor")):
        workflow.add_user(store, name, "password1", role)
    return create_app(store, secret="x" * 32, evidence_dir=settings.evidence_dir, settings=settings)


def take(client: TestClient, number: int, step: str, **given: str) -> int:
    form = {"token": token(client, f"/requests/{number}")} | given
    return client.post(f"/requests/{number}/{step}", data=form).status_code


def test_a_request_goes_from_hand_to_hand(app: Any, store: Store, a_finding: Any) -> None:
    number = drafted(store, a_finding())
    ann, lee, aud = (logged_in(app, name) for name in ("ann", "lee", "aud"))
    assert "提交审批" in ann.get(f"/requests/{number}").text
    assert take(ann, number, "submit") == 200
    assert 'action="/requests/1/approve"' not in ann.get(f"/requests/{number}").text
    assert take(ann, number, "approve") == 403
    assert take(aud, number, "approve") == 403
    assert take(lee, number, "approve") == 200
    assert take(lee, number, "send") == 200
    assert take(ann, number, "acknowledge") == 403  # a receipt needs its number
    assert take(ann, number, "acknowledge", receipt="<b>R-1") == 200
    shown = lee.get(f"/requests/{number}").text
    assert "已有回执" in shown and "&lt;b&gt;R-1" in shown and "<b>R-1" not in shown
    assert "平台内举报" in shown and "90 天内无人核实" in shown
    listed = logged_in(app, "aud", "en").get("/requests?state=acknowledged").text
    assert "Receipt given" in listed and f'href="/requests/{number}"' in listed


def test_what_is_not_there(app: Any) -> None:
    lee = logged_in(app, "lee")
    assert lee.get("/requests/99").status_code == 403
    assert lee.get(f"/requests/{2**63}").status_code == 422
    assert "没有这类请求" in lee.get("/requests").text
    assert TestClient(app, follow_redirects=False).get("/requests").status_code == 303


def test_whoever_drafted_is_not_offered_approval(app: Any, store: Store, a_finding: Any) -> None:
    workflow.add_user(store, "kim", "password1", "lead")
    number = drafted(store, a_finding(), by="lee")
    assert take(logged_in(app, "ann"), number, "submit") == 200
    path = f'action="/requests/{number}/approve"'
    lee, kim = logged_in(app, "lee"), logged_in(app, "kim")
    own = lee.get(f"/requests/{number}").text
    assert path not in own and "须由另一人批准" in own
    assert f'action="/requests/{number}/return"' in own
    assert take(lee, number, "approve") == 403
    assert path in kim.get(f"/requests/{number}").text
    assert take(kim, number, "approve") == 200


def test_a_receipt_is_kept_with_its_request(
    app: Any, store: Store, settings: Settings, a_finding: Any
) -> None:
    number = drafted(store, a_finding())
    sent(store, number)
    ann = logged_in(app, "ann")
    form = {"token": token(ann, f"/requests/{number}"), "receipt": "R-1"}
    files = {"file": ("../回执 1.png", b"\x89PNG receipt", "image/png")}
    assert ann.post(f"/requests/{number}/acknowledge", data=form, files=files).status_code == 200
    (kept,) = workflow.files_of(store, [number])
    assert kept.path and kept.path.parent == settings.receipts_dir
    assert kept.path.read_bytes() == b"\x89PNG receipt" and kept.kept_by == "ann"
    assert kept.sha256 in ann.get(f"/requests/{number}").text
    again = {"file": ("b.png", b"x", "image/png")}
    form["token"] = token(ann, f"/requests/{number}")
    assert ann.post(f"/requests/{number}/acknowledge", data=form, files=again).status_code == 403
    assert list(settings.receipts_dir.iterdir()) == [kept.path]  # what was refused left nothing


def test_requests_are_paged_and_filters_stay_in_the_address(
    app: Any, store: Store, a_finding: Any
) -> None:
    first = drafted(store, a_finding())
    with store.begin() as db:
        db.connection.exec_driver_sql(
            "insert into requests (finding_id, track, recipient, state, letter, package, drafted_by,"
            " drafted_at, channel, infringement) with recursive n(i) as (select 1 union all select i + 1"
            " from n where i < 119) select 1, 'A', 'x', case when i % 2 then 'sent' else 'drafted' end,"
            " 'a', 'b', 'ann', '2026-11-01 00:00:00', case when i < 20 then '12377' else"
            " 'platform-report' end, '' from n"
        )
    lee = logged_in(app, "lee", "en")
    text = lee.get("/requests").text
    assert "<small>120</small>" in text and text.count('<td><a href="/requests/') == 50
    assert 'href="/requests?start=50"' in text and f'href="/requests/{first}"' not in text
    last = lee.get("/requests?start=100").text
    assert last.count('<td><a href="/requests/') == 20 and f'href="/requests/{first}"' in last
    sent = lee.get("/requests?state=sent").text
    assert "<small>60</small>" in sent and 'href="/requests?state=sent&amp;start=50"' in sent
    both = lee.get("/requests?state=sent&channel=12377").text
    assert "<small>10</small>" in both and "start=50" not in both
    assert 'name="state" value="sent"' in both
    for odd in ("state=burnt", "track=C", "start=-5", "start=99999999999", "channel=%00"):
        assert lee.get(f"/requests?{odd}").status_code == 200


def test_a_lead_takes_a_days_requests_further_at_once(
    app: Any, store: Store, a_finding: Any
) -> None:
    numbers = [
        drafted(store, a_finding(f"停息挂账 {n}", post_id=n, url=f"https://tieba.baidu.com/p/{n}"))
        for n in "1234"
    ]
    ann, lee, aud = (logged_in(app, name) for name in ("ann", "lee", "aud"))

    def ticked(client: TestClient, state: str, *some: int) -> str:
        path = f"/requests?state={state}"
        form = {"token": token(client, path), "ticked": [str(one) for one in some]}
        return client.post(path, data=form).text

    assert 'name="ticked"' not in lee.get("/requests").text  # in one state only
    ticked(ann, "drafted", *numbers)
    assert 'name="ticked"' not in ann.get("/requests?state=submitted").text
    offered = lee.get("/requests?state=submitted").text
    assert (
        offered.count('name="ticked"') == 4 and "停息挂账 3" in offered and "checked" not in offered
    )
    assert (
        aud.post("/requests?state=submitted", data={"token": token(aud, "/requests")}).status_code
        == 403
    )
    finding = workflow.request(store, numbers[1]).finding_id
    workflow.decide(store, finding, reviewer="lee", label=Label.NOT_LURE, stance=Stance.VICTIM, services=[])  # fmt: skip
    said = ticked(lee, "submitted", *numbers[:3])
    assert "批准: 2" in said and f'<a href="/requests/{numbers[1]}">' in said and "撤回" in said
    assert "批准: 0" in ticked(lee, "submitted", numbers[0])  # it is approved: no second time
    ticked(lee, "approved", numbers[0], numbers[2])
    states = [str(workflow.request(store, one).state) for one in numbers]
    assert states == ["sent", "submitted", "sent", "submitted"]
    assert (
        lee.post("/requests?state=sent", data={"token": token(lee, "/requests")}).status_code == 403
    )
    listed = [one for one in workflow.audit_log(store) if one.what == "list findings"]
    assert {"ann", "lee"} <= {one.who for one in listed}


@pytest.mark.parametrize(
    ("outcome", "said", "kept"),
    [
        ("removed_by_platform", "removed by the platform", "平台已处置"),
        ("deleted_or_private", "deleted or made private by its author", "作者删除或隐藏"),
        ("account_closed", "its account is closed", "账号注销或封禁"),
        ("gone", "gone; the page does not say why", "已不可见，页面未说明原因"),
    ],
)
def test_each_way_of_being_gone_is_told_apart(
    app: Any, store: Store, a_finding: Any, outcome: Any, said: str, kept: str
) -> None:
    number = drafted(store, a_finding())
    sent(store, number)
    client = logged_in(app, language="en")
    assert f"Removed: {said}" not in client.get("/requests").text
    now = datetime.now(UTC)
    workflow.record_check(store, number, outcome, "", now)
    assert f"Removed: {said}" in client.get("/requests").text
    assert f"Removed: {said}" in client.get(f"/requests/{number}").text
    assert f"已下架（{kept}）" in client.get("/register.csv").text
    workflow.record_check(store, number, "live", "", now + timedelta(hours=1))
    assert said not in client.get("/requests").text  # it is back
    register = client.get("/register.csv").text
    assert f"（{kept}）" not in register  # what was seen then stays, and what came after
    assert f"复查：{kept}" in register and "复查：仍可见" in register
