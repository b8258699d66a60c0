"""A letter as HTML, and as the PDF that a browser prints of it."""

from html import escape
from pathlib import Path
from typing import Final

from lurewatch.browser import print_pdf
from lurewatch.letters.content import Heading, Letter, Line, Part

STYLE: Final = """
@page { size: A4; margin: 2.5cm 2.6cm; }
body { font: 11pt/1.6 "Noto Serif CJK SC", "Source Han Serif SC", SimSun, "Noto Sans CJK SC", serif; }
h1 { font-size: 18pt; text-align: center; }
h2 { font-size: 11pt; margin: 10pt 0 4pt; break-after: avoid; }
p { margin: 0 0 4pt; }
p.right { text-align: right; }
table { border-collapse: collapse; width: 100%; font-size: 9.5pt; margin-bottom: 6pt; }
td { border: 1px solid #000; padding: 2pt 4pt; vertical-align: top; overflow-wrap: anywhere; }
td:first-child { width: 27%; }
tr { break-inside: avoid; }
"""


def as_html(letter: Letter) -> str:
    """
    The letter as one page that loads nothing.

    >>> "&lt;b&gt;" in as_html(Letter("函", (Line("<b>"),), ()))
    True
    """
    body = "\n".join(_shown(part) for part in letter.parts)
    title = escape(letter.title)
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head><body><h1>{title}</h1>\n{body}</body></html>"
    )


def _shown(part: Part) -> str:
    if isinstance(part, Heading):
        return f"<h2>{escape(part.text)}</h2>"
    if isinstance(part, Line):
        return f"<p{' class=right' if part.right else ''}>{escape(part.text)}</p>"
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>" for name, value in part.rows
    )
    return f"<table>{rows}</table>"


def write(letter: Letter, target: Path, browser: Path | None) -> str:
    """Print the letter as PDF, replaced as a whole; "" or why there is none."""
    return print_pdf(as_html(letter), target, browser)
