"""What the options of everyday commands do, each on a real store."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from lurewatch import workflow
from lurewatch.cli import app
from lurewatch.config import Settings
from lurewatch.demo.posts import MANY, posts_of
from lurewatch.demo.site import demo_site
from lurewatch.finding import Label, Service, Stance
from lurewatch.store import Store, runs
from lurewatch.text.lexicon import load_lexicon

Run = Callable[..., Result]


@pytest.fixture
def run(store: Store, settings: Settings) -> Run:
    def asked(*words: str, given: str = "", **environ: str) -> Result:
        env = {"LUREWATCH_HOME": str(settings.home), "COLUMNS": "200"} | environ
        return CliRunner().invoke(app, list(words), input=given, env=env, catch_exceptions=True)

    return asked


def numbers(result: Result) -> list[int]:
    return [int(line.split()[0]) for line in result.stdout.splitlines()]


def test_findings_by_platform_by_state_and_no_more_than_asked(
    run: Run, store: Store, a_finding: Any
) -> None:
    first, second, third = (a_finding(post_id=str(at), author_id=str(at)) for at in (1, 2, 3))
    other = a_finding(post_id="4", platform="zhihu")
    workflow.decide(store, second, reviewer="lee", label=Label.LURE, stance=Stance.SOLICIT, services=[Service.C1])  # fmt: skip
    assert set(numbers(run("findings", "list"))) == {first, third, other}
    assert numbers(run("findings", "list", "--platform", "zhihu")) == [other]
    assert numbers(run("findings", "list", "--decided")) == [second]
    assert len(numbers(run("findings", "list", "--limit", "2"))) == 2
    wrong = run("findings", "list", "--platform", "weibo2")
    assert wrong.exit_code and "weibo2" in str(wrong.exception or wrong.output)


def test_coverage_of_a_platform_from_a_day_on_and_by_run(run: Run, store: Store) -> None:
    now = datetime.now(UTC)
    for platform, days in (("tieba", 0), ("tieba", 9), ("zhihu", 0)):
        run_id = workflow.start_run(store, platform=platform, how="spider")
        with store.begin() as db:
            runs.count(
                db, run_id, platform, "逾期", "captured", now - timedelta(days=days), found=3
            )
    day = f"{now - timedelta(days=4):%Y-%m-%d}"
    shown = [
        [(one["platform"], one["posts"]) for one in json.loads(run("coverage", *words, "--json").stdout)]
        for words in ((), ("--platform", "tieba"), ("--since", day), ("--platform", "tieba", "--since", day))
    ]  # fmt: skip
    assert [len(rows) for rows in shown] == [3, 2, 2, 1]
    assert shown[3] == [("tieba", 3)]
    listed = run("coverage", "--runs").stdout
    assert listed.count("tieba") == 2 and listed.count("zhihu") == 1
    wrong = run("coverage", "--since", "gestern")
    assert wrong.exit_code and "write 2026-11-01" in str(wrong.exception or wrong.output)


def test_a_search_and_linked_groups_show_no_more_than_asked(
    run: Run, store: Store, a_finding: Any
) -> None:
    said = "负债十万以内的来，协商停息挂账六十期，成功后再付，加微信 demo_0088"
    for at in range(4):
        a_finding(said, post_id=str(at), author_id=str(at))
    workflow.link_pending(store, load_lexicon())
    assert len(run("search", "协商停息挂账六十期").stdout.splitlines()) == 4
    assert len(run("search", "--limit", "2", "协商停息挂账六十期").stdout.splitlines()) == 2
    assert len(run("clusters", "list", "--limit", "1").stdout.splitlines()) == 1
    whole, cut = (
        run("clusters", "show", "1").stdout,
        run("clusters", "show", "1", "--limit", "1").stdout,
    )
    assert whole.count("\n  finding") == 3 and cut.count("\n  finding") == 1


def test_the_audit_log_of_a_person_and_its_newest_entries(
    run: Run, store: Store, a_finding: Any
) -> None:
    number = a_finding()
    for reader in ("ann", "bob", "ann"):
        workflow.finding(store, number, reader=reader)
    assert run("audit", "show", "--who", "bob").stdout.count("\n") == 1
    last = run("audit", "show", "--last", "2", "--json").stdout.splitlines()
    assert [json.loads(line)["who"] for line in last] == ["bob", "ann"]
    assert run("audit", "show", "--who", "nobody").exit_code


def test_a_password_is_changed_from_standard_input(run: Run, store: Store) -> None:
    workflow.add_user(store, "ann", "password1", "reviewer")
    assert not run(
        "user", "passwd", "ann", "--password-stdin", given="other password 2\n"
    ).exit_code
    assert workflow.verify_password(store, "ann", "password1") is None
    assert workflow.verify_password(store, "ann", "other password 2")
    assert run("user", "passwd", "ann", "--password-stdin", given="short\n").exit_code
    assert workflow.verify_password(store, "ann", "other password 2")


def test_a_crawl_stops_after_the_pages_asked_for_and_leaves_judging(run: Run, store: Store) -> None:
    post = posts_of("tieba")[0]
    with demo_site() as site:
        roots = {"LUREWATCH_ROOTS": f"tieba={site.roots['tieba']}"}
        found = run("crawl", "tieba", "--keyword", MANY, "--pages", "2", "--no-judge", "--json", **roots)  # fmt: skip
        states = {row["state"]: row["pages"] for row in json.loads(found.stdout)}
        assert states["captured"] == 2 and "capped" in states
        assert workflow.findings_to_review(store, limit=5, reader="t") == []
        read = run("crawl", "tieba", "--address", post.address, "--no-judge", **roots)
        assert "tieba  addresses: captured, 1 pages, 1 posts" in read.stdout
