"""Near-duplicates are folded into one decision, which lists each post."""

import re
from typing import Any

import pytest
from typer.testing import CliRunner

from lurewatch import workflow
from lurewatch.cli import app as command
from lurewatch.config import Settings
from lurewatch.errors import NotAllowedError
from lurewatch.finding import Label, Service, Stance
from lurewatch.store import Store
from lurewatch.text.lexicon import load_lexicon
from tests.review.conftest import decision, logged_in
from tests.review.test_access import faults_of
from tests.takedown.test_requests import TEMPLATE

OTHER = "别的事情，完全两样的另一段停息挂账广告文案，一家一家谈过去，谁也不像，哪里都找不到第二份"


@pytest.fixture
def alike(store: Store, a_finding: Any) -> list[int]:
    """Three findings of one template, and one of its own words."""
    texts = [TEMPLATE.format(town) for town in ("郑州", "洛阳", "开封")] + [OTHER]
    made = [a_finding(text, post_id=str(at), author_id=f"u{at}") for at, text in enumerate(texts)]
    workflow.link_pending(store, load_lexicon())
    return made


def labels(store: Store, numbers: list[int]) -> list[list[str]]:
    return [[str(one.label) for one in workflow.decisions_on(store, number)] for number in numbers]


def ticked(html: str) -> set[int]:
    return {int(one) for one in re.findall(r'name="also" value="(\d+)" checked', html)}


def test_the_queue_folds_what_is_nearly_the_same(app: Any, alike: list[int]) -> None:
    text = logged_in(app, "kim").get("/").text
    heads = re.findall(r'<li><a href="/findings/(\d+)"', text)
    assert len(heads) == 2
    folded = text[text.index('class="folded"') :].partition("</p>")[0]
    inside = set(map(int, re.findall(r'href="/findings/(\d+)"', folded)))
    assert inside < set(alike[:3]) and len(inside) == 2
    assert set(map(int, heads)) | inside == set(alike)  # nothing is lost


def test_one_decision_settles_each_that_is_ticked(app: Any, store: Store, alike: list[int]) -> None:
    first, second, third, _ = alike
    kim = logged_in(app, "kim", "en")
    assert ticked(kim.get(f"/findings/{first}").text) == {second, third}
    answer = decision(kim, first, label="lure", also=str(second))
    assert "(+1 of like wording)" in answer.text
    assert labels(store, alike) == [["lure"], ["lure"], [], []]
    subjects = [one.subject for one in workflow.audit_log(store) if one.what == "decide lure"]
    assert sorted(subjects) == sorted(map(str, (first, second)))
    token = re.findall(r'name="token" value="([^"]+)"', answer.text)[-1]
    back = re.findall(r'type="hidden" name="also" value="(\d+)"', answer.text)
    assert back == [str(second)]
    kim.post(f"/findings/{first}/undo", data={"token": token, "also": back})
    assert labels(store, alike) == [[], [], [], []]
    assert workflow.check_audit(store).broken is None


def test_by_key_on_a_narrow_screen(browsing: Any, store: Store, alike: list[int]) -> None:
    first = alike[0]
    page = browsing("kim", width=380)
    assert page.locator(".folded a").count() == 2 and faults_of(page, 380) == []
    page.goto(f"/findings/{first}")
    assert faults_of(page, 380) == []
    for key in ("d", "1", "Escape", "1"):  # leave out the first of them, then decide
        page.keyboard.press(key)
    page.wait_for_selector(".flash")
    assert faults_of(page, 380) == []
    assert labels(store, alike) == [["lure"], [], ["lure"], []]
    page.keyboard.press("u")
    page.wait_for_url(f"**/findings/{first}")
    assert labels(store, alike) == [[], [], [], []]


def test_all_of_it_or_nothing(app: Any, store: Store, alike: list[int]) -> None:
    first, second, third, other = alike
    kim, ann = logged_in(app, "kim"), logged_in(app, "ann")
    kim.get(f"/findings/{first}")
    assert decision(kim, first, label="lure", also=str(other)).status_code == 403
    ann.get(f"/findings/{third}")  # claims it
    assert ticked(kim.get(f"/findings/{first}").text) == {second}
    assert decision(kim, first, label="lure", also=str(third)).status_code == 403
    assert labels(store, alike) == [[], [], [], []]
    said: dict[str, Any] = {"reviewer": "kim", "stance": Stance.SOLICIT, "services": [Service.C2]}
    workflow.decide(store, second, label=Label.NOT_LURE, **said)
    with pytest.raises(NotAllowedError, match="decided meanwhile"):
        workflow.decide(store, first, label=Label.LURE, also=[second], **said)
    assert labels(store, alike) == [[], ["not_lure"], [], []]


def test_a_post_that_names_us_is_decided_by_itself(
    store: Store, settings: Any, a_finding: Any, app: Any
) -> None:
    settings.profile_file.write_text("brands: [演示消金]\n", "utf-8")
    first = a_finding(TEMPLATE.format("郑州"), post_id="1", author_id="a")
    own = a_finding(TEMPLATE.format("郑州") + "演示消金", post_id="2", author_id="b")
    workflow.link_pending(store, load_lexicon())
    assert ticked(logged_in(app, "kim").get(f"/findings/{first}").text) == set()
    assert ticked(logged_in(app, "lee").get(f"/findings/{first}").text) == set()  # kim holds it
    said: dict[str, Any] = {"stance": Stance.SOLICIT, "services": [Service.C2]}
    with pytest.raises(NotAllowedError, match="only a lead"):
        workflow.decide(store, first, reviewer="kim", label=Label.LURE, also=[own], **said)
    assert labels(store, [first, own]) == [[], []]


def test_who_takes_the_posts_along_is_on_record(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch, alike: list[int]
) -> None:
    monkeypatch.setenv("LUREWATCH_HOME", str(settings.home))
    assert CliRunner().invoke(command, ["posts", "export"]).exit_code == 0
    last = workflow.audit_log(store)[-1]
    assert (last.what, last.subject) == ("export posts", "4 as jsonl")


def test_what_was_shown_of_the_queue_is_on_record(app: Any, store: Store, alike: list[int]) -> None:
    logged_in(app, "kim")  # and the queue is what follows
    (entry,) = [one for one in workflow.audit_log(store) if one.what == "list findings"]
    assert entry.who == "kim" and {int(one) for one in entry.subject.split()} == set(alike)
    lee = logged_in(app, "lee", "en")
    for number in alike:
        assert "Saw findings in a list" in lee.get(f"/audit?who=kim&subject={number}").text
        assert "list findings" in lee.get(f"/audit.csv?who=kim&subject={number}").text
    assert "Saw findings in a list" not in lee.get("/audit?who=kim&subject=99").text
