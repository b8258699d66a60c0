"""A campaign as a MISP event: posts, accounts and contacts by MISP's own object templates."""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from pymisp import MISPAttribute, MISPEvent, MISPObject, MISPOrganisation

from lurewatch.addresses import BY_QUERY, KNOWN, belongs
from lurewatch.finding import Finding
from lurewatch.letters.matter import quotation
from lurewatch.sharing.facts import (
    Observable,
    account_kind,
    accounts,
    decided,
    lasting_id,
    observables,
    said_of,
    said_of_all,
)
from lurewatch.sharing.marking import Tlp
from lurewatch.store.confirmed import Named
from lurewatch.takedown import Institution
from lurewatch.text.mask import mask_name

OUR_ORGANISATION_ONLY: Final = 0  # distribution: the recipient decides whom it passes it on to
UNDEFINED: Final = 4  # threat level: lures are no intrusion, whose scale it is
TEMPLATES: Final = {
    "wechat": "user-account",
    "qq": "user-account",
    "group": "instant-message-group",
}
TAKEN_BACK: Final = "经人工复核，已撤回。"
COMPLETED: Final = 2  # analysis: a person confirmed each finding


def event(
    campaign: Named,
    findings: Sequence[Finding],
    institution: Institution,
    tlp: Tlp,
    withdrawn: Sequence[Finding] = (),
) -> MISPEvent:
    """
    The event, unpublished. Exporting again gives the same ids, so that MISP takes it for the same.

    What was told of *withdrawn* findings alone is in it as deleted, without what it said.
    """
    key = f"{campaign.campaign_id}:{campaign.named_at.isoformat()}"
    made = MISPEvent(strict_validation=False)
    made.uuid = str(lasting_id(institution, f"event:{key}"))
    made.info = f"{campaign.name}：{said_of_all(findings) if findings else TAKEN_BACK}"
    made.set_date(campaign.named_at.date())
    made.distribution, made.threat_level_id = OUR_ORGANISATION_ONLY, UNDEFINED
    made.analysis, made.published = COMPLETED, False
    made.add_tag(f"tlp:{tlp}")
    owner = MISPOrganisation()
    owner.name, owner.uuid = institution.name, str(lasting_id(institution, "organisation"))
    made.Orgc = owner
    writer = Writer(made, institution, key)
    whose = {at: writer.account(*at, own[0]) for at, own in accounts(findings).items()}
    reached = {
        one: writer.contact(one) for one in sorted({o for f in findings for o in observables(f)})
    }
    for finding in findings:
        writer.post(
            finding,
            whose.get((finding.post.platform, finding.post.author_id)),
            [reached[one] for one in observables(finding)],
        )
    for finding in withdrawn:
        writer.take_back(finding, kept={*whose, *reached})
    return made


class Writer:
    """Adds to one event; what it adds has ids that last."""

    def __init__(self, made: MISPEvent, institution: Institution, key: str) -> None:
        self.event, self.institution, self.key = made, institution, key

    def _uuid(self, of: str) -> str:
        return str(lasting_id(self.institution, f"{self.key}:{of}"))

    def _object(self, template: str, of: str, values: dict[str, str]) -> MISPObject:
        """An object of a template; values that are empty are left out."""
        made = MISPObject(template, strict=True)
        made.uuid = self._uuid(of)
        for name, value in values.items():
            if value:
                made.add_attribute(
                    name, value, to_ids=False, uuid=self._uuid(f"{of}:{name}:{value}")
                )
        self.event.add_object(made)
        return made

    def account(self, platform: str, account_id: str, one: Finding) -> MISPObject:
        """The account that published."""
        shown = mask_name(one.post.author_name)
        values: dict[str, str] = {
            "user-id": account_id,
            "account-type": account_kind(platform),
            "display-name": shown,
        }
        return self._object("user-account", f"account:{platform}:{account_id}", values)

    def contact(self, one: Observable) -> MISPObject | MISPAttribute:
        """A way to reach somebody: an attribute where MISP has a type for it, else an object."""
        of = f"{one.kind}:{one.value}"
        if one.kind in ("wechat", "qq"):
            values: dict[str, str] = {"user-id": one.value, "account-type": one.kind}
            return self._object("user-account", of, values)
        if one.kind == "group":
            group: dict[str, str] = {"group-alias": one.value, "app-used": "QQ"}
            return self._object("instant-message-group", of, group)
        kind, category, detect = {
            "phone": ("phone-number", "Person", False),
            "email": ("email", "Network activity", True),
            "link": ("url", "Network activity", not on_platform(one.value)),
        }[one.kind]
        made = self.event.add_attribute(
            kind, one.value, category=category, to_ids=detect, uuid=self._uuid(of)
        )
        assert isinstance(made, MISPAttribute)
        return made

    def post(
        self,
        finding: Finding,
        account: MISPObject | None,
        contacts: Sequence[MISPObject | MISPAttribute],
    ) -> None:
        """A post: of its text no more than a letter quotes."""
        post = finding.post
        made = self._object(
            "microblog",
            f"post:{post.platform}:{post.post_id}",
            {
                "url": post.url,
                "post": quotation(finding),
                "username": post.author_id,
                "display-name": mask_name(post.author_name),
                "creation-date": post.published_at.isoformat() if post.published_at else "",
                "type": post.platform,
            },
        )
        made.comment = f"{' '.join(decided(finding))} {said_of(finding)}"
        made.first_seen, made.last_seen = finding.first_seen, finding.last_seen
        if account:
            self._tie(made, account, "authored-by")
        for one in contacts:
            self._tie(made, one, "mentions")

    def take_back(self, finding: Finding, kept: set[Any]) -> None:
        """A post that holds no longer, with the account and contacts that no other post has."""
        post = finding.post
        gone = [("microblog", f"post:{post.platform}:{post.post_id}")]
        if post.author_id and (post.platform, post.author_id) not in kept:
            gone.append(("user-account", f"account:{post.platform}:{post.author_id}"))
        for one in observables(finding):
            if one in kept:
                continue
            if template := TEMPLATES.get(one.kind):
                gone.append((template, f"{one.kind}:{one.value}"))
            else:
                self.contact(one).delete()
        for template, of in gone:
            made = MISPObject(template, strict=False)
            made.uuid = self._uuid(of)
            made.delete()
            self.event.add_object(made)

    def _tie(self, made: MISPObject, to: MISPObject | MISPAttribute, kind: str) -> None:
        made.add_reference(to, kind, uuid=self._uuid(f"{made.uuid}:{kind}:{to.uuid}"))


def on_platform(url: str) -> bool:
    """
    Whether an address is of a platform that we know: everybody opens those, so none is blocked.

    >>> on_platform("https://weibo.com/u/1"), on_platform("https://loan.example/x")
    (True, False)
    """
    try:
        host = urlsplit(url if "://" in url else f"//{url}").hostname or ""
    except ValueError:
        return False
    return any(belongs(host, known) for _, known, *_ in (*KNOWN, *BY_QUERY))
