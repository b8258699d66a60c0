"""The console, over a real store."""

import re
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from fastapi.testclient import TestClient

from lurewatch import workflow
from lurewatch.cli.serving import bound
from lurewatch.config import Settings
from lurewatch.errors import LurewatchError
from lurewatch.finding import Label, Reason
from lurewatch.review import words
from lurewatch.review.marking import pieces
from lurewatch.store import Store
from tests.review.conftest import decision, logged_in, token

REVIEW = Path(words.__file__).parent


def test_nobody_sees_anything_without_a_login(app: Any, a_finding: Any) -> None:
    number = a_finding()
    client = TestClient(app, follow_redirects=False)
    for path in (
        "/",
        f"/findings/{number}",
        "/coverage",
        f"/findings/{number}/evidence/x/page.png",
    ):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert client.post(f"/findings/{number}/decide").status_code == 303


def test_a_wrong_password_and_too_many_of_them(app: Any) -> None:
    client = TestClient(app)
    form = {"name": "lee", "password": "wrong", "token": token(client)}
    assert client.post("/login", data=form).status_code == 401
    answers = [client.post("/login", data=form).status_code for _ in range(9)]
    assert answers[-1] == 429


def test_a_form_from_elsewhere_is_refused(app: Any, store: Store, a_finding: Any) -> None:
    number = a_finding()
    client = logged_in(app)
    form = {"label": "lure", "stance": "SOLICIT", "services": "C2", "token": "forged"}
    assert client.post(f"/findings/{number}/decide", data=form).status_code == 403
    assert workflow.decisions_on(store, number) == []


def test_decide_goes_on_and_can_be_undone(app: Any, store: Store, a_finding: Any) -> None:
    first, second = a_finding(post_id="1"), a_finding(post_id="2")
    client = logged_in(app)
    answer = decision(client, first, label="lure", note="像")
    assert str(answer.url).endswith(f"/findings/{second}")
    assert "已记录" in answer.text
    (made,) = workflow.decisions_on(store, first)
    assert (made.label, made.reviewer, made.note) == (Label.LURE, "lee", "像")
    undone = client.post(f"/findings/{first}/undo", data={"token": token(client, "/")})
    assert str(undone.url).endswith(f"/findings/{first}")
    assert workflow.decisions_on(store, first) == []


def test_an_auditor_reads_and_does_not_decide(app: Any, store: Store, a_finding: Any) -> None:
    number = a_finding()
    client = logged_in(app, "aud")
    assert 'id="decide"' not in client.get(f"/findings/{number}").text
    assert decision(client, number, label="lure").status_code == 403
    assert workflow.decisions_on(store, number) == []


def test_a_victim_cannot_be_called_a_lure(app: Any, store: Store, a_finding: Any) -> None:
    number = a_finding()
    answer = decision(logged_in(app), number, label="lure", stance="VICTIM")
    assert answer.status_code == 403
    assert "引流内容须为招揽或招募" in answer.text
    assert workflow.decisions_on(store, number) == []


def test_a_hostile_post_stays_text(app: Any, a_finding: Any) -> None:
    hostile = {"author_name": '"><img src=x>', "ip_region": "<img src=x>"}
    number = a_finding("<script>alert(1)</script>停息\0\ud800", **hostile)
    client = logged_in(app)
    for path in ("/", f"/findings/{number}"):
        answer = client.get(path)
        assert "<script>alert" not in answer.text
        assert "<img src=x" not in answer.text
        assert "script-src 'self'" in answer.headers["content-security-policy"]
    shown = client.get(f"/findings/{number}").text
    assert "␀" in shown and "IP 属地 <bdi>&lt;img" in shown


def test_numbers_of_a_protected_person_are_hidden(app: Any, store: Store, a_finding: Any) -> None:
    number = a_finding("被骗了，我电话13800001234")
    client = logged_in(app)
    assert "13800001234" in client.get(f"/findings/{number}").text
    decision(client, number, label="not_lure", stance="VICTIM")
    assert "138****1234" in client.get(f"/findings/{number}").text
    assert "13800001234" not in client.get(f"/findings/{number}").text


def test_the_language_is_chosen_and_kept(app: Any) -> None:
    client = logged_in(app)
    values = {"token": token(client, "/coverage"), "back": "/coverage"}
    assert "Coverage" in client.post("/language/en", data=values).text
    elsewhere = client.post(
        "/language/en", data=values | {"back": "//example.com"}, follow_redirects=False
    )
    assert elsewhere.headers["location"] == "/"


def test_both_languages(app: Any, a_finding: Any) -> None:
    a_finding()
    assert "待审队列" in logged_in(app).get("/").text
    english = logged_in(app, language="en-GB").get("/").text
    assert "Queue" in english
    assert "待审队列" not in english


def test_every_message_is_in_both_catalogues() -> None:
    used = {
        word for name in vars(words) if name.isupper() for word in getattr(words, name).values()
    }
    for template in REVIEW.glob("templates/*.html"):
        found = re.findall(r"""_\((?:"([^"]+)"|'([^']+)')\)""", template.read_text("utf-8"))
        used |= {double or single for double, single in found}
    for language in ("zh", "en"):
        with (REVIEW / "locale" / language / "messages.po").open("rb") as file:
            messages = {message.id: message.string for message in read_po(file) if message.id}
        assert set(messages) == used
        assert all(messages.values())


def test_marks_overlap_and_stand_where_they_should() -> None:
    reasons = [
        Reason("text", None, 1, 3, "", "a", "term"),
        Reason("text", None, 2, 4, "", "b", "coding"),
    ]
    shown = [(piece.text, piece.kind) for piece in pieces("😀征信花了", reasons)]
    assert shown == [("😀", ""), ("征", "term"), ("信", "coding"), ("花", "coding"), ("了", "")]


def test_evidence_pictures_only(app: Any, store: Store, settings: Settings, a_finding: Any) -> None:
    number = a_finding()
    package = settings.evidence_dir / "tieba-1"
    package.mkdir(parents=True)
    (package / "page.png").write_bytes(b"\x89PNG")
    (package / "dom.html").write_text("<script>alert(1)</script>")
    workflow.record_evidence(store, number, package, "0" * 64, True)
    client = logged_in(app)
    assert client.get(f"/findings/{number}/evidence/tieba-1/page.png").content == b"\x89PNG"
    for path in ("tieba-1/dom.html", "tieba-2/page.png", "..%2f..%2fsecrets.json/page.png"):
        assert client.get(f"/findings/{number}/evidence/{path}").status_code == 404


def test_a_blocked_run_is_said_beside_an_empty_queue(app: Any, store: Store) -> None:
    run_id = workflow.start_run(store, platform="weibo", how="spider")
    workflow.count_coverage(store, run_id, platform="weibo", keyword="x", state="blocked")
    text = logged_in(app, language="en").get("/").text
    assert "blocked by a wall" in text
    assert "does not mean that there is nothing" in text


def test_a_port_in_use_is_named() -> None:
    with bound("127.0.0.1", 0) as taken, pytest.raises(LurewatchError, match="choose another"):
        bound("127.0.0.1", taken.getsockname()[1])
