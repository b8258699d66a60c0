"""Evidence and letters from a real page in a real browser."""

import json
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error, sync_playwright
from typer.testing import CliRunner

from lurewatch import workflow
from lurewatch.browser import (
    SIGNS,
    draws,
    find_chromium,
    launch_options,
    undrawn,
    who_asks,
)
from lurewatch.cli import app as command
from lurewatch.cli.acting import keep_all, setup, without_evidence
from lurewatch.config import Settings
from lurewatch.demo.site import demo_site
from lurewatch.errors import InputError, SettingsError
from lurewatch.evidence.package import keep, robots_said
from lurewatch.evidence.robots import ask
from lurewatch.evidence.shoot import opened, shoot
from lurewatch.evidence.verify import Record, verify
from lurewatch.finding import Finding
from lurewatch.outside import PrivateAddressError
from lurewatch.retention import PACKAGE
from lurewatch.store import Store
from lurewatch.takedown import (
    Institution,
    missing,
    read_institution,
)
from tests.crawlers.test_spiders import server

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
    assert names == pages | {"SHA256SUMS", "manifest.json", "fields.json", "robots.txt"}
    manifest = json.loads((package / "manifest.json").read_text("utf-8"))
    assert manifest["complete"] is True
    assert manifest["robots"] == "obeyed: robots.txt allows this page"
    robots = manifest["robots_answer"]
    assert robots["status"] == 200 and robots["asked_as"] == who_asks()
    assert robots["sha256"] == sha256((package / "robots.txt").read_bytes()).hexdigest()
    assert manifest["visit"]["status"] == 200
    assert manifest["visit"]["user_agent"].startswith("Mozilla/5.0 ")
    assert manifest["visit"]["user_agent"].endswith(f" {who_asks()}")
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


def test_any_changed_byte_is_found(store: Store, settings: Settings, a_finding: Any) -> None:
    """One bit of each byte of each file, without a browser: they are small, so all can be tried."""
    finding = workflow.finding(store, a_finding(), reader="t")
    captures = workflow.captures_of(store, finding.post)
    kept = keep(finding, captures, settings.evidence_dir, None, now=datetime.now(UTC), roots={})
    whole = [check.holds for check in verify(kept.path)]
    for path in kept.path.iterdir():
        content = path.read_bytes()
        for at in range(len(content)):
            path.write_bytes(content[:at] + bytes([content[at] ^ 1 << at % 8]) + content[at + 1 :])
            assert [check.holds for check in verify(kept.path)] != whole, (path.name, at)
        path.write_bytes(content)
    assert [check.holds for check in verify(kept.path)] == whole


def zipped(package: Path, target: Path, *more: tuple[str, bytes], folder: str = "p/") -> Path:
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in more:
            archive.writestr(name, content)
        for one in package.iterdir():
            archive.writestr(folder + one.name, one.read_bytes())
    return target


def test_nothing_hides_behind_a_sealed_name(package: Path, tmp_path: Path) -> None:
    for folder in ("p/", ""):
        assert all(one.holds for one in verify(zipped(package, tmp_path / "z.zip", folder=folder)))
    below = zipped(package, tmp_path / "z.zip", ("p/shown/page.png", b"another picture"))
    assert not all(check.holds for check in verify(below))
    for name in ("q/page.png", "page.png"):
        other = zipped(package, tmp_path / "z.zip", (name, b"another picture"))
        with pytest.raises(InputError, match=r"z\.zip holds more than one package"):
            verify(other)
    (package / "shown").mkdir()
    (package / "shown" / "page.png").write_bytes(b"another picture")
    assert not all(check.holds for check in verify(package))


def test_a_stamp_that_is_lacking_is_said(package: Path, tmp_path: Path) -> None:
    said = {check.english: check.holds for check in verify(package)}
    assert said["there is no time stamp: it is pending"]
    (tmp_path / "roots.pem").write_text("nobody")
    asked = {check.english: check.holds for check in verify(package, tmp_path / "roots.pem")}
    assert not asked["there is no time stamp: it is pending, so none can be checked"]


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
    assert "obeyed" in json.loads((kept.path / "manifest.json").read_bytes())["robots"]
    assert robots_said([], None, "").startswith("not asked")  # no spider found it: nobody says so
    assert "no browser" in kept.problems[0]
    assert (kept.path / "served.html").read_bytes() == captures[0].body
    checks = verify(kept.path)
    assert [check.holds for check in checks] == [True] * (len(checks) - 1) + [False]


def test_packages_of_one_second_are_told_apart(store: Store, settings: Settings, a_finding: Any) -> None:  # fmt: skip
    finding = workflow.finding(store, a_finding(), reader="t")
    captures = workflow.captures_of(store, finding.post)
    now = datetime.now(UTC)
    first, second, third = (
        keep(finding, captures[:count], settings.evidence_dir, None, now=now, roots={})
        for count in (1, 0, 1)
    )
    assert second.path.name == f"{first.path.name}-2" and third.path.name == f"{first.path.name}-3"
    for one in (first, second, third):
        assert sha256((one.path / "SHA256SUMS").read_bytes()).hexdigest() == one.sums_sha256
        assert PACKAGE.fullmatch(one.path.name)
    assert (first.path / "served.html").is_file() and not (second.path / "served.html").exists()
    assert {one.name for one in settings.evidence_dir.iterdir()} == {
        one.path.name for one in (first, second, third)
    }


def test_a_page_on_a_private_address_is_not_visited(store: Store, settings: Settings, a_finding: Any) -> None:  # fmt: skip
    number = a_finding(url="http://127.0.0.1:9/p/1")
    (problem,) = keep_all(store, settings, [workflow.finding(store, number, reader="t")])
    assert "was not visited: robots.txt is on a private address" in problem


def test_a_profile_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text("nmae: x")
    with pytest.raises(InputError, match=r"p\.yaml"):
        read_institution(tmp_path / "p.yaml")
    assert len(missing(Institution())) == 7


def test_the_browser(settings: Settings) -> None:
    path = find_chromium(settings)
    assert path
    assert "Chinese" not in undrawn(path)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options(path))
        assert draws(browser, SIGNS["Chinese"])
        assert not draws(browser, "债债")
        assert not draws(browser, "\U0010fffd\U0010fffe")  # what no font has
        browser.close()
    with pytest.raises(SettingsError, match="LUREWATCH_CHROMIUM"):
        find_chromium(replace(settings, chromium="/no/such/browser"))


def test_evidence_is_led_to_no_private_address(settings: Settings) -> None:
    path, inside = find_chromium(settings), list[str]()
    assert path

    def secret(request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        inside.append(request.path)
        return 200, {}, b"inside"

    with (
        server(secret, "127.0.0.2") as private,
        server(lambda request: (302, {"Location": f"{private}{request.path}"}, b"")) as root,
        opened(path, [root]) as browser,
    ):
        with pytest.raises(PrivateAddressError, match=r"127\.0\.0\.2, which is no public address"):
            shoot(browser, f"{root}/p/1", [root])
        with pytest.raises(PrivateAddressError, match="private address refused"):
            shoot(browser, private.replace("127.0.0.2", "0x7f.2"), [root])
        asked = ask(browser, f"{root}/p/1", [root])
        assert not asked.allowed and "private address refused" in asked.said
        with pytest.raises(Error, match="ERR_TOO_MANY_REDIRECTS"):
            private = ""
            shoot(browser, f"{root}/p/1", [root])
    assert inside == []


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


def test_a_package_is_compared_with_what_is_on_record(
    store: Store,
    settings: Settings,
    a_finding: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Whoever changes a file and all digests of the package cannot change the record of it."""
    monkeypatch.setenv("LUREWATCH_HOME", str(settings.home))
    finding = workflow.finding(store, a_finding(), reader="t")
    captures = workflow.captures_of(store, finding.post)
    kept = keep(finding, captures, settings.evidence_dir, None, now=datetime.now(UTC), roots={})
    run = CliRunner()

    def said(path: Path) -> str:
        return run.invoke(command, ["evidence", "verify", str(path)]).stdout

    assert "has no record of the package" in said(kept.path)
    workflow.record_evidence(store, finding.finding_id, kept.path, kept.sums_sha256, False)
    exported = zipped(kept.path, tmp_path / "x.zip", folder=f"{kept.path.name}/")
    renamed = zipped(kept.path, tmp_path / "y.zip", folder="other/")
    for path in (kept.path, exported, renamed):
        assert "✓ SHA256SUMS 与本机记录的摘要一致" in said(path)

    fields = (kept.path / "fields.json").read_bytes()
    (kept.path / "fields.json").write_bytes(fields.replace(b"tieba", b"weibo"))
    facts = sorted(one for one in kept.path.iterdir() if one.name != "SHA256SUMS")
    sums = "".join(f"{sha256(one.read_bytes()).hexdigest()}  {one.name}\n" for one in facts)
    (kept.path / "SHA256SUMS").write_text(sums)
    checks = {one.english: one.holds for one in verify(kept.path)}
    assert [why for why, holds in checks.items() if not holds] == [list(checks)[-1]]  # incomplete
    records = [Record(kept.path.name, kept.sums_sha256)]
    (wrong,) = [one for one in verify(kept.path, None, records) if "on record here is" in one.english]  # fmt: skip
    assert not wrong.holds and kept.sums_sha256 in wrong.english
    done = run.invoke(command, ["evidence", "verify", str(kept.path)])
    assert done.exit_code == 1 and "✗" in done.stdout and "与本机记录不符" in done.stdout
    assert "✓ SHA256SUMS 与本机记录的摘要一致" in said(exported)

    monkeypatch.setenv("LUREWATCH_HOME", str(tmp_path / "none"))
    assert "本机" not in said(exported)  # where there is no store, nothing is said of one
    assert not (tmp_path / "none").exists()


PAGE = "<!doctype html><meta charset=utf-8><p>停息挂账，加微信 demo_0088"


@pytest.mark.parametrize(
    ("answer", "visits", "said"),
    [
        ((200, "User-agent: *\nDisallow: /p/"), 0, "robots.txt forbids this page"),
        ((200, "User-agent: lurewatch\nDisallow: /\n\nUser-agent: *\nAllow: /"), 0, "forbids"),
        ((200, "User-agent: *\nDisallow: /q/"), 1, "obeyed: robots.txt allows this page"),
        ((404, ""), 1, "obeyed: there is no robots.txt"),
        ((503, ""), 0, "robots.txt answered 503: everything is forbidden"),
    ],
)
def test_a_visit_obeys_robots(
    store: Store,
    settings: Settings,
    a_finding: Any,
    answer: tuple[int, str],
    visits: int,
    said: str,
) -> None:
    asked = list[str]()

    def serve(request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        asked.append(request.path)
        if request.path == "/robots.txt":
            return answer[0], {"Content-Type": "text/plain"}, answer[1].encode()
        return 200, {"Content-Type": "text/html; charset=utf-8"}, PAGE.encode()

    number = a_finding(post_id="1", url="https://tieba.baidu.com/p/1")
    with server(serve) as root:
        at_root = replace(settings, roots={"tieba": root})
        problems = keep_all(store, at_root, [workflow.finding(store, number, reader="t")])
        assert asked[0] == "/robots.txt" and asked.count("/p/1") == visits
        (kept,) = workflow.evidence_of(store, number)
        manifest = json.loads((kept.path / "manifest.json").read_bytes())
        assert said in manifest["robots"] and manifest["robots_answer"]["allowed"] == bool(visits)
        assert manifest["robots_obeyed"] and kept.complete == bool(visits) == (not problems)
        if visits:
            return

        workflow.add_by_person(store, workflow.finding(store, number, reader="t").post, ("image/png", b"\x89PNG"), "ann")  # fmt: skip
        assert keep_all(store, at_root, [workflow.finding(store, number, reader="t")]) == []
        assert asked.count("/p/1") == 0
        package = workflow.evidence_of(store, number)[0].path
        assert (package / "captured-by-person.png").is_file()
        assert all(one.holds for one in verify(package))
        assert "a person captured the page" in verify(package)[-1].english

        workflow.record_reading(store, "tieba", robots="forbids", terms="none", permission="file 7", delay=10)  # fmt: skip
        keep_all(store, at_root, [workflow.finding(store, number, reader="t")])
        assert asked.count("/p/1") == 1
        manifest = json.loads((workflow.evidence_of(store, number)[0].path / "manifest.json").read_bytes())  # fmt: skip
        assert "by the platform's written permission: file 7" in manifest["robots"]
        assert manifest["robots_obeyed"] is False and manifest["shown_by"] == "browser"
