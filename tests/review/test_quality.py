"""Second looks, the rule for complaints about ourselves, and what the machine misses."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sklearn.metrics import cohen_kappa_score
from typer.testing import CliRunner

from lurewatch import workflow
from lurewatch.cli import app as cli
from lurewatch.cli.doctor import examine
from lurewatch.config import Settings, read_settings
from lurewatch.errors import InputError, NotAllowedError, SettingsError
from lurewatch.finding import Grade, Label, Service, Stance
from lurewatch.shares import kappa
from lurewatch.store import Store
from lurewatch.store.sampling import SAMPLED, place_of, sample_key
from lurewatch.takedown import TakedownRequest, TakedownState, Track
from lurewatch.workflow import User, Wanted
from tests.conftest import NOW, Judge
from tests.review.conftest import decision, logged_in, token

KIM, ANN = User("kim", "reviewer", False), User("ann", "reviewer", False)
LURE: dict[str, Any] = {"label": Label.LURE, "stance": Stance.SOLICIT, "services": [Service.C2]}


def a_request(number: int) -> TakedownRequest:
    return TakedownRequest(
        0, number, Track.A, "贴吧", TakedownState.DRAFTED, Path("x"), Path("y"), "kim", NOW
    )


def name_us(settings: Settings) -> None:
    settings.profile_file.write_text("name: 演示消费金融有限公司\nbrands: [演示消金]\n", "utf-8")


def test_a_second_person_looks_without_seeing(app: Any, store: Store, a_finding: Any) -> None:
    number = a_finding()
    workflow.decide(store, number, reviewer="kim", second_share=1.0, **LURE)
    kim, ann = logged_in(app, "kim"), logged_in(app, "ann")
    path = f"/findings/{number}"
    assert path not in kim.get("/?decided=second").text
    assert path in ann.get("/?decided=second").text
    for page in (path, "/?decided=second", "/?decided=all"):
        assert "人工决定" not in ann.get(page).text
        assert 'class="decided"' not in ann.get(page).text
    assert "第二人复看" in ann.get(path).text
    decision(ann, number, label="not_lure", second="1")
    (first,) = workflow.decisions_on(store, number)
    assert first.label is Label.LURE  # a second look is no decision
    (look,) = workflow.second_looks(store)
    assert (look.first_label, look.label, look.reviewer) == (Label.LURE, Label.NOT_LURE, "ann")
    lead = logged_in(app, "lee")
    assert path in lead.get("/?decided=lead").text
    decision(lead, number, label="lure")
    assert path not in lead.get("/?decided=lead").text
    with pytest.raises(NotAllowedError, match="no second look"):
        workflow.look_again(store, number, reviewer="ann", **LURE)


def test_one_does_not_look_at_ones_own_again(store: Store, a_finding: Any) -> None:
    number = a_finding()
    workflow.decide(store, number, reviewer="kim", second_share=1.0, **LURE)
    with pytest.raises(NotAllowedError, match="no second look"):
        workflow.look_again(store, number, reviewer="kim", **LURE)
    with pytest.raises(NotAllowedError, match="only who decided it"):
        workflow.undo_decision(store, number, reviewer="ann")
    workflow.undo_decision(store, number, reviewer="kim")
    assert workflow.next_finding(store, Wanted(None, second_look_by="ann"), user=ANN) is None


def test_only_a_lead_calls_a_post_about_us_a_lure(
    app: Any, store: Store, settings: Settings, a_finding: Any
) -> None:
    number = a_finding("演示 消金逼我还钱，停息挂账加微信 demo_0088")
    workflow.decide(store, number, reviewer="kim", **LURE)
    name_us(settings)
    with pytest.raises(NotAllowedError, match="names our institution"):
        workflow.record_request(store, a_request(number))  # what was decided before holds no more
    workflow.undo_decision(store, number, reviewer="kim")
    with pytest.raises(NotAllowedError, match="names our institution"):
        workflow.decide(store, number, reviewer="kim", **LURE)
    kim = logged_in(app, "kim")
    text = kim.get(f"/findings/{number}").text
    assert "该帖提到本机构" in text
    assert 'value="lure"' not in text
    decision(kim, number, label="ask_lead", note="投诉？")
    (made,) = workflow.decisions_on(store, number)
    assert (made.label, made.note) == (Label.UNSURE, "投诉？")
    lead = logged_in(app, "lee")
    assert f"/findings/{number}" in lead.get("/?decided=lead").text
    decision(lead, number, label="lure")
    assert workflow.decisions_on(store, number)[-1].label is Label.LURE
    assert workflow.record_request(store, a_request(number)).request_id == 1


def test_a_new_profile_ranks_anew(store: Store, settings: Settings, a_finding: Any) -> None:
    first = a_finding("停息挂账", post_id="1")
    second = a_finding("演示消金的停息挂账", post_id="2")
    assert [one.finding_id for one in workflow.findings_to_review(store)] == [first, second]
    name_us(settings)
    assert workflow.rank_findings(store) == 2
    assert [one.finding_id for one in workflow.findings_to_review(store)] == [second, first]
    assert workflow.rank_findings(store) == 0


def test_a_broken_profile_stops_no_judging(
    store: Store, settings: Settings, a_post: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    workflow.import_posts(store, [(a_post("演示消金的停息挂账"), datetime.now(UTC))], "test")
    settings.profile_file.write_text("name: 演示消费金融有限公司\nbrandz: [演示消金]\n", "utf-8")
    judged = workflow.judge_pending(store, Judge())  # type: ignore[arg-type]
    assert judged.findings == 1
    assert "institution.yaml, line 2: 'brandz' is no field" in judged.warning
    looked = {check.name: check for check in examine(settings)}["institution"]
    assert looked.state == "broken" and "line 2" in looked.found
    monkeypatch.setenv("LUREWATCH_HOME", str(settings.home))
    workflow.add_user(store, "lee", "password1", "lead")
    drafted = CliRunner().invoke(cli, ["takedown", "draft", "1", "--as", "lee"])
    assert isinstance(drafted.exception, InputError)
    name_us(settings)
    assert workflow.rank_findings(store) == 1  # what was not known is made good


def test_samples_tell_what_is_missed(app: Any, store: Store, a_post: Any, a_capture: Any) -> None:
    run_id = workflow.start_run(store, platform="tieba", how="spider")
    posts = [a_post(post_id=str(number)) for number in range(30)]
    workflow.take_in(store, a_capture(*posts, run_id=run_id))
    judge = Judge(Stance.OTHER, Grade.L0)
    workflow.judge_pending(store, judge)  # type: ignore[arg-type]
    kim = logged_in(app, "kim")
    kim.post("/sample/draw", data={"token": token(kim, "/sample")})
    assert len(workflow.samples(store)) == 30
    for label in ("not_lure", "lure", "unsure"):
        text = kim.get("/sample").text
        assert "demo_0088" not in text
        sample = workflow.next_sample(store, reader="kim")
        assert sample is not None
        form = {"label": label, "token": token(kim, "/sample")}
        answer = kim.post(f"/sample/{sample[0]}", data=form)
        assert ("/findings/" in str(answer.url)) == (label == "lure")
    (found,) = workflow.findings_to_review(store)
    assert found.verdict.grade is Grade.L0
    rows = list(csv.reader(io.StringIO(kim.get("/quality.csv").text.lstrip("\ufeff"))))
    assert rows[1][:4] == ["missed", "", "1", "2"]
    assert "1 / 2 = 50.0 %" in kim.get("/quality").text
    workflow.purge(store, datetime.now(UTC) + timedelta(days=30))
    assert [one.label for one in workflow.samples(store)] == ["not_lure", "lure", "unsure"]


def test_kappa_is_scikit_learns() -> None:
    pairs = [("a", "a"), ("a", "b"), ("b", "b"), ("c", "b"), ("c", "c"), ("a", "a"), ("b", "c")]
    theirs = cohen_kappa_score([one for one, _ in pairs], [other for _, other in pairs])
    assert kappa(pairs) == pytest.approx(theirs)


def test_the_share_of_second_looks_is_a_setting() -> None:
    assert read_settings({"LUREWATCH_SECOND_LOOK": "0.2"}).second_look == 0.2
    with pytest.raises(SettingsError, match="LUREWATCH_CLAIM_MINUTES"):
        read_settings({"LUREWATCH_CLAIM_MINUTES": "soon"})


def test_the_random_sample_of_flags_is_a_filter(app: Any, store: Store, a_finding: Any) -> None:
    numbers = {a_finding(f"停息挂账，加微信 demo_{at:04}", post_id=str(at)) for at in range(40)}
    with store.reading() as db:
        key = sample_key(db)
    chosen = {number for number in numbers if place_of(number, key) < SAMPLED}
    client = logged_in(app)
    text = client.get("/?decided=sample").text
    assert {int(number) for number in re.findall(r'href="/findings/(\d+)', text)} == chosen
    found = workflow.figures(
        store, NOW - timedelta(days=1000), datetime.now(UTC) + timedelta(days=1)
    )
    assert found.sample_waits == len(chosen)
