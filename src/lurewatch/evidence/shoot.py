"""Open a public page in a browser and take what it shows."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lurewatch.browser import launch_options, who_asks
from lurewatch.errors import SettingsError
from lurewatch.evidence.wacz import Exchange
from lurewatch.outside import check, gate, is_private, place_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

VIEW: Final = {"width": 1280, "height": 900}
PATIENCE: Final = 30_000  # milliseconds for a page to come
LARGEST: Final = 64 << 20  # bytes of all answers that are kept
TALLEST: Final = 20_000  # pixels of a full-page picture: a page without end has an end here


@dataclass(frozen=True, slots=True)
class Shot:
    """What a browser saw at an address."""

    final_url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    dom: str
    text: str
    view: bytes  # PNG
    page: bytes  # PNG
    browser: str
    agent: str
    server: str  # the address that answered
    security: dict[str, Any]
    title: str
    exchanges: tuple[Exchange, ...]  # every answer the page was made of
    left_out: int  # answers that were too large, or never came whole


@contextmanager
def opened(path: Path, roots: Iterable[str]) -> Iterator["Browser"]:
    """A browser for several pages, to which private addresses are shut but for *roots*."""
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(**launch_options(path, roots))
        except Error as error:
            said = str(error).splitlines()[0]
            raise SettingsError(
                f"the browser {path} does not start ({said}); set LUREWATCH_CHROMIUM to one that"
                " does, or see: lurewatch doctor"
            ) from None
        try:
            yield browser
        finally:
            browser.close()


def shoot(browser: "Browser", url: str, roots: Iterable[str]) -> Shot:
    """
    Visit a page as a stranger does: no cookies, no storage, downloads off, private addresses shut.

    The browser says who asks, behind its own name, so that a page still comes in the shape it has for browsers.

    Raises playwright's Error when the page does not come, OSError when its host is not reached, and
    PrivateAddressError, which is one, when the page leads to a private address.
    """
    from playwright.sync_api import Error

    allowed = list(roots)
    check(url, allowed)
    with gate(allowed) as passage:
        context = browser.new_context(
            user_agent=f"{_own_name(browser)} {who_asks()}",
            viewport=VIEW,  # type: ignore[arg-type]  # a plain dict of two numbers
            accept_downloads=False,
            service_workers="block",
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            **passage.options,
        )
        try:
            context.route(
                "**/*",
                lambda route: (
                    route.abort() if is_private(route.request.url, allowed) else route.continue_()
                ),
            )
            page = context.new_page()
            answers: list[Any] = []
            page.on("response", lambda answer: answers.append(answer))
            response = page.goto(url, timeout=PATIENCE, wait_until="load")
            page.wait_for_timeout(300)  # a page that draws itself needs a moment after loading
            return _seen(page, response, browser.version, answers, passage.reached)
        except Error as error:
            failure = passage.failure if "ERR_SOCKS" in str(error) else None
            raise (failure or error) from None
        finally:
            context.close()


def _own_name(browser: "Browser") -> str:
    """How the browser names itself."""
    context = browser.new_context()
    try:
        return str(context.new_page().evaluate("navigator.userAgent"))
    finally:
        context.close()


def show_capture(browser: "Browser", body: bytes) -> bytes:
    """A picture of a kept page, drawn offline with its scripts off."""
    context = browser.new_context(viewport=VIEW, java_script_enabled=False, offline=True)  # type: ignore[arg-type]
    try:
        page = context.new_page()
        page.set_content(body.decode("utf-8", "replace"), wait_until="load")
        return _picture(page)
    finally:
        context.close()


def _exchanges(answers: list[Any]) -> tuple[tuple[Exchange, ...], int]:
    """The answers with their bodies, and how many had to be left out."""
    from playwright.sync_api import Error

    kept: list[Exchange] = []
    room, left_out = LARGEST, 0
    for one in answers:
        try:
            body = b"" if 300 <= one.status < 400 else one.body()
            headers = tuple((item["name"], item["value"]) for item in one.headers_array())
        except Error:  # it was cut short, or is no more
            left_out += 1
            continue
        if len(body) > room:
            left_out += 1
            continue
        room -= len(body)
        kept.append(
            Exchange(one.url, one.request.method, one.status, one.status_text, headers, body)
        )
    return tuple(kept), left_out


def _seen(
    page: Any,
    response: Any,
    version: str,
    answers: list[Any],
    reached: Mapping[tuple[str, int], str],
) -> Shot:
    exchanges, left_out = _exchanges(list(answers))
    server = (response.server_addr() or {}).get("ipAddress", "") if response else ""
    return Shot(
        final_url=page.url,
        status=response.status if response else 0,
        headers=tuple(
            (name, value)
            for name, value in (response.headers if response else {}).items()
            if name != "set-cookie"
        ),
        dom=page.content(),
        text=page.evaluate("document.body ? document.body.innerText : ''"),
        view=page.screenshot(),
        page=_picture(page),
        browser=f"Chromium {version}",
        agent=page.evaluate("navigator.userAgent"),
        server=reached.get(place_of(page.url), str(server)),
        security=dict(response.security_details() or {}) if response else {},
        title=page.title(),
        exchanges=exchanges,
        left_out=left_out,
    )


def _picture(page: Any) -> bytes:
    height = int(page.evaluate("document.documentElement.scrollHeight"))
    if height > TALLEST:
        clip = {"x": 0, "y": 0, "width": VIEW["width"], "height": TALLEST}
        return bytes(page.screenshot(full_page=True, clip=clip))
    return bytes(page.screenshot(full_page=True))
