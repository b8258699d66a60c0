"""kill -9 while a person decides, and while a package is kept and exported: all of it, or nothing."""

import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lurewatch import custody, workflow
from lurewatch.config import Settings
from lurewatch.demo.posts import posts_of
from lurewatch.demo.site import demo_site
from lurewatch.evidence.verify import verify
from lurewatch.store import Store

BEGIN = """
import sys
from pathlib import Path
from lurewatch import workflow
from lurewatch.config import read_secrets, read_settings
from lurewatch.store import open_store
settings = read_settings()
store = open_store(settings, read_secrets(settings))
"""
DECIDE = """
from lurewatch.finding import Label, Service, Stance
for number in range(1, 1000):
    workflow.decide(store, number, reviewer="kim", label=Label.LURE, stance=Stance.SOLICIT,
                    services=[Service.C2], second_share=1.0)
    print(number, flush=True)
"""
KEEP = """
from lurewatch.cli.acting import keep_all
found = workflow.findings_to_review(store, limit=1000)
print("begun", flush=True)
keep_all(store, settings, found)
"""
EXPORT = """
from lurewatch import desk
for at in range(1000):
    for number in (1, 2):
        found = workflow.finding(store, number, reader="kim")
        (kept,) = workflow.evidence_of(store, number)
        desk.export_evidence(store, found, kept, Path(sys.argv[1]) / f"{number}-{at}.zip", who="kim")
        print(number, flush=True)
"""


def killed(
    settings: Settings, code: str, lines: int, wait: float, *arguments: str, **more: str
) -> None:
    """Run it, and kill it so long after it has said so many lines."""
    env = os.environ | {"LUREWATCH_HOME": str(settings.home)} | more
    command = [sys.executable, "-c", BEGIN + code, *arguments]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE) as child:
        assert child.stdout
        assert all(child.stdout.readline() for _ in range(lines))
        time.sleep(wait)
        child.send_signal(signal.SIGKILL)


def settled(store: Store) -> None:
    """Every log follows from its first entry, and every package on record is whole."""
    assert workflow.check_audit(store).broken is None
    for kept in workflow.all_evidence(store):
        log = workflow.custody_of(store, kept.sums_sha256)
        assert custody.broken_at(log) is None and log[0].what == "sealed"
        checks = verify(kept.path)
        assert [one.english for one in checks if not one.holds and "incomplete" not in one.english] == []  # fmt: skip


@pytest.mark.parametrize(("lines", "wait"), [(1, 0.0), (2, 0.003), (3, 0.01)])
def test_while_deciding(
    lines: int, wait: float, store: Store, settings: Settings, a_finding: Callable[..., int]
) -> None:
    numbers = [a_finding(post_id=str(at)) for at in range(40)]
    killed(settings, DECIDE, lines, wait)
    with store.reading() as db:
        looks = {row[0] for row in db.connection.exec_driver_sql("select finding_id from second_looks")}  # fmt: skip
        told = {row[0] for row in db.connection.exec_driver_sql("select finding_id, decided from findings where decided")}  # fmt: skip
    decided = {number for number in numbers if workflow.decisions_on(store, number)}
    noted = {int(one.subject) for one in workflow.audit_log(store) if one.what == "decide lure"}
    assert decided == looks == told == noted and len(decided) >= lines
    settled(store)


def test_while_keeping_packages(
    store: Store, settings: Settings, a_finding: Any, tmp_path: Path
) -> None:
    with demo_site() as site:
        for post in posts_of("tieba")[:6]:
            number = 9_000_000_000 + post.number
            a_finding(post.text, post_id=str(number), url=f"https://tieba.baidu.com/p/{number}")
        roots = ",".join(f"{name}={address}" for name, address in site.roots.items())
        for wait in (0.5, 1.5, 3.0, 4.0):
            killed(settings, KEEP, 1, wait, LUREWATCH_ROOTS=roots)
            settled(store)
            on_disk = {path for path in settings.evidence_dir.glob("[!.]*")}
            assert {one.path for one in workflow.all_evidence(store)} <= on_disk
            for path in on_disk:  # one that is not on record yet is whole all the same
                assert (path / "SHA256SUMS").is_file()


def test_while_exporting(store: Store, settings: Settings, a_finding: Any, tmp_path: Path) -> None:
    from lurewatch.cli.acting import keep_all

    for at in ("1", "2"):
        number = a_finding(post_id=at, url=f"http://127.0.0.1:9/p/{at}")
        keep_all(store, settings, [workflow.finding(store, number, reader="t")])
    out = tmp_path / "out"
    out.mkdir()
    for lines, wait in ((1, 0.0), (2, 0.005), (4, 0.02)):
        killed(settings, EXPORT, lines, wait, str(out))
        settled(store)
    exported = [
        entry.what.removeprefix("exported ")
        for kept in workflow.all_evidence(store)
        for entry in workflow.custody_of(store, kept.sums_sha256)
        if entry.what.startswith("exported")
    ]
    written = {path.name for path in out.glob("[!.]*")}
    assert written and written <= set(exported)  # nothing leaves that is not in the log
    for name in written:
        with zipfile.ZipFile(out / name) as archive:
            assert archive.testzip() is None
        checks = {one.english: one.holds for one in verify(out / name)}
        assert checks["the exported files are as they were"]
