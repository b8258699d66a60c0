"""A service account: another system's, which owns tokens, cannot log in, and is named in the audit log."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from lurewatch import desk, workflow
from lurewatch.cli import app as command
from lurewatch.config import Settings
from lurewatch.errors import NotAllowedError
from lurewatch.finding import Label, Service, Stance
from lurewatch.store import Store
from tests.review.conftest import logged_in
from tests.review.test_people import app, ask, enter, said

__all__ = ["app"]  # the console, with an admin


def client_of(app: Any, written: str) -> TestClient:
    return TestClient(
        app, headers={"Authorization": f"Bearer {written}"}, base_url="http://testserver/api/v1/"
    )


def test_an_admin_adds_one_and_it_cannot_log_in(app: Any, store: Store) -> None:
    boss = logged_in(app, "boss", "en")
    text = ask(boss, "/people/add", name="soc feed", role="service").text
    assert "soc feed" in text and "<code>" not in text  # no password was made
    assert ("boss", "add service", "soc feed") in said(store)
    assert "cannot log in · no token" in text
    desk.add_token(store, "soc 2026", ["findings:read"], who="op", account="soc feed")
    assert "soc 2026</bdi> (findings:read)" in boss.get("/people").text
    for password in ("", "none", "password1"):
        _, answer = enter(app, "soc feed", password)
        assert answer.status_code in (401, 422)
    for deed in ("password", "role"):
        answer = ask(boss, "/people/change", name="soc feed", do=deed, role="lead")
        assert answer.status_code == 403 and "is a service account" in answer.text
    answer = ask(boss, "/people/change", name="ann", do="role", role="service")
    assert answer.status_code == 403


def test_it_appears_in_the_audit_log_by_its_name(app: Any, store: Store, a_finding: Any) -> None:
    number = a_finding()
    workflow.decide(store, number, reviewer="ann", label=Label.LURE, stance=Stance.SOLICIT, services=[Service.C2])  # fmt: skip
    workflow.add_user(store, "soc feed", "", "service")
    scopes = ["findings:read", "outcomes:write"]
    written = desk.add_token(store, "soc 2026", scopes, who="op", account="soc feed")
    old = desk.add_token(store, "tieba desk", scopes, who="op")
    for token in (written, old):
        assert client_of(app, token).get(f"findings/{number}").status_code == 200
        outcome = {"result": "removed", "reference": "R1", "note": ""}
        answer = client_of(app, token).post(f"findings/{number}/outcomes", json=outcome)
        assert answer.status_code == 201
    read = [who for who, what, _ in said(store) if what in ("read finding", "outcome removed")]
    assert read == ["soc feed"] * 2 + ["desk tieba desk"] * 2
    assert [one.desk for one in desk.outcomes_of(store, number)] == ["soc feed", "tieba desk"]
    assert client_of(app, written).get("requests").status_code == 403  # not among its scopes
    workflow.change_user(store, "soc feed", disabled=True)
    assert client_of(app, written).get("findings").status_code == 401
    assert client_of(app, old).get("findings").status_code == 200
    workflow.change_user(store, "soc feed", disabled=False)
    assert client_of(app, written).get("findings").status_code == 200


def test_nobody_comes_in_as_one(store: Store) -> None:
    workflow.add_user(store, "soc feed", "", "service")
    workflow.add_user(store, "ann", "password1", "lead")
    assert workflow.verify_password(store, "soc feed", "none") is None
    for attempt in (
        lambda: workflow.begin_factor(store, "soc feed"),
        lambda: workflow.bind_identity(store, "soc feed", "https://id", "sub", "1"),
        lambda: workflow.change_user(store, "soc feed", password="password1"),
        lambda: workflow.change_user(store, "soc feed", role="admin"),
    ):
        with pytest.raises(NotAllowedError, match="is a service account"):
            attempt()
    with pytest.raises(NotAllowedError, match="no people"):
        workflow.require_factor(store, "service", True)
    with pytest.raises(NotAllowedError, match="is no service account"):
        desk.add_token(store, "x", ["findings:read"], who="op", account="ann")


def test_by_command(settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUREWATCH_HOME", str(settings.home))
    run = CliRunner()
    assert run.invoke(command, ["user", "add", "soc feed", "--role", "service"]).exit_code == 0
    made = run.invoke(command, ["token", "add", "soc 2026", "--scope", "findings:read", "--account", "soc feed"])  # fmt: skip
    assert made.exit_code == 0 and made.stdout.startswith("lw_")
    assert "soc 2026  of soc feed  findings:read" in run.invoke(command, ["token", "list"]).stdout
