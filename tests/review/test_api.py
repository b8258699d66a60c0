"""The API as a platform's desk meets it, and the webhooks as their receiver does."""

import io
import json
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given
from hypothesis import settings as bounded
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance
from typer.testing import CliRunner

from lurewatch import desk, workflow
from lurewatch.cli import app as command
from lurewatch.config import Settings, read_secrets
from lurewatch.errors import InputError, NotAllowedError
from lurewatch.finding import Label, Service, Stance
from lurewatch.hooks import checked_url, signature
from lurewatch.review.api.access import Rate
from lurewatch.review.app import create_app
from lurewatch.store import Store, open_store
from tests.takedown.test_requests import drafted, sent

few = bounded(
    max_examples=12,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
READ = ("findings:read", "evidence:read", "outcomes:write")


@pytest.fixture
def app(store: Store, settings: Settings) -> Any:
    return create_app(store, secret="x" * 32, evidence_dir=settings.evidence_dir)


@pytest.fixture
def client(app: Any, store: Store) -> Any:
    """Asks as a desk with the scopes that are given."""

    def make(*scopes: str, name: str = "tieba desk") -> TestClient:
        shown = desk.add_token(store, name, scopes or READ, who="op")
        return TestClient(
            app, headers={"Authorization": f"Bearer {shown}"}, base_url="http://testserver/api/v1/"
        )

    return make  # fmt: skip


def decide(store: Store, number: int, label: Label = Label.LURE, stance: Stance = Stance.SOLICIT) -> None:  # fmt: skip
    services = (Service.C2,) if label is Label.LURE else ()
    workflow.decide(store, number, reviewer="r", label=label, stance=stance, services=services)


def test_problems_are_problem_json(app: Any, client: Any, store: Store, a_finding: Any) -> None:
    reader = client("findings:read")
    number = a_finding()
    nobody = TestClient(app, base_url="http://testserver/api/v1/")
    answers = [
        (401, nobody.get("findings")),
        (401, nobody.get("findings", headers={"Authorization": "Bearer lw_other"})),
        (403, reader.get("findings/1/evidence")),
        (403, reader.get("findings?label=any")),
        (404, reader.get(f"findings/{number}")),  # nobody has decided it
        (404, reader.get("nowhere")),
        (405, reader.delete("findings")),
        (422, reader.get("findings/x")),
        (422, reader.get("findings?cursor=-1")),
        (422, reader.get("findings?limit=101")),
    ]
    for status, answer in answers:
        assert answer.status_code == status, answer.url
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status
        assert "set-cookie" not in answer.headers
    assert answers[0][1].headers["www-authenticate"] == "Bearer"
    desk.revoke_token(store, "tieba desk", who="op")
    assert reader.get("findings").status_code == 401


def test_the_description_is_there_and_only_there(app: Any) -> None:
    nobody = TestClient(app, follow_redirects=False)
    assert nobody.get("/api/v1/openapi.json").json()["openapi"].startswith("3.1")
    for path in ("/openapi.json", "/docs", "/redoc", "/api/v1/docs", "/api/v1/redoc"):
        assert nobody.get(path).status_code == 404


def test_whoever_asks_too_often_waits(app: Any, client: Any) -> None:
    reader = client()
    api = next(route.app for route in app.routes if getattr(route, "path", "") == "/api/v1")
    api.state.rate = Rate(3)
    assert [reader.get("findings").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert int(reader.get("findings").headers["retry-after"]) > 0
    assert client(name="other").get("findings").status_code == 200
    rate = Rate(1)
    assert (rate.wait("a", 0.0), rate.wait("a", 30.0), rate.wait("a", 60.0)) == (0, 31, 0)


def test_only_decided_lures_page_by_page(client: Any, store: Store, a_finding: Any) -> None:
    numbers = [a_finding(post_id=str(at)) for at in range(5)]
    for number in numbers[:3]:
        decide(store, number)
    decide(store, numbers[3], Label.NOT_LURE, Stance.VICTIM)
    reader = client()

    def fetched(path: str) -> tuple[list[int], str]:
        page = reader.get(path).json()
        return [one["finding"] for one in page["findings"]], page["next"]

    first, cursor = fetched("findings?limit=2")
    rest, cursor = fetched(f"findings?limit=2&cursor={cursor}")
    assert (first, rest) == (numbers[:2], numbers[2:3])
    assert fetched(f"findings?cursor={cursor}") == ([], cursor)
    workflow.undo_decision(store, numbers[0], reviewer="r")
    decide(store, numbers[1], Label.NOT_LURE, Stance.SEEK)
    decide(store, numbers[4])
    assert fetched("findings")[0] == [numbers[2], numbers[4]]
    assert fetched(f"findings?cursor={cursor}")[0] == [numbers[4]]  # what was decided since
    for wrong in ("platform=weibo", "grade=L2", "service=C9", "since=2099-01-01T00:00:00"):
        assert fetched(f"findings?{wrong}")[0] == []
    right = "platform=tieba&grade=L3&service=C2&since=2020-01-01T00:00:00%2B08:00"
    assert fetched(f"findings?{right}")[0] == [numbers[2], numbers[4]]
    assert reader.get(f"findings/{numbers[3]}").status_code == 404
    everything = client("findings:read", "findings:all", name="own")
    assert len(everything.get("findings?label=any").json()["findings"]) == 4
    reads = [one.who for one in workflow.audit_log(store) if one.what == "read finding"]
    assert "desk own" in reads and "desk tieba desk" in reads


def test_a_finding_has_what_a_desk_needs_and_a_protected_one_is_masked(
    client: Any, store: Store, a_finding: Any
) -> None:
    lure = a_finding("停息挂账，电话13900000000", post_id="1")
    other = a_finding("我电话13800001234", post_id="2", url="")
    decide(store, lure)
    decide(store, other, Label.NOT_LURE, Stance.VICTIM)
    reader = client("findings:read", "findings:all")
    found = reader.get(f"findings/{lure}").json()
    assert (found["text"], found["url"]) == (
        "停息挂账，电话13900000000",
        "https://tieba.baidu.com/p/9001",
    )
    assert found["account"] == {"id": "un-1", "name": "演示甲"}
    assert found["services"] == ["C2"] and found["reasons"][0]["meaning"] == "停息挂账"
    assert found["evidence_sha256"] is None and found["outcomes"] == []
    assert reader.get(f"findings/{other}").json()["text"] == "我电话138****1234"


def test_evidence_leaves_by_its_custody_log(client: Any, store: Store, a_finding: Any, tmp_path: Path) -> None:  # fmt: skip
    number = a_finding()
    decide(store, number)
    reader = client()
    assert reader.get(f"findings/{number}/evidence").status_code == 404
    package = tmp_path / "tieba-1"
    package.mkdir()
    (package / "page.png").write_bytes(b"\x89PNG")
    workflow.record_evidence(store, number, package, "a" * 64, True)
    answer = reader.get(f"findings/{number}/evidence")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.read("tieba-1/page.png") == b"\x89PNG"
        assert b"desk tieba desk" in archive.read("tieba-1/custody.jsonl")
    last = workflow.custody_of(store, "a" * 64)[-1]
    assert (last.who, last.what) == ("desk tieba desk", "exported tieba-1.zip")
    assert client("findings:read", name="x").get(f"findings/{number}/evidence").status_code == 403


def test_what_a_desk_says_is_kept_for_good(client: Any, store: Store, a_finding: Any) -> None:
    number = a_finding()
    writer = client()
    said = {"result": "refused", "reference": "T-1\0", "note": "不违规"}
    assert writer.post(f"findings/{number}/outcomes", json=said).status_code == 404
    decide(store, number)
    first = writer.post(f"findings/{number}/outcomes", json=said)
    again = writer.post(f"findings/{number}/outcomes", json=said)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    later = {"result": "removed", "reference": "T-2"}
    assert writer.post(f"findings/{number}/outcomes", json=later).status_code == 201
    kept = desk.outcomes_of(store, number)
    assert [(one.result, one.reference, one.note) for one in kept] == [
        ("refused", "T-1␀", "不违规"),
        ("removed", "T-2", ""),
    ]
    for wrong in ({"result": "gone", "reference": "x"}, {"result": "removed", "reference": ""}, later | {"x": 1}):  # fmt: skip
        assert writer.post(f"findings/{number}/outcomes", json=wrong).status_code == 422
    notes = [one.what for one in workflow.audit_log(store) if one.who == "desk tieba desk"]
    assert notes == ["outcome refused", "outcome removed"]
    assert workflow.check_audit(store).broken is None


def test_requests_that_were_sent(client: Any, store: Store, a_finding: Any) -> None:
    workflow.add_user(store, "lee", "password1", "lead")
    numbers = [
        drafted(store, a_finding(post_id=n, url=f"https://tieba.baidu.com/p/{n}")) for n in "123"
    ]
    reader = client("requests:read")
    assert client("findings:read", name="other").get("requests").status_code == 403
    assert reader.get("findings").status_code == 403
    assert reader.get("requests").json() == {"requests": [], "next": "0"}
    assert reader.get(f"requests/{numbers[0]}").status_code == 404  # a draft is nobody's business
    sent(store, numbers[1])
    first = reader.get("requests").json()
    assert [one["request"] for one in first["requests"]] == [numbers[1]]
    sent(store, numbers[0])  # an earlier number, sent later
    workflow.take_step(store, numbers[0], "acknowledge", who="ann", role="reviewer", receipt="R-1")
    later = reader.get("requests", params={"cursor": first["next"]}).json()
    (one,) = later["requests"]
    assert (one["request"], one["state"], one["receipt"]) == (numbers[0], "acknowledged", "R-1")
    assert [step["step"] for step in one["steps"]] == ["submit", "approve", "send", "acknowledge"]
    assert one["sent_at"] and '"ann"' not in json.dumps(one)
    assert reader.get("requests", params={"cursor": later["next"]}).json()["requests"] == []
    assert reader.get(f"requests/{numbers[0]}").json() == one
    for query, found in (("state=sent", [numbers[1]]), (f"finding={one['finding']}", [numbers[0]]), ("channel=x", [])):  # fmt: skip
        shown = reader.get(f"requests?{query}").json()["requests"]
        assert [each["request"] for each in shown] == found
    read = [e.subject for e in workflow.audit_log(store) if e.what == "read request"]
    assert read.count(str(numbers[0])) == 3 and str(numbers[2]) not in read


def test_schemathesis_finds_no_fault_of_the_server(app: Any, store: Store, a_finding: Any) -> None:
    for at in range(3):
        decide(store, a_finding(post_id=str(at)))
    api = next(route.app for route in app.routes if getattr(route, "path", "") == "/api/v1")
    api.state.rate = Rate(1_000_000)
    sent(store, drafted(store, a_finding(post_id="9", url="https://tieba.baidu.com/p/9")))
    shown = desk.add_token(store, "fuzz", list(desk.SCOPES), who="op")
    schema = schemathesis.openapi.from_asgi("/openapi.json", api)
    seen: set[int] = set()
    for operation, mode in product(schema.get_all_operations(), schemathesis.GenerationMode):

        @few
        @given(case=operation.ok().as_strategy(generation_mode=mode))
        def fuzz(case: Any) -> None:
            answer = case.call(headers={"Authorization": f"Bearer {shown}"})
            seen.add(answer.status_code)
            case.validate_response(answer, checks=[not_a_server_error, response_schema_conformance])

        fuzz()
    assert {200, 404, 422} <= seen


@pytest.fixture
def receiver() -> Iterator[Any]:
    """A receiver on this machine that answers as it is told and remembers what it was told."""

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.told.append((dict(self.headers), body))
            self.send_response(server.status)
            self.send_header("Location", "http://169.254.169.254/")
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    server: Any = HTTPServer(("127.0.0.1", 0), Answers)
    server.told, server.status = [], 200
    server.url = f"http://127.0.0.1:{server.server_port}/hook?x=1"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_webhook_is_told_signed_and_again_until_it_answers(
    store: Store, a_finding: Any, receiver: Any
) -> None:
    local = [receiver.url]
    hook = desk.add_webhook(store, receiver.url, local, who="op")
    number = a_finding()
    decide(store, number)
    now = datetime.now(UTC)
    receiver.status = 302  # not followed
    assert desk.deliver_one(store, now, local) is False
    assert desk.deliver_one(store, now, local) is None  # not due yet
    receiver.status = 204
    assert desk.deliver_one(store, now + timedelta(seconds=61), local) is True
    assert desk.deliver_one(store, now + timedelta(days=9), local) is None
    (first, body), (second, again) = receiver.told
    assert body == again
    told = json.loads(body)
    assert (told["event"], told["finding"]) == ("finding.lure", number)
    assert first["Lurewatch-Delivery"] == second["Lurewatch-Delivery"]
    stamp = int(second["Lurewatch-Timestamp"])
    assert second["Lurewatch-Signature"] == signature(hook.secret, stamp, body)
    assert desk.webhooks(store)[0][1] == {"delivered": 1}


def test_webhooks_are_told_what_became_of_requests_that_left_the_house(
    store: Store, a_finding: Any, receiver: Any
) -> None:
    workflow.add_user(store, "lee", "password1", "lead")
    numbers = [drafted(store, a_finding(post_id=n, url=f"https://tieba.baidu.com/p/{n}")) for n in "12"]  # fmt: skip
    desk.add_webhook(store, receiver.url, [receiver.url], who="op")
    workflow.take_step(store, numbers[1], "withdraw", who="lee", role="lead", note="a better one")
    sent(store, numbers[0])
    workflow.take_step(store, numbers[0], "acknowledge", who="ann", role="reviewer", receipt="R-1")
    workflow.record_check(store, numbers[0], "gone", "", datetime.now(UTC))
    while desk.deliver_one(store, datetime.now(UTC), [receiver.url]) is not None:
        pass
    told = [json.loads(body) for _, body in receiver.told]
    events = ["request.sent", "request.acknowledged", "request.removed"]
    assert [one["event"] for one in told] == events
    assert {one["finding"] for one in told} == {workflow.request(store, numbers[0]).finding_id}


def test_a_webhook_that_never_answers_is_given_up(
    store: Store, a_finding: Any, receiver: Any
) -> None:
    desk.add_webhook(store, receiver.url, [receiver.url], who="op")
    decide(store, a_finding())
    receiver.status = 500
    now, tries = datetime.now(UTC), 0
    while desk.deliver_one(store, now, [receiver.url]) is not None:
        now, tries = now + timedelta(days=2), tries + 1
    assert tries == len(receiver.told) == len(desk.TRIES) + 1
    assert desk.webhooks(store)[0][1] == {"given_up": 1}


def test_a_disabled_webhook_is_told_nothing(store: Store, a_finding: Any, receiver: Any) -> None:
    hook = desk.add_webhook(store, receiver.url, [receiver.url], who="op")
    decide(store, a_finding())
    desk.disable_webhook(store, hook.webhook_id, who="op")
    decide(store, a_finding(post_id="2"))
    assert desk.deliver_one(store, datetime.now(UTC), [receiver.url]) is None
    assert receiver.told == []


def test_no_address_of_a_private_network_is_told(store: Store, a_finding: Any, receiver: Any) -> None:  # fmt: skip
    private = (
        "http://desk.example.com/",
        "https://192.168.1.1/",
        "https://localhost/",
        receiver.url,
    )
    wrong = ("https://a:b@x.example/", "ftp://x", "https://x y/", "https://x:99999/", "")
    for url in private + wrong:
        with pytest.raises(InputError):
            checked_url(url, ())
    desk.add_webhook(store, receiver.url, [receiver.url], who="op")
    decide(store, a_finding())
    assert desk.deliver_one(store, datetime.now(UTC), ()) is False  # no longer configured
    assert receiver.told == []


def test_two_that_deliver_never_take_the_same(settings: Settings, postgres: Any, receiver: Any, a_post: Any, a_capture: Any) -> None:  # fmt: skip
    from tests.conftest import Judge

    settings = replace(settings, db_url=postgres())
    stores = [open_store(settings, read_secrets(settings, {})) for _ in range(2)]
    desk.add_webhook(stores[0], receiver.url, [receiver.url], who="op")
    run_id = workflow.start_run(stores[0], platform="tieba", how="spider")
    posts = [a_post(post_id=str(at)) for at in range(12)]
    workflow.take_in(stores[0], a_capture(*posts, run_id=run_id))
    workflow.judge_pending(stores[0], Judge())  # type: ignore[arg-type]
    for one in workflow.findings_to_review(stores[0]):
        decide(stores[0], one.finding_id)
    now = datetime.now(UTC)

    def deliver(store: Store) -> None:
        while desk.deliver_one(store, now, [receiver.url]) is not None:
            pass

    threads = [threading.Thread(target=deliver, args=(one,)) for one in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = [headers["Lurewatch-Delivery"] for headers, _ in receiver.told]
    assert len(told) == len(set(told)) == 12
    for one in stores:
        one.engine.dispose()


def test_the_commands(store: Store, settings: Settings, receiver: Any, a_finding: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setenv("LUREWATCH_HOME", str(settings.home))
    monkeypatch.setenv("LUREWATCH_WEBHOOK_LOCAL", receiver.url)

    def run(*words: str) -> str:
        done = CliRunner().invoke(command, list(words), catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout

    shown = run("token", "add", "desk", "--scope", "findings:read").strip()
    assert shown.startswith("lw_") and len(shown) == 46
    assert shown not in run("token", "list")
    held = b"".join(path.read_bytes() for path in settings.home.glob("lurewatch.db*"))
    assert shown.encode() not in held
    with pytest.raises(NotAllowedError, match="already"):
        desk.add_token(store, "desk", ["findings:read"], who="op")
    with pytest.raises(NotAllowedError, match="scopes"):
        desk.add_token(store, "other", ["everything"], who="op")
    run("token", "revoke", "desk")
    assert "revoked" in run("token", "list")
    number = run("webhook", "add", receiver.url).split()[0]
    assert "HTTP 200" in run("webhook", "test", number)
    decide(store, a_finding())
    assert "1 delivered" in run("webhook", "deliver", "--once")
    assert "1 delivered" in run("webhook", "list")
    run("webhook", "disable", number)
    assert "disabled" in run("webhook", "list")
