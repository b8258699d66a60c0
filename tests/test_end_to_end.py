"""The main job from one end to the other: demo platform, findings, decision, takedown draft."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lurewatch import workflow
from lurewatch.config import read_secrets, read_settings
from lurewatch.demo.posts import all_posts
from lurewatch.finding import LURING, Label
from lurewatch.store import open_store


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "home"


def lurewatch(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = dict(os.environ) | {"LUREWATCH_HOME": str(home)}
    env.pop("LUREWATCH_DB", None)
    command = [sys.executable, "-m", "lurewatch", *words]
    return subprocess.run(
        command, env=env, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )


def test_from_the_demo_platform_to_a_takedown_draft(home: Path) -> None:
    done = lurewatch(home, "demo", "--home", str(home))
    assert done.returncode == 0, done.stderr
    for said in (
        "blocked",
        "changed",
        "disallowed",
        "findings",
        "Open it with",
        "packages are complete",
    ):
        assert said in done.stdout
    settings = read_settings({"LUREWATCH_HOME": str(home)})
    store = open_store(settings, read_secrets(settings, {}))
    assert len(list(workflow.export_posts(store))) == len(all_posts())
    found = [
        one for one in workflow.findings_to_review(store, limit=300) if one.verdict.stance in LURING
    ]
    assert len(found) > 40
    kept = workflow.evidence_of(store, found[0].finding_id)
    assert kept and kept[0].complete
    first = found[0]
    refused = lurewatch(home, "takedown", "draft", str(first.finding_id), "--as", "demo", "--json")
    assert refused.returncode == 1
    assert "人工认定" in refused.stderr
    workflow.decide(
        store,
        first.finding_id,
        reviewer="demo",
        label=Label.LURE,
        stance=first.verdict.stance,
        services=first.verdict.services,
    )
    drafted = lurewatch(home, "takedown", "draft", str(first.finding_id), "--as", "demo", "--json")
    assert drafted.returncode == 0, drafted.stderr
    files = json.loads(drafted.stdout)
    assert Path(files["letter"]).stat().st_size > 5000
    assert Path(files["pdf"]).read_bytes().startswith(b"%PDF")
    (request,) = workflow.requests(store)
    assert (request.drafted_by, request.request_id) == ("demo", files["request"])
    verified = lurewatch(home, "evidence", "verify", files["evidence"])
    assert verified.returncode == 0, verified.stdout


def test_no_protected_post_of_the_demo_is_flagged(home: Path) -> None:
    settings = read_settings({"LUREWATCH_HOME": str(home)})
    store = open_store(settings, read_secrets(settings, {}))
    never = {post.text for post in all_posts() if post.stance in ("SEEK", "VICTIM", "OFFICIAL")}
    flagged = workflow.findings_to_review(store, limit=300, decided=None)
    assert [one.post.text for one in flagged if one.post.text in never] == []
