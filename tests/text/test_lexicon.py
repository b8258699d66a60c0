"""`lurewatch lexicon`: what a row would read, and how it becomes the operator's own."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from lurewatch.cli import app
from lurewatch.errors import InputError
from lurewatch.text.lexicon import OVERLAY, load_lexicon, problems_of
from lurewatch.text.normalise import normalise


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("LUREWATCH_HOME", str(tmp_path))
    monkeypatch.delenv("LUREWATCH_DB", raising=False)
    runner = CliRunner()
    return lambda *words: runner.invoke(app, ["lexicon", *words], catch_exceptions=False)


def test_the_shipped_lexicon_is_sound(run: Any) -> None:
    done = run("lint")
    assert done.exit_code == 0
    assert "0 faults" in done.output


def test_a_row_shows_what_it_would_read_before_it_is_taken(run: Any, tmp_path: Path) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_text("小火车多少钱，贷款能办吗\n周末去坐小火车\n", "utf-8")
    tried = json.loads(run("test", "小火车", "车贷", "--in", str(texts), "--json").stdout)
    assert (tried["texts"], tried["read"]) == (2, 1)  # grade B wants a term near
    assert "小火车多少钱" in tried["places"][0]
    again = json.loads(run("test", "小火车", "车贷", "--grade", "A", "--in", str(texts), "--json").stdout)  # fmt: skip
    assert again["read"] == 2
    assert not (tmp_path / OVERLAY).exists()


def test_an_added_row_is_read_and_changes_the_version(run: Any, tmp_path: Path) -> None:
    before = load_lexicon(tmp_path / OVERLAY).version
    assert run("add", "小火车", "车贷", "--source", "case 12", "--grade", "A").exit_code == 0
    assert run("add", "大火车", "房贷", "--source", "case 13").exit_code == 0
    lexicon = load_lexicon(tmp_path / OVERLAY)
    assert lexicon.version != before
    assert normalise("小火车有吗", lexicon).plain == "车贷有吗"
    assert {"小火车", "大火车"} <= {term.form for term in lexicon.terms}
    assert run("lint").exit_code == 0


def test_an_unsound_row_is_refused_and_nothing_written(run: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="grades are A B C"):
        run("add", "小火车", "车贷", "--source", "x", "--grade", "D")
    with pytest.raises(InputError, match="one character alone"):
        run("add", "车", "车贷", "--source", "x", "--grade", "A")
    for form in ("", " ", "小车\r\n"):
        with pytest.raises(InputError, match=r"blank"):
            run("add", form, "车贷", "--source", "x")
    run("add", "小火车", "车贷", "--source", "x")
    with pytest.raises(InputError, match="go on for ever"):
        run("add", "车贷", "小火车", "--source", "x")
    (tmp_path / OVERLAY).unlink()
    assert not (tmp_path / OVERLAY).exists()


def test_what_lint_looks_at() -> None:
    term = load_lexicon().terms[0]
    for broken in ({"source": ""}, {"first_seen": "today"}, {"group": "X"}, {"device": "plain"}, {"note": "a\tb"}):  # fmt: skip
        assert problems_of([replace(term, **broken)])  # type: ignore[arg-type]
