"""A console over a real store, people who are logged in, and a browser that looks at it."""

import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn
from fastapi.testclient import TestClient

from lurewatch import workflow
from lurewatch.browser import find_chromium, launch_options
from lurewatch.cli.serving import bound
from lurewatch.config import Settings
from lurewatch.review.app import create_app
from lurewatch.store import Store


@pytest.fixture
def app(store: Store, settings: Settings) -> Any:
    for name, role in (
        ("lee", "lead"),
        ("kim", "reviewer"),
        ("ann", "reviewer"),
        ("aud", "auditor"),
    ):
        workflow.add_user(store, name, "password1", role)
    return create_app(store, secret="x" * 32, evidence_dir=settings.evidence_dir, settings=settings)


def token(client: TestClient, path: str = "/login") -> str:
    found = re.search(r'name="token" value="([^"]+)"', client.get(path).text)
    assert found
    return found[1]


def logged_in(app: Any, name: str = "lee", language: str = "zh") -> TestClient:
    client = TestClient(app, headers={"accept-language": language})
    form = {"name": name, "password": "password1", "token": token(client)}
    assert client.post("/login", data=form).status_code == 200
    return client


def decision(client: TestClient, number: int, **form: str) -> Any:
    path = f"/findings/{number}"
    values = {"stance": "SOLICIT", "services": "C2", "token": token(client, path)} | form
    return client.post(f"{path}/decide", data=values)


@pytest.fixture
def browsing(app: Any, settings: Settings) -> Iterator[Callable[..., Any]]:
    """Opens a page of the console in a real browser; whatever it says on its console fails the test."""
    from playwright.sync_api import sync_playwright

    listener = bound("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    said: list[str] = []
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(**launch_options(find_chromium(settings)))

            def opened(name: str, *, width: int = 1280, locale: str = "zh-CN") -> Any:
                context = browser.new_context(
                    viewport={"width": width, "height": 800},
                    locale=locale,
                    base_url=f"http://127.0.0.1:{listener.getsockname()[1]}",
                )
                page = context.new_page()
                page.set_default_timeout(30_000)
                page.on("console", lambda message: said.append(message.text))
                page.on("dialog", lambda dialog: said.append(dialog.message))
                page.goto("/")
                page.keyboard.type(name)
                page.keyboard.press("Tab")
                page.keyboard.type("password1")
                page.keyboard.press("Enter")
                page.wait_for_selector(".queue, main > .card")
                return page

            yield opened
            browser.close()
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
    assert said == []
