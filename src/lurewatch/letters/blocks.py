"""Where a report can go, and what a person copies into a channel's form, field by field in its order."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from lurewatch.errors import NotAllowedError
from lurewatch.finding import Decision, Finding
from lurewatch.letters.law import in_force, rules
from lurewatch.letters.matter import facts, published
from lurewatch.letters.notice import demand, infringement_of
from lurewatch.post import visible
from lurewatch.takedown import PAPERS, Institution, TakedownRequest, Track
from lurewatch.text.mask import mask_name

STALE: Final = 90  # days after which a form may have changed
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
    track: Track
    addressee: str  # empty: the platform itself
    fields: tuple[dict[str, Any], ...]
    verified: date | None
    source: str

    def stale(self, today: date) -> bool:
        """Whether nobody has looked at the form for so long that it may have changed."""
        return self.verified is None or (today - self.verified).days > STALE

    def recipient(self, platform: str) -> str:
        """Whom the letter addresses."""
        return self.addressee or f"{rules('words.yaml')['platforms'][platform]}平台"

    def kept_as(self, platform: str) -> str:
        """What the recipient is called in lists and figures: a platform by its bare name."""
        return self.addressee or str(rules("words.yaml")["platforms"][platform])


def channel_rows() -> list[Channel]:
    """Every channel there is."""
    return [
        Channel(
            row["code"],
            row["name"],
            Track(row["track"]),
            row.get("addressee", ""),
            tuple(row["fields"]),
            row["verified"],
            row["source"],
        )
        for row in rules("channels.yaml")
    ]


def channel_name(code: str) -> str:
    """A channel's name; its code where the rules know it no more."""
    return next((one.name for one in channel_rows() if one.code == code), code)


def channels(finding: Finding, track: Track = Track.A) -> list[Channel]:
    """The channels of a track for what a finding's decision says is offered."""
    meant = finding.decision.services if finding.decision else finding.verdict.services
    offered = {str(service) for service in meant}
    fits = {
        row["code"]
        for row in rules("channels.yaml")
        if (row["platforms"] == "all" or finding.post.platform in row["platforms"])
        and ("services" not in row or offered & set(row["services"]))
    }
    return [one for one in channel_rows() if one.track is track and one.code in fits]


def channel_for(finding: Finding, track: Track, code: str) -> Channel:
    """The channel of that code, or the track's first. Raises NotAllowedError naming those there are."""
    found = channels(finding, track)
    for one in found:
        if code in ("", one.code):
            return one
    raise NotAllowedError(
        f"finding {finding.finding_id}: {code!r} is no channel of track {track} for it; those are"
        f" {', '.join(one.code for one in found)}"
    )


def form_of(
    finding: Finding, institution: Institution, request: TakedownRequest, today: date
) -> tuple[Channel, list[Block]] | None:
    """The form of the channel that a request goes to; none where nobody's decision stands."""
    decision = finding.decision
    for channel in channel_rows():
        if channel.code == request.channel and decision:
            return channel, blocks(channel, finding, decision, institution, request, today)
    return None


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
    b = request.track is Track.B
    laws = in_force(
        decision.services,
        today,
        track=request.track,
        infringement=request.infringement,
        platform=post.platform,
    )
    cites = [law["cite"] for law in laws] if request.cites is None else request.cites
    says = [f"{infringement_of(request.infringement)['says']}。"] if b else []
    asks = f"请采取{demand(post.platform, request.infringement)}等必要措施。" if b else DEMAND
    words = {
        "category": rules("words.yaml")["category"],
        "url": post.url,
        "account": visible(mask_name(post.author_name)) or "（未显示）",
        "published": published(post) or "（未显示）",
        "facts": "".join([*says, *facts(finding, request.quote)]),
        "basis": "；".join(cites),
        "demand": asks,
        "reporter": institution.name,
        "contact_person": institution.contact_person,
        "phone": institution.phone,
        "pictures": "viewport.png, page.png",
        "archive": request.package.name,
        "papers": "、".join(label.split(" ")[0] for label in PAPERS.values()),
    }
    found = []
    for field in channel.fields:
        text, limit = words.get(field.get("from", ""), ""), field.get("limit")
        found.append(Block(field["name"], text[:limit], bool(limit and len(text) > limit)))
    return found
