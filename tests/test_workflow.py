"""What people and spiders may do, on a real database."""

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from typer.testing import CliRunner

from lurewatch import workflow
from lurewatch.cli import app
from lurewatch.config import Settings, read_secrets, read_settings
from lurewatch.errors import LurewatchError, NotAllowedError, SettingsError, StoreError
from lurewatch.finding import Grade, Label, Service, Stance
from lurewatch.store import Store, audit, open_store, runs
from lurewatch.store.tables import metadata
from lurewatch.takedown import TakedownRequest, TakedownState, Track
from tests.conftest import Judge


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    """What holds must hold on either database."""
    if request.param == "postgresql":
        return replace(settings, db_url=request.getfixturevalue("postgres")())
    return settings


def run_of(store: Store) -> str:
    return workflow.start_run(store, platform="tieba", how="spider")


def test_a_post_seen_again_is_a_sighting(store: Store, a_post: Any, a_capture: Any) -> None:
    run_id = run_of(store)
    first = workflow.take_in(store, a_capture(a_post(author_bio="简介"), run_id=run_id))
    again = workflow.take_in(store, a_capture(a_post(), a_post(post_id="9002"), run_id=run_id))
    assert (first.new, first.seen_again, again.new, again.seen_again) == (1, 0, 1, 1)
    kept = list(workflow.export_posts(store))
    assert [row.post.post_id for row in kept] == ["9001", "9002"]
    assert kept[0].post.author_bio == "简介"  # what only the first page showed


def test_coverage_by_day_names_a_source_that_fell_silent(store: Store) -> None:
    run_id = run_of(store)
    for day in range(4):
        at = datetime(2026, 11, 20 + day, 12, tzinfo=UTC)
        with store.begin() as db:
            state, found = ("captured", 7 + day) if day < 3 else ("blocked", 0)
            runs.count(db, run_id, "tieba", "停息挂账", state, at, found=found)
            runs.count(db, run_id, "wechat", "征信", "empty", at)
    days = workflow.coverage_by_day(store)
    assert [(one.platform, str(one.day), one.tried, one.posts) for one in days[:3]] == [
        ("tieba", "2026-11-23", 1, 0),
        ("wechat", "2026-11-23", 1, 0),
        ("tieba", "2026-11-22", 1, 9),
    ]
    assert days[0].pages == {"blocked": 1}
    assert [(one.platform, usual) for one, usual in workflow.silent(days)] == [("tieba", 8)]
    later = workflow.coverage_by_day(store, "tieba", datetime(2026, 11, 22, tzinfo=UTC))
    assert [str(one.day) for one in later] == ["2026-11-23", "2026-11-22"]


def test_text_that_a_database_refuses_is_kept(store: Store, a_post: Any, a_capture: Any) -> None:
    odd = "停息\0挂账\ud800 \U0010ffff"
    workflow.take_in(store, a_capture(a_post(odd), run_id=run_of(store)))
    assert next(workflow.export_posts(store)).post.text == odd


def test_nothing_personal_is_readable_in_the_file(
    store: Store, settings: Settings, a_post: Any, a_capture: Any
) -> None:
    post = a_post("加微信 demo_secret_77", author_name="张三丰演示")
    workflow.take_in(store, a_capture(post, run_id=run_of(store), body=b"<p>demo_secret_77</p>"))
    workflow.judge_pending(store, Judge())  # type: ignore[arg-type]
    held = b"".join(path.read_bytes() for path in settings.home.glob("lurewatch.db*"))
    for secret in ("demo_secret_77", "张三丰演示", "un-1"):
        assert secret.encode() not in held


def test_judging_goes_on_where_it_stopped(store: Store, a_post: Any, a_capture: Any) -> None:
    posts = [a_post(post_id=str(number)) for number in range(10)]
    workflow.take_in(store, a_capture(*posts, run_id=run_of(store)))

    class Stops(Judge):
        def judge(self, posts: list[Any], *, screen: bool = True, explain: bool = False) -> Any:
            if posts[0].post_id == "4":
                raise KeyboardInterrupt
            return super().judge(posts)

    with pytest.raises(KeyboardInterrupt):
        workflow.judge_pending(store, Stops(), batch=4)  # type: ignore[arg-type]
    assert workflow.count_findings(store) == 4
    assert workflow.judge_pending(store, Judge(), batch=4).posts == 6  # type: ignore[arg-type]
    assert workflow.judge_pending(store, Judge()).posts == 0  # type: ignore[arg-type]


def test_a_changed_wording_is_judged_again(store: Store, a_finding: Any, a_post: Any, a_capture: Any) -> None:  # fmt: skip
    number = a_finding()
    workflow.take_in(store, a_capture(a_post("改了，只是求助"), run_id=run_of(store)))
    assert workflow.judge_pending(store, Judge(Stance.SEEK, Grade.L0)).posts == 1  # type: ignore[arg-type]
    assert workflow.finding(store, number, reader="t").post.text == "改了，只是求助"


def test_the_queue_is_ordered_and_filtered(store: Store, a_finding: Any) -> None:
    numbers = [a_finding(post_id=str(at)) for at in range(3)]
    assert {one.finding_id for one in workflow.findings_to_review(store)} == set(numbers)
    workflow.decide(store, numbers[0], reviewer="r", label=Label.NOT_LURE, stance=Stance.SEEK, services=())  # fmt: skip
    assert workflow.count_findings(store) == 2
    assert workflow.count_findings(store, decided=True) == 1
    assert workflow.count_findings(store, grade=Grade.L2) == 0
    assert workflow.count_findings(store, platform="weibo") == 0


def test_decisions_are_added_and_undone_never_changed(store: Store, a_finding: Any) -> None:
    number = a_finding()
    first = workflow.decide(store, number, reviewer="r", label=Label.LURE, stance=Stance.SOLICIT, services=[Service.C2], note="疑似\ud800")  # fmt: skip
    workflow.decide(store, number, reviewer="s", label=Label.NOT_LURE, stance=Stance.SEEK, services=())  # fmt: skip
    workflow.undo_decision(store, number, reviewer="s")
    assert workflow.decisions_on(store, number) == [first]
    workflow.undo_decision(store, number, reviewer="s")
    with pytest.raises(NotAllowedError, match="no decision"):
        workflow.undo_decision(store, number, reviewer="s")
    assert workflow.count_findings(store) == 1
    with store.begin() as db:
        log = audit.entries(db)
        assert [one.what for one in log if one.who == "s"] == ["decide not_lure", "undo decision", "undo decision"]  # fmt: skip
        assert audit.broken_at(log) is None
        db.connection.execute(text("UPDATE audit SET who = 'x' WHERE entry_id = 1"))
        broken = audit.broken_at(audit.entries(db))
        assert broken and broken.who == "x"


@pytest.mark.parametrize("stance", [Stance.SEEK, Stance.VICTIM, Stance.WARN, Stance.OFFICIAL])
def test_a_protected_voice_cannot_be_called_a_lure(store: Store, a_finding: Any, stance: Stance) -> None:  # fmt: skip
    with pytest.raises(NotAllowedError, match="solicits or recruits"):
        workflow.decide(store, a_finding(), reviewer="r", label=Label.LURE, stance=stance, services=[Service.C1])  # fmt: skip


def test_a_request_needs_a_persons_decision(store: Store, a_finding: Any) -> None:
    number = a_finding()
    request = TakedownRequest(0, number, Track.A, "百度贴吧", TakedownState.DRAFTED, Path("a"), Path("b"), "r", datetime.now(UTC))  # fmt: skip
    with pytest.raises(NotAllowedError, match="a person's decision"):
        workflow.record_request(store, request)
    workflow.decide(store, number, reviewer="r", label=Label.LURE, stance=Stance.SOLICIT, services=[Service.C2])  # fmt: skip
    assert workflow.record_request(store, request).request_id == 1
    workflow.undo_decision(store, number, reviewer="r")
    with pytest.raises(NotAllowedError, match="a person's decision"):
        workflow.record_request(store, request)


def test_what_expires_is_forgotten_and_findings_stay(
    store: Store, a_finding: Any, a_post: Any, a_capture: Any
) -> None:
    number = a_finding()
    run_id = run_of(store)
    workflow.take_in(store, a_capture(a_post("求助", post_id="1"), run_id=run_id))
    workflow.judge_pending(store, Judge(Stance.SEEK, Grade.L0))  # type: ignore[arg-type]
    assert workflow.purge(store, datetime.now(UTC)).posts == 0
    purged = workflow.purge(store, datetime.now(UTC) + timedelta(days=8))
    assert (purged.posts, purged.captures) == (1, 1)
    kept = workflow.finding(store, number, reader="t")
    assert workflow.captures_of(store, kept.post)[0].body
    workflow.decide(store, number, reviewer="r", label=Label.NOT_LURE, stance=Stance.SEEK, services=())  # fmt: skip
    assert workflow.purge(store, datetime.now(UTC) + timedelta(days=8)).posts == 1
    assert list(workflow.export_posts(store)) == []


def test_passwords(store: Store) -> None:
    workflow.add_user(store, "ann", "password1", "lead")
    assert workflow.verify_password(store, "ann", "password1")
    assert workflow.verify_password(store, "ann", "password2") is None
    assert workflow.verify_password(store, "bob", "password1") is None
    workflow.change_user(store, "ann", disabled=True)
    assert workflow.verify_password(store, "ann", "password1") is None
    with pytest.raises(NotAllowedError, match="8 characters"):
        workflow.add_user(store, "bob", "short", "lead")
    with pytest.raises(NotAllowedError, match="unknown role"):
        workflow.add_user(store, "bob", "password1", "king")


def test_a_stopped_run_goes_on_where_it_was(store: Store, a_post: Any, a_capture: Any) -> None:
    run_id = run_of(store)
    workflow.take_in(store, a_capture(a_post(), run_id=run_id), next_url="https://next/2")
    assert workflow.unfinished(store, "tieba", "x") == "https://next/2"
    workflow.finish_run(store, run_id, "blocked")
    workflow.finish_run(store, run_id, "finished")  # the first ending holds
    assert workflow.unfinished(store, "tieba", "x") is None


KILLED = """
import sys
from datetime import UTC, datetime
from lurewatch import workflow
from lurewatch.config import read_secrets, read_settings
from lurewatch.post import Capture, Post
from lurewatch.store import open_store
settings = read_settings()
store = open_store(settings, read_secrets(settings))
run_id = workflow.start_run(store, platform="tieba", how="spider")
for number in range(100_000):
    post = Post("tieba", str(number), "u", "停息挂账")
    capture = Capture("tieba", "u", "u", 200, (), b"x" * 5000, "served", datetime.now(UTC), "spider",
                      run_id, "k", (post,))
    workflow.take_in(store, capture)
    print(number, flush=True)
"""


def test_a_run_whose_process_was_killed_is_interrupted(settings: Settings, store: Store) -> None:
    code = (
        "import os, sys, time; from lurewatch import workflow;"
        "from lurewatch.config import read_secrets, read_settings;"
        "from lurewatch.store import open_store; s = read_settings();"
        "workflow.start_run(open_store(s, read_secrets(s)), platform='tieba', how='spider', run_id='killed');"
        "print('begun', flush=True); time.sleep(60)"
    )
    env = os.environ | {"LUREWATCH_HOME": str(settings.home), "LUREWATCH_DB": settings.db_url}
    mine = workflow.start_run(store, platform="tieba", how="spider", run_id="mine")
    with subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE) as child:
        assert child.stdout and child.stdout.readline()
        assert workflow.mark_interrupted(store) == 0
        child.kill()
        child.wait()
        assert workflow.mark_interrupted(store) == 1
    states = {one.run_id: one.state for one in workflow.recent_runs(store)}
    assert states == {"killed": "interrupted", mine: "running"}


def test_a_run_of_another_machine_is_dead_when_nothing_is_heard_of_it(store: Store) -> None:
    now = datetime.now(UTC)
    for name, minutes in (("lives", 1), ("dead", 60)):
        workflow.start_run(store, platform="tieba", how="spider", run_id=name)
        with store.begin() as db:
            long_ago = now - timedelta(minutes=minutes)
            values = {"host": "elsewhere", "alive_at": long_ago, "started_at": long_ago}
            table = metadata.tables["runs"]
            db.connection.execute(table.update().where(table.c.run_id == name).values(values))
    assert workflow.mark_interrupted(store) == 1
    assert {one.run_id: one.state for one in workflow.recent_runs(store)} == {
        "lives": "running",
        "dead": "interrupted",
    }
    workflow.finish_run(store, "dead", "finished")  # it was only slow: its own word holds
    assert {one.state for one in workflow.recent_runs(store)} == {"running", "finished"}


def test_a_kill_loses_no_page_that_was_taken_in(settings: Settings) -> None:
    env = dict(os.environ) | {
        "LUREWATCH_HOME": str(settings.home),
        "LUREWATCH_DB": settings.db_url,
    }
    with subprocess.Popen([sys.executable, "-c", KILLED], env=env, stdout=subprocess.PIPE) as child:
        assert child.stdout
        for line in child.stdout:
            if int(line) == 25:
                child.send_signal(signal.SIGKILL)
                break
        said = [25, *(int(line) for line in child.stdout)]
    kept = open_store(settings, read_secrets(settings, {}))
    assert len(list(workflow.export_posts(kept))) >= max(said) + 1


def test_two_writers_at_once_lose_nothing(settings: Settings, store: Store, a_post: Any, a_capture: Any) -> None:  # fmt: skip
    other = open_store(settings, read_secrets(settings, {}))
    run_id = run_of(store)

    def write(kept: Store, first: int) -> None:
        for number in range(first, first + 30):
            workflow.take_in(kept, a_capture(a_post(post_id=str(number)), run_id=run_id))

    threads = [threading.Thread(target=write, args=pair) for pair in ((store, 0), (other, 100))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(workflow.export_posts(store))) == 60


def test_the_migrations_make_the_tables(store: Store) -> None:
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_newer_database_is_left_alone(settings: Settings, store: Store) -> None:
    with store.begin() as db:
        db.connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="newer lurewatch"):
        open_store(settings, read_secrets(settings, {}))


def test_what_is_no_database_is_named(tmp_path: Path) -> None:
    settings = read_settings({"LUREWATCH_HOME": str(tmp_path / "home")})
    settings.home.mkdir(parents=True)
    (settings.home / "lurewatch.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreError, match="not a database"):
        open_store(settings, read_secrets(settings, {}))


@pytest.mark.parametrize("url", ["nonsense", "oracle9://x/y", "postgresql+psycopg://h:1/x"])
def test_a_database_that_cannot_be_used_is_named(tmp_path: Path, url: str) -> None:
    env = {"LUREWATCH_HOME": str(tmp_path / "h"), "LUREWATCH_DB": url}
    with pytest.raises(LurewatchError):
        open_store(read_settings(env), read_secrets(read_settings(env), env))


def test_another_key_opens_nothing(settings: Settings, store: Store, a_post: Any, a_capture: Any) -> None:  # fmt: skip
    workflow.take_in(store, a_capture(a_post(), run_id=run_of(store)))
    (settings.home / "secrets.json").unlink()
    with pytest.raises(StoreError, match="another data key"):
        open_store(settings, read_secrets(settings, {}))


def test_secrets_that_others_can_read_are_refused(settings: Settings, store: Store) -> None:
    (settings.home / "secrets.json").chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        read_secrets(settings, {})


def test_a_full_disk_is_one_message(tmp_path: Path) -> None:
    """A limit on the size of files stands in for a disk without room: writes fail in the same way."""
    rows = tmp_path / "rows.jsonl"
    line = '{"platform": "tieba", "post_id": "%d", "text": "%s"}\n'
    rows.write_text("".join(line % (n, os.urandom(400).hex()) for n in range(3000)), "utf-8")
    script = (
        "import resource, sys; from lurewatch.cli import main;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000));"
        f"sys.argv = ['lurewatch', 'import', {str(rows)!r}, '--no-judge']; main()"
    )
    env = dict(os.environ) | {"LUREWATCH_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [sys.executable, "-c", script], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "room" in done.stderr


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 65])
def test_a_person_has_a_name_that_can_be_seen(store: Store, name: str) -> None:
    with pytest.raises(NotAllowedError, match="1 to 64"):
        workflow.add_user(store, name, "password1", "lead")


def test_the_audit_log_holds_under_many_writers(store: Store) -> None:
    def write(who: str) -> None:
        for number in range(5):
            with store.begin() as db:
                audit.note(db, datetime.now(UTC), who, "read finding", str(number))

    writers = [threading.Thread(target=write, args=(f"r{at}",)) for at in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    checked = workflow.check_audit(store)
    assert (checked.entries, checked.broken) == (20, None)


def test_the_audit_command_names_what_was_touched(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LUREWATCH_HOME", str(settings.home))
    monkeypatch.setenv("LUREWATCH_DB", settings.db_url)

    def run(*words: str) -> Any:
        return CliRunner().invoke(app, ["audit", *words], catch_exceptions=False)

    with store.begin() as db:
        for number in range(3):
            audit.note(db, datetime.now(UTC), "ann", "read finding", str(number))
    whole = run("verify")
    head = whole.stdout.split()[-1]
    assert (whole.exit_code, whole.stdout.split()[0]) == (0, "3")
    assert run("show", "--subject", "1").stdout.count("\n") == 1
    with store.begin() as db:
        db.connection.execute(text("DELETE FROM audit WHERE subject = '2'"))
    assert run("verify").exit_code == 0  # a cut tail shows only beside a head kept elsewhere
    assert run("verify", "--head", head).exit_code == 1
    with store.begin() as db:
        db.connection.execute(text("UPDATE audit SET what = 'purge' WHERE subject = '0'"))
    touched = run("verify")
    assert touched.exit_code == 1
    assert "does not follow" in touched.stderr
