"""What is told of confirmed findings in any format: how they reach people, whose they are, short facts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid5

from lurewatch.errors import NotAllowedError
from lurewatch.finding import Finding, Service
from lurewatch.letters.law import rules
from lurewatch.letters.matter import called, facts, moment
from lurewatch.takedown import LABELS, Institution
from lurewatch.text.contacts import tells_whose

NAMESPACE: Final = UUID("5f0f3c1e-0d0e-5b6a-9a51-6d1f6f1a2c77")  # of everything that is named here
MOBILE: Final = re.compile(r"1[3-9]\d{9}")  # as a WeChat id it is the number itself


@dataclass(frozen=True, slots=True, order=True)
class Observable:
    """One way to reach somebody, as a confirmed lure gives it."""

    kind: str  # wechat qq group phone link email
    value: str


def observables(finding: Finding) -> tuple[Observable, ...]:
    """The contacts that tell whose they are, each once; a mobile number that is a WeChat id is both."""
    found: dict[tuple[str, str], Observable] = {}
    for contact in finding.verdict.contacts:
        if tells_whose(contact):
            kinds = [contact.channel]
            if contact.channel == "wechat" and MOBILE.fullmatch(contact.value):
                kinds.append("phone")
            for kind in kinds:
                found.setdefault((kind, contact.value.lower()), Observable(kind, contact.value))
    return tuple(found[key] for key in sorted(found))


def services_of(findings: Sequence[Finding]) -> tuple[Service, ...]:
    """What people said is offered, in order."""
    return tuple(sorted({one for finding in findings for one in decided(finding)}, key=_number))


def decided(finding: Finding) -> tuple[Service, ...]:
    """What a person said a finding offers, else the machine."""
    return finding.decision.services if finding.decision else finding.verdict.services


def _number(service: Service) -> int:
    return int(service[1:])


def said_of(finding: Finding) -> str:
    """The confirmed facts of a finding in neutral Chinese; it quotes as little as a letter does."""
    made = finding.decision
    when = f"人工认定：{moment(made.decided_at)}（北京时间）。" if made else ""
    return "".join([f"疑似{called(decided(finding))}。", *facts(finding), when])


def said_of_all(findings: Sequence[Finding]) -> str:
    """How many findings there are, of how many accounts, where and when."""
    names = rules("words.yaml")["platforms"]
    platforms = dict.fromkeys(names[one.post.platform] for one in findings)
    first, last = min(one.first_seen for one in findings), max(one.last_seen for one in findings)
    return (
        f"经人工认定的内容{len(findings)}条，涉及账号{len(accounts(findings))}个，平台：{'、'.join(platforms)}；"
        f"疑似{called(services_of(findings))}；首次发现{moment(first)}，最近可见{moment(last)}（北京时间）。"
    )


def accounts(findings: Sequence[Finding]) -> dict[tuple[str, str], list[Finding]]:
    """The findings of each account, by platform and the platform's own id; a name alone is nobody's."""
    found: dict[tuple[str, str], list[Finding]] = {}
    for one in findings:
        if one.post.author_id:
            found.setdefault((one.post.platform, one.post.author_id), []).append(one)
    return found


def account_kind(platform: str) -> str:
    """
    What an account of a platform is called: a public account of WeChat is no WeChat handle.

    >>> account_kind("tieba"), account_kind("wechat")
    ('tieba', 'wechat-official')
    """
    return "wechat-official" if platform == "wechat" else platform


def check_known(institution: Institution) -> None:
    """Raises NotAllowedError where nobody could tell who gives something out."""
    lacking = [LABELS[one] for one in ("name", "credit_code") if not getattr(institution, one)]
    if lacking:
        raise NotAllowedError(
            f"the institution's profile lacks {', '.join(lacking)}; fill it in: lurewatch setup"
        )


def lasting_id(institution: Institution, key: str) -> UUID:
    """The id of one thing that this institution tells of: the same each time."""
    return uuid5(uuid5(NAMESPACE, institution.credit_code), key)
