"""Letters on the institution's own paper: what a letterhead may hold, and what it may never lose."""

import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.ns import qn
from typer.testing import CliRunner

from lurewatch import drafting, workflow
from lurewatch.cli import app
from lurewatch.config import Settings
from lurewatch.drafting import Wish
from lurewatch.errors import InputError, NotAllowedError
from lurewatch.letters import word
from lurewatch.letters.content import Heading, Letter, Line, Rows
from lurewatch.letters.letterhead import Letterhead, faults, said, write_sample
from lurewatch.store import Store
from lurewatch.takedown import Institution, read_institution
from tests.takedown.test_letters import ANN, PROFILE, confirmed, people  # noqa: F401  # a fixture
from tests.takedown.test_requests import command

BANK = Institution(name="演示 & <消金>", address="演示路1号", phone="000-0", email="a@b.c")
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
HOSTILE = "{{ 7*7 }} {_{ x }_} {% if 0 %} <w:p/> & “引” {# #}"
LETTER = Letter(
    "举报函",
    (
        Heading("一、事项"),
        Line(f"疑似{HOSTILE}"),
        Rows.of([("正文", f"{HOSTILE}\n第二行\t完"), ("地址", "https://x.example/?a=1&b=2")]),
        Line("（盖章）", right=True),
    ),
    (),
)


def made(path: Path, *paragraphs: str, change: Callable[[Any], None] = lambda document: None) -> Path:  # fmt: skip
    document = Document()
    for text in paragraphs:
        document.add_paragraph(text)
    change(document)
    document.save(str(path))
    return path


def texts(path: Path) -> list[str]:
    return [said(one) for one in Document(str(path)).element.body.iter(qn("w:p"))]


def test_a_letter_stands_on_the_sample_with_every_word_as_it_is(tmp_path: Path) -> None:
    paper, target = tmp_path / "paper.docx", tmp_path / "out" / "letter.docx"
    write_sample(paper)
    word.write(LETTER, target, Letterhead(paper, BANK, date(2026, 11, 27)))
    written = Document(str(target))
    assert [one.text for one in written.paragraphs] == [
        "举报函",
        "一、事项",
        f"疑似{HOSTILE}",
        "（盖章）",
    ]
    (table,) = written.tables
    assert table.cell(0, 1).text == f"{HOSTILE}\n第二行\t完"
    assert written.sections[0].header.paragraphs[0].text == BANK.name
    assert written.sections[0].footer.paragraphs[0].text == "演示路1号　000-0　a@b.c"
    assert [one.name for one in target.parent.iterdir()] == ["letter.docx"]


def test_the_body_stands_where_its_place_is(tmp_path: Path) -> None:
    paper = made(tmp_path / "p.docx", "前 {{ date }}", "{{ body }}", "后 {{ contact_person }}")
    target = word.write(LETTER, tmp_path / "l.docx", Letterhead(paper, BANK, date(2026, 1, 5)))
    found = texts(target)
    assert found[:3] == [
        "前 2026年1月5日",
        "举报函",
        "一、事项",
    ]  # the title had no place of its own
    assert found[-2:] == ["（盖章）", "后 "]


def test_a_style_that_the_paper_lacks_is_made_up_for(tmp_path: Path) -> None:
    def without_grid(document: Any) -> None:
        style = document.styles["Table Grid"].element
        style.getparent().remove(style)

    paper = made(tmp_path / "p.docx", "{{ body }}", change=without_grid)
    target = word.write(LETTER, tmp_path / "l.docx", Letterhead(paper, BANK, date(2026, 1, 5)))
    assert Document(str(target)).element.body.find(f".//{qn('w:tblBorders')}") is not None


def linked(document: Any) -> None:
    document.part.relate_to("https://tracker.example/x.png", RELATIONSHIP_TYPE.IMAGE, is_external=True)  # fmt: skip


@pytest.mark.parametrize(
    ("paragraphs", "change", "said_of_it"),
    [
        (["{{ title }}"], None, "must stand in it once, alone"),
        (["{{ body }}", "{{ body }}"], None, "must stand in it once, alone"),
        (["敬启：{{ body }}"], None, "must stand in it once, alone"),
        (["{{ body }}", "{{ recipient }}"], None, "recipient is no place"),
        (["{% if title %}", "{{ body }}", "{% endif %}"], None, "no statements"),
        (["{{ body }}", "{{ 7 * 7 }}"], None, "no statements and no sums"),
        (["{{ body }}", "{{ title.__class__ }}"], None, "no statements"),
        (["{{ body }}", "{{ title"], None, "not closed or cannot be read"),
        (["{{ body }}"], linked, "fetches https://tracker.example/x.png"),
    ],
)
def test_what_could_lose_a_part_or_run_is_refused(
    tmp_path: Path, paragraphs: list[str], change: Any, said_of_it: str
) -> None:
    paper = made(tmp_path / "p.docx", *paragraphs, change=change or (lambda document: None))
    with pytest.raises(InputError, match=said_of_it):
        word.write(LETTER, tmp_path / "l.docx", Letterhead(paper, BANK, date(2026, 1, 5)))
    assert not (tmp_path / "l.docx").exists()


def test_macros_are_refused(tmp_path: Path) -> None:
    plain, paper = made(tmp_path / "p.docx", "{{ body }}"), tmp_path / "m.docx"
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(paper, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "[Content_Types].xml":
                content = content.replace(
                    b"wordprocessingml.document.main+xml", b"ms-word.document.macroEnabled.main+xml"
                ).replace(
                    b"vnd.openxmlformats-officedocument.ms-word", b"vnd.ms-word"
                )  # fmt: skip
            target.writestr(name, content)
    (wrong,) = faults(Institution(letterhead="m.docx"), tmp_path)
    assert "m.docx" in wrong


def test_the_template_it_was_made_from_is_let_go(tmp_path: Path) -> None:
    def attached(document: Any) -> None:
        settings = document.settings.element
        part = document.part.part_related_by(RELATIONSHIP_TYPE.SETTINGS)
        named = part.relate_to("file:///C:/Normal.dotm", f"{OFFICE}/attachedTemplate", is_external=True)  # fmt: skip
        settings.insert(0, settings.makeelement(qn("w:attachedTemplate"), {qn("r:id"): named}))

    paper = made(tmp_path / "p.docx", "{{ body }}", change=attached)
    assert b"C:/Normal.dotm" in b"".join(zipfile.ZipFile(paper).read(one) for one in zipfile.ZipFile(paper).namelist())  # fmt: skip
    target = word.write(LETTER, tmp_path / "l.docx", Letterhead(paper, BANK, date(2026, 1, 5)))
    archive = zipfile.ZipFile(target)
    assert not any(b"C:/Normal.dotm" in archive.read(one) for one in archive.namelist())


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"{\\rtf1 a}", None])
def test_what_is_no_word_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "head.docx").write_bytes(content)
    (wrong,) = faults(Institution(letterhead="head.docx"), tmp_path)
    assert str(tmp_path / "head.docx") in wrong
    assert faults(Institution(), tmp_path) == []


def test_a_request_is_drafted_on_it_and_refused_without_it(
    store: Store, settings: Settings, a_finding: Any, tmp_path: Path
) -> None:
    settings.profile_file.write_text(PROFILE + "letterhead: head.docx\n", "utf-8")
    number = confirmed(store, settings, a_finding())
    finding = workflow.finding(store, number, reader="t")

    def draft() -> Any:
        return drafting.draft(store, settings, finding, tmp_path / "out", user=ANN, wish=Wish())

    with pytest.raises(NotAllowedError, match=r"head\.docx: it cannot be read"):
        draft()
    assert not list((tmp_path / "out").glob("*")) and workflow.requests(store) == []
    wrote = CliRunner().invoke(
        app, ["setup", "--sample-letterhead", str(settings.home / "head.docx")]
    )
    assert "name it in the profile as letterhead" in wrote.stdout
    letter = draft().request.letter
    written = Document(str(letter))
    name = read_institution(settings.profile_file).name
    assert written.sections[0].header.paragraphs[0].text == name
    assert written.paragraphs[0].text == "违法和不良信息举报函"
    verified = command(settings, "verify")
    assert not verified.returncode and f"✓ 1 letter {letter.name}" in verified.stdout
