"""A campaign follows its requests: open, closed with the last of them, reopened by what comes back."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from lurewatch import workflow
from lurewatch.campaign import SHUT, STEPS, CampaignState, follows
from lurewatch.cli import app as command
from lurewatch.config import Settings
from lurewatch.store import Store
from lurewatch.takedown import TakedownState
from tests.link.test_console import opened
from tests.link.test_linking import TEMPLATE, a_lure, finding_of, put
from tests.takedown.test_requests import drafted, sent, step


def state_of(store: Store) -> str:
    (one,) = workflow.campaigns(store)
    return one.state


def verified(store: Store, number: int) -> None:
    """Two looks a day apart find it gone."""
    now = datetime.now(UTC)
    for at in (now, now + timedelta(days=1)):
        workflow.record_check(store, number, "removed_by_platform", "", at)


def a_campaign(store: Store) -> list[int]:
    """Two lures that a person named; their requests, sent."""
    put(store, *(a_lure(n, TEMPLATE.format(at)) for n, at in ((1, "郑州"), (2, "临沂"))))
    workflow.name_campaign(store, finding_of(store, "1"), "六十期", who="lee")
    numbers = [drafted(store, finding_of(store, post)) for post in ("1", "2")]
    for number in numbers:
        sent(store, number)
    return numbers


def test_it_closes_with_its_last_request_and_an_alarm_reopens_it(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = a_campaign(store)
    assert state_of(store) == "open"
    verified(store, first)
    assert state_of(store) == "open"
    verified(store, second)
    assert state_of(store) == "closed"
    put(store, a_lure(3, TEMPLATE.format("洛阳")))
    assert state_of(store) == "reopened"
    events = workflow.campaign_events(store, ["六十期"])["六十期"]
    assert [(one.who, one.step) for one in events][:2] == [
        ("re-check", "close"),
        ("alarm", "alarm"),
    ]
    assert f"shown again in findings {finding_of(store, '3')} (text)" in events[1].note
    for number in (first, second):
        assert workflow.request(store, number).state is TakedownState.REOPENED
        step(store, number, "withdraw", "lee", "lead", note="another one is drafted")
    assert state_of(store) == "reopened"  # nobody acted on what came back
    done = [(one.who, one.what) for one in workflow.audit_log(store) if "campaign" in one.what]
    assert ("alarm", "alarm campaign") in done and ("re-check", "close campaign") in done

    console = opened(store, settings, "en")
    page = console.get(f"/clusters/{finding_of(store, '1')}").text
    assert "六十期 (reopened)" in page
    assert "Closed a campaign: all its requests are" in page and "shown again in findings" in page
    assert "六十期 (已重开)" in console.get("/clusters", headers={"accept-language": "zh"}).text
    monkeypatch.setenv("LUREWATCH_HOME", str(settings.home))
    shown = CliRunner().invoke(command, ["clusters", "campaigns"]).stdout
    assert shown.startswith("六十期  reopened since") and "0 of 2 requests under way" in shown
    (row,) = json.loads(CliRunner().invoke(command, ["clusters", "campaigns", "--json"]).stdout)
    assert row["state"] == "reopened" and row["events"][0]["step"] == "close"
    assert (
        "六十期 (reopened), 2 confirmed" in CliRunner().invoke(command, ["clusters", "list"]).stdout
    )


def test_its_own_page_that_shows_it_again_is_an_alarm_too(store: Store) -> None:
    first, second = a_campaign(store)
    for number in (first, second):
        verified(store, number)
    workflow.record_check(store, first, "live", "", datetime.now(UTC) + timedelta(days=3))
    assert state_of(store) == "reopened"


def test_one_more_request_goes_on_with_it(store: Store) -> None:
    for number in a_campaign(store):
        verified(store, number)
    drafted(store, finding_of(store, "2"), channel="12377")
    assert state_of(store) == "open"


def test_one_that_is_named_late_stands_as_its_requests_do(store: Store) -> None:
    put(store, *(a_lure(n, TEMPLATE.format(at)) for n, at in ((1, "郑州"), (2, "临沂"))))
    number = drafted(store, finding_of(store, "1"))
    sent(store, number)
    verified(store, number)
    workflow.name_campaign(store, finding_of(store, "1"), "六十期", who="lee")
    assert state_of(store) == "closed"
    workflow.withdraw_campaign(store, "六十期", who="lee")
    assert workflow.campaigns(store) == []


def test_each_state_is_reached_and_left() -> None:
    assert {one.target for one in STEPS.values()} == set(CampaignState)
    left: set[Any] = set().union(*(one.sources for one in STEPS.values()))
    assert left == set(CampaignState)


@pytest.mark.parametrize("state", list(TakedownState))
def test_a_request_of_each_state_leaves_it_open_or_closes_it(state: TakedownState) -> None:
    closes = state in SHUT and state is not TakedownState.WITHDRAWN
    assert follows(CampaignState.OPEN, [state]) == ("close" if closes else "")
