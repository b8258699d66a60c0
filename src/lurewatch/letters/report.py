"""Track A: the report of illegal and harmful information to a platform (举报函)."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import yaml
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from lurewatch.dates import CHINA
from lurewatch.errors import NotAllowedError
from lurewatch.finding import LURING, Decision, Finding, Label, Service
from lurewatch.post import visible
from lurewatch.takedown import Institution, faults, missing
from lurewatch.text.mask import mask_name

QUOTED: Final = 50  # characters of the post that a letter may quote
FONT: Final = "宋体"


@dataclass(frozen=True, slots=True)
class Package:
    """The evidence a letter rests on: its folder and the zip that goes with the letter."""

    folder: Path
    archive: Path
    complete: bool


def refusals(
    finding: Finding, decision: Decision | None, institution: Institution, package: Package | None
) -> list[str]:
    """Everything a letter about this finding still lacks."""
    lacking = [f"机构资料 institution: {label}" for label in missing(institution)]
    lacking += faults(institution)
    if decision is None or decision.label is not Label.LURE or decision.stance not in LURING:
        lacking.append("人工认定 decision: a person must call it a lure, SOLICIT or RECRUIT")
    if not finding.post.url:
        lacking.append("具体链接 address of the post")
    if not (finding.post.published_at or finding.post.published_shown or finding.first_seen):
        lacking.append("发布时间 date of the post")
    if package is None:
        lacking.append(f"证据 evidence: run lurewatch evidence keep {finding.finding_id}")
    elif not package.complete:
        lacking.append("证据 evidence: the package is not complete; keep it again")
    return lacking


def draft(
    finding: Finding,
    decision: Decision | None,
    institution: Institution,
    package: Package | None,
    target: Path,
    today: date,
) -> Path:
    """
    Write the letter as docx. Raises NotAllowedError with the list of what is lacking.

    It says 涉嫌 and 疑似, quotes at most 50 characters, and says nothing about any debtor.
    """
    lacking = refusals(finding, decision, institution, package)
    if lacking or decision is None or package is None:
        raise NotAllowedError(
            f"finding {finding.finding_id}: no letter while these are lacking:\n  - "
            + "\n  - ".join(lacking)
        )
    letter = Document()
    _prepare(letter)
    words = rules("words.yaml")
    platform = words["platforms"][finding.post.platform]
    named = "；".join(words["services"][service] for service in decision.services)
    _title(letter, "违法和不良信息举报函")
    _line(letter, f"{platform}平台：")
    _heading(letter, "一、举报人及联系人")
    _people(letter, institution)
    _heading(letter, "二、举报事项")
    _line(
        letter,
        f"贵平台上的以下内容涉嫌招揽“{named}”业务，疑似违法和不良信息，现予举报，请依法处置。",
    )
    _heading(letter, "三、内容清单")
    _table(letter, listing(finding, decision, named))
    _heading(letter, "四、事实")
    for sentence in facts(finding):
        _line(letter, sentence)
    _heading(letter, "五、依据")
    for law in in_force(decision.services, today):
        _line(letter, f"{law['cite']}：{law['says']}。")
    _line(letter, f"先例：{words['precedent']}。")
    _heading(letter, "六、诉求")
    _line(
        letter,
        "请对上述内容采取删除、断开链接等处置措施，并依平台规则处置发布账号；请保存有关记录并反馈处理结果。",
    )
    _heading(letter, "七、证据目录")
    _table(letter, evidence_list(package))
    _heading(letter, "八、声明")
    _line(letter, words["declaration"])
    for closing in (institution.name, f"{today.year}年{today.month}月{today.day}日", "（盖章）"):
        _line(letter, closing, right=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_name(f".{target.name}.draft")
    letter.save(str(half))
    half.replace(target)
    return target


@cache
def rules(name: str) -> Any:
    """One of the dated rule files."""
    text = (files("lurewatch.letters") / "rules" / name).read_text("utf-8")
    return yaml.safe_load(text)


def in_force(services: tuple[Service, ...], today: date) -> list[dict[str, Any]]:
    """The provisions that apply to these services and are in force on that day."""
    return [
        law
        for law in rules("law.yaml")
        if law["effective_from"] <= today
        and (law["effective_to"] is None or today <= law["effective_to"])
        and (law["services"] == "all" or set(law["services"]) & {str(s) for s in services})
    ]


def listing(finding: Finding, decision: Decision, named: str) -> list[tuple[str, str]]:
    """The facts of the listed item (DOMAIN.md §4.4, the columns that exist)."""
    post = finding.post
    published = f"{post.published_at.astimezone(CHINA):%Y-%m-%d %H:%M}" if post.published_at else ""
    return [
        ("案件号", f"LW-{finding.finding_id}"),
        ("具体链接", post.url),
        ("内容ID", post.post_id),
        ("账号昵称", visible(mask_name(post.author_name)) or "（未显示）"),
        ("账号ID", visible(post.author_id) or "（未显示）"),
        ("发布时间（展示）", post.published_shown or published or "（未显示）"),
        ("首次发现时间", f"{finding.first_seen.astimezone(CHINA):%Y-%m-%d %H:%M}（北京时间）"),
        ("我方分类", f"疑似{named}"),
        ("人工认定", f"{decision.decided_at.astimezone(CHINA):%Y-%m-%d %H:%M}（北京时间）"),
        ("轨道", "A 违法和不良信息举报"),
    ]


def facts(finding: Finding) -> list[str]:
    """What the post says, in neutral words; the quotation is short and printable."""
    post = finding.post
    begins = post.text.startswith(post.title.rstrip("….")[:-1])  # a title cut from the text
    text = visible(" ".join((post.text if begins else f"{post.title} {post.text}").split()))
    cut = text[:QUOTED] + ("……" if len(text) > QUOTED else "")
    kinds = {reason.kind for reason in finding.verdict.reasons}
    points = [
        name
        for kind, name in (
            ("offer", "提供服务的表述"),
            ("promise", "效果承诺"),
            ("fee", "收费或分成"),
            ("route", "引导至站外或私下联系"),
            ("coding", "变体规避用语"),
        )
        if kind in kinds or (kind == "route" and finding.verdict.contacts)
    ]
    said = [f"该内容公开可见，原文摘录：“{cut}”。"]
    if points:
        said.append(f"经人工核对，其中含有：{'、'.join(points)}。")
    return said


def evidence_list(package: Package) -> list[tuple[str, str]]:
    """Every file of the package and its SHA-256, and the zip that is sent along."""
    rows = [
        (one.name, sha256(one.read_bytes()).hexdigest())
        for one in sorted(package.folder.iterdir())
        if one.is_file()
    ]
    return [(package.archive.name, sha256(package.archive.read_bytes()).hexdigest()), *rows]


def _prepare(letter: Any) -> None:
    style = letter.styles["Normal"]
    style.font.name, style.font.size = "Times New Roman", Pt(11)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    page = letter.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2.6)


def _people(letter: Any, institution: Institution) -> None:
    _table(
        letter,
        [
            ("机构全称", institution.name),
            ("统一社会信用代码", institution.credit_code),
            ("地址", institution.address),
            ("联系人", institution.contact_person),
            ("经办人", institution.authorised_person),
            ("联系电话", institution.phone),
            ("电子邮箱", institution.email),
        ],
    )


def _title(letter: Any, text: str) -> None:
    paragraph = letter.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = paragraph.add_run(text)
    run.bold, run.font.size = True, Pt(18)


def _heading(letter: Any, text: str) -> None:
    paragraph = letter.add_paragraph()
    paragraph.paragraph_format.space_before = Pt(10)
    paragraph.add_run(text).bold = True


def _line(letter: Any, text: str, *, right: bool = False) -> None:
    paragraph = letter.add_paragraph(text)
    if right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _table(letter: Any, rows: list[tuple[str, str]]) -> None:
    table = letter.add_table(rows=0, cols=2, style="Table Grid")
    for name, value in rows:
        cells = table.add_row().cells
        cells[0].text, cells[1].text = name, value
        cells[0].width, cells[1].width = Cm(4.2), Cm(11.6)
        for cell in cells:
            for paragraph in cell.paragraphs:
                for run in paragraph.runs:
                    run.font.size = Pt(9.5)


def letter_name(finding: Finding, now: datetime) -> str:
    """The file name of a letter."""
    return f"{finding.post.platform}-{finding.finding_id}-{now:%Y%m%dT%H%M%SZ}.docx"
