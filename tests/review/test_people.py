"""Who may come in and as what: the page of people, sessions that end, and tries that every process counts."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from lurewatch import workflow
from lurewatch.config import Settings, read_secrets, read_settings
from lurewatch.errors import NotAllowedError, SettingsError
from lurewatch.review.app import create_app
from lurewatch.store import Store, open_store
from lurewatch.workflow import keeping, signing_in
from tests.review.conftest import logged_in, token
from tests.review.test_second_factor import code_of, enrolled, give, half_in, run


@pytest.fixture
def app(app: Any, store: Store) -> Any:
    """The console, with an admin."""
    workflow.add_user(store, "boss", "password1", "admin")
    return app


def enter(app: Any, name: str, password: str) -> Any:
    """What comes of logging in; its client is in whatever it is."""
    client = TestClient(app, headers={"accept-language": "en"})
    form = {"name": name, "password": password, "token": token(client)}
    return client, client.post("/login", data=form)


def ask(client: TestClient, path: str, **form: str) -> Any:
    return client.post(path, data={"token": token(client, "/people")} | form)


def said(store: Store) -> list[tuple[str, str, str]]:
    return [(one.who, one.what, one.subject) for one in workflow.audit_log(store)]


def is_in(client: TestClient) -> bool:
    return not str(client.get("/account").url).endswith("/login")


def password_in(text: str) -> str:
    found = re.search(r"<code>([a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4})</code>", text)
    assert found
    return found[1]


def test_an_admin_adds_a_person_who_chooses_a_password(app: Any, store: Store) -> None:
    boss = logged_in(app, "boss", "en")
    assert 'href="/people"' in boss.get("/").text
    given = password_in(ask(boss, "/people/add", name="new <b>", role="reviewer").text)
    assert given not in boss.get("/people").text  # it is shown once
    assert ("boss", "add reviewer", "new <b>") in said(store)
    client, answer = enter(app, "new <b>", given)
    assert str(answer.url).endswith("/account")
    assert "given to you by somebody else" in answer.text
    assert str(client.get("/search").url).endswith("/account")
    form = {"before": given, "one": "my own one", "other": "my own one"}
    for changes, status in (
        ({"other": "another one"}, 400),
        ({"before": "password1"}, 401),
        ({"one": "short", "other": "short"}, 403),
        ({"one": given, "other": given}, 403),
        ({"token": "forged"}, 403),
        ({}, 200),
    ):
        wanted = {"token": token(client, "/account")} | form | changes
        assert client.post("/account/password", data=wanted).status_code == status
    assert str(client.get("/search").url).endswith("/search")
    assert ("new <b>", "set password", "new <b>") in said(store)
    assert enter(app, "new <b>", given)[1].status_code == 401
    assert str(enter(app, "new <b>", "my own one")[1].url).endswith("/")


def test_what_an_admin_changes(app: Any, store: Store) -> None:
    boss, kim = logged_in(app, "boss", "en"), logged_in(app, "kim")
    assert ask(boss, "/people/change", name="kim", do="role", role="lead").status_code == 200
    assert workflow.user_named(store, "kim").role == "lead"  # type: ignore[union-attr]
    assert is_in(kim)  # a role is read anew for every page
    assert ask(boss, "/people/change", name="kim", do="disable").status_code == 200
    assert not is_in(kim)
    assert ask(boss, "/people/change", name="kim", do="enable").status_code == 200
    assert not is_in(kim)  # what was ended does not begin again
    again = logged_in(app, "kim")
    enrolled(store, "kim")
    assert ask(boss, "/people/change", name="kim", do="factor").status_code == 200
    given = password_in(ask(boss, "/people/change", name="kim", do="password").text)
    assert not is_in(again)
    assert enter(app, "kim", "password1")[1].status_code == 401
    assert str(enter(app, "kim", given)[1].url).endswith("/account")
    mine = [what for who, what, subject in said(store) if (who, subject) == ("boss", "kim")]
    assert mine == ["make lead", "disable person", "enable person", "take off second factor", "set password"]  # fmt: skip
    shown = boss.get("/people").text
    assert "never" in shown and "has to choose a password" in shown


@pytest.mark.parametrize("do", ["disable", "role", "password", "factor"])
def test_nobody_changes_their_own_standing(app: Any, store: Store, do: str) -> None:
    _, recovery = enrolled(store, "boss")
    boss = half_in(app, "boss")
    give(boss, recovery[0])
    refused = ask(boss, "/people/change", name="boss", do=do, role="lead")
    assert refused.status_code == 403 and "另一位管理员" in refused.text
    after = workflow.user_named(store, "boss")
    assert after and (after.role, after.disabled, after.second_factor) == ("admin", False, True)
    assert workflow.verify_password(store, "boss", "password1")


def test_an_admin_is_always_left(app: Any, store: Store) -> None:
    workflow.add_user(store, "chief", "password1", "admin")
    workflow.change_user(store, "boss", disabled=True, who="chief")
    with pytest.raises(NotAllowedError, match="kept by an admin"):
        workflow.change_user(store, "chief", disabled=True, who="boss")
    for change in ({"disabled": True}, {"role": "reviewer"}):
        with pytest.raises(NotAllowedError, match="another admin"):
            workflow.change_user(store, "chief", who="chief", **change)  # type: ignore[arg-type]
    assert [one.name for one in workflow.users(store) if one.role == "admin" and not one.disabled] == ["chief"]  # fmt: skip


@pytest.mark.parametrize("name", ["lee", "kim", "aud"])
def test_people_are_for_admins(app: Any, store: Store, name: str) -> None:
    client = logged_in(app, name)
    assert client.get("/people").status_code == 403
    assert 'href="/people"' not in client.get("/").text
    form = {"token": token(client, "/account"), "name": "ann", "do": "disable", "role": "admin"}
    for path in ("/people/change", "/people/add"):
        assert client.post(path, data=form).status_code == 403
    with pytest.raises(NotAllowedError, match="kept by an admin"):
        workflow.add_user(store, "eve", "password1", "admin", who=name)
    assert not workflow.user_named(store, "ann").disabled  # type: ignore[union-attr]


def test_a_new_second_factor_ends_the_other_sessions(app: Any, store: Store) -> None:
    mine, other = logged_in(app, "kim"), logged_in(app, "kim")
    page = mine.post("/account/totp", data={"token": token(mine, "/account")}).text
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", page)
    assert secret and is_in(other)  # shown is not proven
    form = {"token": token(mine, "/account"), "code": code_of(secret[1])}
    assert mine.post("/account/totp/confirm", data=form).status_code == 200
    assert is_in(mine)
    assert not is_in(other)
    workflow.begin_factor(store, "kim")
    assert is_in(mine)
    workflow.drop_factor(store, "kim")  # at the terminal
    assert not is_in(mine)


def test_a_new_password_ends_the_other_sessions(app: Any, store: Store) -> None:
    mine, other = logged_in(app, "kim"), logged_in(app, "kim")
    form = {"before": "password1", "one": "password2", "other": "password2"}
    answer = mine.post("/account/password", data={"token": token(mine, "/account")} | form)
    assert "其他地方的登录均已退出" in answer.text
    assert is_in(mine)
    assert not is_in(other)
    workflow.change_user(store, "kim", password="password3")  # at the terminal: all of them
    assert not is_in(mine)


def test_a_password_that_was_changed_in_between_opens_nothing(app: Any, store: Store) -> None:
    secret, _ = enrolled(store, "lee")
    client = half_in(app)
    workflow.change_user(store, "lee", password="password2")
    assert str(give(client, code_of(secret, later=1)).url).endswith("/login")
    assert not is_in(client)


@pytest.mark.parametrize("server", ["sqlite", "postgres"])
def test_two_processes_count_wrong_tries_together(
    server: str, settings: Settings, request: pytest.FixtureRequest
) -> None:
    if server == "postgres":
        settings = replace(settings, db_url=request.getfixturevalue("postgres")())
    stores = [open_store(settings, read_secrets(settings, {})) for _ in range(2)]
    workflow.add_user(stores[0], "lee", "password1", "lead")
    apps = [
        create_app(one, secret="x" * 32, evidence_dir=settings.evidence_dir, settings=settings)
        for one in stores
    ]
    answers = [
        enter(apps[at % 2], "lee", "wrong one")[1].status_code for at in range(workflow.TRIES)
    ]
    assert set(answers) == {401}
    for one in apps:
        assert enter(one, "lee", "password1")[1].status_code == 429
    for one in stores:
        one.engine.dispose()


def test_right_ones_do_not_count_and_old_ones_are_forgotten(
    app: Any, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = ("name lee", "from 127.0.0.1")
    for _ in range(workflow.TRIES + 1):
        tries = workflow.take_try(store, keys)
        assert tries
        workflow.forgive_try(store, tries)
    for at in range(workflow.TRIES):
        assert workflow.take_try(store, (f"name {at}", keys[1]))
    assert workflow.take_try(store, ("name 9", keys[1])) == []
    assert workflow.take_try(store, ("name 9", "from ::1"))
    later = signing_in.current() + signing_in.WINDOW
    monkeypatch.setattr(signing_in, "current", lambda: later)
    assert workflow.take_try(store, keys)


def test_who_came_in_last(app: Any, store: Store) -> None:
    secret, _ = enrolled(store, "lee")
    client = half_in(app)
    assert workflow.user_named(store, "lee").last_in is None  # type: ignore[union-attr]
    give(client, code_of(secret, later=1))
    logged_in(app, "kim")
    came = {one.name: bool(one.last_in) for one in workflow.users(store)}
    assert (came["lee"], came["kim"], came["ann"]) == (True, True, False)


def test_people_at_the_terminal(store: Store, settings: Settings) -> None:
    workflow.add_user(store, "kim", "password1", "reviewer")
    for words in (("disable", "kim"), ("enable", "kim"), ("role", "kim", "lead")):
        with run(settings, "user", *words) as process:
            _, error = process.communicate()
        assert process.returncode == 0, error
    user = workflow.user_named(store, "kim")
    assert user and (user.role, user.disabled) == ("lead", False)


def test_a_password_that_was_given_ends(
    app: Any, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    boss = logged_in(app, "boss", "en")
    page = ask(boss, "/people/add", name="new", role="reviewer").text
    assert "It holds until" in page and "has to choose a password by" in page
    given = password_in(page)
    inside, answer = enter(app, "new", given)
    assert str(answer.url).endswith("/account")

    later = datetime.now(UTC) + timedelta(hours=72, minutes=1)
    monkeypatch.setattr(keeping, "current", lambda: later)
    _, answer = enter(app, "new", given)
    assert answer.status_code == 403 and "was for once and has ended" in answer.text
    assert ("new", "failed log in", "password ended") in said(store)
    form = {"before": given, "one": "password9", "other": "password9"}
    answer = inside.post("/account/password", data=form | {"token": token(inside, "/account")})
    assert answer.status_code == 403 and "was for once and has ended" in answer.text
    _, answer = enter(app, "new", "another one")
    assert answer.status_code == 401  # only whoever has it learns that it has ended

    given = password_in(ask(boss, "/people/change", name="new", do="password").text)
    again, answer = enter(app, "new", given)
    assert str(answer.url).endswith("/account")
    form = {"before": given, "one": "password9", "other": "password9"}
    again.post("/account/password", data=form | {"token": token(again, "/account")})
    monkeypatch.setattr(keeping, "current", lambda: later + timedelta(days=900))
    assert enter(app, "new", "password9")[1].status_code == 200  # one's own does not end


def test_how_long_it_holds_is_set(settings: Settings, store: Store) -> None:
    assert read_settings({"LUREWATCH_PASSWORD_HOURS": "8"}).password_hours == 8
    with pytest.raises(SettingsError, match="LUREWATCH_PASSWORD_HOURS"):
        read_settings({"LUREWATCH_PASSWORD_HOURS": "for ever"})
    eight = replace(settings, password_hours=8)
    app = create_app(store, secret="x" * 32, evidence_dir=settings.evidence_dir, settings=eight)
    workflow.add_user(store, "boss", "password1", "admin")
    ask(logged_in(app, "boss", "en"), "/people/add", name="new", role="reviewer")
    until = next(one.password_until for one in workflow.users(store) if one.name == "new")
    assert until and timedelta(hours=7) < until - datetime.now(UTC) <= timedelta(hours=8)
