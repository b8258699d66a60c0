"""What is forgotten, what is held, and what a person may ask to have erased, on real databases."""

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from lurewatch import retention, workflow
from lurewatch.cli import app
from lurewatch.cli.acting import without_evidence
from lurewatch.config import Settings
from lurewatch.errors import NotAllowedError, SettingsError
from lurewatch.finding import Contact, Grade, Label, Service, Stance, Verdict
from lurewatch.periods import read_periods, shipped_periods
from lurewatch.store import Store, masking
from lurewatch.takedown import TakedownRequest, TakedownState, Track
from tests.conftest import Judge

NOW = datetime.now(UTC)
LATER = NOW + timedelta(days=8)
MUCH_LATER = NOW + timedelta(days=731)
SECRET = (
    "我电话13800001234，身份证11010519491231002X，卡6222020000001234567，住幸福路12号3单元501室"
)


class Names(Judge):
    """Told what to say; every post has one contact."""

    def judge(self, posts: list[Any], *, screen: bool = True, explain: bool = False) -> list[Verdict]:  # fmt: skip
        contact = Contact("text", None, 0, 4, "wechat", "demo_0088", "author", 0.9)
        return [replace(one, contacts=(contact,)) for one in super().judge(posts)]


@pytest.fixture
def settings(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    if getattr(request, "param", "") == "postgresql":
        return replace(settings, db_url=request.getfixturevalue("postgres")())
    return settings


on_either = pytest.mark.parametrize("settings", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def run(store: Store, settings: Settings) -> Any:
    def run(now: datetime, dry_run: bool = False) -> retention.Retained:
        return retention.run(
            store, shipped_periods(), settings.imports_dir, who="op", now=now, dry_run=dry_run
        )

    return run


@pytest.fixture
def a_lure(store: Store, a_finding: Any, tmp_path: Path) -> Any:
    """A finding decided as a lure, with a package on the disk and a request in the state that is asked for."""

    def make(state: TakedownState | None = None, post_id: str = "9001") -> tuple[int, Path]:
        url = f"https://tieba.baidu.com/p/{post_id}"
        number = a_finding(post_id=post_id, author_id=f"un-{post_id}", url=url)
        workflow.decide(store, number, reviewer="r", label=Label.LURE, stance=Stance.SOLICIT, services=(Service.C2,), note="老周")  # fmt: skip
        package = tmp_path / f"package-{number}"
        package.mkdir()
        (package / "SHA256SUMS").write_text("")
        workflow.record_evidence(store, number, package, f"{number:064}", True)
        if state:
            letter, printed = tmp_path / f"{number}.docx", tmp_path / f"{number}.pdf"
            letter.write_bytes(b"letter")
            printed.write_bytes(b"%PDF")
            workflow.record_request(
                store,
                TakedownRequest(0, number, Track.A, "贴吧", state, letter, tmp_path / f"{number}.zip", "op", NOW, why_again="老周"),
                [("letter", letter), ("pdf", printed)],
            )  # fmt: skip
        return number, package

    return make


def test_a_dry_run_says_the_same_and_keeps_it(store: Store, a_post: Any, a_capture: Any, run: Any, settings: Settings) -> None:  # fmt: skip
    run_id = workflow.start_run(store, platform="tieba", how="spider")
    workflow.take_in(store, a_capture(a_post("求助"), run_id=run_id))
    workflow.judge_pending(store, Judge(Stance.SEEK, Grade.L0))  # type: ignore[arg-type]
    settings.imports_dir.mkdir()
    (settings.imports_dir / "x.rejected.jsonl").write_text("{}")
    assert run(NOW).purged.posts == 0
    would = run(LATER, dry_run=True)
    assert len(list(workflow.export_posts(store))) == 1
    done = run(LATER)
    assert would == done
    assert (done.purged.posts, done.purged.captures, done.files) == (1, 1, 1)
    assert list(workflow.export_posts(store)) == []
    assert list(settings.imports_dir.iterdir()) == []
    assert workflow.check_audit(store).broken is None


@on_either
def test_what_is_settled_and_old_is_emptied_and_still_counted(
    store: Store, a_lure: Any, run: Any
) -> None:
    number, package = a_lure(TakedownState.REMOVED)
    under_way, other = a_lure(TakedownState.SENT, "2")
    assert run(LATER).purged.emptied == 0
    done = run(MUCH_LATER)
    assert (done.purged.emptied, done.purged.captures, done.files) == (1, 1, 4)
    kept = workflow.finding(store, number, reader="t")
    assert (kept.post.text, kept.post.url, kept.post.author_name) == ("", "", "")
    assert kept.verdict.reasons == () and kept.verdict.grade is Grade.L3
    assert [(one.label, one.note) for one in workflow.decisions_on(store, number)] == [
        (Label.LURE, "")
    ]
    assert not package.exists() and other.exists()
    (gone,) = (one for one in workflow.requests(store) if one.finding_id == number)
    assert gone.why_again == "" and gone.address_hash
    assert [one.path for one in workflow.files_of(store, [gone.request_id])] == [None, None]
    assert not list(package.parent.glob(f"{number}.*")) and list(package.parent.glob("*.pdf"))
    assert {one.said for one in workflow.verify_files(store)} == {""}
    assert workflow.evidence_of(store, number) == []
    assert [one.finding_id for one in without_evidence(store)] == []
    assert [one.what for one in workflow.custody_of(store, f"{number:064}")][-1].startswith("destr")
    assert workflow.finding(store, under_way, reader="t").post.text
    assert run(MUCH_LATER).purged.emptied == 0
    with pytest.raises(NotAllowedError, match="nothing to hold"):
        retention.hold(store, number, why="案件", who="op")


def test_files_that_a_killed_run_left_go_with_the_next(
    store: Store, a_lure: Any, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, package = a_lure()
    with monkeypatch.context() as dying:
        dying.setattr(retention, "_destroy", lambda *_: None)
        assert run(MUCH_LATER).purged.emptied == 1
    assert package.exists()
    assert run(MUCH_LATER).files == 1
    assert not package.exists()


@on_either
def test_nothing_held_is_forgotten(store: Store, a_lure: Any, a_finding: Any, run: Any) -> None:
    number, package = a_lure(TakedownState.REMOVED)
    dropped = a_finding(post_id="3")
    workflow.decide(store, dropped, reviewer="r", label=Label.NOT_LURE, stance=Stance.SEEK, services=())  # fmt: skip
    for one in (number, dropped):
        retention.hold(store, one, why="案件 2026-1", who="op")
    assert [(one.finding_id, one.why) for one in retention.standing_holds(store)] == [
        (number, "案件 2026-1"),
        (dropped, "案件 2026-1"),
    ]
    purged = run(MUCH_LATER).purged
    assert (purged.posts, purged.emptied, purged.captures) == (0, 0, 0)
    assert package.exists()
    retention.release(store, number, who="op")
    retention.release(store, dropped, who="op")
    purged = run(MUCH_LATER).purged
    assert (purged.posts, purged.emptied) == (1, 1)
    with pytest.raises(NotAllowedError, match="no hold"):
        retention.release(store, number, who="op")


@on_either
def test_a_subject_is_told_and_erased_but_for_what_is_needed(
    store: Store, a_post: Any, a_capture: Any, a_lure: Any
) -> None:
    settled, package = a_lure(TakedownState.REMOVED, "1")
    a_lure(TakedownState.SENT, "2")
    held, _ = a_lure(None, "3")
    retention.hold(store, held, why="案件", who="op")
    run_id = workflow.start_run(store, platform="tieba", how="spider")
    workflow.take_in(store, a_capture(a_post(post_id="4", author_id="un-4"), run_id=run_id))
    workflow.judge_pending(store, Names())  # type: ignore[arg-type]
    for written, count in (("demo_0088", 1), ("DEMO_0088", 1), ("un-2", 1), ("un-99", 0), ("https://tieba.baidu.com/p/3", 1)):  # fmt: skip
        assert len(retention.about(store, written, who="op")) == count, written
    for written in ("un-1", "un-2", "un-3", "un-4"):
        retention.about(store, written, who="op", erase=True)
    assert not package.exists()
    assert [row.post.post_id for row in workflow.export_posts(store) if row.post.text] == ["2", "3"]
    assert workflow.finding(store, settled, reader="t").post.text == ""
    assert retention.about(store, "demo_0088", who="op") == []
    log = workflow.audit_log(store)
    assert ("erase for a subject", "1 posts, 0 erased") in [(one.what, one.subject) for one in log]
    assert not [one for one in log if "un-" in one.subject or "demo_0088" in one.subject]


@on_either
def test_a_debtors_details_do_not_linger(store: Store, settings: Settings, a_post: Any, a_capture: Any) -> None:  # fmt: skip
    run_id = workflow.start_run(store, platform="tieba", how="spider")
    page = f"<p>{SECRET}</p><p>停息挂账，电话13900000000</p>".encode()
    capture = a_capture(a_post(SECRET), run_id=run_id, body=page)
    workflow.take_in(store, capture)
    workflow.judge_pending(store, Judge(Stance.SEEK, Grade.L0))  # type: ignore[arg-type]
    (kept,) = workflow.export_posts(store)
    masked = (
        "我电话138****1234，身份证110105********002X，卡6222***********4567，住幸福路**号*单元***室"
    )
    assert kept.post.text == masked
    contacts = [
        Contact("text", None, 3, 14, "phone", "13800001234", owner, 0.9)
        for owner in ("unknown", "suspect")
    ]
    (verdict,) = Judge(Stance.VICTIM).judge([kept.post])
    repeated = masking.hidden(replace(verdict, contacts=tuple(contacts)))
    assert [one.owner for one in repeated.contacts] == ["suspect"]
    body = workflow.captures_of(store, kept.post)[0].body.decode()
    assert body == f"<p>{masked}</p><p>停息挂账，电话13900000000</p>"
    workflow.take_in(store, capture)  # seen again: the same wording, which is no change
    assert workflow.judge_pending(store, Judge(Stance.SEEK, Grade.L0)).posts == 0  # type: ignore[arg-type]
    assert [row.post.text for row in workflow.export_posts(store)] == [masked]


def test_a_person_who_calls_it_protected_has_it_masked(store: Store, a_finding: Any, run: Any) -> None:  # fmt: skip
    number = a_finding(SECRET)
    workflow.decide(store, number, reviewer="r", label=Label.NOT_LURE, stance=Stance.VICTIM, services=())  # fmt: skip
    assert run(NOW).purged.masked == 0  # it can still be taken back
    assert run(NOW + timedelta(days=2)).purged.masked == 1
    assert "13800001234" not in workflow.finding(store, number, reader="t").post.text
    assert run(NOW + timedelta(days=2)).purged.masked == 0


def test_a_lures_own_number_is_not_masked(store: Store, a_finding: Any) -> None:
    number = a_finding("停息挂账，电话13900000000")
    assert "13900000000" in workflow.finding(store, number, reader="t").post.text


def test_periods_are_the_operators(tmp_path: Path, store: Store, settings: Settings, a_post: Any, a_capture: Any) -> None:  # fmt: skip
    path = tmp_path / "retention.yaml"
    assert read_periods(path).negatives == timedelta(days=7)
    path.write_text("negatives: 2\n")
    periods = read_periods(path)
    assert (periods.negatives.days, periods.findings.days) == (2, 730)
    run_id = workflow.start_run(store, platform="tieba", how="spider")
    workflow.take_in(store, a_capture(a_post(), run_id=run_id))
    for days, posts in ((1, 0), (3, 1)):
        at = datetime.now(UTC) + timedelta(days=days)
        done = retention.run(store, periods, settings.imports_dir, who="op", now=at)
        assert done.purged.posts == posts


@pytest.mark.parametrize("written", ["negatives: 0", "negatives: x", "other: 3", "[1", "- 1", "negatives: true"])  # fmt: skip
def test_periods_that_cannot_be_read_are_named(tmp_path: Path, written: str) -> None:
    path = tmp_path / "retention.yaml"
    path.write_text(written)
    with pytest.raises(SettingsError, match=r"retention\.yaml"):
        read_periods(path)


def test_the_commands(store: Store, settings: Settings, a_finding: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setenv("LUREWATCH_HOME", str(settings.home))
    monkeypatch.setenv("LUREWATCH_DB", settings.db_url)
    number = a_finding()

    def command(*words: str) -> str:
        done = CliRunner().invoke(app, list(words), catch_exceptions=False)
        assert done.exit_code == 0
        return done.stdout

    counts = json.loads(command("retention", "run", "--dry-run", "--json"))
    assert counts == {"posts": 0, "captures": 0, "handles": 0, "masked": 0, "emptied": 0, "files": 0, "dry_run": True}  # fmt: skip
    assert "Forgot 0 posts" in command("purge")
    command("retention", "hold", str(number), "--why", "案件")
    assert "案件" in command("retention", "holds")
    assert "kept: a legal hold" in command("retention", "subject", "un-1", "--erase")
    command("retention", "release", str(number))
    assert "would be erased" in command("retention", "subject", "un-1")
    (row,) = json.loads(command("retention", "subject", "un-1", "--erase", "--json"))
    assert row["erased"] and "Nothing is kept" in command("retention", "subject", "un-1")


@on_either
def test_who_had_everything_erased_is_not_collected_again(
    store: Store, a_post: Any, a_capture: Any
) -> None:
    def seen(post_id: str, text: str, author: str) -> None:
        run_id = workflow.start_run(store, platform="tieba", how="spider")
        workflow.take_in(store, a_capture(a_post(text, post_id=post_id, author_id=author), run_id=run_id))  # fmt: skip
        workflow.judge_pending(store, Sees())  # type: ignore[arg-type]

    def kept() -> list[str]:
        return [row.post.post_id for row in workflow.export_posts(store)]

    seen("1", "今天吃了面", "anna")
    seen("2", "明天吃米饭", "bert")
    assert kept() == ["1", "2"]
    retention.about(store, "anna", who="op", erase=True)
    assert kept() == ["2"]
    seen("3", "后天吃饺子", "anna")
    seen("4", "别人的帖子", "carl")
    assert kept() == ["2", "4"]
    seen("5", "停息挂账，加微信 demo_0088", "anna")  # a lure is kept, whoever asks
    assert kept() == ["2", "4", "5"]


class Sees(Names):
    """Flags what names the service."""

    def judge(self, posts: Any, **options: Any) -> list[Any]:
        return [
            one if "停息挂账" in post.text else replace(one, grade=Grade.L0, stance=Stance.OTHER)
            for one, post in zip(super().judge(posts, **options), posts, strict=True)
        ]


def test_what_a_killed_command_left_goes(store: Store, settings: Settings, a_finding: Any) -> None:
    number = a_finding()
    folder, old = settings.evidence_dir, (NOW - timedelta(days=2)).timestamp()
    names = ("weibo-1-20261101T000000Z", ".weibo-1-20261101T000000Z.x1y2", "weibo-2-20261101T000000Z", "mine", "tieba-3-20261101T000000Z")  # fmt: skip
    for name in names:
        (folder / name).mkdir(parents=True)
        (folder / name / "fields.json").write_text("{}")
        os.utime(folder / name, (old, old))
    os.utime(folder / names[4])  # somebody may be writing it now
    workflow.record_evidence(store, number, folder / names[2], "0" * 64, complete=True)

    def run(dry_run: bool) -> int:
        done = retention.run(store, shipped_periods(), settings.imports_dir, who="t", now=NOW, evidence=folder, dry_run=dry_run)  # fmt: skip
        return done.files

    assert run(dry_run=True) == 2 and len(list(folder.iterdir())) == 5
    assert run(dry_run=False) == 2
    assert {path.name for path in folder.iterdir()} == set(names[2:])
