"""What every letter says of a finding: the listed item, its facts, who reports, and the evidence."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from lurewatch.dates import CHINA
from lurewatch.finding import LURING, Decision, Finding, Label, Service
from lurewatch.letters.law import rules
from lurewatch.post import Post, visible
from lurewatch.takedown import Institution, Track, faults, missing, named_in
from lurewatch.text.mask import mask_name, mask_personal

SECONDS: Final = 10  # digits of a count of seconds since 1970, or more of milliseconds
QUOTED: Final = int(rules("wording.yaml")["quoted"]["longest"])
POINTS: Final = (
    ("offer", "提供服务的表述"),
    ("promise", "效果承诺"),
    ("fee", "收费或分成"),
    ("route", "引导至站外或私下联系"),
    ("coding", "变体规避用语"),
)
TRACKS: Final = {Track.A: "A 违法和不良信息举报", Track.B: "B 权利人侵权通知"}


@dataclass(frozen=True, slots=True)
class Package:
    """The evidence a letter rests on: its folder and the zip that goes with the letter."""

    folder: Path
    archive: Path
    complete: bool


def refusals(
    finding: Finding, decision: Decision | None, institution: Institution, package: Package | None
) -> list[str]:
    """Everything that a letter of any kind about this finding still lacks."""
    lacking = [f"机构资料 institution: {label}" for label in missing(institution)]
    lacking += faults(institution)
    if decision is None or decision.label is not Label.LURE or decision.stance not in LURING:
        lacking.append("人工认定 decision: a person must call it a lure, SOLICIT or RECRUIT")
    if not finding.post.url:
        lacking.append("具体链接 address of the post")
    if not (finding.post.published_at or finding.post.published_shown or finding.first_seen):
        lacking.append("发布时间 date of the post")
    if package is None:
        lacking.append(f"证据 evidence: run lurewatch evidence keep {finding.finding_id}")
    elif not package.complete:
        lacking.append("证据 evidence: the package is not complete; keep it again")
    return lacking


def concerns(finding: Finding, institution: Institution) -> str:
    """
    How a post touches the institution itself: 否, 是, or 仿冒 where it names it and also imitates somebody.

    The names of the institution decide; a post that imitates another is none of its business.
    """
    if not named_in(finding.post, institution.names):
        return "否"
    imitates = any(reason.kind == "impersonation" for reason in finding.verdict.reasons)
    return "仿冒" if imitates else "是"


def called(services: tuple[Service, ...]) -> str:
    """Services as a letter names them."""
    return "；".join(rules("words.yaml")["services"][service] for service in services)


def listing(finding: Finding, decision: Decision, track: Track) -> list[tuple[str, str]]:
    """The facts of the listed item (DOMAIN.md §4.4, the columns that a recipient needs)."""
    post = finding.post
    return [
        ("案件号", f"LW-{finding.finding_id}"),
        ("具体链接", post.url),
        ("内容ID", post.post_id),
        ("账号昵称", visible(mask_name(post.author_name)) or "（未显示）"),
        ("账号ID", visible(post.author_id) or "（未显示）"),
        ("发布时间（展示）", published(post) or "（未显示）"),
        ("首次发现时间", f"{moment(finding.first_seen)}（北京时间）"),
        ("我方分类", f"疑似{called(decision.services)}"),
        ("人工认定", f"{moment(decision.decided_at)}（北京时间）"),
        ("轨道", TRACKS[track]),
    ]


def moment(at: datetime | None) -> str:
    """A moment in China's time; nothing for none."""
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M}" if at else ""


def published(post: Post) -> str:
    """
    When a post was published, as the page shows it; a count of seconds in a page's data as a moment.

    >>> at = datetime.fromisoformat("2026-11-24T09:30:00+00:00")
    >>> published(Post("xiaohongshu", "1", "", "", published_shown="1795512600000", published_at=at))
    '2026-11-24 17:30'
    """
    counted = post.published_shown.isdecimal() and len(post.published_shown) >= SECONDS
    return (
        moment(post.published_at) if counted or not post.published_shown else post.published_shown
    )


def points(finding: Finding) -> list[str]:
    """Which elements of a lure the post has, in neutral words."""
    kinds = {reason.kind for reason in finding.verdict.reasons}
    return [
        name
        for kind, name in POINTS
        if kind in kinds or (kind == "route" and finding.verdict.contacts)
    ]


def quotation(finding: Finding, chosen: str = "") -> str:
    """
    What is quoted of the post: short, printable, without anybody's numbers.

    *chosen*: the words that a person took of it; else it is quoted from its beginning.
    """
    post = finding.post
    begins = post.text.startswith(post.title.rstrip("….")[:-1])  # a title cut from the text
    whole = " ".join((chosen or (post.text if begins else f"{post.title} {post.text}")).split())
    text = mask_personal(visible(whole)).translate(str.maketrans("“”", "‘’"))
    return text[:QUOTED] + ("……" if len(text) > QUOTED else "")


def quote_faults(finding: Finding, chosen: str) -> list[str]:
    """Why words that a person chose cannot be quoted of a post: too many, or not in it."""
    words, found = " ".join(chosen.split()), []
    if len(words) > QUOTED:
        found.append(f"原文摘录 quotation: {len(words)} characters, more than {QUOTED}")
    held = (
        " ".join(shown.split())
        for field, _, value in finding.post.values()
        for shown in (value, visible(value))
        if field != "author_name"
    )
    if words and not any(words in text for text in held):
        found.append("原文摘录 quotation: these words do not stand in the post")
    return found


def facts(finding: Finding, quote: str = "") -> list[str]:
    """What the post says, in neutral words."""
    said = [f"该内容公开可见，原文摘录：“{quotation(finding, quote)}”。"]
    if found := points(finding):
        said.append(f"经人工核对，其中含有：{'、'.join(found)}。")
    return said


def people(institution: Institution, whose: str = "机构全称") -> list[tuple[str, str]]:
    """Who writes."""
    return [
        (whose, institution.name),
        ("统一社会信用代码", institution.credit_code),
        ("地址", institution.address),
        ("联系人", institution.contact_person),
        ("经办人", institution.authorised_person),
        ("联系电话", institution.phone),
        ("电子邮箱", institution.email),
    ]


def evidence_list(package: Package) -> list[tuple[str, str]]:
    """Every file of the package and its SHA-256, and the zip that is sent along."""
    rows = [digest_row(one) for one in sorted(package.folder.iterdir()) if one.is_file()]
    return [digest_row(package.archive), *rows]


def digest_row(path: Path) -> tuple[str, str]:
    """A file's name and its SHA-256."""
    return path.name, sha256(path.read_bytes()).hexdigest()


def cited(laws: list[dict[str, Any]]) -> list[str]:
    """Provisions and what they say, a sentence each."""
    return [f"{law['cite']}：{law['says']}。" for law in laws]


def letter_name(finding: Finding, now: datetime) -> str:
    """The file name of a letter; two of one second are apart."""
    return f"{finding.post.platform}-{finding.finding_id}-{now:%Y%m%dT%H%M%S.%fZ}.docx"
