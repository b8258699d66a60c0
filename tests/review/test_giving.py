"""A lead downloads a campaign for others; what is refused says why, and who was given it is on record."""

from typing import Any

import pytest
import stix2

from lurewatch import workflow
from lurewatch.config import Settings
from lurewatch.finding import Label, Service, Stance
from lurewatch.store import Store
from tests.review.conftest import logged_in, token
from tests.review.test_searching import filled, said
from tests.takedown.test_letters import PROFILE


@pytest.fixture
def campaign(store: Store, settings: Settings) -> int:
    settings.profile_file.write_text(PROFILE, "utf-8")
    number = filled(store)
    workflow.name_campaign(store, number, "<b>六十期", who="lee")
    return number


def asked(client: Any, number: int, **changes: str) -> Any:
    form = {
        "campaign": "<b>六十期",
        "format": "stix",
        "tlp": "amber",
        "to": "联盟 秘书处",
    } | changes
    return client.post(
        "/campaigns/give", data=form | {"token": token(client, f"/clusters/{number}")}
    )


def confirm(store: Store, number: int) -> None:
    workflow.decide(store, number, reviewer="kim", label=Label.LURE, stance=Stance.SOLICIT, services=[Service.C2])  # fmt: skip


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_lead_downloads_what_a_person_confirmed(
    app: Any, store: Store, campaign: int, language: str
) -> None:
    client = logged_in(app, "lee", language=language)
    assert ("Give to others" in client.get(f"/clusters/{campaign}").text) == (language == "en")
    refused = asked(client, campaign)
    why = "没有经人工确认的线索" if language == "zh" else "no finding here is confirmed by a person"
    assert (refused.status_code, why in refused.text) == (403, True)
    confirm(store, campaign)
    given = asked(client, campaign)
    assert given.headers["content-disposition"] == 'attachment; filename="campaign.stix.json"'
    assert given.headers["cache-control"] == "no-store"
    bundle = stix2.parse(given.text)
    (named,) = [one for one in bundle.objects if one.type == "campaign"]
    assert named.name == "<b>六十期" and sum(one.type == "note" for one in bundle.objects) == 1
    misp = asked(client, campaign, format="misp", tlp="red").json()["Event"]
    assert {"name": "tlp:red"}.items() <= misp["Tag"][0].items()
    noted = [(who, what) for who, what, about in said(store) if "联盟 秘书处" in about]
    assert noted == [("lee", "share stix"), ("lee", "share misp")]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"format": "pdf"}, 400),
        ({"tlp": "white"}, 400),
        ({"to": " "}, 400),
        ({"to": "x" * 61}, 400),
        ({"campaign": "nobody"}, 403),
    ],
)
def test_what_the_form_does_not_offer_is_refused(
    app: Any, store: Store, campaign: int, changes: dict[str, str], status: int
) -> None:
    confirm(store, campaign)
    client = logged_in(app, "lee")
    assert asked(client, campaign, **changes).status_code == status
    assert not [what for _, what, _ in said(store) if what.startswith("share")]


def test_who_does_not_give_out_sees_no_form(app: Any, store: Store, campaign: int) -> None:
    confirm(store, campaign)
    for name in ("kim", "aud"):
        client = logged_in(app, name, language="en")
        assert "Give to others" not in client.get(f"/clusters/{campaign}").text
        assert asked(client, campaign).status_code == 403
    forged = logged_in(app, "lee").post("/campaigns/give", data={"token": "forged"})
    assert forged.status_code == 403
