"""Two people never hold the same finding, on either database."""

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lurewatch import workflow
from lurewatch.config import Settings
from lurewatch.errors import NotAllowedError
from lurewatch.finding import Label, Service, Stance
from lurewatch.store import Store
from lurewatch.workflow import User, Wanted
from tests.conftest import Judge

LEE, KIM = User("lee", "reviewer", False), User("kim", "reviewer", False)
LURE: dict[str, Any] = {"label": Label.LURE, "stance": Stance.SOLICIT, "services": [Service.C2]}


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    if request.param == "postgresql":
        return replace(settings, db_url=request.getfixturevalue("postgres")())
    return settings


def fill(store: Store, a_post: Any, a_capture: Any, count: int) -> None:
    run_id = workflow.start_run(store, platform="tieba", how="spider")
    posts = [a_post(post_id=str(number)) for number in range(count)]
    workflow.take_in(store, a_capture(*posts, run_id=run_id))
    workflow.judge_pending(store, Judge())  # type: ignore[arg-type]


def test_two_people_who_race_never_get_the_same(store: Store, a_post: Any, a_capture: Any) -> None:
    fill(store, a_post, a_capture, 40)
    taken: dict[str, list[int]] = {"lee": [], "kim": []}
    start = threading.Barrier(2)

    def work(user: User) -> None:
        start.wait()
        after = None
        for _ in range(10):
            after = workflow.next_finding(store, Wanted(), user=user)
            assert after is not None
            taken[user.name].append(after)
            workflow.decide(store, after, reviewer=user.name, **LURE)

    threads = [threading.Thread(target=work, args=(user,)) for user in (LEE, KIM)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken["lee"]) == len(taken["kim"]) == 10
    assert not set(taken["lee"]) & set(taken["kim"])
    assert workflow.check_audit(store).broken is None


def test_a_claim_is_let_go_or_runs_out(store: Store, a_finding: Any) -> None:
    first, second = a_finding(post_id="1"), a_finding(post_id="2")
    wanted = Wanted()
    assert workflow.next_finding(store, wanted, user=LEE) == first
    assert workflow.next_finding(store, wanted, user=LEE) == first  # still one's own
    opened = workflow.open_finding(store, first, user=KIM)
    assert opened.claim and opened.claim.holder == "lee"
    with pytest.raises(NotAllowedError, match="lee's hands"):
        workflow.decide(store, first, reviewer="kim", **LURE)
    assert workflow.next_finding(store, wanted, user=KIM) == second
    assert workflow.next_finding(store, wanted, user=KIM, after=second) is None
    workflow.release(store, user=LEE)
    assert workflow.next_finding(store, wanted, user=KIM, lease=timedelta(0)) == first
    assert workflow.next_finding(store, wanted, user=LEE) == first  # kim's has run out


def test_next_goes_down_the_queue_and_begins_again(store: Store, a_finding: Any) -> None:
    numbers = [a_finding(post_id=str(number)) for number in range(3)]
    after, seen = None, []
    for _ in range(4):
        after = workflow.next_finding(store, Wanted(), user=LEE, after=after)
        seen.append(after)
    assert seen == [*numbers, numbers[0]]
    assert [one.finding_id for one in workflow.queue(store, Wanted(held_by="lee"), user=LEE, limit=9, offset=0).findings] == [numbers[0]]  # fmt: skip
