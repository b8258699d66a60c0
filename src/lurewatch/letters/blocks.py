"""What a person copies into a channel's form, field by field in the form's order."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from lurewatch.finding import Decision, Finding
from lurewatch.letters.report import facts, in_force, rules
from lurewatch.post import visible
from lurewatch.takedown import Institution, TakedownRequest
from lurewatch.text.mask import mask_name

STALE: Final = 90  # days after which a form may have changed
CATEGORY: Final = "金融领域黑灰产信息（疑似违法违规金融广告）"
DEMAND: Final = "请依法依规核查处置，并反馈处理结果。"


@dataclass(frozen=True, slots=True)
class Block:
    """One field of a form; `cut` says that the form takes less than there is."""

    name: str
    text: str
    cut: bool


@dataclass(frozen=True, slots=True)
class Channel:
    """One place a report can go to."""

    code: str
    name: str
    fields: tuple[dict[str, Any], ...]
    verified: date | None
    source: str

    def stale(self, today: date) -> bool:
        """Whether nobody has looked at the form for so long that it may have changed."""
        return self.verified is None or (today - self.verified).days > STALE


def channels(finding: Finding) -> list[Channel]:
    """The channels for what a finding's decision says is offered."""
    meant = finding.decision.services if finding.decision else finding.verdict.services
    offered = {str(service) for service in meant}
    return [
        Channel(row["code"], row["name"], tuple(row["fields"]), row["verified"], row["source"])
        for row in rules("channels.yaml")
        if (row["platforms"] == "all" or finding.post.platform in row["platforms"])
        and ("services" not in row or offered & set(row["services"]))
    ]


def blocks(
    channel: Channel,
    finding: Finding,
    decision: Decision,
    institution: Institution,
    request: TakedownRequest,
    today: date,
) -> list[Block]:
    """The fields of a form, filled with what the letter says, cut to what the form takes."""
    post = finding.post
    words = {
        "category": CATEGORY,
        "url": post.url,
        "account": visible(mask_name(post.author_name)) or "（未显示）",
        "published": post.published_shown or "（未显示）",
        "facts": "".join(facts(finding)),
        "basis": "；".join(law["cite"] for law in in_force(decision.services, today)),
        "demand": DEMAND,
        "reporter": institution.name,
        "contact_person": institution.contact_person,
        "phone": institution.phone,
        "pictures": "viewport.png, page.png",
        "archive": request.package.name,
    }
    found = []
    for field in channel.fields:
        text, limit = words.get(field.get("from", ""), ""), field.get("limit")
        found.append(Block(field["name"], text[:limit], bool(limit and len(text) > limit)))
    return found
