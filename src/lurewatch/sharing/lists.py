"""The workbook beside the letter to the police: posts, accounts and contacts, each in a sheet."""

import io
from collections.abc import Sequence
from typing import Final

from lurewatch.letters.law import rules
from lurewatch.letters.matter import called, moment, points, published, quotation
from lurewatch.post import safe_cell, verified_in
from lurewatch.sharing.clue import Clue
from lurewatch.sharing.facts import Observable, accounts, decided, observables

KINDS: Final = {
    "wechat": "微信号",
    "qq": "QQ号",
    "group": "群号",
    "phone": "电话号码",
    "link": "网址",
    "email": "电子邮箱",
}
POSTS: Final = (
    "序号", "案件号", "平台", "具体链接", "内容ID", "账号昵称", "账号ID", "发布时间(展示)", "首次发现时间", "最近可见时间",
    "疑似业务", "命中要点", "正文摘录(脱敏)", "人工认定时间", "证据包", "证据包SHA-256", "已采取措施", "最近复核",
)  # fmt: skip
ACCOUNTS: Final = (
    "序号", "平台", "账号ID", "账号昵称", "认证信息", "内容条数", "首次发现时间", "最近可见时间", "案件号",
)  # fmt: skip
CONTACTS: Final = ("序号", "类型", "联系方式", "内容条数", "案件号")


def workbook(clues: Sequence[Clue]) -> bytes:
    """The three sheets; nothing in them is taken for a formula."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for title, columns, rows in (
        ("内容", POSTS, _posts(clues)),
        ("账号", ACCOUNTS, _accounts(clues)),
        ("联系方式", CONTACTS, _contacts(clues)),
    ):
        sheet = book.create_sheet(title)
        sheet.append(list(columns))
        for at, row in enumerate(rows, 1):
            sheet.append([str(at), *map(safe_cell, row)])
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def _posts(clues: Sequence[Clue]) -> list[list[str]]:
    names = rules("words.yaml")["platforms"]
    rows = []
    for one in clues:
        finding, look = one.finding, one.last_look
        post, made = finding.post, finding.decision
        rows.append(
            [
                one.number,
                names[post.platform],
                post.url,
                post.post_id,
                post.author_name,
                post.author_id,
                published(post),
                moment(finding.first_seen),
                moment(finding.last_seen),
                f"疑似{called(decided(finding))}",
                "；".join(points(finding)),
                quotation(finding),
                moment(made.decided_at) if made else "",
                one.evidence,
                one.digest,
                "；".join(f"{asked.recipient} {asked.state}" for asked in one.requests),
                f"{moment(look.at)} {look.outcome}" if look else "",
            ]
        )
    return rows


def _accounts(clues: Sequence[Clue]) -> list[list[str]]:
    names = rules("words.yaml")["platforms"]
    return [
        [
            names[platform],
            account_id,
            "；".join(dict.fromkeys(one.post.author_name for one in own)),
            "；".join(
                dict.fromkeys(filter(None, (verified_in(one.post.author_bio) for one in own)))
            ),
            str(len(own)),
            moment(min(one.first_seen for one in own)),
            moment(max(one.last_seen for one in own)),
            "；".join(f"LW-{one.finding_id}" for one in own),
        ]
        for (platform, account_id), own in accounts([one.finding for one in clues]).items()
    ]


def _contacts(clues: Sequence[Clue]) -> list[list[str]]:
    carried: dict[Observable, list[str]] = {}
    for one in clues:
        for found in observables(one.finding):
            carried.setdefault(found, []).append(one.number)
    return [
        [KINDS[found.kind], found.value, str(len(numbers)), "；".join(numbers)]
        for found, numbers in sorted(carried.items())
    ]
