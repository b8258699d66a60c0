"""What the console shows of the posts that belong together."""

import re
from typing import Any

from fastapi.testclient import TestClient

from lurewatch import workflow
from lurewatch.config import Settings
from lurewatch.review.app import create_app
from lurewatch.store import Store
from tests.link.test_linking import TEMPLATE, a_lure, finding_of, put


def opened(store: Store, settings: Settings, language: str) -> TestClient:
    """The console with a person logged in."""
    workflow.add_user(store, "lee", "password1", "lead")
    app: Any = create_app(store, secret="x" * 32, evidence_dir=settings.evidence_dir)
    client = TestClient(app, headers={"accept-language": language})
    token = re.search(r'name="token" value="([^"]+)"', client.get("/login").text)
    assert token
    client.post("/login", data={"name": "lee", "password": "password1", "token": token[1]})
    return client


def test_a_finding_shows_what_belongs_to_it_and_the_queue_how_much(
    store: Store, settings: Settings
) -> None:
    put(
        store,
        a_lure(1, TEMPLATE.format("郑州") + "，加微信 demo_0088"),
        a_lure(2, TEMPLATE.format("临沂") + "，加微信 demo_0088"),
        a_lure("victim", "被骗了，加微信 demo_0088 那个人"),
        a_lure("alone", "股票老师昨天那只又板了，想跟的看我主页"),
    )
    number = finding_of(store, "1")
    workflow.name_campaign(store, number, "<b>六十期", who="lee")
    client = opened(store, settings, "en")
    page = client.get(f"/findings/{number}").text
    section = page[page.index('aria-label="Linked posts"') :].partition("</section>")[0]
    assert f'href="/findings/{finding_of(store, "2")}"' in section
    assert "A WeChat contact" in section
    assert "Wording" in section
    assert "&lt;b&gt;六十期" in section
    assert "Victim or exposure 1" in section
    assert "demo_0088" not in section
    alone = client.get(f"/findings/{finding_of(store, 'alone')}").text
    assert "Linked posts" not in alone
    queue = client.get("/").text
    assert queue.count("posts that belong together: 2") == 1  # its like is folded under it
    assert "Nearly the same wording, decided with it:" in queue


def test_what_is_shown_beside_a_finding_is_on_record(store: Store, settings: Settings) -> None:
    put(
        store,
        a_lure(1, TEMPLATE.format("郑州") + "，加微信 demo_0088"),
        a_lure(2, TEMPLATE.format("临沂") + "，加微信 demo_0088"),
    )
    one, other = finding_of(store, "1"), finding_of(store, "2")
    client = opened(store, settings, "en")

    def seen() -> list[tuple[str, str, str]]:
        log = [(entry.who, entry.what, entry.subject) for entry in workflow.audit_log(store)]
        return log[log.index(("lee", "log in", "")) :]

    before = len(seen())
    client.get(f"/findings/{one}")
    shown = [(what, subject) for _, what, subject in seen()[before:]]
    assert shown.count(("list findings", str(other))) == 3  # alike, with the same contact, linked
    client.get("/clusters")
    assert seen()[-1] == ("lee", "list clusters", str(one))
    client.get(f"/clusters/{one}")
    assert [entry[1:] for entry in seen()[-2:]] == [("list findings", str(other)), ("read cluster", str(one))]  # fmt: skip
    log = client.get(f"/audit?subject={other}").text
    assert log.count("Saw findings in a list") == 5  # and in the queue, after logging in
