"""The golden set: agreed answers that come up again, blind."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lurewatch import retention, workflow
from lurewatch.errors import NotAllowedError
from lurewatch.finding import Label, Service, Stance
from lurewatch.periods import shipped_periods
from lurewatch.store import Store, golden
from lurewatch.workflow import User, Wanted
from tests.review.conftest import logged_in, token

LURE: dict[str, Any] = {"label": Label.LURE, "stance": Stance.SOLICIT, "services": [Service.C2]}
NOT: dict[str, Any] = {"label": Label.NOT_LURE, "stance": Stance.SEEK, "services": []}
ANN = User("ann", "reviewer", False)


@pytest.fixture
def people(store: Store) -> None:
    for name, role in (("lee", "lead"), ("ann", "reviewer"), ("bob", "reviewer")):
        workflow.add_user(store, name, "password", role)


@pytest.fixture
def agreed(store: Store, people: None, a_finding: Any) -> int:
    number = a_finding(post_id="gold")
    workflow.decide(store, number, reviewer="bob", **LURE)
    workflow.set_golden(store, number, who="lee", agreed=True)
    return int(number)


def decide_many(store: Store, a_finding: Any, many: int, start: int = 0) -> None:
    for at in range(start, start + many):
        number = a_finding(f"停息挂账 {at}", post_id=f"p{at}")
        workflow.decide(store, number, reviewer="ann", **LURE)


def test_it_comes_up_after_so_many_decisions_and_only_once(
    store: Store, agreed: int, a_finding: Any
) -> None:
    decide_many(store, a_finding, golden.EVERY - 1)
    waiting = a_finding("停息挂账，还没有人看", post_id="waits")
    assert workflow.next_finding(store, Wanted(), user=ANN) == waiting
    workflow.decide(store, waiting, reviewer="ann", **LURE)
    assert workflow.next_finding(store, Wanted(), user=ANN) == agreed
    opened = workflow.open_finding(store, agreed, user=ANN)
    assert opened.look and opened.decisions == [] and opened.finding.decision is None
    assert not opened.golden
    assert workflow.next_finding(store, Wanted(), user=ANN) == agreed  # until it is answered
    assert workflow.look_again(store, agreed, reviewer="ann", **NOT) is False
    (look,) = workflow.golden_looks(store)
    assert (look.reviewer, look.label, look.first_label) == ("ann", Label.NOT_LURE, Label.LURE)
    assert len(workflow.decisions_on(store, agreed)) == 1  # it is no decision
    decide_many(store, a_finding, golden.EVERY + 1, start=100)
    assert workflow.next_finding(store, Wanted(), user=ANN) is None
    assert workflow.check_audit(store).broken is None


def test_who_gave_the_answer_is_never_asked(store: Store, agreed: int, a_finding: Any) -> None:
    for at in range(golden.EVERY + 1):
        number = a_finding(f"停息挂账 {at}", post_id=f"q{at}")
        workflow.decide(store, number, reviewer="bob", **LURE)
    assert workflow.next_finding(store, Wanted(), user=User("bob", "reviewer", False)) is None


def test_what_may_not_be_done(store: Store, people: None, a_finding: Any) -> None:
    number = a_finding()
    with pytest.raises(NotAllowedError, match="no answer"):
        workflow.set_golden(store, number, who="lee", agreed=True)
    workflow.decide(store, number, reviewer="bob", **LURE)
    with pytest.raises(NotAllowedError, match="only a lead"):
        workflow.set_golden(store, number, who="bob", agreed=True)
    with pytest.raises(NotAllowedError, match="not in the golden set"):
        workflow.set_golden(store, number, who="lee", agreed=False)


def test_answers_outlive_what_they_were_about(store: Store, agreed: int, settings: Any) -> None:
    with store.begin() as db:
        golden.ask(db, agreed, "ann", datetime.now(UTC))
    workflow.look_again(store, agreed, reviewer="ann", **LURE)
    retention.about(store, "un-1", who="op")
    later = datetime.now(UTC) + timedelta(days=4000)
    retention.run(store, shipped_periods(), settings.imports_dir, who="op", now=later)
    (look,) = workflow.golden_looks(store)
    assert look.label is Label.LURE


def test_leads_alone_see_who_agrees(app: Any, store: Store, a_finding: Any) -> None:
    number = a_finding()
    workflow.decide(store, number, reviewer="kim", **LURE)
    lead = logged_in(app, name="lee", language="en")
    page = lead.get(f"/findings/{number}").text
    assert "Put it into the golden set" in page
    answer = lead.post(
        f"/findings/{number}/golden",
        data={"token": token(lead, f"/findings/{number}"), "agreed": "1"},
    )
    assert "Take it out of the golden set" in answer.text
    with store.begin() as db:
        golden.ask(db, number, "ann", datetime.now(UTC))
    workflow.look_again(store, number, reviewer="ann", **NOT)
    assert "Agreement with the golden set" in lead.get("/quality").text
    reviewer = logged_in(app, name="ann", language="en")
    assert "Agreement with the golden set" not in reviewer.get("/quality").text
    assert "golden" not in reviewer.get("/quality.csv").text
    assert "golden set" not in reviewer.get(f"/findings/{number}").text
