"""A campaign as a STIX 2.1 bundle: indicators, what was observed, and a report that holds them together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import stix2

from lurewatch.finding import Finding
from lurewatch.sharing.facts import (
    Observable,
    account_kind,
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

BEGUN: Final = datetime(2026, 11, 27, tzinfo=UTC)  # of what has no moment of its own that lasts
MARKINGS: Final = {Tlp.RED: stix2.TLP_RED, Tlp.AMBER: stix2.TLP_AMBER, Tlp.GREEN: stix2.TLP_GREEN}
TAKEN_BACK: Final = "经人工复核，已撤回。"
PROPERTIES: Final = {"link": "url:value", "email": "email-addr:value"}  # of contacts with a type


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes objects with lasting ids, of one institution and one marking."""

    institution: Institution
    tlp: Tlp

    def identifier(self, kind: str, key: str) -> str:
        """
        The id of an object: the marking is part of it.

        What is marked otherwise is another object, so that no two versions of one id disagree.
        """
        return f"{kind}--{lasting_id(self.institution, f'{kind}:{self.tlp}:{key}')}"

    @property
    def marked(self) -> dict[str, Any]:
        """The marking; what was observed bears it too, for a handle is personal data."""
        return {"object_marking_refs": [MARKINGS[self.tlp]]}

    def shared(self, kind: str, key: str) -> dict[str, Any]:
        """What every object that we made has."""
        owner = self.identifier("identity", "")
        own = {"id": self.identifier(kind, key), "created_by_ref": owner, "lang": "zh"}
        return own | self.marked


def bundle(
    campaign: Named,
    findings: Sequence[Finding],
    institution: Institution,
    tlp: Tlp,
    now: datetime,
    withdrawn: Sequence[Finding] = (),
) -> stix2.Bundle:
    """
    The bundle. Exporting again gives the same ids; only campaign and report are of that moment.

    What was told of *withdrawn* findings before is revoked in it: campaign and report too, where
    nothing else is left of them.
    """
    make = Maker(institution, tlp)
    owner = stix2.Identity(
        **{**make.shared("identity", ""), "created_by_ref": None},
        name=institution.name,
        identity_class="organization",
        sectors=["financial-services"],
        created=BEGUN,
        modified=BEGUN,
    )
    key = f"{campaign.campaign_id}:{campaign.named_at.isoformat()}"
    seen = {
        "first_seen": min(one.first_seen for one in findings),
        "last_seen": max(one.last_seen for one in findings),
    } if findings else {"revoked": True}  # fmt: skip
    said = said_of_all(findings) if findings else TAKEN_BACK
    named = stix2.Campaign(
        **make.shared("campaign", key),
        name=campaign.name,
        description=said,
        **seen,
        created=campaign.named_at,
        modified=now,
    )
    observed = {one.finding_id: _observed(make, one) for one in findings}
    facts = [part for parts in observed.values() for part in parts]
    data = {number: parts[0].id for number, parts in observed.items()}
    told = [named, *facts, *_indicators(make, findings, named.id, data)]
    told = list({one.id: one for one in told}.values())  # one address or account in several posts
    report = stix2.Report(
        **make.shared("report", key),
        name=f"{campaign.name}：经人工认定的招揽信息",
        description=said,
        report_types=["campaign", "indicator", "observed-data"],
        published=now,
        object_refs=[one.id for one in told],
        created=campaign.named_at,
        modified=now,
        **({} if findings else {"revoked": True}),
    )
    known = {one.id for one in told}
    gone = [one for one in _revoked(make, withdrawn, named.id, now) if one.id not in known]
    objects = [MARKINGS[tlp], owner, report, *told, *gone]
    return stix2.Bundle(id=make.identifier("bundle", key), objects=objects)


def _revoked(make: Maker, withdrawn: Sequence[Finding], campaign: str, now: datetime) -> list[Any]:
    """
    What was told of findings that hold no longer, taken back, without a word of their posts.

    What was observed (addresses, accounts) cannot be revoked: STIX takes it for no statement of anybody's.
    """
    found: dict[str, Any] = {}
    for finding in withdrawn:
        data, note, *_ = _observed(make, finding)
        tied = _indicators(make, [finding], campaign, {finding.finding_id: data.id})
        for one in (data, note, *tied):
            said = {"content": TAKEN_BACK} if one is note else {}
            moment = max(now, one.modified + timedelta(milliseconds=1))
            found.setdefault(one.id, one.new_version(revoked=True, modified=moment, **said))
    return list(found.values())


def _observed(make: Maker, finding: Finding) -> list[Any]:
    """What was seen of a finding, and a note of what a person confirmed of it."""
    post, made = finding.post, finding.decision
    moment = made.decided_at if made else finding.first_seen
    key = f"{post.platform}:{post.post_id}"
    parts: list[Any] = [stix2.URL(value=post.url, **make.marked)] if post.url else []
    if post.author_id:
        shown = {"display_name": mask_name(post.author_name)} if post.author_name else {}
        parts.append(
            stix2.UserAccount(
                user_id=post.author_id,
                account_type=account_kind(post.platform),
                **shown,
                **make.marked,
            )
        )
    parts += [_seen(make, one) for one in observables(finding)]
    data = stix2.ObservedData(
        **make.shared("observed-data", key),
        first_observed=finding.first_seen,
        last_observed=finding.last_seen,
        number_observed=1,
        object_refs=[one.id for one in parts],
        **({"labels": [*services]} if (services := decided(finding)) else {}),
        created=finding.first_seen,
        modified=max(moment, finding.last_seen),
    )
    note = stix2.Note(
        **make.shared("note", key),
        abstract=f"LW-{finding.finding_id}",
        content=said_of(finding),
        object_refs=[data.id],
        created=finding.first_seen,
        modified=max(moment, finding.first_seen),
    )
    return [data, note, *parts]


def _seen(make: Maker, one: Observable) -> Any:
    if one.kind == "link":
        return stix2.URL(value=one.value, **make.marked)
    if one.kind == "email":
        return stix2.EmailAddress(value=one.value, **make.marked)
    return stix2.UserAccount(user_id=one.value, account_type=one.kind, **make.marked)


def _indicators(
    make: Maker, findings: Sequence[Finding], campaign: str, data: dict[int, str]
) -> list[Any]:
    """An indicator for each address, account and contact, tied to the campaign and to where it was seen."""
    carriers: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        for key in _keys(finding):
            carriers.setdefault(key, []).append(finding)
    made: list[Any] = []
    for (kind, value), carried in carriers.items():
        first = min(one.first_seen for one in carried)
        began = min(one.decision.decided_at if one.decision else one.first_seen for one in carried)
        latest = max(one.decision.decided_at if one.decision else one.last_seen for one in carried)
        indicator = stix2.Indicator(
            **make.shared("indicator", f"{kind}:{value}"),
            name=f"{kind} of a confirmed lure",
            indicator_types=["malicious-activity"],
            pattern=pattern(kind, value),
            pattern_type="stix",
            pattern_version="2.1",
            valid_from=first,
            created=BEGUN,
            modified=max(BEGUN, latest),
        )
        made += [indicator, _tie(make, indicator.id, "indicates", campaign, began)]
        made += [
            _tie(make, indicator.id, "based-on", data[one.finding_id], began) for one in carried
        ]
    return made


def _keys(finding: Finding) -> list[tuple[str, str]]:
    post = finding.post
    own = [("link", post.url)] if post.url else []
    own += [(account_kind(post.platform), post.author_id)] if post.author_id else []
    return list(dict.fromkeys([*own, *((one.kind, one.value) for one in observables(finding))]))


def pattern(kind: str, value: str) -> str:
    """
    The pattern that finds an address, a mail box, or the account of a platform or a messenger.

    >>> pattern("link", "https://a.example/x?y='1'")
    "[url:value = 'https://a.example/x?y=\\\\'1\\\\'']"
    >>> pattern("wechat", "demo_0088")
    "[user-account:account_type = 'wechat' AND user-account:user_id = 'demo_0088']"
    """
    equals = stix2.EqualityComparisonExpression
    if kind in PROPERTIES:
        return str(stix2.ObservationExpression(equals(PROPERTIES[kind], value)))
    both = [equals("user-account:account_type", kind), equals("user-account:user_id", value)]
    return str(stix2.ObservationExpression(stix2.AndBooleanExpression(both)))


def _tie(make: Maker, source: str, kind: str, target: str, moment: datetime) -> Any:
    return stix2.Relationship(
        **make.shared("relationship", f"{source}:{kind}:{target}"),
        source_ref=source,
        relationship_type=kind,
        target_ref=target,
        created=BEGUN,
        modified=max(BEGUN, moment),
    )
