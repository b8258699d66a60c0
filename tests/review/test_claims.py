"""Two people never hold the same finding, on either database."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from alembic import command
from alembic.config import Config

from lurewatch import workflow
from lurewatch.config import Settings, read_secrets
from lurewatch.errors import NotAllowedError
from lurewatch.finding import Grade, Label, Service, Stance
from lurewatch.store import Store, open_store
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
    with pytest.raises(NotAllowedError, match="somebody else is looking at it: lee"):
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


def test_every_question_is_answered_on_either_database(
    store: Store, a_post: Any, a_capture: Any
) -> None:
    fill(store, a_post, a_capture, 3)
    judge = Judge(Stance.OTHER, Grade.L0)
    run_id = workflow.start_run(store, platform="weibo", how="spider")
    others = [a_post(post_id=str(number), platform="weibo") for number in range(3)]
    workflow.take_in(store, a_capture(*others, run_id=run_id, platform="weibo"))
    judge.model = "other"
    workflow.judge_pending(store, judge)  # type: ignore[arg-type]
    wanted = Wanted(
        None, "L3", "tieba", "C2", "SOLICIT", datetime(2026, 1, 1, tzinfo=UTC), held_by="lee"
    )
    assert workflow.queue(store, wanted, user=LEE, limit=9, offset=0).findings == []
    first, *_ = workflow.findings_to_review(store)
    workflow.open_finding(store, first.finding_id, user=LEE)
    (mine,) = workflow.queue(store, wanted, user=LEE, limit=9, offset=0).findings
    assert mine.finding_id == first.finding_id
    workflow.decide(store, first.finding_id, reviewer="lee", second_share=1.0, **LURE)
    look = Wanted(None, second_look_by="kim")
    assert workflow.next_finding(store, look, user=KIM) == first.finding_id
    assert workflow.queue(store, look, user=KIM, limit=9, offset=0).blind == {first.finding_id}
    workflow.look_again(
        store,
        first.finding_id,
        reviewer="kim",
        label=Label.NOT_LURE,
        stance=Stance.SEEK,
        services=[],
    )
    (waiting,) = workflow.queue(
        store, Wanted(None, referred=True), user=LEE, limit=9, offset=0
    ).findings
    assert waiting.finding_id == first.finding_id
    account, contact = workflow.histories(store, first, user=LEE)
    assert (account.total, contact.total) == (2, 0)
    assert workflow.draw_samples(store, 2, user=LEE) == 2
    assert workflow.draw_samples(store, 9, user=LEE) == 1
    sample = workflow.next_sample(store, reader="lee")
    assert sample is not None
    found = workflow.judge_sample(store, sample[0], reviewer="lee", label=Label.LURE)
    assert found is not None
    assert workflow.rank_findings(store) == 1  # the one that was missed
    assert workflow.shots_of(store, first.post) == []
    assert workflow.troubled(store, datetime(2026, 1, 1, tzinfo=UTC)) == []


def test_what_was_found_before_has_a_rank(settings: Settings, a_finding: Any, store: Store) -> None:
    number = a_finding()
    with store.begin() as db:
        config = Config()
        config.set_main_option("script_location", "lurewatch.store:migrations")
        config.attributes["connection"] = db.connection
        command.downgrade(config, "0004")
    later = open_store(settings, read_secrets(settings, {}))
    (found,) = workflow.queue(
        later, Wanted(stance="SOLICIT", service="C2"), user=LEE, limit=9, offset=0
    ).findings
    assert found.finding_id == number
    assert workflow.rank_findings(later) == 1
    later.engine.dispose()
