"""Track B: a right-holder's notice of infringement to a platform (侵权通知书)."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from lurewatch.errors import NotAllowedError
from lurewatch.finding import Decision, Finding
from lurewatch.letters.content import Heading, Letter, Line, Part, Rows
from lurewatch.letters.law import in_force, rules
from lurewatch.letters.matter import (
    Package,
    cited,
    concerns,
    digest_row,
    evidence_list,
    facts,
    listing,
    people,
)
from lurewatch.takedown import PAPERS, RIGHTS, Institution, Right, Track


@dataclass(frozen=True, slots=True)
class Claim:
    """What a notice says is infringed; `facts` are a person's own words."""

    infringement: str
    facts: str = ""


def infringement_of(code: str) -> dict[str, Any]:
    """What the rules say of an infringement. Raises NotAllowedError."""
    rows = rules("infringements.yaml")["infringements"]
    for row in rows:
        if row["code"] == code:
            found: dict[str, Any] = row
            return found
    raise NotAllowedError(
        f"{code!r} is no infringement; a notice names one: {', '.join(r['code'] for r in rows)}"
    )


def demand(platform: str, infringement: str) -> str:
    """The necessary measures that fit the platform's service."""
    for row in rules("infringements.yaml")["measures"]:
        fits = row["platforms"] == "all" or platform in row["platforms"]
        if fits and (row["infringements"] == "all" or infringement in row["infringements"]):
            return str(row["asks"])
    raise LookupError("infringements.yaml names no measure for all")


def rights_for(institution: Institution, code: str) -> list[Right]:
    """The institution's rights that such a notice may rest on."""
    wanted = infringement_of(code)["rights"]
    return [right for right in institution.rights if right.kind in wanted]


def lacking(finding: Finding, institution: Institution, claim: Claim, home: Path) -> list[str]:
    """What a notice needs beyond what every letter needs (涉企规范 5; DOMAIN.md §4.5)."""
    row = infringement_of(claim.infringement)
    found = []
    if concerns(finding, institution) == "否":
        found.append(
            "涉及本机构: the post names neither the institution nor a brand of it; use track A"
        )
    for name, label in PAPERS.items():
        written = str(getattr(institution, name))
        if not written.strip():
            found.append(f"机构资料 institution: {label}")
        elif not (home / written).is_file():
            found.append(f"机构资料 institution: {label}: there is no file {home / written}")
    rights = rights_for(institution, claim.infringement)
    if not rights:
        names = " / ".join(rules("infringements.yaml")["rights"][kind] for kind in row["rights"])
        found.append(f"权利基础 rights: {names} ({', '.join(row['rights'])})")
    for right in rights:
        if not right.title.strip():
            found.append(f"权利基础 rights: the title of a right ({right.kind})")
        if right.kind == "trademark" and not right.number.strip():
            found.append(f"权利基础 rights: 商标注册号 (number) of {right.title or right.kind}")
        if right.kind != "reputation" and not (right.proof and (home / right.proof).is_file()):
            found.append(
                f"权利基础 rights: 权利证明文件 (proof: a file) of {right.title or right.kind}"
            )
    if row.get("needs_facts") and not claim.facts.strip():
        found.append("侵权事实 facts: which statement is untrue, and how that is shown (--facts)")
    return found


def papers(institution: Institution, code: str, home: Path) -> list[Path]:
    """The files that go with a notice: who the right-holder is, who acts, and the rights."""
    own = [home / str(getattr(institution, name)) for name in PAPERS]
    proofs = [home / right.proof for right in rights_for(institution, code) if right.proof]
    return [*own, *proofs]


def notice(
    finding: Finding,
    decision: Decision,
    institution: Institution,
    package: Package,
    claim: Claim,
    addressee: str,
    today: date,
    home: Path,
    quote: str = "",
) -> Letter:
    """The notice. Every part of it is needed: see `lacking`."""
    row, words = infringement_of(claim.infringement), rules("words.yaml")
    named = rules("infringements.yaml")["rights"]
    laws = in_force(
        decision.services,
        today,
        track=Track.B,
        infringement=claim.infringement,
        platform=finding.post.platform,
    )
    rights = sorted(
        rights_for(institution, claim.infringement), key=lambda right: RIGHTS.index(right.kind)
    )
    parts: list[Part] = [
        Line(f"{addressee}："),
        Heading("一、权利人身份"),
        Rows.of([*people(institution, "权利人全称"), ("营业执照", Path(institution.licence).name)]),
        Heading("二、授权委托"),
        Rows.of(
            [
                ("代理人（经办人）", institution.authorised_person),
                ("授权委托书", Path(institution.authorisation).name),
                ("代理人身份证明", Path(institution.agent_identity).name),
            ]
        ),
        Heading("三、权利基础"),
        Rows.of(
            [
                (
                    named[one.kind],
                    "，".join(
                        filter(
                            None, (one.title, one.number, Path(one.proof).name if one.proof else "")
                        )
                    ),
                )
                for one in rights
            ]
        ),
        Heading("四、涉嫌侵权内容的具体网络地址"),
        Rows.of(listing(finding, decision, Track.B)),
        Heading("五、侵权事实及初步证据"),
        Line(f"{row['says']}。"),
        *([Line(claim.facts.strip())] if claim.facts.strip() else []),
        *map(Line, facts(finding, quote)),
        Heading("六、依据"),
        *map(Line, cited(laws)),
        Heading("七、请求采取的必要措施"),
        Line(
            f"请依法对上述内容采取{demand(finding.post.platform, claim.infringement)}等必要措施，并反馈处理结果。"
        ),
        Heading("八、证据与材料目录"),
        Rows.of(
            [
                *(digest_row(path) for path in papers(institution, claim.infringement, home)),
                *evidence_list(package),
            ]
        ),
        Heading("九、保证声明"),
        Line(words["guarantee"]),
        Line(institution.name, right=True),
        Line(f"{today.year}年{today.month}月{today.day}日", right=True),
        Line("（权利人签章）", right=True),
    ]
    return Letter("侵权通知书", tuple(parts), tuple(law["cite"] for law in laws))
