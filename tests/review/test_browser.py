"""A reviewer's work in a real browser, without a mouse."""

from collections.abc import Callable
from typing import Any

import pytest

from lurewatch import workflow
from lurewatch.finding import Label, Service, Stance
from lurewatch.store import Store
from tests.conftest import Judge


def fill(store: Store, a_post: Any, a_capture: Any, count: int) -> None:
    run_id = workflow.start_run(store, platform="tieba", how="spider")
    posts = [a_post(post_id=str(number)) for number in range(count)]
    workflow.take_in(store, a_capture(*posts, run_id=run_id))
    workflow.judge_pending(store, Judge())  # type: ignore[arg-type]


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def number_of(page: Any) -> int:
    return int(page.url.rpartition("/")[2].partition("?")[0])


def decide(page: Any, *keys: str) -> int:
    """Press keys until the next finding is shown; gives the one that was decided."""
    number = number_of(page)
    press(page, *keys)
    page.wait_for_url(lambda url: not url.endswith(f"/findings/{number}"))
    page.wait_for_selector(".flash")
    return number


@pytest.mark.parametrize(
    ("locale", "width", "word"), [("zh-CN", 1280, "引流内容"), ("en-GB", 380, "Lure")]
)
def test_ten_decisions_by_keyboard(
    browsing: Callable[..., Any],
    store: Store,
    a_post: Any,
    a_capture: Any,
    locale: str,
    width: int,
    word: str,
) -> None:
    fill(store, a_post, a_capture, 12)
    page = browsing("kim", width=width, locale=locale)
    press(page, "n")
    page.wait_for_selector("#decide")
    assert word in page.text_content("#decide")
    decided = [decide(page, key) for key in ("1", "2", "1", "3", "2", "1")]
    corrected = decide(page, "t", "3", "0", "Escape", "s", "ArrowDown", "Escape", "m", "x", "y", "Escape", "1")  # fmt: skip
    (made,) = workflow.decisions_on(store, corrected)
    assert (made.stance, made.services, made.note) == (
        Stance.RECRUIT,
        (Service.C2, Service.C3, Service.C10),
        "xy",
    )
    last = decide(page, "2")
    press(page, "u")
    page.wait_for_selector(".flash", state="detached")
    page.wait_for_load_state("load")
    assert number_of(page) == last
    assert workflow.decisions_on(store, last) == []
    decided += [corrected, decide(page, "1"), decide(page, "2"), decide(page, "1")]
    assert len(set(decided)) == 10
    assert [workflow.decisions_on(store, one)[0].label for one in decided[:4]] == [
        Label.LURE,
        Label.NOT_LURE,
        Label.LURE,
        Label.UNSURE,
    ]
    press(page, "p")
    page.wait_for_url(lambda url: number_of(page) == decided[-1])
    press(page, "?")
    page.wait_for_selector("dialog[open]")
    press(page, "1", "Escape")
    page.wait_for_selector("dialog[open]", state="detached")
    assert len(workflow.decisions_on(store, decided[-1])) == 1
    press(page, "e")
    assert page.evaluate("document.activeElement.dataset.key") == "e"
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_enter_in_a_field_decides_nothing(
    browsing: Callable[..., Any], store: Store, a_finding: Any
) -> None:
    number = a_finding()
    page = browsing("kim", width=380)
    press(page, "j", "Enter")
    page.wait_for_selector("#decide")
    press(page, "t", "Enter", "Escape", "q")
    page.wait_for_selector(".queue")
    assert workflow.decisions_on(store, number) == []
    for path in ("/", "/coverage", "/quality", "/sample", "/add"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 380


def test_everything_is_reached_by_tab(
    browsing: Callable[..., Any], store: Store, a_finding: Any
) -> None:
    page = browsing("kim")
    number = a_finding()
    page.goto(f"/findings/{number}")
    wanted = page.evaluate(
        """() => [...document.querySelectorAll("main a, main button, main select, main input, main textarea")]
        .filter((one) => one.checkVisibility() && one.type !== "hidden" && !one.disabled).length"""
    )
    reached = set()
    for _ in range(3 * wanted):
        press(page, "Tab")
        at = page.evaluate(
            """() => document.activeElement.closest("main")
            ? [...document.querySelectorAll("main *")].indexOf(document.activeElement) : -1"""
        )
        outlined = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert at == -1 or outlined != "none"
        reached.add(at)
    assert len(reached - {-1}) >= wanted
