"""The takedown register: a row a request, as compliance keeps it (DOMAIN.md §4.4, 2026-11-22)."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from lurewatch.custody import Entry
from lurewatch.dates import CHINA
from lurewatch.finding import Finding
from lurewatch.letters.report import QUOTED, in_force, rules
from lurewatch.post import safe_cell, visible
from lurewatch.takedown import Event, TakedownRequest
from lurewatch.text.mask import mask_name, mask_personal

FORMULA: Final = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
)  # a spreadsheet takes what begins so for a formula
COLUMNS: Final = (
    "案件号",
    "平台",
    "具体链接",
    "内容ID",
    "账号昵称",
    "发布时间(展示)",
    "首次发现时间",
    "取证时间",
    "证据哈希",
    "正文摘录(脱敏)",
    "我方分类",
    "轨道",
    "法律依据(带版本)",
    "起草人",
    "批准人",
    "提交时间",
    "回执号",
    "平台反馈(原文)",
    "状态",
    "核验时间",
    "复发标记",
    "申诉/反通知",
)


def row_of(
    request: TakedownRequest, events: Sequence[Event], finding: Finding, custody: Sequence[Entry]
) -> list[str]:
    """One request in the register's columns."""
    post, meant = finding.post, finding.decision
    services = meant.services if meant else finding.verdict.services
    named = rules("words.yaml")["services"]
    last = {event.step: event for event in events}
    text = mask_personal(visible(" ".join(f"{post.title} {post.text}".split())))[:QUOTED]

    def at(step: str) -> str:
        return f"{last[step].at.astimezone(CHINA):%Y-%m-%d %H:%M}" if step in last else ""

    def by(step: str) -> str:
        return last[step].who if step in last else ""

    sealed = custody[0] if custody else None
    return [
        f"LW-{finding.finding_id}-{request.request_id}",
        rules("words.yaml")["platforms"][post.platform],
        post.url,
        post.post_id,
        visible(mask_name(post.author_name)),
        post.published_shown,
        f"{finding.first_seen.astimezone(CHINA):%Y-%m-%d %H:%M}",
        f"{sealed.at.astimezone(CHINA):%Y-%m-%d %H:%M}" if sealed else "",
        sealed.sums_sha256 if sealed else "",
        text,
        "疑似" + "；".join(named[service] for service in services),
        request.track,
        "；".join(law["cite"] for law in in_force(services, request.drafted_at.date())),
        request.drafted_by,
        by("approve"),
        at("send"),
        last["acknowledge"].receipt if "acknowledge" in last else "",
        last["refused"].note if "refused" in last else "",
        request.state,
        at("verify"),
        at("reopen"),
        last["countered"].note if "countered" in last else "",
    ]


def write(rows: Sequence[Sequence[str]], target: Path) -> None:
    """The register as xlsx or csv, by the name's ending; replaced as a whole."""
    table = [COLUMNS, *([safe_cell(cell) for cell in row] for row in rows)]
    draft = target.with_name(f".{target.name}.draft")
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.suffix == ".csv":
        text = io.StringIO()
        csv.writer(text).writerows(table)
        draft.write_text(text.getvalue(), "utf-8-sig")  # Excel needs the mark
    else:
        from openpyxl import Workbook

        book = Workbook(write_only=True)
        sheet = book.create_sheet("下架登记")
        for row in table:
            sheet.append(list(row))
        with draft.open("wb") as file:
            book.save(file)
    draft.replace(target)
