"""Requests in the console: two people, a step each, and nothing for whom it is not."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from lurewatch import workflow
from lurewatch.config import Settings
from lurewatch.review.app import create_app
from lurewatch.store import Store
from tests.review.conftest import logged_in, token
from tests.takedown.test_requests import drafted


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
    assert "12377" in shown and "90 天内无人核实" in shown
    listed = logged_in(app, "aud", "en").get("/requests?state=acknowledged").text
    assert "Receipt given" in listed and f'href="/requests/{number}"' in listed


def test_what_is_not_there(app: Any) -> None:
    lee = logged_in(app, "lee")
    assert lee.get("/requests/99").status_code == 403
    assert "没有这类请求" in lee.get("/requests").text
    assert TestClient(app, follow_redirects=False).get("/requests").status_code == 303
