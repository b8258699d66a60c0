"""A letter as a Word file."""

from pathlib import Path
from typing import Any, Final

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from lurewatch.letters.content import Heading, Letter, Line, Part

FONT: Final = "宋体"


def write(letter: Letter, target: Path) -> Path:
    """Write the letter as docx; replaced as a whole."""
    document = Document()
    _prepare(document)
    _title(document, letter.title)
    for part in letter.parts:
        _add(document, part)
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_name(f".{target.name}.draft")
    document.save(str(half))
    half.replace(target)
    return target


def _prepare(document: Any) -> None:
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Times New Roman", Pt(11)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    page = document.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2.6)


def _title(document: Any, text: str) -> None:
    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = paragraph.add_run(text)
    run.bold, run.font.size = True, Pt(18)


def _add(document: Any, part: Part) -> None:
    if isinstance(part, Heading):
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.space_before = Pt(10)
        paragraph.add_run(part.text).bold = True
    elif isinstance(part, Line):
        paragraph = document.add_paragraph(part.text)
        if part.right:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    else:
        _table(document, part.rows)


def _table(document: Any, rows: tuple[tuple[str, str], ...]) -> None:
    table = document.add_table(rows=0, cols=2, style="Table Grid")
    for name, value in rows:
        cells = table.add_row().cells
        cells[0].text, cells[1].text = name, value
        cells[0].width, cells[1].width = Cm(4.2), Cm(11.6)
        for cell in cells:
            for paragraph in cell.paragraphs:
                for run in paragraph.runs:
                    run.font.size = Pt(9.5)
