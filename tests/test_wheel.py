"""The wheel, installed in a fresh environment, works from any folder."""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    venv.create(folder / "venv", with_pip=True)
    (wheel,) = folder.glob("*.whl")
    python = folder / "venv/bin/python"
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", str(wheel)], check=True, capture_output=True
    )
    return folder


def run(installed: Path, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    env = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ["HOME"],
        "LUREWATCH_HOME": str(installed / "home"),
    }
    command = [str(installed / "venv/bin/lurewatch"), *words]
    return subprocess.run(
        command, cwd=installed, env=env, input=stdin, capture_output=True, text=True, check=False
    )


def test_classify(installed: Path) -> None:
    post = json.dumps({"id": 1, "text": "停xi挂z，六十期不成不收，加薇❤信：demo_0088"})
    done = run(installed, "classify", "-", stdin=post)
    assert json.loads(done.stdout)["flagged"] is True, done.stderr


def test_read(installed: Path) -> None:
    page = ROOT / "tests/platforms/tieba/search.html"
    done = run(
        installed, "read", "tieba", str(page), "--url", "https://tieba.baidu.com/f/search/res?qw=x"
    )
    assert len(json.loads(done.stdout)["posts"]) == 3, done.stderr


def test_crawl(installed: Path) -> None:
    from lurewatch.demo.site import demo_site

    with demo_site() as site:
        env = f"tieba={site.roots['tieba']}"
        command = [
            str(installed / "venv/bin/lurewatch"),
            "crawl",
            "tieba",
            "--keyword",
            "逾期",
            "--json",
        ]
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ["HOME"],
            "LUREWATCH_HOME": str(installed / "home"),
            "LUREWATCH_ROOTS": env,
        }
        done = subprocess.run(
            command, cwd=installed, env=environ, capture_output=True, text=True, check=False
        )
    (row,) = json.loads(done.stdout)
    assert (row["state"], row["pages"]) == ("captured", 2), done.stderr
