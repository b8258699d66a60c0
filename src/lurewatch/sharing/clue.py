"""The letter that hands clues to the police (线索移送函), from records alone."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from lurewatch.errors import NotAllowedError
from lurewatch.finding import Finding
from lurewatch.letters.content import Heading, Letter, Line, Part, Rows
from lurewatch.letters.law import in_force, rules
from lurewatch.letters.matter import called, cited, moment, people, points, quotation
from lurewatch.letters.wording import faults
from lurewatch.sharing.facts import observables, said_of_all, services_of
from lurewatch.store.cases import SEEN, Check
from lurewatch.takedown import Institution, TakedownRequest

EXAMPLES: Final = 10  # posts that the letter itself quotes; the list beside it has all


@dataclass(frozen=True, slots=True)
class Clue:
    """A confirmed finding as the police are told of it, with what was done about it."""

    finding: Finding
    evidence: str  # the file name of its package in the zip
    digest: str  # SHA-256 of that file
    requests: tuple[TakedownRequest, ...] = ()
    last_look: Check | None = None

    @property
    def number(self) -> str:
        """As the list and the letter call it."""
        return f"LW-{self.finding.finding_id}"


def clue_letter(
    clues: Sequence[Clue],
    institution: Institution,
    addressee: str,
    subject: str,
    today: date,
    files: Mapping[str, str],
) -> Letter:
    """
    The letter: what is suspected, never what is proved, and nothing of any debtor.

    *subject* is the campaign's name, if there is one; *files* are those beside the letter with their
    SHA-256. Raises NotAllowedError naming the sentence whose wording may not stand.
    """
    found = [one.finding for one in clues]
    words = rules("words.yaml")["clue"]
    laws = in_force(services_of(found), today)
    parts: list[Part] = [
        Line(f"{addressee}："),
        Line(
            f"本机构在日常监测中发现疑似招揽{called(services_of(found))}的公开信息，涉嫌违法违规，"
            "现将有关线索移送贵单位，请依法核查。"
        ),
        Heading("一、线索来源与发现经过"),
        Line(_source(found)),
        Heading("二、涉嫌行为概述"),
        *([Line(f"线索名称：“{subject[:50]}”。")] if subject else []),
        Line(said_of_all(found)),
        Line(words["charge"]),
        Line(words["venue"]),
        Heading("三、涉及主体"),
        Line("账号、联系方式逐项列于附件 list.xlsx 的“账号”“联系方式”两表。"),
        Heading("四、手法与话术（摘录）"),
        Rows.of([(one.number, _told(one)) for one in clues[:EXAMPLES]]),
        Heading("五、关联情况"),
        Line(_ties(clues)),
        Heading("六、受害与损失"),
        Line(words["losses"]),
        Heading("七、已采取措施与紧迫性"),
        Line(_measures(clues)),
        Heading("八、有关规定"),
        *map(Line, cited(laws)),
        Heading("九、证据与材料目录（文件名、SHA-256）"),
        Rows.of([*files.items(), *((one.evidence, one.digest) for one in clues)]),
        Line(words["evidence"]),
        Heading("十、移送单位与联系人"),
        Rows.of(people(institution, "移送单位")),
        Line(words["confidential"]),
        Line(words["declaration"]),
        Line(institution.name, right=True),
        Line(f"{today.year}年{today.month}月{today.day}日", right=True),
        Line("（盖章）", right=True),
    ]
    letter = Letter("涉嫌违法犯罪线索移送函", tuple(parts), tuple(law["cite"] for law in laws))
    if wrong := faults(letter):
        raise NotAllowedError("the letter's wording may not stand:\n  - " + "\n  - ".join(wrong))
    return letter


def _source(found: Sequence[Finding]) -> str:
    """How the posts came to us: seen by ourselves, or taken in from others' files and people."""
    seen = sum(one.source.startswith("spider") for one in found)
    taken = len(found) - seen
    said = [f"其中{seen}条由本机构以未登录访客身份在公开网页上所见"] * bool(seen)
    said += [f"其中{taken}条由人员或其他工具采集后导入本机构系统"] * bool(taken)
    return f"{'，'.join(said)}。{rules('words.yaml')['clue']['source']}"


def _told(one: Clue) -> str:
    post = one.finding.post
    elements = "、".join(points(one.finding)) or "见证据包"
    return f"“{quotation(one.finding)}”（{elements}） {post.url}"


def _ties(clues: Sequence[Clue]) -> str:
    """How many posts give the same contact; no contact stands in the letter itself."""
    carried = Counter(found for one in clues for found in observables(one.finding))
    shared = [many for many in carried.values() if many > 1]
    if not shared:
        return f"共提取联系方式{len(carried)}个，未见两条以上内容使用同一联系方式。"
    return (
        f"共提取联系方式{len(carried)}个，其中{len(shared)}个被两条以上内容使用，最多的一个见于{max(shared)}条内容，"
        "疑似同一主体所为，请核查。"
    )


def _measures(clues: Sequence[Clue]) -> str:
    asked = [request for one in clues for request in one.requests]
    seen = [one.last_look for one in clues if one.last_look]
    said = f"已就其中{sum(bool(one.requests) for one in clues)}条内容拟制平台举报或通知{len(asked)}件，状态见附件。"
    if not seen:
        return said + "尚未复核是否仍在线。"
    newest = max(seen, key=lambda look: look.at)
    live = sum(look.outcome in SEEN for look in seen)
    return (
        said
        + f"最近一次复核时间{moment(newest.at)}（北京时间），复核过的{len(seen)}条中仍可见{live}条。"
    )
