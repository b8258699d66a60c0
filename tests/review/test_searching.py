"""Searching by a contact or a wording, and confirming a campaign, in the console."""

from typing import Any

from lurewatch import workflow
from lurewatch.store import Store
from tests.link.test_linking import TEMPLATE, a_lure, finding_of, put
from tests.review.conftest import logged_in, token


def filled(store: Store) -> int:
    put(
        store,
        a_lure(1, TEMPLATE.format("郑州") + "，加微信 demo_0088"),
        a_lure(2, TEMPLATE.format("临沂") + "，加微信 demo_0088"),
        a_lure("victim", "被骗了，加微信 demo_0088 那个人，我电话13800001234"),
    )
    return finding_of(store, "1")


def search(client: Any, sought: str) -> Any:
    return client.post("/search", data={"sought": sought, "token": token(client, "/search")})


def said(store: Store) -> list[tuple[str, str, str]]:
    return [(one.who, one.what, one.subject) for one in workflow.audit_log(store)]


def test_by_a_handle_however_it_is_written(app: Any, store: Store) -> None:
    number = filled(store)
    client = logged_in(app, "aud", language="en")
    text = search(client, "加薇❤ demo_0088").text
    assert f'href="/findings/{number}"' in text
    assert f'href="/clusters/{number}"' in text
    assert "Victim or exposure" in text
    shown = text.partition("</form>\n<section")[2]
    for hidden in ("demo_0088", "13800001234", "tieba.baidu.com"):
        assert hidden not in shown
    assert ("aud", "search posts", "a contact: 3 posts") in said(store)
    found = [subject for who, what, subject in said(store) if what == "found findings"]
    assert str(number) in found[0].split()
    assert "demo_0088" not in str(said(store))


def test_by_the_wording_of_a_complaint(app: Any, store: Store) -> None:
    number = filled(store)
    client = logged_in(app)
    assert f'href="/findings/{number}"' in search(client, "最长六十期，先看方案再谈费用").text
    assert "没有载有它的帖子" in search(client, "周末一起去爬山野餐放风筝吧").text
    refused = search(client, "<b>x")
    assert (refused.status_code, "&lt;b&gt;x" in refused.text) == (400, True)
    assert "至少四个汉字" in refused.text
    assert client.post("/search", data={"sought": "x", "token": "forged"}).status_code == 403


def test_a_campaign_is_named_and_taken_back(app: Any, store: Store) -> None:
    number = filled(store)
    client = logged_in(app, "kim", language="en")
    path = f"/clusters/{number}"
    assert path in client.get("/clusters").text
    assert path in client.get(f"/findings/{number}").text
    form = {"token": token(client, path), "name": "<b>六十期"}
    assert "&lt;b&gt;六十期" in client.post(f"{path}/name", data=form).text
    described = workflow.cluster(store, number)
    assert described
    assert (described.campaigns, described.confirmed) == (("<b>六十期",), 2)
    again = client.post(f"{path}/name", data=form | {"name": "别名"})
    assert (again.status_code, "It was not named" in again.text) == (400, True)
    assert client.post(f"{path}/name", data=form | {"name": "\u202e"}).status_code == 400
    assert "&lt;b&gt;六十期" not in client.post(f"{path}/unname", data=form).text
    assert workflow.cluster(store, number).campaigns == ()  # type: ignore[union-attr]
    whats = [what for who, what, _ in said(store) if who == "kim"]
    assert {"read cluster", "name campaign", "withdraw campaign"} <= set(whats)


def test_an_auditor_reads_and_does_not_name(app: Any, store: Store) -> None:
    number = filled(store)
    client = logged_in(app, "aud")
    path = f"/clusters/{number}"
    assert f"{path}/name" not in client.get(path).text
    form = {"token": token(client, path), "name": "六十期"}
    assert client.post(f"{path}/name", data=form).status_code == 403
    assert client.post(f"{path}/unname", data=form).status_code == 403
    assert workflow.cluster(store, number).campaigns == ()  # type: ignore[union-attr]


def test_a_finding_that_is_in_no_group(app: Any, store: Store, a_finding: Any) -> None:
    number = a_finding()
    client = logged_in(app)
    assert str(client.get(f"/clusters/{number}").url).endswith(f"/findings/{number}")
    assert client.get("/clusters/99").status_code == 403
    assert "没有互相关联" in client.get("/clusters").text
