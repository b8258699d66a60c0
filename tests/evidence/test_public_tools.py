"""What others can check with their own tools: the web archive, the time stamp, the custody log."""

import gzip
import io
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator

from lurewatch import custody, desk, workflow
from lurewatch.cli.acting import stamped
from lurewatch.config import Settings
from lurewatch.errors import InputError
from lurewatch.evidence.package import keep
from lurewatch.evidence.stamp import TOKEN, StampError, ask
from lurewatch.evidence.verify import verify
from lurewatch.evidence.wacz import ARCHIVE, Exchange, pack
from lurewatch.store import Store
from tests.crawlers.test_spiders import server

AT = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
PAGE = Exchange(
    "https://tieba.baidu.com/p/1?a=b",
    "GET",
    200,
    "OK",
    (
        ("Content-Type", "text/html; charset=utf-8"),
        ("Set-Cookie", "id=secret"),
        ("Content-Encoding", "gzip"),
        ("X-Odd", "two\nlines"),
    ),
    "<p>停息挂账</p>".encode(),
)


def test_a_web_archive_that_its_own_validator_takes(tmp_path: Path) -> None:
    empty = Exchange("http://127.0.0.1:8/pixel.gif", "GET", 204, "", (), b"")
    path = tmp_path / "page.wacz"
    path.write_bytes(pack([PAGE, empty], PAGE.url, "题", "停息挂账", AT))
    command = [str(Path(sys.executable).parent / "wacz"), "validate", "-f", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Validation succeeded" in done.stdout, done.stdout + done.stderr
    with zipfile.ZipFile(path) as archive:
        warc, index = archive.read(ARCHIVE), archive.read("indexes/index.cdx").decode()
    records = [
        (one.rec_headers["WARC-Target-URI"], one.content_stream().read(), one.http_headers.headers)
        for one in ArchiveIterator(io.BytesIO(warc))
    ]
    assert [(url, body) for url, body, _ in records] == [(PAGE.url, PAGE.body), (empty.url, b"")]
    assert b"secret" not in gzip.decompress(warc)
    assert dict(records[0][2]) == {"Content-Type": "text/html; charset=utf-8", "X-Odd": "two lines", "Content-Length": str(len(PAGE.body))}  # fmt: skip
    for line in index.splitlines():  # each line leads to its record
        facts = json.loads(line.partition(" {")[2].join(("{", "")))
        begun = int(facts["offset"])
        (one,) = ArchiveIterator(io.BytesIO(warc[begun : begun + int(facts["length"])]))
        assert one.rec_headers["WARC-Target-URI"] == facts["url"]


CONFIG = """\
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
certs = {folder}/tsa.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = no
tsa_name = yes
ess_cert_id_chain = no
"""


def openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A real time-stamping authority on this machine, and its root certificate."""
    if not shutil.which("openssl"):
        pytest.skip("the openssl command answers as the authority here: apt install openssl")
    folder = tmp_path / "tsa"
    folder.mkdir()
    (folder / "config").write_text(CONFIG.format(folder=folder))
    (folder / "serial").write_text("01\n")
    (folder / "ext").write_text("extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n")  # fmt: skip
    root, key, request, cert = (str(folder / name) for name in ("ca.pem", "ca.key", "tsa.csr", "tsa.pem"))  # fmt: skip
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", root, "-subj", "/CN=Root", "-days", "30")  # fmt: skip
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", str(folder / "tsa.key"), "-out", request, "-subj", "/CN=TSA")  # fmt: skip
    signed = ("-CA", root, "-CAkey", key, "-CAcreateserial", "-extfile", str(folder / "ext"))
    openssl("x509", "-req", "-in", request, "-out", cert, "-days", "30", *signed)

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        asked, given = folder / "asked.tsq", folder / "given.tsr"
        asked.write_bytes(request.rfile.read(int(request.headers["Content-Length"])))
        openssl("ts", "-reply", "-queryfile", str(asked), "-config", str(folder / "config"), "-out", str(given))  # fmt: skip
        return 200, {"Content-Type": "application/timestamp-reply"}, given.read_bytes()

    with server(answer) as address:
        yield address, Path(root)


@pytest.fixture
def kept(store: Store, settings: Settings, a_finding: Any) -> Any:
    """A package without a browser, on record."""
    finding = workflow.finding(store, a_finding(), reader="t")
    captures = workflow.captures_of(store, finding.post)
    package = keep(finding, captures, settings.evidence_dir, None, now=AT, roots={})
    workflow.record_evidence(store, finding.finding_id, package.path, package.sums_sha256, False)
    return finding, workflow.evidence_of(store, finding.finding_id)[0]


def said(path: Path, *arguments: Any) -> dict[str, bool]:
    return {check.english: check.holds for check in verify(path, *arguments)}


def test_a_time_stamp_others_can_check(
    authority: tuple[str, Path], kept: Any, store: Store, tmp_path: Path
) -> None:
    address, root = authority
    package = kept[1].path
    assert stamped(store, package, kept[1].sums_sha256, address) == []
    assert stamped(store, package, kept[1].sums_sha256, "http://127.0.0.1:9/") == []  # it has one
    openssl("ts", "-verify", "-data", str(package / "SHA256SUMS"), "-in", str(package / TOKEN), "-CAfile", str(root))  # fmt: skip
    assert any("of a trusted authority" in line and holds for line, holds in said(package, root).items())  # fmt: skip
    assert any("signer unchecked" in line and holds for line, holds in said(package).items())
    other = tmp_path / "other.pem"
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(tmp_path / "k"), "-out", str(other), "-subj", "/CN=Other")  # fmt: skip
    assert any(line.startswith("time stamp:") and not holds for line, holds in said(package, other).items())  # fmt: skip
    with pytest.raises(InputError, match=r"k holds no certificates"):
        verify(package, tmp_path / "k")
    (package / "SHA256SUMS").write_text((package / "SHA256SUMS").read_text() + "\n")
    assert any("does not hold" in line and not holds for line, holds in said(package).items())


def test_an_authority_out_of_reach_leaves_the_package_whole(kept: Any, store: Store) -> None:
    (problem,) = stamped(store, kept[1].path, kept[1].sums_sha256, "http://127.0.0.1:9/")
    assert "lurewatch evidence stamp" in problem
    assert not (kept[1].path / TOKEN).exists()

    def answer(_: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        return 200, {}, b"<html>no token</html>"

    with server(answer) as address, pytest.raises(StampError, match="no time stamp"):
        ask(address, b"x")


def test_custody_leaves_the_house_with_the_package(kept: Any, store: Store, tmp_path: Path) -> None:
    finding, package = kept
    workflow.note_custody(store, package.sums_sha256, "lee", "looked at page.png")
    desk.export_evidence(store, finding, package, tmp_path / "one.zip", who="lee")
    log = workflow.custody_of(store, package.sums_sha256)
    assert [entry.what for entry in log] == ["sealed", "looked at page.png", "exported one.zip"]
    assert custody.broken_at(log) is None
    assert said(tmp_path / "one.zip")["the custody log is whole (3 entries)"]
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    for old, new in ((b"lee", b"kim"), (b"sealed", b"opened")):
        changed = tmp_path / "changed.zip"
        with zipfile.ZipFile(changed, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content.replace(old, new) if "custody" in name else content)
        assert not said(changed)["the custody log was changed, or is another package's"]
    with store.begin() as db:
        db.connection.exec_driver_sql("update custody set who = 'kim' where who = 'lee'")
    assert custody.broken_at(workflow.custody_of(store, package.sums_sha256))
