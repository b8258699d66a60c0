"""A console over a real store, people who are logged in, and a browser that looks at it."""

import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi.testclient import TestClient

from lurewatch import workflow
from lurewatch.browser import find_chromium, launch_options
from lurewatch.cli.serving import bound
from lurewatch.config import Settings, read_secrets
from lurewatch.demo.site import demo_site
from lurewatch.review.app import create_app
from lurewatch.store import Store, open_store
from tests.review.fortnight import PASSWORD, fortnight, settings_at, today


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


@contextmanager
def served(app: Any) -> Iterator[str]:
    """The address of a console that a browser can open."""
    listener = bound("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


@contextmanager
def chromium(settings: Settings) -> Iterator[Any]:
    """The real browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options(find_chromium(settings)))
        yield browser
        browser.close()


def log_in(page: Any, name: str) -> None:
    """Without a mouse, on the page that asks for it."""
    page.wait_for_selector("[name=name]:focus")
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: not address.endswith("/login"))
    page.wait_for_selector("main h1")


@dataclass
class Walk:
    """A console over a fortnight of work, and a browser to walk through it."""

    store: Store
    settings: Settings
    address: str
    browser: Any
    app: Any
    said: list[str] = field(
        default_factory=list
    )  # by the browser's console: nothing, if all is well

    def page(self, name: str = "", *, at: str = "/", locale: str = "zh-CN", width: int = 1280, dark: bool = False) -> Any:  # fmt: skip
        """A page in a window of its own, at an address of the console, logged in if a name is given."""
        context = self.browser.new_context(
            viewport={"width": width, "height": 800},
            locale=locale,
            timezone_id="Asia/Shanghai",
            base_url=self.address,
            color_scheme="dark" if dark else "light",
        )
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("dialog", lambda dialog: self.said.append(dialog.message))
        page.goto(at)
        if name:
            log_in(page, name)
        return page


@pytest.fixture(scope="session")
def worked_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    """The home of an installation after a fortnight, and where the demo platform is."""
    home = tmp_path_factory.mktemp("fortnight") / "home"
    with demo_site() as site:
        fortnight(settings_at(home, site.roots), now=today()).engine.dispose()
        yield home, site.roots


@pytest.fixture(scope="module")
def browser(worked_home: tuple[Path, dict[str, str]]) -> Iterator[Any]:
    """One browser for the walks of a module."""
    with chromium(settings_at(*worked_home)) as opened:
        yield opened


@pytest.fixture
def walk(worked_home: tuple[Path, dict[str, str]], browser: Any, tmp_path: Path) -> Iterator[Walk]:
    """A copy of the fortnight, so that no walk sees what another did."""
    home, roots = worked_home
    shutil.copytree(home, tmp_path / "home")
    settings = settings_at(tmp_path / "home", roots)
    store = open_store(settings, read_secrets(settings, {}))
    app = create_app(store, secret="x" * 32, evidence_dir=settings.evidence_dir, settings=settings)
    with served(app) as address:
        walked = Walk(store, settings, address, browser, app)
        yield walked
        for context in browser.contexts:
            context.close()
    store.engine.dispose()
    assert walked.said == []


@pytest.fixture
def browsing(app: Any, settings: Settings) -> Iterator[Callable[..., Any]]:
    """Opens a page of the console in a real browser; whatever it says on its console fails the test."""
    said: list[str] = []
    with served(app) as address, chromium(settings) as browser:

        def opened(name: str, *, width: int = 1280, locale: str = "zh-CN") -> Any:
            context = browser.new_context(
                viewport={"width": width, "height": 800}, locale=locale, base_url=address
            )
            page = context.new_page()
            page.set_default_timeout(30_000)
            page.on("console", lambda message: said.append(message.text))
            page.on("dialog", lambda dialog: said.append(dialog.message))
            page.goto("/")
            log_in(page, name)
            return page

        yield opened
    assert said == []
