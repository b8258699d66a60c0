"""Every page of the console, in both languages, wide and narrow: what axe-core finds, and what it cannot know."""

from typing import Any

import pytest
from starlette.routing import compile_path

from lurewatch import workflow
from tests.review.conftest import Walk, log_in

GRAVE = ("serious", "critical")
FILES = {  # what a GET gives that is no page, or a page of its own only in the middle of a login
    "/login/code",
    "/login/openid",
    "/login/openid/back",
    "/healthz",
    "/metrics",
    "/coverage.csv",
    "/quality.csv",
    "/audit.csv",
    "/register.{kind}",
    "/figures/{name}.csv",
    "/requests/{number}/files/{kind}",
    "/findings/{number}/evidence/{package}/{name}",
    "/findings/{number}/shots/{at}",
    "/findings/{number}/pictures/{place}",
}


def pages_of(walk: Walk) -> list[tuple[str, str]]:
    """(who looks, address) of every page, in the states that look different."""
    numbers = [one.finding_id for one in workflow.findings_to_review(walk.store, limit=5)]
    (kept,) = workflow.all_evidence(walk.store)
    requests = workflow.requests(walk.store)
    states = {one.state: one.request_id for one in requests}
    return [
        ("", "/login"),
        ("lee", "/"),
        ("lee", "/?decided=yes&grade=L3"),
        ("lee", "/?decided=lead&service=C9"),  # nothing waits
        ("lee", f"/findings/{numbers[0]}"),
        ("lee", f"/findings/{kept.finding_id}"),
        ("lee", "/requests"),
        ("lee", f"/requests/{states['drafted']}"),
        ("lee", f"/findings/{kept.finding_id}/draft"),
        ("lee", f"/findings/{kept.finding_id}/draft?track=B"),
        ("lee", f"/requests/{states['removed']}"),
        ("lee", "/sample"),
        ("lee", "/quality"),
        ("lee", "/coverage"),
        ("lee", "/figures"),
        ("lee", "/audit?check=1"),
        ("lee", "/add"),
        ("lee", "/search"),
        ("lee", "/clusters"),
        ("lee", f"/clusters/{numbers[0]}"),
        ("lee", "/account"),
        ("lee", "/people"),  # which is not for a lead
        ("lee", "/findings/999999"),
        ("lee", "/nowhere"),
    ]


def faults_of(page: Any, width: int) -> list[str]:
    """What is wrong with the page that is shown, a line each."""
    from axe_playwright_python.sync_playwright import Axe

    found = [
        f"{one['id']} ({one['impact']}): {one['nodes'][0]['html'][:150]}"
        for one in Axe().run(page).response["violations"]
        if one["impact"] in GRAVE
    ]
    if page.evaluate("document.documentElement.scrollWidth") > width:
        found.append("wider than the window")
    if page.locator("h1").count() != 1:
        found.append("not one heading of the first level")
    if page.locator("table").count() != page.locator("table:has(th)").count():
        found.append("a table without headers")
    return found


@pytest.mark.parametrize(
    ("locale", "width", "dark"),
    [("zh-CN", 1280, False), ("en-GB", 380, False), ("zh-CN", 380, True), ("en-GB", 1280, True)],
)
def test_no_page_shuts_anybody_out(walk: Walk, locale: str, width: int, dark: bool) -> None:
    workflow.draw_samples(walk.store, 1, user=workflow.User("lee", "lead", False))
    page = walk.page(at="/login", locale=locale, width=width, dark=dark)
    found = {}
    for who, address in pages_of(walk):
        if who and page.url.endswith("/login"):
            log_in(page, who)
        page.goto(address)
        assert page.get_attribute("html", "lang") == locale.removesuffix("-GB")
        found[address] = faults_of(page, width)
    page.goto("/")
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open]")
    found["the keys"] = faults_of(page, width)
    workflow.change_user(walk.store, "lee", role="admin")
    page.goto("/people")
    page.fill("form[action='/people/add'] [name=name]", "new")
    with page.expect_navigation():
        page.click("main button.main")
    found["a password, shown once"] = faults_of(page, width)
    if width < 1200:
        page.click(".menu summary")
        found["the menu"] = faults_of(page, width)
    assert {address: faults for address, faults in found.items() if faults} == {}


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
@pytest.mark.parametrize("width", [1280, 1210, 1190, 390])
def test_the_header_is_one_row(walk: Walk, locale: str, width: int) -> None:
    name = "a-name-of-more-than-twenty-signs"
    workflow.add_user(walk.store, name, "password1", "admin")
    workflow.add_user(walk.store, "kay", "password1", "lead")
    for who in (name, "kay"):
        page = walk.page(who, locale=locale, width=width)
        tall = "document.querySelector('header.bar').getBoundingClientRect().height"
        assert page.evaluate(tall) < 64
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        links = page.locator("header nav a:visible")
        if width < 1200:
            assert links.count() == 0
            page.click(".menu summary")
        assert links.count() == 10


def test_every_page_is_looked_at(walk: Walk) -> None:
    asked = [address.partition("?")[0] for _, address in pages_of(walk)]
    routes = {
        path: compile_path(path)[0]
        for path, methods in walk.app.openapi()["paths"].items()
        if "get" in methods and path not in FILES
    }
    assert len(routes) > 10
    assert [path for path, regex in routes.items() if not any(map(regex.match, asked))] == []


def test_what_is_focused_can_be_seen_everywhere(walk: Walk) -> None:
    page = walk.page("lee", at="/login")
    for address in ("/", "/requests", "/coverage", "/figures", "/audit"):
        page.goto(address)
        for _ in range(12):
            page.keyboard.press("Tab")
            style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert style != "none", (address, page.evaluate("document.activeElement.outerHTML"))
    page.goto("/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")  # past the links of the header
