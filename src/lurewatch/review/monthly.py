"""The monthly report: the figures of one month in a Chinese Word file."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from docx import Document
from docx.oxml.ns import qn
from docx.shared import Pt

from lurewatch.dates import CHINA
from lurewatch.errors import InputError
from lurewatch.figures import Figures
from lurewatch.post import visible
from lurewatch.review import words
from lurewatch.review.figures import (
    by_platform,
    channels_shown,
    relapse_shown,
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


def write_report(found: Figures, institution: str, target: Path, now: datetime) -> None:
    """Write the report as docx. Raises InputError when the file cannot be written."""
    report = Document()
    style = report.styles["Normal"]
    style.font.name = FONT
    style.font.size = Pt(11)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    since = found.since.astimezone(CHINA)
    said = catalogue("zh").gettext
    report.add_paragraph(f"{since.year}年{since.month}月金融黑灰产监测月报").runs[0].bold = True
    report.add_paragraph(
        f"{visible(institution) or '（未填写机构）'}　统计截至"
        f" {min(now, found.until).astimezone(CHINA):%Y-%m-%d %H:%M}（北京时间）"
    )
    _section(
        report,
        "一、采集覆盖（受阻不等于没有）",
        ("平台", "页数", "其中受阻或异常", "帖数"),
        by_platform(found),
    )
    _section(
        report,
        "二、时效（天；Kaplan–Meier，未结的按未结计入）",
        ("环节", "总数", "已完成", "半数完成", "九成完成"),
        waits_shown(found, said),
    )
    report.add_paragraph(f"发布时间不明的线索：{found.undated} 条，未计入“发布至发现”。")
    _section(
        report,
        "三、机器标记的准确率（十抽一随机样本；95% Wilson 区间）",
        ("范围", "引流帖", "已裁定", "比例", "下限", "上限"),
        shares_shown(found.sample, said),
    )
    report.add_paragraph(f"样本中尚未裁定：{found.sample_waits} 条。")
    _section(
        report,
        "四、已裁定线索中的引流帖比例（非随机样本；95% Wilson 区间）",
        ("范围", "引流帖", "已裁定", "比例", "下限", "上限"),
        shares_shown(found.precision, said),
    )
    _section(
        report,
        "五、处置请求结果（按接收方）",
        (
            "接收方",
            "已提交",
            "已不在",
            "比例",
            "下限",
            "上限",
            "平台处置",
            "作者处置",
            "拒绝",
            "反通知",
            "重复提交",
        ),
        channels_shown(found, said),
    )
    _section(
        report,
        "六、下架后复现（帖文本身，或其联系方式、账号、图片、话术）",
        ("期限", "复现", "已满期的下架", "比例", "下限", "上限"),
        relapse_shown(found, said),
    )
    _section(
        report,
        "七、误标的受保护言论（目标为零，每条均为事件）",
        ("立场", "条数"),
        [(said(words.STANCES[stance]), count) for stance, count in found.protected],
    )
    _section(
        report,
        "八、审核工作量",
        ("审核人", "裁定条数", "天数"),
        [(visible(one.reviewer), one.decided, one.days) for one in found.load],
    )
    half = target.with_name(f".{target.name}.draft")
    try:
        report.save(str(half))
        half.replace(target)
    except OSError as error:
        half.unlink(missing_ok=True)
        raise InputError(f"{target} cannot be written: {error.strerror}") from None


def _section(
    report: Any, heading: str, heads: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    report.add_paragraph(heading).runs[0].bold = True
    table = report.add_table(rows=1, cols=len(heads))
    table.style = "Table Grid"
    for cell, head in zip(table.rows[0].cells, heads, strict=True):
        cell.text = head
    for row in rows:
        for cell, value in zip(table.add_row().cells, row, strict=True):
            cell.text = str(value)
    if len(table.rows) == 1:
        table.add_row().cells[0].text = "本月无"
