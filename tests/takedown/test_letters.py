"""Letters of both tracks: what they need, what they say, in Word and as PDF, and who may draft and approve them."""

import getpass
import json
import os
import subprocess
import sys
import unicodedata
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from pypdf import PdfReader

from lurewatch import drafting, workflow
from lurewatch.config import Settings
from lurewatch.drafting import Drafted, Wish
from lurewatch.errors import NotAllowedError
from lurewatch.evidence.package import ANALYSIS, EXPORT_SUMS
from lurewatch.finding import Label, Service, Stance
from lurewatch.letters import wording
from lurewatch.letters.content import Letter, Line, Rows
from lurewatch.letters.law import in_force, lapsed, rules
from lurewatch.letters.matter import quotation
from lurewatch.letters.notice import Claim
from lurewatch.store import Store
from lurewatch.takedown import Right, Track, read_institution
from lurewatch.workflow import User
from tests.takedown.test_requests import command, step

PROFILE = """
name: 演示消费金融有限公司
credit_code: 91350100M000100Y43
address: 演示路1号
contact_person: 联系人
phone: 000-00000000
email: demo@example.com
authorised_person: 经办人
brands: [演示消金]
"""
PAPERS = """
licence: licence.png
authorisation: poa.pdf
agent_identity: id.png
rights:
  - {kind: name, title: 演示消费金融有限公司, proof: licence.png}
  - {kind: trademark, title: 第36类“演示消金”, number: "12345678", proof: mark.pdf}
"""
ANN, LEE, KIM, LAW = (User("ann", "reviewer", False), User("lee", "lead", False), User("kim", "lead", False), User("law", "legal", False))  # fmt: skip


@pytest.fixture(autouse=True)
def people(store: Store, settings: Settings) -> None:
    settings.profile_file.write_text(PROFILE, "utf-8")
    for one in (ANN, LEE, KIM, LAW):
        workflow.add_user(store, one.name, "password1", one.role)


def confirmed(store: Store, settings: Settings, number: int) -> int:
    """A finding that a lead called a lure, with a complete package."""
    package = settings.evidence_dir / f"package-{number}"
    package.mkdir(parents=True)
    (package / "SHA256SUMS").write_text("")
    (package / "manifest.json").write_text('{"complete": true}')
    workflow.record_evidence(store, number, package, f"{number:064}", True)
    workflow.decide(store, number, reviewer="lee", label=Label.LURE, stance=Stance.SOLICIT, services=[Service.C2])  # fmt: skip
    return number


@pytest.fixture
def a_lure(store: Store, settings: Settings, a_finding: Any) -> Any:
    def make(text: str = "停息挂账，加微信 demo_0088", **changes: Any) -> int:
        return confirmed(store, settings, a_finding(text, **changes))

    return make


def draft(store: Store, settings: Settings, number: int, user: User = ANN, **wish: Any) -> Drafted:
    finding = workflow.finding(store, number, reader="t")
    folder = settings.home / "letters"
    return drafting.draft(store, settings, finding, folder, user=user, wish=Wish(**wish))


def words_of(letter: Path) -> str:
    document = Document(str(letter))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([paragraph.text for paragraph in document.paragraphs] + cells)


def printed_words(pdf: Path) -> str:
    """The text of a PDF; fonts give some characters as the radicals that look like them."""
    text = "".join(page.extract_text() for page in PdfReader(pdf).pages)
    return unicodedata.normalize("NFKC", text.replace("\n", ""))


def files_in(settings: Settings) -> list[Path]:
    return sorted((settings.home / "letters").glob("*"))


def no_browser(settings: Settings) -> Settings:
    """Settings that name a browser that is not there: the letter is made without its PDF."""
    return replace(settings, chromium="/no/such/browser")


def test_a_report_in_word_and_as_pdf(store: Store, settings: Settings, a_lure: Any) -> None:
    number = a_lure("停息挂账，加微信 demo_0088，电话13800001234")
    drafted = draft(store, settings, number)
    assert drafted.pdf and drafted.problem == ""
    text = words_of(drafted.request.letter)
    printed = printed_words(drafted.pdf)
    url = workflow.finding(store, number, reader="t").post.url
    said = "违法和不良信息举报函 百度贴吧平台 涉嫌 第四十八条 演示消费金融有限公司 停息挂账 客观、真实 SHA256SUMS"
    for wanted in (*said.split(), url):
        assert wanted in text
        assert wanted in printed
    assert "13800001234" not in text + printed
    with zipfile.ZipFile(drafted.request.package) as archive:
        names = {Path(name).name for name in archive.namelist()}
    assert {ANALYSIS, EXPORT_SUMS, "manifest.json"} <= names
    kept = workflow.request(store, drafted.request.request_id)
    assert (kept.drafted_by, kept.recipient, kept.channel) == ("ann", "百度贴吧", "platform-report")
    assert kept.cites and "第四十八条" in kept.cites[0]
    log = [(one.who, one.what) for one in workflow.audit_log(store)]
    assert ("ann", "draft request") in log
    assert workflow.custody_of(store, f"{number:064}")[-1].who == "ann"


def test_without_a_browser_there_is_a_letter_and_a_message(
    store: Store, settings: Settings, a_lure: Any
) -> None:
    drafted = draft(store, no_browser(settings), a_lure())
    assert drafted.pdf is None and "LUREWATCH_CHROMIUM" in drafted.problem
    assert [path.suffix for path in files_in(settings)] == [".docx", ".zip"]


def test_what_is_lacking_is_listed_and_nothing_is_left(
    store: Store, settings: Settings, a_finding: Any
) -> None:
    settings.profile_file.write_text("name: 演示银行\n", "utf-8")
    with pytest.raises(NotAllowedError) as refused:
        draft(store, settings, a_finding())
    for lacking in ("统一社会信用代码", "联系人", "人工认定", "证据"):
        assert lacking in str(refused.value)
    assert files_in(settings) == []


@pytest.mark.parametrize("role", ["auditor", "admin"])
def test_not_everybody_drafts(store: Store, settings: Settings, a_lure: Any, role: str) -> None:
    with pytest.raises(NotAllowedError, match="does not draft"):
        draft(store, settings, a_lure(), User("aud", role, False))


def test_the_account_of_the_machine_is_no_person(
    store: Store, settings: Settings, a_lure: Any
) -> None:
    """A lead who drafts on the command line cannot approve in the console, and no unknown drafter is approved."""
    number = a_lure()
    nobody = command(settings, "draft", str(number), "--as", getpass.getuser())
    assert nobody.returncode == 1 and "nobody is called" in nobody.stderr
    assert command(settings, "draft", str(number)).returncode == 2
    done = command(settings, "draft", str(number), "--as", "lee", "--json")
    assert done.returncode == 0, done.stderr
    request = json.loads(done.stdout)["request"]
    step(store, request, "submit", "ann", "reviewer")
    with pytest.raises(NotAllowedError, match="another person"):
        step(store, request, "approve", "lee", "lead")
    with store.begin() as db:
        db.connection.exec_driver_sql("update requests set drafted_by = 'root'")
    with pytest.raises(NotAllowedError, match="no person of the console"):
        step(store, request, "approve", "lee", "lead")


def test_a_letter_whose_law_has_changed_is_not_sent(
    store: Store, settings: Settings, a_lure: Any
) -> None:
    drafted = draft(store, no_browser(settings), a_lure()).request
    number = drafted.request_id
    step(store, number, "submit", "ann", "reviewer")
    old = "《中华人民共和国网络安全法》（2016年）第四十六条、第四十七条"
    with store.begin() as db:
        db.connection.exec_driver_sql("update requests set cites = ?", (json.dumps([old]),))
    with pytest.raises(NotAllowedError, match=r"until 2025-12-31 only.*draft it anew"):
        step(store, number, "approve", "lee", "lead")
    with store.begin() as db:
        db.connection.exec_driver_sql("update requests set cites = ?", (json.dumps(drafted.cites),))
    step(store, number, "approve", "lee", "lead")
    with store.begin() as db:  # a letter from before that says only when it was drafted
        db.connection.exec_driver_sql(
            "update requests set cites = null, drafted_at = '2025-12-30 00:00:00'"
        )
    with pytest.raises(NotAllowedError, match="until 2025-12-31 only"):
        step(store, number, "send", "lee", "lead")


def test_a_law_is_cited_only_while_it_is_in_force() -> None:
    def cited(day: date) -> str:
        return " ".join(law["cite"] for law in in_force((Service.C3,), day))

    assert "第四十六条" in cited(date(2025, 12, 31))
    assert "第四十六条" not in cited(date(2026, 1, 1))
    assert "第四十八条" in cited(date(2026, 1, 1))
    assert "征信业管理条例" in cited(date(2026, 1, 1))
    assert "保险法" not in cited(date(2026, 1, 1)) and "一千一百九十五" not in cited(
        date(2026, 1, 1)
    )
    (new,) = (law["cite"] for law in rules("law.yaml") if "2025年修正" in law["cite"])
    assert "from 2026-01-01 on" in lapsed([new], date(2025, 12, 31))[0]
    assert "not among" in lapsed(["《某法》第一条"], date(2026, 1, 1))[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("该内容涉嫌违法。发布者是犯罪分子。", "发布者是犯罪分子。"),
        ("疑似违规。其已构成犯罪，请处理。", "其已构成犯罪，请处理。"),
        ("涉嫌招揽。该客户已逾期三个月。", "该客户已逾期三个月。"),
        ("涉嫌招揽老赖。", "老赖"),
        (f"疑似违规，原文“{'停' * 51}”。", "51 characters"),
        ("该内容违法，请处理。", "涉嫌"),
    ],
)
def test_wording_that_may_not_stand_is_named(text: str, said: str) -> None:
    (fault,) = wording.faults(Letter("函", (Line(text),), ()))
    assert said in fault


def test_wording_that_may_stand() -> None:
    quoted = Line(f"该内容涉嫌招揽，原文“犯罪分子。老赖都来{'停' * 30}……”。")
    table = Rows((("账号昵称", "老赖之家"),))
    assert wording.faults(Letter("函", (quoted, table), ())) == []


def test_a_quotation_is_short(store: Store, a_finding: Any) -> None:
    finding = workflow.finding(store, a_finding("停" * 300), reader="t")
    assert quotation(finding) == "停" * 50 + "……"
    nested = workflow.finding(store, a_finding("他说“停息”吧", post_id="2"), reader="t")
    assert quotation(nested) == "他说‘停息’吧"


def test_a_sentence_of_ones_own_is_checked_in_the_finished_letter(
    store: Store, settings: Settings, a_lure: Any
) -> None:
    number = a_lure("演示消金内部渠道，停息挂账加微信 demo_0088")
    equip(settings)
    claim = Claim("impersonation", "发布者系骗子。")
    with pytest.raises(NotAllowedError, match="发布者系骗子。"):
        draft(store, settings, number, track=Track.B, claim=claim)
    assert files_in(settings) == []


def equip(settings: Settings) -> None:
    settings.profile_file.write_text(PROFILE + PAPERS, "utf-8")
    for name in ("licence.png", "poa.pdf", "id.png", "mark.pdf"):
        (settings.home / name).write_bytes(name.encode())


def test_a_notice_lists_what_it_lacks(store: Store, settings: Settings, a_lure: Any) -> None:
    number = a_lure("演示消金内部渠道，停息挂账加微信 demo_0088")
    with pytest.raises(NotAllowedError) as refused:
        draft(store, settings, number, track=Track.B, claim=Claim("false_facts"))
    for lacking in ("营业执照", "授权委托书", "代理人身份证明", "权利基础", "侵权事实"):
        assert lacking in str(refused.value)
    equip(settings)
    (settings.home / "mark.pdf").unlink()
    with pytest.raises(NotAllowedError, match="权利证明文件"):
        draft(store, settings, number, track=Track.B, claim=Claim("trademark"))
    with pytest.raises(NotAllowedError, match="names one: impersonation"):
        draft(store, settings, number, track=Track.B, claim=Claim("theft"))


def test_a_notice_is_only_for_what_names_the_institution(
    store: Store, settings: Settings, a_lure: Any
) -> None:
    equip(settings)
    with pytest.raises(NotAllowedError, match="use track A"):
        draft(store, settings, a_lure(), track=Track.B, claim=Claim("impersonation"))


def test_a_notice_and_counsels_approval(store: Store, settings: Settings, a_lure: Any) -> None:
    equip(settings)
    number = a_lure("演示消金内部渠道，停息挂账加微信 demo_0088")
    claim = Claim("impersonation", "本机构从未委托任何人代办还款协商。")
    drafted = draft(store, settings, number, LEE, track=Track.B, claim=claim)
    assert drafted.pdf
    text = words_of(drafted.request.letter)
    said = "侵权通知书 权利人身份 12345678 poa.pdf 第一千一百九十五条 第一千零一十四条 从未委托"
    for wanted in (*said.split(), "删除、屏蔽或断开链接", "错误通知", "（权利人签章）"):
        assert wanted in text
        assert unicodedata.normalize("NFKC", wanted) in printed_words(drafted.pdf)
    assert "网络安全法" not in text
    request = drafted.request.request_id
    step(store, request, "submit", "ann", "reviewer")
    with pytest.raises(NotAllowedError, match="approve is for legal"):
        step(store, request, "approve", "kim", "lead")
    assert step(store, request, "approve", "law", "legal") == "approved"
    assert (
        draft(store, no_browser(settings), number).request.request_id > request
    )  # track A beside it


def test_the_profile_keeps_its_rights(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "rights.yaml").write_text(PAPERS, "utf-8")
    wrote = setup(settings, tmp_path / "rights.yaml")
    assert wrote.returncode == 0, wrote.stderr
    profile = read_institution(settings.profile_file)
    assert profile.rights[1] == Right("trademark", "第36类“演示消金”", "12345678", "mark.pdf")
    assert (profile.licence, profile.brands) == ("licence.png", ("演示消金",))
    (tmp_path / "rights.yaml").write_text("rights: [{kind: moon}]\n", "utf-8")
    assert "rights is a list" in setup(settings, tmp_path / "rights.yaml").stderr


def test_receipts_and_letters_are_verified(
    store: Store, settings: Settings, a_lure: Any, tmp_path: Path
) -> None:
    number = draft(store, no_browser(settings), a_lure()).request.request_id
    for name, who, role in (("submit", "ann", "reviewer"), ("approve", "lee", "lead"), ("send", "lee", "lead")):  # fmt: skip
        step(store, number, name, who, role)
    (tmp_path / "receipt.png").write_bytes(b"\x89PNG")
    given = ("receipt", str(number), "--as", "ann", "--receipt", "R-1", "--file")
    missing = command(settings, *given, str(tmp_path / "none.png"))
    assert missing.returncode == 2 and "none.png" in missing.stderr
    assert command(settings, *given, str(tmp_path / "receipt.png")).returncode == 0
    assert command(settings, "verify", str(number)).returncode == 0
    (*_, receipt) = workflow.files_of(store, [number])
    assert receipt.path and receipt.path.stat().st_mode & 0o077 == 0
    receipt.path.write_bytes(b"\x89PNH")
    (said,) = [one.said for one in workflow.verify_files(store) if one.file.kind == "receipt"]
    assert said == "was changed"
    with store.begin() as db:  # a digest that was changed with the file is found too
        db.connection.exec_driver_sql("update request_files set sha256 = 'ab'")
    found = {one.said for one in workflow.verify_files(store)}
    assert found == {"the audit log has another digest"}
    assert command(settings, "verify").returncode == 1


def setup(settings: Settings, source: Path) -> Any:
    env = dict(os.environ) | {"LUREWATCH_HOME": str(settings.home)}
    words = [sys.executable, "-m", "lurewatch", "setup", "--from", str(source)]
    return subprocess.run(words, env=env, capture_output=True, text=True, check=False)
