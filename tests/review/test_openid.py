"""Logging in by an OpenID provider that runs beside the console."""

import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from fastapi.testclient import TestClient
from joserfc.jwk import RSAKey

from lurewatch import workflow
from lurewatch.browser import find_chromium, launch_options
from lurewatch.config import OpenId, Settings, read_openid
from lurewatch.errors import NotAllowedError, SettingsError
from lurewatch.review.app import create_app
from lurewatch.store import Store
from tests.review.provider import Provider, served

CONSOLE = "http://127.0.0.1:1"


@pytest.fixture
def provider() -> Iterator[Provider]:
    one = Provider("console", "s3cret")
    with served(one.application()) as port:
        one.issuer = f"http://localhost:{port}"  # another site than 127.0.0.1
        one.callback = f"{CONSOLE}/login/openid/back"
        yield one


def console(store: Store, settings: Settings, provider: Provider, **changes: str) -> TestClient:
    known = OpenId(provider.issuer, *provider.client, "sub", CONSOLE)
    chosen = replace(settings, openid=replace(known, **changes))
    app = create_app(store, secret="x" * 32, evidence_dir=settings.evidence_dir, settings=chosen)
    return TestClient(app, headers={"accept-language": "en"}, follow_redirects=False)


def asked(client: TestClient) -> dict[str, str]:
    """What the console asks of the provider."""
    answer = client.get("/login/openid")
    assert answer.status_code == 303
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


def back(client: TestClient, address: str) -> Any:
    parts = urlsplit(address)
    return client.get(f"{parts.path}?{parts.query}")


def through(client: TestClient, provider: Provider) -> Any:
    return back(client, provider.answered(asked(client)))


def bound_lee(store: Store, provider: Provider, claim: str = "sub", value: str = "u-1") -> None:
    workflow.add_user(store, "lee", "password1", "lead")
    workflow.bind_identity(store, "lee", provider.issuer, claim, value)


def test_who_is_bound_is_let_in(store: Store, settings: Settings, provider: Provider) -> None:
    bound_lee(store, provider)
    client = console(store, settings, provider)
    assert "/login/openid" in client.get("/login").text
    answer = through(client, provider)
    assert (answer.status_code, 'content="0;url=/"' in answer.text) == (200, True)
    assert client.get("/").status_code == 200
    assert [(one.who, one.what, one.subject) for one in workflow.audit_log(store)][-1] == (
        "lee", "log in", "openid",
    )  # fmt: skip


def test_nobody_is_added_and_who_is_disabled_stays_out(
    store: Store, settings: Settings, provider: Provider
) -> None:
    client = console(store, settings, provider)
    answer = through(client, provider)
    assert answer.status_code == 403
    assert "sub u-1" in answer.text
    assert workflow.users(store) == []
    bound_lee(store, provider)
    workflow.change_user(store, "lee", disabled=True)
    assert through(client, provider).status_code == 403
    workflow.change_user(store, "lee", disabled=False)
    workflow.unbind_identity(store, "lee")
    assert through(client, provider).status_code == 403
    assert client.get("/").headers["location"] == "/login"


def test_an_identity_is_one_persons(store: Store, provider: Provider) -> None:
    bound_lee(store, provider)
    workflow.add_user(store, "kim", "password1", "reviewer")
    with pytest.raises(NotAllowedError, match="'lee' is known by that already"):
        workflow.bind_identity(store, "kim", provider.issuer, "sub", "u-1")


def test_an_answer_that_was_not_asked_for(
    store: Store, settings: Settings, provider: Provider
) -> None:
    bound_lee(store, provider)
    client = console(store, settings, provider)
    address = provider.answered(asked(client))
    for elsewhere in (
        back(console(store, settings, provider), address),  # another browser
        back(client, address.replace("state=", "state=x")),
    ):
        assert elsewhere.status_code == 400
        assert "Begin again" in elsewhere.text
    assert back(client, address).status_code == 400  # whatever came back ends what was begun
    address = provider.answered(asked(client))
    assert back(client, address).status_code == 200
    assert back(client, address).status_code == 400  # once


def test_a_code_of_another_flow_is_worth_nothing(
    store: Store, settings: Settings, provider: Provider
) -> None:
    bound_lee(store, provider)
    victim, thief = (console(store, settings, provider) for _ in range(2))
    stolen = dict(parse_qsl(urlsplit(provider.answered(asked(victim))).query))["code"]
    own = asked(thief)
    address = f"{provider.callback}?code={stolen}&state={own['state']}&iss={provider.issuer}"
    answer = back(thief, address)  # the provider holds the verifier of PKCE against the code
    assert answer.status_code == 403
    assert "invalid_grant" in answer.text
    assert thief.get("/").headers["location"] == "/login"


@pytest.mark.parametrize(
    "lies",
    [
        {"nonce": "other"},
        {"aud": "other"},
        {"aud": ["console", "other"], "azp": "other"},
        {"iss": "http://localhost:1"},
        {"exp": 1, "iat": 1},
        {"iat": int(time.time()) + 3600},
    ],
)
def test_a_token_with_a_wrong_claim(
    store: Store, settings: Settings, provider: Provider, lies: dict[str, Any]
) -> None:
    bound_lee(store, provider)
    provider.lies = lies
    client = console(store, settings, provider)
    answer = through(client, provider)
    assert answer.status_code == 502
    assert "cannot be trusted" in answer.text
    assert client.get("/").headers["location"] == "/login"


def by_hand(header: dict[str, str], claims: dict[str, Any], key: bytes | None) -> str:
    """A token that a library would refuse to make."""
    parts = [urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=") for one in (header, claims)]
    signature = hmac.digest(key, b".".join(parts), "sha256") if key else b""
    return b".".join([*parts, urlsafe_b64encode(signature).rstrip(b"=")]).decode()


@pytest.mark.parametrize("how", ["another key", "the public key as a secret", "none", "nothing"])
def test_a_token_that_the_provider_did_not_sign(
    store: Store, settings: Settings, provider: Provider, how: str
) -> None:
    bound_lee(store, provider)
    client = console(store, settings, provider)
    question = asked(client)
    now = int(time.time())
    claims = {"iss": provider.issuer, "aud": "console", "iat": now, "exp": now + 300, "sub": "u-1", "nonce": question["nonce"]}  # fmt: skip
    if how == "another key":
        provider.signs = RSAKey.generate_key(2048, {"kid": "one"})
    elif how == "nothing":
        provider.forged = "x.y.z"
    elif how == "none":
        provider.forged = by_hand({"alg": "none"}, claims, None)
    else:
        public = provider.key.as_bytes(encoding="PEM", private=False)
        provider.forged = by_hand({"alg": "HS256", "kid": "one"}, claims, public)
    assert back(client, provider.answered(question)).status_code == 502
    assert client.get("/").headers["location"] == "/login"


def test_an_address_counts_only_where_the_provider_vouches_for_it(
    store: Store, settings: Settings, provider: Provider
) -> None:
    bound_lee(store, provider, "email", "lee@example.com")
    client = console(store, settings, provider, claim="email")
    assert "email_verified" in through(client, provider).text
    provider.person["email_verified"] = "false"
    assert through(client, provider).status_code == 403
    provider.person["email_verified"] = True
    assert through(client, provider).status_code == 200  # from userinfo, however it is written


def test_what_userinfo_says_of_somebody_else_is_not_taken(
    store: Store, settings: Settings, provider: Provider
) -> None:
    bound_lee(store, provider, "email", "lee@example.com")
    provider.person["email_verified"] = True
    provider.lies = {"sub": "u-2"}
    assert through(console(store, settings, provider, claim="email"), provider).status_code == 502


def test_a_provider_that_refuses_or_does_not_answer(
    store: Store, settings: Settings, provider: Provider
) -> None:
    bound_lee(store, provider)
    client = console(store, settings, provider)
    refused = back(client, provider.answered(asked(client), agrees=False))
    assert (refused.status_code, "access_denied" in refused.text) == (403, True)
    wrong = console(store, settings, provider, client_secret="wrong")
    assert "invalid_client" in through(wrong, provider).text
    nobody = console(store, settings, provider, issuer="http://127.0.0.1:9").get("/login/openid")
    assert (nobody.status_code, "does not answer" in nobody.text) == (502, True)
    provider.metadata = {"issuer": "http://localhost:1"}
    assert console(store, settings, provider).get("/login/openid").status_code == 502
    provider.metadata = {"authorization_endpoint": "http://example.com/authorize"}
    assert console(store, settings, provider).get("/login/openid").status_code == 502


def test_the_second_factor_is_still_asked_for(
    store: Store, settings: Settings, provider: Provider
) -> None:
    bound_lee(store, provider)
    workflow.require_factor(store, "lead", True)
    client = console(store, settings, provider)
    assert 'content="0;url=/account"' in through(client, provider).text
    assert client.get("/").headers["location"] == "/account"


def test_without_a_provider_there_is_no_such_page(store: Store, settings: Settings) -> None:
    app = create_app(store, secret="x" * 32, evidence_dir=settings.evidence_dir, settings=settings)
    client = TestClient(app)
    assert "/login/openid" not in client.get("/login").text
    assert client.get("/login/openid").status_code == 404
    assert client.get("/login/openid/back").status_code == 404


def test_settings(tmp_path: Any) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    given = {
        "LUREWATCH_OPENID_ISSUER": "https://id.example.com",
        "LUREWATCH_OPENID_CLIENT_ID": "console",
        "LUREWATCH_OPENID_CLIENT_SECRET_FILE": str(secret),
        "LUREWATCH_OPENID_CONSOLE": "https://watch.example.com/",
    }
    read = read_openid(given)
    assert read
    assert (read.client_secret, read.claim) == ("s3cret", "sub")
    assert read.callback == "https://watch.example.com/login/openid/back"
    assert "s3cret" not in repr(read)
    for name, value in (("ISSUER", "http://id.example.com"), ("CONSOLE", ""), ("CLIENT_SECRET_FILE", "/no/such")):  # fmt: skip
        with pytest.raises(SettingsError, match=f"LUREWATCH_OPENID_{name}"):
            read_openid(given | {f"LUREWATCH_OPENID_{name}": value})


def test_from_another_site_in_a_browser(
    store: Store, settings: Settings, provider: Provider
) -> None:
    """The session's cookie is strict, and the way back from another site still ends in the queue."""
    from playwright.sync_api import sync_playwright

    bound_lee(store, provider)
    said: list[str] = []
    holder: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await holder[0](scope, receive, send)

    with served(app) as port, sync_playwright() as playwright:
        here = f"http://127.0.0.1:{port}"
        provider.callback = f"{here}/login/openid/back"
        known = OpenId(provider.issuer, *provider.client, "sub", here)
        holder.append(create_app(store, secret="x" * 32, evidence_dir=settings.evidence_dir, settings=replace(settings, openid=known)))  # fmt: skip
        browser = playwright.chromium.launch(**launch_options(find_chromium(settings)))
        page = browser.new_context(locale="zh-CN").new_page()
        page.set_default_timeout(60_000)
        page.on("console", lambda message: said.append(message.text))
        page.goto(f"{here}/login")
        page.click("text=用本机构账号登录")
        page.click("#yes")
        page.wait_for_selector("h1:has-text('待审队列')")
        assert page.url == f"{here}/"
        cookies = {one["name"]: one for one in page.context.cookies()}
        assert cookies["session"]["sameSite"] == "Strict"
        assert cookies["session"]["httpOnly"]
        assert "openid" not in cookies
        browser.close()
    assert said == []
