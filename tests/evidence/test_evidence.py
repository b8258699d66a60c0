"""Evidence and letters from a real page in a real browser."""

import json
import subprocess
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from docx import Document

from lurewatch import workflow
from lurewatch.browser import find_chromium, has_chinese_font, is_private
from lurewatch.cli.acting import draft_request, keep_all, setup, without_evidence
from lurewatch.config import Settings
from lurewatch.demo.site import demo_site
from lurewatch.errors import InputError, NotAllowedError, SettingsError
from lurewatch.evidence.package import keep
from lurewatch.evidence.verify import verify
from lurewatch.finding import Finding, Label, Service, Stance
from lurewatch.letters.report import facts, in_force
from lurewatch.store import Store
from lurewatch.takedown import (
    Institution,
    missing,
    read_institution,
)

PROFILE = """
name: 演示消费金融有限公司
credit_code: 91350100M000100Y43
address: 演示路1号
contact_person: 联系人
phone: 000-00000000
email: demo@example.com
authorised_person: 经办人
"""


@pytest.fixture
def seen(store: Store, settings: Settings, a_finding: Any) -> Iterator[tuple[Settings, Finding]]:
    """A finding whose public page is on the demo platform."""
    from dataclasses import replace

    from lurewatch.demo.posts import posts_of

    post = posts_of("tieba")[0]
    with demo_site() as site:
        number = a_finding(post.text, post_id=post.id, url=post.address)
        yield replace(settings, roots=site.roots), workflow.finding(store, number, reader="t")


@pytest.fixture
def package(store: Store, seen: tuple[Settings, Finding]) -> Path:
    settings, finding = seen
    assert keep_all(store, settings, [finding]) == []
    return workflow.evidence_of(store, finding.finding_id)[0].path


def test_a_package_holds_what_the_page_showed(package: Path) -> None:
    names = {path.name for path in package.iterdir()}
    pages = {"served.html", "viewport.png", "page.png", "dom.html", "visible.txt", "page.wacz"}
    assert names == pages | {"SHA256SUMS", "manifest.json", "fields.json"}
    manifest = json.loads((package / "manifest.json").read_text("utf-8"))
    assert manifest["complete"] is True
    assert manifest["visit"]["status"] == 200
    assert (package / "page.png").read_bytes().startswith(b"\x89PNG")
    done = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=package, capture_output=True, check=False)  # fmt: skip
    assert done.returncode == 0
    assert all(check.holds for check in verify(package))


@pytest.mark.parametrize("name", ["manifest.json", "page.png", "served.html", "page.wacz"])
def test_one_changed_byte_is_found(package: Path, name: str) -> None:
    content = bytearray((package / name).read_bytes())
    content[len(content) // 2] ^= 1
    (package / name).write_bytes(content)
    assert not all(check.holds for check in verify(package))


def test_a_file_added_or_taken_away_is_found(package: Path) -> None:
    (package / "more.txt").write_text("x")
    assert not all(check.holds for check in verify(package))
    (package / "more.txt").unlink()
    (package / "visible.txt").unlink()
    assert not all(check.holds for check in verify(package))


def test_what_is_no_package_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"no zip")
    for path in (tmp_path / "x.zip", tmp_path, tmp_path / "missing"):
        with pytest.raises(InputError, match=path.name):
            verify(path)


def test_without_a_browser_the_served_page_is_sealed(store: Store, settings: Settings, a_finding: Any) -> None:  # fmt: skip
    finding = workflow.finding(store, a_finding(), reader="t")
    captures = workflow.captures_of(store, finding.post)
    kept = keep(finding, captures, settings.evidence_dir, None, now=datetime.now(UTC), roots={})
    assert not kept.complete
    assert "no browser" in kept.problems[0]
    assert (kept.path / "served.html").read_bytes() == captures[0].body
    checks = verify(kept.path)
    assert [check.holds for check in checks] == [True] * (len(checks) - 1) + [False]


def test_a_page_on_a_private_address_is_not_visited(store: Store, settings: Settings, a_finding: Any) -> None:  # fmt: skip
    number = a_finding(url="http://127.0.0.1:9/p/1")
    (problem,) = keep_all(store, settings, [workflow.finding(store, number, reader="t")])
    assert "did not come" in problem


def confirm(store: Store, number: int) -> None:
    workflow.decide(store, number, reviewer="r", label=Label.LURE, stance=Stance.SOLICIT, services=[Service.C2])  # fmt: skip


def test_a_letter_is_refused_with_a_list(store: Store, seen: tuple[Settings, Finding], tmp_path: Path) -> None:  # fmt: skip
    settings, finding = seen
    with pytest.raises(NotAllowedError) as refused:
        draft_request(store, settings, finding, tmp_path)
    for lacking in ("统一社会信用代码", "联系人", "人工认定", "证据"):
        assert lacking in str(refused.value)
    assert list(tmp_path.glob("*.docx")) == list(tmp_path.glob("*.zip")) == []


def test_a_letter_says_what_it_must(store: Store, seen: tuple[Settings, Finding], package: Path, tmp_path: Path) -> None:  # fmt: skip
    settings, finding = seen
    settings.profile_file.write_text(PROFILE, "utf-8")
    confirm(store, finding.finding_id)
    finding = workflow.finding(store, finding.finding_id, reader="t")
    request = draft_request(store, settings, finding, tmp_path)
    letter = Document(str(request.letter))
    cells = [cell.text for table in letter.tables for row in table.rows for cell in row.cells]
    text = "\n".join([p.text for p in letter.paragraphs] + cells)
    for wanted in ("违法和不良信息举报函", "涉嫌", "第四十八条", "演示消费金融有限公司", finding.post.url, "停息挂账", "客观、真实"):  # fmt: skip
        assert wanted in text
    assert "犯罪分子" not in text
    with zipfile.ZipFile(request.package) as archive:
        names = {Path(name).name for name in archive.namelist()}
    assert {"analysis.json", "EXPORT.SHA256SUMS", "manifest.json"} <= names
    assert all(check.holds for check in verify(request.package))
    assert [one.finding_id for one in workflow.requests(store)] == [finding.finding_id]


def test_a_quotation_is_short(store: Store, a_finding: Any) -> None:
    finding = workflow.finding(store, a_finding("停" * 300), reader="t")
    assert "停" * 51 not in "".join(facts(finding))


def test_a_law_is_cited_only_while_it_is_in_force() -> None:
    def cited(day: date) -> str:
        return " ".join(law["cite"] for law in in_force((Service.C3,), day))

    assert "第四十六条" in cited(date(2025, 12, 31))
    assert "第四十六条" not in cited(date(2026, 1, 1))
    assert "第四十八条" in cited(date(2026, 1, 1))
    assert "征信业管理条例" in cited(date(2026, 1, 1))
    assert "保险法" not in cited(date(2026, 1, 1))


def test_a_profile_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text("nmae: x")
    with pytest.raises(InputError, match=r"p\.yaml"):
        read_institution(tmp_path / "p.yaml")
    assert len(missing(Institution())) == 7


def test_the_browser(settings: Settings) -> None:
    from dataclasses import replace

    path = find_chromium(settings)
    assert path
    assert has_chinese_font(path)
    with pytest.raises(SettingsError, match="LUREWATCH_CHROMIUM"):
        find_chromium(replace(settings, chromium="/no/such/browser"))
    for address in ("http://[::1]/", "http://169.254.169.254/", "http://localhost./", "file:///etc/passwd"):  # fmt: skip
        assert is_private(address, ())


def test_a_profile_is_amended_and_never_emptied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setenv("LUREWATCH_HOME", str(tmp_path / "home"))
    fields, empty, odd = (tmp_path / name for name in ("fields.yaml", "empty.yaml", "odd.yaml"))
    fields.write_text("name: 演示银行\nphone: 000-1\nbrands: [演示]\n", "utf-8")
    empty.write_text("", "utf-8")
    odd.write_text("name: [1, 2]\n", "utf-8")
    setup(source=fields)
    for path, said in ((empty, "is empty"), (odd, "must be a text"), (tmp_path, "cannot be read")):
        with pytest.raises(InputError, match=said):
            setup(source=path)
    fields.write_text("phone: 000-2\n", "utf-8")
    setup(source=fields)
    kept = read_institution(tmp_path / "home" / "institution.yaml")
    assert (kept.name, kept.phone, kept.brands) == ("演示银行", "000-2", ("演示",))


def test_evidence_that_is_not_complete_is_tried_again(store: Store, settings: Settings, a_finding: Any) -> None:  # fmt: skip
    number = a_finding()
    workflow.record_evidence(store, number, settings.evidence_dir / "x", "0" * 64, complete=False)
    assert [one.finding_id for one in without_evidence(store)] == [number]
    workflow.record_evidence(store, number, settings.evidence_dir / "y", "1" * 64, complete=True)
    assert without_evidence(store) == []
