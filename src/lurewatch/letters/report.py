"""Track A: the report of illegal and harmful information to a platform or an authority (举报函)."""

from datetime import date

from lurewatch.finding import Decision, Finding
from lurewatch.letters.content import Heading, Letter, Line, Part, Rows
from lurewatch.letters.law import in_force, rules
from lurewatch.letters.matter import (
    Package,
    called,
    cited,
    evidence_list,
    facts,
    listing,
    people,
)
from lurewatch.takedown import Institution, Track


def report(
    finding: Finding,
    decision: Decision,
    institution: Institution,
    package: Package,
    addressee: str,
    today: date,
    quote: str = "",
) -> Letter:
    """The report. It says 涉嫌 and 疑似, quotes little, and says nothing about any debtor."""
    words = rules("words.yaml")
    laws = in_force(decision.services, today)
    parts: list[Part] = [
        Line(f"{addressee}："),
        Heading("一、举报人及联系人"),
        Rows.of(people(institution)),
        Heading("二、举报事项"),
        Line(
            f"以下内容涉嫌招揽以下业务：{called(decision.services)}。"
            "该内容疑似违法和不良信息，现予举报，请依法处置。"
        ),
        Heading("三、内容清单"),
        Rows.of(listing(finding, decision, Track.A)),
        Heading("四、事实"),
        *map(Line, facts(finding, quote)),
        Heading("五、依据"),
        *map(Line, cited(laws)),
        Line(f"先例：{words['precedent']}。"),
        Heading("六、诉求"),
        Line(words["demands"]["A"]),
        Heading("七、证据目录"),
        Rows.of(evidence_list(package)),
        Heading("八、声明"),
        Line(words["declaration"]),
        Line(institution.name, right=True),
        Line(f"{today.year}年{today.month}月{today.day}日", right=True),
        Line("（盖章）", right=True),
    ]
    return Letter("违法和不良信息举报函", tuple(parts), tuple(law["cite"] for law in laws))
