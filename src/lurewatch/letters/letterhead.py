"""A letter on the institution's own paper: a Word file with places that are filled in."""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.sandbox import SandboxedEnvironment

from lurewatch.errors import InputError
from lurewatch.takedown import Institution

BODY: Final = "body"
PLACES: Final = {
    "title": "the letter's title; where it has no place it heads the body",
    "institution": "name",
    "address": "address",
    "phone": "phone",
    "email": "email",
    "contact_person": "contact_person",
    "date": "the day, as 2026年11月27日",
}
LARGEST: Final = 10 << 20  # bytes
ITS_PLACE: Final = re.compile(r"\{\{\s*body\s*\}\}")
HELD: Final = "lurewatch-body"  # stands where the body goes, until it is there
ACTIVE: Final = re.compile("vbaProject|macroEnabled|oleObject|activeX|control", re.IGNORECASE)
PLAIN: Final = (nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name)
RED: Final = RGBColor(0xC0, 0x00, 0x00)


@dataclass(frozen=True, slots=True)
class Letterhead:
    """The paper a letter is written on, and what else its places are filled with."""

    path: Path
    institution: Institution
    today: date

    @property
    def places(self) -> dict[str, str]:
        """What each place but title and body says."""
        named = ("address", "phone", "email", "contact_person")
        return {
            "institution": self.institution.name,
            "date": f"{self.today.year}年{self.today.month}月{self.today.day}日",
            **{name: str(getattr(self.institution, name)) for name in named},
        }


def of_institution(institution: Institution, home: Path, today: date) -> Letterhead | None:
    """The letterhead that the profile names, if it names one: a path from the home folder."""
    named = institution.letterhead.strip()
    return Letterhead(home / named, institution, today) if named else None


def faults(institution: Institution, home: Path) -> list[str]:
    """Why the letterhead of a profile cannot be used, a sentence each; nothing for one that can, or for none."""
    named = institution.letterhead.strip()
    return _looked_over(home / named)[1] if named else []


def _looked_over(path: Path) -> tuple[Any, list[str]]:
    """
    The template, and all that speaks against it.

    Only places are allowed in it: no statement that could leave out a part of a letter, nothing that
    runs, and nothing that is fetched from elsewhere when the letter is opened.
    """
    template, wrong = None, []
    try:
        if path.stat().st_size > LARGEST:
            wrong = [f"larger than {LARGEST >> 20} MiB"]
        else:
            template = DocxTemplate(path)
            template.init_docx()
            wrong = [*_active(template.docx), *_misplaced(template)]
    except OSError as error:
        wrong = [f"it cannot be read ({error.strerror})"]
    except Exception:  # zip, package and XML errors of several libraries
        wrong = ["it is no Word file (.docx)"]
    return template, [f"信头 letterhead {path}: {one}" for one in wrong]


def _active(document: Any) -> list[str]:
    """What runs or is fetched when the file is opened; the template it was made from is let go."""
    settings = document.settings.element
    for element in settings.findall(qn("w:attachedTemplate")):
        document.part.part_related_by(RELATIONSHIP_TYPE.SETTINGS).rels.pop(element.get(qn("r:id")))
        settings.remove(element)
    found = []
    for part in document.part.package.iter_parts():
        if ACTIVE.search(part.content_type) or ACTIVE.search(str(part.partname)):
            found.append(f"its part {part.partname} runs")
        found += [
            f"its part {part.partname} fetches {rel.target_ref}"
            for rel in part.rels.values()
            if rel.is_external and rel.reltype != RELATIONSHIP_TYPE.HYPERLINK
        ]
    return found


def _misplaced(template: Any) -> list[str]:
    """What is written in it that is no place, or stands in the wrong one."""
    xml = [template.get_xml()]
    for kind in (template.HEADER_URI, template.FOOTER_URI):
        xml += [template.get_part_xml(part) for _, part in template.get_headers_footers(kind)]
    names = list[str]()
    try:
        for text in xml:
            for node in _environment().parse(template.patch_xml(text)).find_all(nodes.Node):
                if not isinstance(node, PLAIN):
                    return ["it may hold places only, no statements and no sums"]
                if isinstance(node, nodes.Name):
                    names.append(node.name)
    except TemplateError as error:
        return [f"a place in it is not closed or cannot be read ({error.message})"]
    known = (BODY, *PLACES)
    found = [
        f"{name} is no place; known are {', '.join(known)}"
        for name in dict.fromkeys(names)
        if name not in known
    ]
    if names.count(BODY) != 1 or len(_standing(template.docx, ITS_PLACE)) != 1:
        found.append("body must stand in it once, alone in its paragraph")
    return found


def _environment() -> SandboxedEnvironment:
    return SandboxedEnvironment(undefined=StrictUndefined, autoescape=True)


def _standing(document: Any, text: re.Pattern[str]) -> list[Any]:
    """The paragraphs of the main text that say this and nothing else."""
    return [
        paragraph
        for paragraph in document.element.body.iter(qn("w:p"))
        if text.fullmatch(said(paragraph).strip())
    ]


def said(paragraph: Any) -> str:
    """The text of a paragraph's element."""
    return "".join(one.text or "" for one in paragraph.iter(qn("w:t")))


def filled(letterhead: Letterhead, title: str) -> tuple[Any, Any, bool]:
    """
    The document, the paragraph before which the body goes, and whether the title stands already.

    Words of a post never pass through the template: the body is put in afterwards. Raises InputError
    for a letterhead that cannot be used.
    """
    template, wrong = _looked_over(letterhead.path)
    if wrong:
        raise InputError("\n".join(wrong))
    titled = "title" in template.get_undeclared_template_variables(_environment())
    said_in = letterhead.places | {"title": title, BODY: HELD}
    try:
        template.render(said_in, _environment(), autoescape=True)
    except TemplateError as error:  # of what stands outside of text: notes, properties
        raise InputError(
            f"信头 letterhead {letterhead.path}: a place in it is not closed or cannot be read ({error.message})"
        ) from None
    (held,) = _standing(template.docx, re.compile(HELD))
    return template.docx, held, titled


def write_sample(target: Path) -> None:
    """A letterhead to begin with: a red head, the title, the body, and how to reach the institution."""
    document = Document()
    page = document.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2.6)
    head = page.header.paragraphs[0]
    head.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = head.add_run("{{ institution }}")
    run.bold, run.font.size, run.font.color.rgb = True, Pt(22), RED
    _rule(head)
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = title.add_run("{{ title }}")
    run.bold, run.font.size = True, Pt(18)
    document.add_paragraph("{{ body }}")
    foot = page.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    foot.add_run("{{ address }}　{{ phone }}　{{ email }}").font.size = Pt(9)
    half = target.with_name(f".{target.name}.draft")
    document.save(str(half))
    half.replace(target)


def _rule(paragraph: Any) -> None:
    """A red line under a paragraph."""
    borders, bottom = OxmlElement("w:pBdr"), OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "12"), ("space", "6"), ("color", "C00000")):
        bottom.set(qn(f"w:{name}"), value)
    borders.append(bottom)
    paragraph._p.get_or_add_pPr().insert_element_before(borders, "w:spacing", "w:ind", "w:jc")
