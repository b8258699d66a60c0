"""A letter as a Word file."""

import re
from pathlib import Path
from typing import Any, Final

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from lurewatch.errors import InputError
from lurewatch.letters.content import Heading, Letter, Line, Part
from lurewatch.letters.letterhead import Letterhead, filled, said

FONT: Final = "宋体"
GRID: Final = "Table Grid"  # a style that not every letterhead has
BREAKS: Final = re.compile(r"[\n\r\t]")  # elements of their own in a Word file


def write(letter: Letter, target: Path, letterhead: Letterhead | None = None) -> Path:
    """
    Write the letter as docx, on the institution's letterhead if it has one; replaced as a whole.

    Raises InputError for a letterhead that cannot be used, or under which a part of the letter is lost.
    """
    document = _on_paper(letter, letterhead) if letterhead else _plain(letter)
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_name(f".{target.name}.draft")
    document.save(str(half))
    half.replace(target)
    return target


def _plain(letter: Letter) -> Any:
    document = Document()
    _prepare(document)
    _title(document, letter.title)
    for part in letter.parts:
        _add(document, part)
    return document


def _on_paper(letter: Letter, letterhead: Letterhead) -> Any:
    """The body is written behind all else, and put where it belongs."""
    document, held, titled = filled(letterhead, letter.title)
    body = document.element.body
    before = set(body)
    if not titled:
        _title(document, letter.title)
    for part in letter.parts:
        _add(document, part)
    for element in [one for one in body if one not in before]:
        held.addprevious(element)
    held.getparent().remove(held)
    shown = [said(paragraph) for paragraph in body.iter(qn("w:p"))]
    if lost := [text for part in letter.parts for text in _texts(part) if text not in shown]:
        raise InputError(
            f"信头 letterhead {letterhead.path}: a part of the letter is lost ({lost[0]})"
        )
    return document


def _texts(part: Part) -> list[str]:
    """What a part says, paragraph by paragraph."""
    said_in = [part.text] if isinstance(part, Heading | Line) else [cell for row in part.rows for cell in row]  # fmt: skip
    return [BREAKS.sub("", text) for text in said_in]


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
    table = document.add_table(rows=0, cols=2)
    if GRID in document.styles:
        table.style = GRID
    else:
        _ruled(table)
    for name, value in rows:
        cells = table.add_row().cells
        cells[0].text, cells[1].text = name, value
        cells[0].width, cells[1].width = Cm(4.2), Cm(11.6)
        for cell in cells:
            for paragraph in cell.paragraphs:
                for run in paragraph.runs:
                    run.font.size = Pt(9.5)


def _ruled(table: Any) -> None:
    """Lines round every cell, where the document has no style for it."""
    borders = OxmlElement("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        line = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", "4"), ("space", "0"), ("color", "auto")):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
    table._tbl.tblPr.find(qn("w:tblW")).addnext(borders)
