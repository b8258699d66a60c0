"""One-time codes: set up at the terminal or in the console, asked for, and good once."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pyotp
import pytest
import zxingcpp
from fastapi.testclient import TestClient
from sqlalchemy import select

from lurewatch import workflow
from lurewatch.config import Settings, read_secrets
from lurewatch.errors import NotAllowedError
from lurewatch.review import sessions
from lurewatch.store import Store, open_store, tables
from tests.review.conftest import logged_in, token

HALVES = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}


def read_code(pixels: Any) -> str:
    """What a scanner reads of a picture."""
    (found,) = zxingcpp.read_barcodes(pixels)
    return str(found.text)


def code_of(secret: str, *, later: int = 0) -> str:
    return str(pyotp.TOTP(secret).at(datetime.now(UTC), counter_offset=later))


def enrolled(store: Store, name: str) -> tuple[str, list[str]]:
    """A person's second factor: its secret and the recovery codes."""
    secret = workflow.begin_factor(store, name).secret
    codes = workflow.confirm_factor(store, name, code_of(secret))
    assert codes
    return secret, codes


def half_in(app: Any, name: str = "lee", language: str = "zh") -> TestClient:
    """A client that has given its password."""
    client = TestClient(app, headers={"accept-language": language})
    form = {"name": name, "password": "password1", "token": token(client)}
    assert str(client.post("/login", data=form).url).endswith("/login/code")
    return client


def give(client: TestClient, code: str) -> Any:
    return client.post("/login/code", data={"code": code, "token": token(client, "/login/code")})


def said(store: Store) -> list[tuple[str, str, str]]:
    return [(one.who, one.what, one.subject) for one in workflow.audit_log(store)]


def test_a_password_alone_opens_nothing(app: Any, store: Store) -> None:
    secret, recovery = enrolled(store, "lee")
    client = half_in(app)
    for path in ("/", "/account", "/search", "/figures"):
        assert str(client.get(path).url).endswith("/login")
    assert give(client, "000000").status_code == 401
    assert give(client, code_of(secret, later=1)).status_code == 200
    assert client.get("/").status_code == 200
    other = half_in(app)
    assert give(other, code_of(secret, later=1)).status_code == 401  # it was used
    assert give(other, recovery[3].upper()).status_code == 200
    third = half_in(app)
    assert give(third, recovery[3]).status_code == 401
    assert workflow.recovery_left(store, "lee") == 9
    assert ("lee", "recovery code", "") in said(store)
    assert ("lee", "failed second factor", "") in said(store)


def test_the_second_half_is_waited_for_a_while(app: Any, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    secret, _ = enrolled(store, "lee")
    client = half_in(app)
    form = {"code": code_of(secret, later=1), "token": token(client, "/login/code")}
    monkeypatch.setattr(sessions, "HALF", 0)
    assert str(client.post("/login/code", data=form).url).endswith("/login")
    assert str(client.get("/").url).endswith("/login")


def test_who_was_disabled_in_between_stays_out(app: Any, store: Store) -> None:
    secret, _ = enrolled(store, "lee")
    client = half_in(app)
    workflow.change_user(store, "lee", disabled=True)
    assert str(give(client, code_of(secret, later=1)).url).endswith("/login")
    assert not workflow.verify_code(store, "lee", code_of(secret, later=1))


def test_wrong_codes_are_counted(app: Any, store: Store) -> None:
    secret, _ = enrolled(store, "lee")
    client = half_in(app, language="en")
    answers = [give(client, f"00000{at}").status_code for at in range(workflow.TRIES)]
    assert set(answers) == {401}
    late = give(client, code_of(secret, later=1))
    assert (late.status_code, "wait ten minutes" in late.text) == (429, True)
    assert str(client.get("/").url).endswith("/login")


def test_a_good_password_forgives_no_wrong_code(app: Any, store: Store) -> None:
    enrolled(store, "lee")
    for _ in range(workflow.TRIES):
        assert give(half_in(app), "000000").status_code == 401
    client = TestClient(app)
    form = {"name": "lee", "password": "password1", "token": token(client)}
    assert client.post("/login", data=form).status_code == 429


@pytest.mark.parametrize("server", ["sqlite", "postgres"])
def test_of_many_at_once_one_is_let_in(
    server: str, settings: Settings, request: pytest.FixtureRequest
) -> None:
    if server == "postgres":
        settings = replace(settings, db_url=request.getfixturevalue("postgres")())
    store = open_store(settings, read_secrets(settings, {}))
    workflow.add_user(store, "lee", "password1", "lead")
    secret, recovery = enrolled(store, "lee")
    for code in (code_of(secret, later=1), recovery[0]):
        with ThreadPoolExecutor(6) as pool:
            got = list(pool.map(lambda _, code=code: workflow.verify_code(store, "lee", code), range(6)))  # fmt: skip
        assert len([one for one in got if one]) == 1
    assert workflow.check_audit(store).broken is None
    store.engine.dispose()


def test_codes_of_now_and_of_a_clock_that_is_off(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    workflow.add_user(store, "lee", "password1", "lead")
    secret, _ = enrolled(store, "lee")
    start = datetime.now(UTC) + timedelta(hours=1)
    codes = [pyotp.TOTP(secret).at(start, counter_offset=at) for at in range(-2, 3)]
    monkeypatch.setattr("lurewatch.workflow.signing_in.current", lambda: start)
    taken = [bool(workflow.verify_code(store, "lee", code)) for code in codes]
    assert taken == [False, True, True, True, False]
    assert not workflow.verify_code(store, "lee", codes[2])  # an older one, after a newer one


def test_nothing_that_opens_an_account_is_kept_in_the_clear(store: Store) -> None:
    workflow.add_user(store, "lee", "password1", "lead")
    secret, recovery = enrolled(store, "lee")
    again = workflow.begin_factor(store, "lee").secret
    with store.reading() as db:
        (factor,) = db.connection.execute(select(tables.second_factors)).all()
        kept = db.connection.execute(select(tables.recovery_codes)).all()
    assert store.vault.open(factor.secret).decode() == secret
    assert store.vault.open(factor.pending).decode() == again
    assert secret.encode() not in factor.secret
    assert all(row.digest.startswith("$argon2id$") for row in kept)
    assert len(set(recovery)) == len(kept) == 10
    assert secret not in str(said(store))


def test_a_role_that_needs_one(app: Any, store: Store) -> None:
    workflow.require_factor(store, "lead", True, who="root")
    client = logged_in(app)
    assert str(client.get("/").url).endswith("/account")
    assert str(client.get("/search").url).endswith("/account")
    page = client.post("/account/totp", data={"token": token(client, "/account")}).text
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", page)
    assert secret
    form = {"token": token(client, "/account"), "code": "000000"}
    wrong = client.post("/account/totp/confirm", data=form)
    assert (wrong.status_code, secret[1] in wrong.text) == (401, True)
    shown = client.post("/account/totp/confirm", data=form | {"code": code_of(secret[1])}).text
    recovery = re.findall(r"<code>([a-z2-9-]{14})</code>", shown)
    assert len(recovery) == 10
    assert recovery[0] not in client.get("/account").text
    assert str(client.get("/").url).endswith("/")
    off = {"token": token(client, "/account"), "do": "off", "code": recovery[0]}
    refused = client.post("/account/totp", data=off)
    assert (refused.status_code, "你的角色须启用二次验证" in refused.text) == (403, True)
    assert workflow.user_named(store, "lee").second_factor  # type: ignore[union-attr]
    workflow.require_factor(store, "lead", False, who="root")
    assert client.post("/account/totp", data=off | {"code": recovery[1]}).status_code == 200
    assert not workflow.user_named(store, "lee").second_factor  # type: ignore[union-attr]
    assert ("root", "require second factor", "lead") in said(store)
    assert ("lee", "take off second factor", "lee") in said(store)


def test_another_device_is_proven_with_the_first(app: Any, store: Store) -> None:
    secret, recovery = enrolled(store, "lee")
    client = half_in(app)
    give(client, recovery[0])
    form = {"token": token(client, "/account"), "do": "set"}
    assert client.post("/account/totp", data=form).status_code == 401
    assert client.post("/account/totp", data=form | {"code": "000000"}).status_code == 401
    shown = client.post("/account/totp", data=form | {"code": recovery[1]}).text
    fresh = re.search(r"<code>([A-Z2-7]{32})</code>", shown)
    assert fresh
    assert fresh[1] != secret
    assert workflow.verify_code(
        store, "lee", code_of(secret, later=1)
    )  # until the new one is proven
    done = client.post("/account/totp/confirm", data=form | {"code": code_of(fresh[1])})
    assert done.status_code == 200
    assert not workflow.verify_code(store, "lee", recovery[2])
    assert workflow.verify_code(store, "lee", code_of(fresh[1], later=1))


def test_what_another_session_began_is_not_shown(app: Any, store: Store) -> None:
    client = logged_in(app)
    begun = workflow.begin_factor(store, "lee").secret
    form = {"token": token(client, "/account"), "code": "000000"}
    assert begun not in client.post("/account/totp/confirm", data=form).text


def test_a_form_from_elsewhere_changes_nothing(app: Any, store: Store) -> None:
    client = logged_in(app)
    for path in ("/account/totp", "/account/totp/confirm"):
        assert client.post(path, data={"token": "forged"}).status_code == 403
    assert workflow.pending_factor(store, "lee") is None


def test_the_code_on_the_page_can_be_scanned(browsing: Callable[..., Any], store: Store) -> None:
    page = browsing("kim", width=380)
    page.goto("/account")
    page.keyboard.press("Tab")
    page.click("button.main")
    page.wait_for_selector("img.qr")
    secret = page.text_content("section code")
    from io import BytesIO

    from PIL import Image

    with Image.open(BytesIO(page.locator("img.qr").screenshot())) as picture:
        read = urlsplit(read_code(np.asarray(picture.convert("L"))))
    assert (read.scheme, read.netloc, read.path) == ("otpauth", "totp", "/lurewatch:kim")
    assert parse_qs(read.query)["secret"] == [secret]
    page.keyboard.type(code_of(secret))
    page.keyboard.press("Enter")
    page.wait_for_selector(".codes")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def run(settings: Settings, *words: str, **popen: Any) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "lurewatch", *words],
        env=os.environ | {"LUREWATCH_HOME": str(settings.home), "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.PIPE,
        encoding="utf-8",
        **popen,
    )


def test_at_the_terminal(store: Store, settings: Settings) -> None:
    workflow.add_user(store, "lee", "password1", "lead")
    with run(settings, "user", "totp", "lee") as process:
        assert process.stdout
        assert process.stdin
        drawn = []
        for line in process.stdout:
            if "its key: " in line:
                secret = line.rpartition(" ")[2].strip()
                break
            drawn.append(re.sub(r"\x1b\[[\d;]*m", "", line.rstrip("\n")))
        rest, _ = process.communicate(f"{code_of(secret)}\n")
    assert process.returncode == 0
    assert parse_qs(urlsplit(read_code(pixels_of(drawn))).query)["secret"] == [secret]
    recovery = re.findall(r"^  ([a-z2-9-]{14})$", rest, re.M)
    assert workflow.verify_code(store, "lee", recovery[0])
    with run(settings, "user", "totp", "lee", "--off") as process:
        process.communicate()
    assert process.returncode == 0
    assert said(store)[-1][1:] == ("take off second factor", "lee")
    assert not workflow.verify_code(store, "lee", recovery[1])


def test_a_wrong_code_at_the_terminal(store: Store, settings: Settings) -> None:
    workflow.add_user(store, "lee", "password1", "lead")
    with run(settings, "user", "totp", "lee") as process:
        _, error = process.communicate("000000\n")
    assert (process.returncode, "begin again" in error) == (1, True)
    assert not workflow.user_named(store, "lee").second_factor  # type: ignore[union-attr]
    with pytest.raises(NotAllowedError, match="has no second factor"):
        workflow.drop_factor(store, "lee")


def pixels_of(drawn: list[str]) -> Any:
    """What a terminal shows of half blocks, light on dark as it may be."""
    width = max(map(len, drawn))
    rows = []
    for line in drawn:
        halves = [HALVES[sign] for sign in line.ljust(width)]
        rows += [[half[0] for half in halves], [half[1] for half in halves]]
    lit = np.array(rows, dtype=np.uint8)
    return np.kron(lit * 255, np.ones((6, 6), np.uint8))
