"""The takedown register: a row a request, as compliance keeps it (DOMAIN.md §4.4, 2026-11-22)."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from lurewatch.dates import CHINA
from lurewatch.finding import Finding
from lurewatch.letters.blocks import channel_name
from lurewatch.letters.law import in_force, rules
from lurewatch.letters.matter import TRACKS, called, concerns, moment, points, published, quotation
from lurewatch.letters.notice import demand
from lurewatch.post import safe_cell, verified_in, visible
from lurewatch.takedown import LOOKED, Event, Institution, TakedownRequest, Track
from lurewatch.text.mask import mask_name

COLUMNS: Final = (
    "序号",
    "案件号",
    "平台",
    "内容类型",
    "具体链接",
    "内容ID",
    "定位说明",
    "账号昵称",
    "账号ID/主页",
    "认证信息",
    "IP属地(展示)",
    "发布时间(展示)",
    "首次发现时间",
    "取证时间",
    "截图编号/哈希",
    "正文摘录(脱敏)",
    "命中要点(要约/服务/引流)",
    "违规类型(平台口径代码)",
    "我方分类",
    "涉及本机构(是/否/仿冒)",
    "轨道(A举报/B侵权)",
    "法律依据(带版本)",
    "处置诉求",
    "联系方式指纹",
    "关联簇号",
    "初审/复核/批准人+时间",
    "提交渠道+时间",
    "回执号",
    "平台反馈(原文)",
    "状态",
    "核验时间",
    "复发标记",
    "申诉/反通知",
    "备注",
)
NOT_COLLECTED: Final = "未采集"  # a platform may show it: we have not read it
PLACES: Final = {
    "title": "标题",
    "text": "正文",
    "tags": "标签",
    "ocr": "第{}图文字",
    "author_comments": "作者评论第{}条",
    "author_name": "账号昵称",
    "author_bio": "账号简介",
}
PRINT: Final = 16  # signs of a keyed hash that are shown


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside a request and its finding: evidence, people, links, looks."""

    evidence: tuple[str, str, datetime] | None = None  # name, digest and moment of the package
    second: tuple[str, datetime | None] | None = None  # who looked again, and when
    cluster: int | None = None
    fingerprints: Sequence[tuple[str, str]] = ()  # channel and keyed hash of each contact
    checked_at: datetime | None = None
    cause: str = ""  # as what its page tells that a post is gone


def row_of(
    number: int,
    request: TakedownRequest,
    events: Sequence[Event],
    finding: Finding,
    institution: Institution,
    beside: Beside,
) -> list[str]:
    """One request in the register's columns."""
    post, meant, words = finding.post, finding.decision, rules("words.yaml")
    services = meant.services if meant else finding.verdict.services
    day = request.drafted_at.astimezone(CHINA).date()
    laws = in_force(services, day, track=request.track, infringement=request.infringement, platform=post.platform)  # fmt: skip
    cites = [law["cite"] for law in laws] if request.cites is None else request.cites
    evidence = beside.evidence
    return [
        str(number),
        f"LW-{finding.finding_id}-{request.request_id}",
        words["platforms"][post.platform],
        words["contents"][post.platform],
        post.url,
        post.post_id,
        located(finding),
        visible(mask_name(post.author_name)),
        visible(post.author_id),
        visible(verified_in(post.author_bio)) or NOT_COLLECTED,
        visible(post.ip_region) or NOT_COLLECTED,
        published(post),
        moment(finding.first_seen),
        moment(evidence[2]) if evidence else "",
        f"{evidence[0]} {evidence[1]}" if evidence else "",
        quotation(finding, request.quote) if post.text or post.title else "",
        "；".join(points(finding)),
        words["category"],
        f"疑似{called(services)}",
        concerns(finding, institution),
        TRACKS[request.track],
        "；".join(cites),
        _asked(request, finding),
        "；".join(f"{channel}:{digest[:PRINT]}" for channel, digest in beside.fingerprints),
        "" if beside.cluster is None else str(beside.cluster),
        _people(events, finding, beside),
        _sent(request, events),
        next((one.receipt for one in reversed(events) if one.receipt), ""),
        _said(events, ("removed", "refused")),
        _state(request, beside.cause),
        moment(beside.checked_at),
        _said(events, ("reopen",)),
        _said(events, ("countered",)),
        "；".join(
            filter(None, (request.why_again, _said(events, ("again", "return", "withdraw"))))
        ),
    ]


def located(finding: Finding) -> str:
    """Where in the bundle the reasons stand: 正文；第2图文字；作者评论第1条."""
    places = dict.fromkeys(
        PLACES.get(reason.field, reason.field).format((reason.index or 0) + 1)
        for reason in finding.verdict.reasons
    )
    return "；".join(places)


def _asked(request: TakedownRequest, finding: Finding) -> str:
    if request.track is Track.B:
        return demand(finding.post.platform, request.infringement)
    return str(rules("words.yaml")["demands"]["A"])


def _people(events: Sequence[Event], finding: Finding, beside: Beside) -> str:
    named = []
    if finding.decision:
        named.append(f"初审 {finding.decision.reviewer} {moment(finding.decision.decided_at)}")
    if beside.second:
        named.append(f"复核 {beside.second[0]} {moment(beside.second[1])}")
    named += [f"批准 {one.who} {moment(one.at)}" for one in events if one.step == "approve"]
    return "；".join(named)


def _sent(request: TakedownRequest, events: Sequence[Event]) -> str:
    moments = [moment(one.at) for one in events if one.step == "send"]
    return " ".join([channel_name(request.channel), *moments])


def _state(request: TakedownRequest, cause: str) -> str:
    words = rules("words.yaml")
    state = str(words["states"][request.state])
    return f"{state}（{words['outcomes'][cause]}）" if cause else state


def _said(events: Sequence[Event], steps: tuple[str, ...]) -> str:
    return "；".join(
        f"{moment(one.at)} {_note(one)}".strip() for one in events if one.step in steps
    )


def _note(event: Event) -> str:
    """What a person or a desk wrote, as it is; what a look of ours found, in Chinese."""
    words = rules("words.yaml")
    found = event.note.removeprefix(LOOKED)
    said = (words["outcomes"] | words["seen"]).get(found)
    return f"复查：{said}" if said and found != event.note else event.note


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
