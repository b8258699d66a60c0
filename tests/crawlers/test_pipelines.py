"""What the pipelines keep, and in which order."""

import asyncio
from collections.abc import Callable

import pytest
from scrapy.exceptions import DropItem

from crawlers.base import Taken
from crawlers.pipelines import KeepPage
from lurewatch import workflow
from lurewatch.config import Settings
from lurewatch.errors import StoreError
from lurewatch.post import Capture, Post
from lurewatch.store import Store


def test_pages_that_wait_behind_one_that_is_lost_wait_for_the_next_run(
    store: Store,
    settings: Settings,
    a_post: Callable[..., Post],
    a_capture: Callable[..., Capture],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LUREWATCH_HOME", str(settings.home))
    with store.engine.begin() as connection:
        connection.exec_driver_sql(
            "create trigger full before insert on posts when new.post_id = '2'"
            " begin select raise(abort, 'database or disk is full'); end"
        )
    run_id = workflow.start_run(store, platform="tieba", how="search")
    pages = [
        Taken(
            a_capture(a_post(post_id=str(number)), run_id=run_id),
            f"https://tieba.baidu.com/{number}",
        )
        for number in (1, 2, 3)
    ]

    async def all_at_once() -> list[object]:
        keeper = KeepPage()
        try:
            return await asyncio.gather(*map(keeper.process_item, pages), return_exceptions=True)
        finally:
            keeper.close_spider()
            keeper.store.engine.dispose()

    kept, lost, waiting = asyncio.run(all_at_once())
    assert kept is pages[0]
    assert isinstance(lost, StoreError)
    assert isinstance(waiting, DropItem)
    assert [row.post.post_id for row in workflow.export_posts(store)] == ["1"]
    assert workflow.unfinished(store, "tieba", pages[0].capture.keyword) == pages[0].next_url
