"""A crawl that is killed again and again: at the end every post is there, once."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest
from sqlalchemy import select

from lurewatch import workflow
from lurewatch.config import Settings, read_secrets
from lurewatch.crawling import scrapy_environment
from lurewatch.demo.posts import COUNT, MANY, posts_of
from lurewatch.demo.site import PAGE, DemoSite, demo_site
from lurewatch.store import open_store
from lurewatch.store.tables import runs

PAGES = COUNT // PAGE


def crawling(site: DemoSite, settings: Settings, life: int) -> "subprocess.Popen[bytes]":
    environ = scrapy_environment(
        dict(os.environ)
        | {
            "LUREWATCH_HOME": str(settings.home),
            "LUREWATCH_ROOTS": f"tieba={site.roots['tieba']}",
        }
    )
    arguments = {"keywords": MANY, "run_id": f"life-{life}", "cap": str(PAGES)}
    command = [sys.executable, "-m", "scrapy", "crawl", "tieba"]
    for name, value in arguments.items():
        command += ["-a", f"{name}={value}"]
    return subprocess.Popen(command, env=environ)


def searches(site: DemoSite) -> int:
    return sum("/search/" in url for url in site.asked)


def test_killed_at_ten_moments_a_crawl_keeps_every_post_once(settings: Settings) -> None:
    """Twice while it starts, before there is a store; then at a page and a moment after it."""
    moments = random.Random(7)
    with demo_site() as site:
        for life in range(2):
            with crawling(site, settings, life) as child:
                time.sleep(moments.uniform(0.3, 2))
                child.send_signal(signal.SIGKILL)
        for life, page in enumerate(sorted(moments.sample(range(1, PAGES), 8)), start=2):
            with crawling(site, settings, life) as child:
                while searches(site) < page:
                    assert child.poll() is None
                    time.sleep(0.002)
                time.sleep(moments.uniform(0, 0.05))
                child.send_signal(signal.SIGKILL)
        with crawling(site, settings, 10) as child:
            assert child.wait(120) == 0
        assert (
            PAGES < searches(site) <= PAGES + 2 * 10
        )  # the page that was being kept at a kill, and the one that was on its way
    store = open_store(settings, read_secrets(settings, {}))
    kept = Counter(row.post.post_id for row in workflow.export_posts(store))
    assert kept == Counter(post.id for post in posts_of("tieba", MANY))
    rows = workflow.coverage(store)
    assert {row.state for row in rows} == {"captured"}
    assert sum(row.pages for row in rows) == PAGES
    assert workflow.unfinished(store, "tieba", MANY) is None
    with store.reading() as db:
        states = dict(db.connection.execute(select(runs.c.run_id, runs.c.state)).all())
    assert states["life-10"] == "finished"
    assert all(state == "interrupted" for life, state in states.items() if life != "life-10")
    store.engine.dispose()


def test_after_a_page_that_could_not_be_kept_none_is(settings: Settings) -> None:
    """The next run goes on from there: what came meanwhile is read again, and nothing left out."""
    store = open_store(settings, read_secrets(settings, {}))
    of_the_sixth_page = posts_of("tieba", MANY)[5 * PAGE].id
    with store.engine.begin() as connection:
        connection.exec_driver_sql(
            f"create trigger full before insert on posts when new.post_id = '{of_the_sixth_page}'"
            " begin select raise(abort, 'database or disk is full'); end"
        )
    with demo_site() as site:
        with crawling(site, settings, 0) as child:
            child.wait(120)
        assert [run.state for run in workflow.recent_runs(store)] == ["failed"]
        assert sum(row.pages for row in workflow.coverage(store)) == 5
        with store.engine.begin() as connection:
            connection.exec_driver_sql("drop trigger full")
        with crawling(site, settings, 1) as child:
            assert child.wait(120) == 0
    kept = Counter(row.post.post_id for row in workflow.export_posts(store))
    assert kept == Counter(post.id for post in posts_of("tieba", MANY))
    assert sum(row.pages for row in workflow.coverage(store)) == PAGES
    store.engine.dispose()


@pytest.mark.parametrize("platform", ["zhihu", "feed"])
def test_a_killed_reading_of_addresses_goes_on_where_it_was(
    settings: Settings, platform: str
) -> None:
    with demo_site() as site:
        addresses = site.addresses[platform]
        if platform == "feed":  # two feeds under many addresses
            addresses = [f"{address}?part={part}" for part in range(4) for address in addresses]
        environ = dict(os.environ) | {
            "LUREWATCH_HOME": str(settings.home),
            "LUREWATCH_ROOTS": f"{platform}={site.roots[platform]}",
        }
        command = [sys.executable, "-m", "scrapy", "crawl", platform]
        command += ["-a", "addresses=" + "\n".join(addresses)]
        env = scrapy_environment(environ)

        def pages() -> int:
            return sum(not url.endswith("/robots.txt") for url in site.asked)

        with subprocess.Popen([*command, "-a", "run_id=first"], env=env) as child:
            while pages() < 3:
                assert child.poll() is None
                time.sleep(0.002)
            child.send_signal(signal.SIGKILL)
        before = pages()
        assert before < len(addresses)
        done = subprocess.run([*command, "-a", "run_id=second"], env=env, check=False)
        assert done.returncode == 0
        assert pages() <= len(addresses) + 2  # the page being kept, and the one on its way
        again = subprocess.run([*command, "-a", "run_id=third"], env=env, check=False)
        assert again.returncode == 0
        assert pages() >= 2 * len(addresses)  # a list that was read to its end is read anew
    store = open_store(settings, read_secrets(settings, {}))
    rows = workflow.coverage(store, ["first", "second"])
    assert sum(row.pages for row in rows) in (len(addresses), len(addresses) + 1)
    assert {one.run_id: one.state for one in workflow.recent_runs(store)} == {
        "first": "interrupted",
        "second": "finished",
        "third": "finished",
    }
    store.engine.dispose()
