"""No channel is told of one address twice, whatever its spelling and whatever became of the first request."""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lurewatch import workflow
from lurewatch.addresses import same_page
from lurewatch.config import Settings, read_secrets
from lurewatch.errors import NotAllowedError
from lurewatch.store import Store, open_store
from tests.conftest import Judge
from tests.takedown.test_requests import drafted, sent, step

ADDRESS = "https://bbs.example.com/t/1?id=7"


def test_what_was_sent_and_withdrawn_was_told(store: Store, a_finding: Any) -> None:
    finding = a_finding()
    first = drafted(store, finding)
    sent(store, first)
    step(store, first, "withdraw", "lee", "lead", note="a better letter")
    with pytest.raises(NotAllowedError, match=f"told of this address before, by request {first}"):
        drafted(store, finding)
    assert drafted(store, finding, channel="12377") > first  # another channel was not told


@pytest.mark.parametrize(
    "again",
    [
        "https://bbs.example.com/t/1?id=7&pn=1",
        "https://bbs.example.com/t/1?id=7#floor3",
        "http://www.bbs.example.com/t/1/?utm_source=x&id=7&spm=a.b",
        "https://bbs.example.com/%74/1?id=7&page=1",
    ],
)
def test_a_variant_of_an_address_is_the_same(store: Store, a_finding: Any, again: str) -> None:
    sent(store, drafted(store, a_finding(platform="web", post_id="w1", url=ADDRESS)))
    other = a_finding("换个说法停息挂账", platform="web", post_id="w2", url=again)
    with pytest.raises(NotAllowedError, match="asked about this address before"):
        drafted(store, other)


@pytest.mark.parametrize(
    "other",
    [
        "https://bbs.example.com/t/1?id=8",
        "https://bbs.example.com/t/1?id=7&pn=2",
        "https://bbs.example.com/t/2?id=7",
        "https://sub.bbs.example.com/t/1?id=7",
        "https://bbs.example.com:8443/t/1?id=7",
        "https://bbs.example.com/t/1?ID=7",
        "https://bbs.example.com/t/1?id=7#/reply/2",
        "https://bbs.example.com/T/1?id=7",
    ],
)
def test_another_page_is_another(other: str) -> None:
    assert same_page(other) != same_page(ADDRESS)


def test_each_channel_is_a_recipient_of_its_own(store: Store, a_finding: Any) -> None:
    finding = a_finding()
    for channel in ("platform-report", "12377", "12378"):
        sent(store, drafted(store, finding, channel=channel))
        with pytest.raises(NotAllowedError, match="before, by request"):
            drafted(store, finding, channel=channel)


def test_what_came_back_is_reported_again_with_a_reason_and_a_fresh_look(
    store: Store, a_finding: Any
) -> None:
    number, now = drafted(store, a_finding()), datetime.now(UTC)
    sent(store, number)
    for hours in (60, 30):
        workflow.record_check(store, number, "gone", "", now - timedelta(hours=hours))
    assert workflow.request(store, number).state == "verified"
    workflow.record_check(store, number, "live", "", now - timedelta(hours=25))
    assert workflow.request(store, number).state == "reopened"
    with pytest.raises(NotAllowedError, match="needs a note"):
        step(store, number, "again", "ann", "reviewer")
    with pytest.raises(NotAllowedError, match="live in the last 24 hours"):
        step(store, number, "again", "ann", "reviewer", note="it is back")
    workflow.record_check(store, number, "edited", "", now - timedelta(hours=1))
    workflow.record_check(store, number, "wall", "", now)  # a wall says nothing
    assert step(store, number, "again", "ann", "reviewer", note="it is back") == "submitted"
    step(store, number, "approve", "lee", "lead")
    workflow.record_check(store, number, "gone", "", now)
    with pytest.raises(NotAllowedError, match="live"):
        step(store, number, "send", "lee", "lead")
    workflow.record_check(store, number, "live", "", now + timedelta(minutes=1))
    assert step(store, number, "send", "lee", "lead") == "sent"


def test_a_new_request_may_say_why(store: Store, a_finding: Any) -> None:
    finding, now = a_finding(), datetime.now(UTC)
    first = drafted(store, finding)
    sent(store, first)
    with pytest.raises(NotAllowedError, match="which is sent"):  # under way: no reason helps
        drafted(store, finding, why_again="they are slow")
    workflow.record_check(store, first, "gone", "", now - timedelta(hours=3))
    with pytest.raises(NotAllowedError, match="recheck"):
        drafted(store, finding, why_again="it is back")
    workflow.record_check(store, first, "live", "", now - timedelta(hours=1))
    second = drafted(store, finding, why_again="it is back")
    assert workflow.request(store, second).why_again == "it is back"
    sent(store, second)
    with pytest.raises(NotAllowedError, match=f"by request {second}"):
        step(store, first, "again", "ann", "reviewer", note="it is back")


def test_requests_from_before_have_their_address_read(store: Store, a_finding: Any) -> None:
    sent(store, drafted(store, a_finding(platform="web", post_id="w1", url=ADDRESS)))
    with store.begin() as db:
        db.connection.exec_driver_sql("update requests set address_hash = null, cites = null")
    other = a_finding("别的话术停息挂账", platform="web", post_id="w2", url=f"{ADDRESS}#x")
    with pytest.raises(NotAllowedError, match="before, by request 1"):
        drafted(store, other)


def test_two_who_send_at_once(
    postgres: Callable[[], str], settings: Settings, a_post: Any, a_capture: Any
) -> None:
    """Two requests of two spellings of one address are taken to their end side by side: one is sent."""
    store = open_store(replace(settings, db_url=postgres()), read_secrets(settings, {}))
    run_id = workflow.start_run(store, platform="web", how="spider")
    addresses = (ADDRESS, f"{ADDRESS}#x")
    posts = [a_post(f"停息挂账 {n}", platform="web", post_id=f"w{n}", url=url) for n, url in enumerate(addresses)]  # fmt: skip
    workflow.take_in(store, a_capture(*posts, run_id=run_id))
    workflow.judge_pending(store, Judge())  # type: ignore[arg-type]
    numbers = [drafted(store, one.finding_id) for one in workflow.findings_to_review(store)]
    together = threading.Barrier(2)

    def go(number: int) -> None:
        together.wait()
        with suppress(NotAllowedError):
            sent(store, number)

    threads = [threading.Thread(target=go, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    states = [workflow.request(store, number).state for number in numbers]
    assert states.count("sent") == 1
    store.engine.dispose()
