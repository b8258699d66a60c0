"""The monthly report: the figures of one month in Chinese, as a Word file or a PDF."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Final

from docx import Document
from docx.oxml.ns import qn
from docx.shared import Pt

from lurewatch.browser import print_pdf
from lurewatch.dates import CHINA
from lurewatch.errors import InputError
from lurewatch.figures import Figures
from lurewatch.post import visible
from lurewatch.review import words
from lurewatch.review.figures import (
    by_platform,
    relapse_shown,
    sent_rows,
    shares_shown,
    waits_shown,
)
from lurewatch.review.language import catalogue

FONT: Final = "宋体"


def month_named(written: str) -> tuple[datetime, datetime]:
    """
    The first moment of a month in China, and of the month after it. Raises InputError.

    >>> [f"{at:%Y-%m-%d}" for at in month_named("2026-12")]
    ['2026-12-01', '2027-01-01']
    """
    try:
        first = datetime.strptime(written, "%Y-%m").replace(tzinfo=CHINA)
    except ValueError:
        raise InputError(f"--month {written}: write it as 2026-11") from None
    year, month = (first.year + 1, 1) if first.month == 12 else (first.year, first.month + 1)
    return first, first.replace(year=year, month=month)


@dataclass(frozen=True, slots=True)
class Section:
    """A table of the report, and a sentence below it."""

    heading: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    below: str = ""


def section(
    heading: str, heads: Sequence[str], rows: Iterable[Sequence[object]], below: str = ""
) -> Section:
    """A section whose cells are written out; it says so when the month has nothing."""
    shown = tuple(tuple(str(cell) for cell in row) for row in rows)
    nothing = (("本月无", *[""] * (len(heads) - 1)),)
    return Section(heading, tuple(heads), shown or nothing, below)


def sections_of(found: Figures) -> list[Section]:
    """All that the report says, whatever it is written as."""
    said = catalogue("zh").gettext
    of_shares = ("范围", "引流帖", "已裁定", "比例", "下限", "上限")
    sent = ("已提交", "已不在", "比例", "下限", "上限", "平台处置", "作者处置", "随账号消失", "未说明", "拒绝", "反通知", "重复提交")  # fmt: skip
    pages = [(said(words.PLATFORMS[code]), *counts) for code, *counts in by_platform(found)]
    return [
        section(
            "一、采集覆盖（受阻不等于没有）", ("平台", "页数", "其中受阻或异常", "帖数"), pages
        ),
        section(
            "二、时效（天；Kaplan–Meier，未结的按未结计入）",
            ("环节", "总数", "已完成", "半数完成", "九成完成"),
            waits_shown(found, said),
            f"发布时间不明的线索：{found.undated} 条，未计入“发布至发现”。",
        ),
        section(
            "三、机器标记的准确率（十抽一随机样本；95% Wilson 区间）",
            of_shares,
            shares_shown(found.sample, said),
            f"样本中尚未裁定：{found.sample_waits} 条。",
        ),
        section(
            "四、已裁定线索中的引流帖比例（非随机样本；95% Wilson 区间）",
            of_shares,
            shares_shown(found.precision, said),
        ),
        section(
            "五、处置请求结果（按接收方）",
            ("接收方", *sent),
            sent_rows(found.channels, said),
        ),
        section(
            "六、处置请求结果（按举报理由；有几项理由的各计一次）",
            ("理由", *sent),
            sent_rows(found.reasons, said),
        ),
        section(
            "七、处置请求结果（按法律依据；有几项依据的各计一次）",
            ("依据", *sent),
            sent_rows(found.bases, said),
        ),
        section(
            "八、下架后复现（帖文本身，或其联系方式、账号、图片、话术）",
            ("期限", "复现", "已满期的下架", "比例", "下限", "上限"),
            relapse_shown(found, said),
        ),
        section(
            "九、误标的受保护言论（目标为零，每条均为事件）",
            ("立场", "条数"),
            [(said(words.STANCES[stance]), count) for stance, count in found.protected],
        ),
        section(
            "十、审核工作量",
            ("审核人", "裁定条数", "天数"),
            [(visible(one.reviewer), one.decided, one.days) for one in found.load],
        ),
    ]


def headings(found: Figures, institution: str, now: datetime) -> tuple[str, str]:
    """The title, and whose figures of when they are."""
    since = found.since.astimezone(CHINA)
    until = min(now, found.until).astimezone(CHINA)
    return (
        f"{since.year}年{since.month}月金融黑灰产监测月报",
        f"{visible(institution) or '（未填写机构）'}　统计截至 {until:%Y-%m-%d %H:%M}（北京时间）",
    )


def write_report(
    found: Figures, institution: str, target: Path, now: datetime, browser: Path | None = None
) -> None:
    """
    Write the report as docx, or as PDF where *target* says so.

    Raises InputError when the file cannot be written, or no browser can print it.
    """
    title, line = headings(found, institution, now)
    if target.suffix == ".pdf":
        if problem := print_pdf(as_html(title, line, sections_of(found)), target, browser):
            raise InputError(f"{target}: {problem}; or name a .docx")
        return
    report = Document()
    style = report.styles["Normal"]
    style.font.name = FONT
    style.font.size = Pt(11)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    report.add_paragraph(title).runs[0].bold = True
    report.add_paragraph(line)
    for one in sections_of(found):
        report.add_paragraph(one.heading).runs[0].bold = True
        table = report.add_table(rows=0, cols=len(one.heads))
        table.style = "Table Grid"
        for row in (one.heads, *one.rows):
            for cell, value in zip(table.add_row().cells, row, strict=True):
                cell.text = value
        if one.below:
            report.add_paragraph(one.below)
    half = target.with_name(f".{target.name}.draft")
    try:
        report.save(str(half))
        half.replace(target)
    except OSError as error:
        half.unlink(missing_ok=True)
        raise InputError(f"{target} cannot be written: {error.strerror}") from None


STYLE: Final = """
@page { size: A4; margin: 2cm; }
body { font: 10.5pt/1.5 "Noto Serif CJK SC", "Source Han Serif SC", SimSun, "Noto Sans CJK SC", serif; }
h1 { font-size: 17pt; text-align: center; }
h2 { font-size: 11pt; margin: 12pt 0 4pt; break-after: avoid; }
table { border-collapse: collapse; width: 100%; font-size: 9pt; }
th, td { border: 1px solid #000; padding: 2pt 4pt; text-align: left; overflow-wrap: anywhere; }
tr { break-inside: avoid; }
"""


def as_html(title: str, line: str, sections: Iterable[Section]) -> str:
    """
    The report as one page that loads nothing.

    >>> "&lt;b&gt;" in as_html("月报", "<b>", [])
    True
    """
    body = "".join(
        f"<h2>{escape(one.heading)}</h2><table><tr>{_cells('th', one.heads)}</tr>"
        + "".join(f"<tr>{_cells('td', row)}</tr>" for row in one.rows)
        + f"</table><p>{escape(one.below)}</p>"
        for one in sections
    )
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(title)}'
        f"</title><style>{STYLE}</style></head><body><h1>{escape(title)}</h1><p>{escape(line)}</p>"
        f"{body}</body></html>"
    )


def _cells(tag: str, row: Sequence[str]) -> str:
    return "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in row)
