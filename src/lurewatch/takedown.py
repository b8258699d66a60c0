"""What is asked of a platform about a post, by whom, and what may follow what."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import yaml

from lurewatch.errors import InputError, NotAllowedError
from lurewatch.post import Post


class Track(StrEnum):
    """A: illegal-information report, anyone may; B: a right-holder's notice (DOMAIN.md §3.2)."""

    A = "A"
    B = "B"


class TakedownState(StrEnum):
    """How far a request has come."""

    DRAFTED = "drafted"
    SUBMITTED = "submitted"  # waits for a second person
    APPROVED = "approved"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    REMOVED = "removed"
    VERIFIED = "verified"  # two checks a day apart found it gone
    REFUSED = "refused"
    COUNTERED = "countered"
    REOPENED = "reopened"  # it came back, or was uploaded again
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Step:
    """What may be done with a request: from where, to where, by whom."""

    name: str
    sources: frozenset[TakedownState]
    target: TakedownState
    roles: frozenset[str]
    needs: str = ""  # receipt or note: what must be given with it
    second_person: bool = False  # not whoever drafted or submitted it


DECIDERS: Final = frozenset({"reviewer", "lead", "legal"})
LEADS: Final = frozenset({"lead", "legal"})
COUNSEL: Final = frozenset({"legal"})  # a right-holder's notice never goes without counsel
MACHINE: Final = "machine"  # the role of our own re-checks
S: Final = TakedownState
OPEN_AT_DESK: Final = frozenset({S.SENT, S.ACKNOWLEDGED, S.COUNTERED})
STEPS: Final = {
    step.name: step
    for step in (
        Step("submit", frozenset({S.DRAFTED}), S.SUBMITTED, DECIDERS),
        Step("return", frozenset({S.SUBMITTED}), S.DRAFTED, LEADS, "note"),
        Step("approve", frozenset({S.SUBMITTED}), S.APPROVED, LEADS, second_person=True),
        Step("send", frozenset({S.APPROVED}), S.SENT, LEADS),
        Step("acknowledge", frozenset({S.SENT}), S.ACKNOWLEDGED, DECIDERS, "receipt"),
        Step("removed", OPEN_AT_DESK | {S.REFUSED}, S.REMOVED, DECIDERS | {MACHINE}),
        Step("refused", OPEN_AT_DESK, S.REFUSED, DECIDERS, "note"),
        Step("countered", frozenset({S.SENT, S.ACKNOWLEDGED, S.REMOVED, S.VERIFIED}), S.COUNTERED, DECIDERS, "note"),
        Step("verify", frozenset({S.REMOVED}), S.VERIFIED, frozenset({MACHINE})),
        Step("reopen", frozenset({S.REMOVED, S.VERIFIED, S.REFUSED}), S.REOPENED, DECIDERS | {MACHINE}, "note"),
        Step("again", frozenset({S.REOPENED}), S.SUBMITTED, DECIDERS, "note"),
        Step("withdraw", frozenset(S) - {S.WITHDRAWN, S.VERIFIED}, S.WITHDRAWN, LEADS, "note"),
    )
}  # fmt: skip


LOOKED: Final = "the page is "  # how the note of a step begins that followed from a look of ours


@dataclass(frozen=True, slots=True)
class Event:
    """One step that was taken, and what was given with it."""

    request_id: int
    at: datetime
    who: str
    step: str
    state: TakedownState  # after it
    receipt: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class TakedownRequest:
    """One request about one finding; `request_id` is 0 until the store has it."""

    request_id: int
    finding_id: int
    track: Track
    recipient: str
    state: TakedownState
    letter: Path
    package: Path
    drafted_by: str
    drafted_at: datetime
    channel: str = "platform-report"  # a code of letters/rules/channels.yaml
    address_hash: str = ""  # keyed, of what all addresses of the page have in common
    cites: tuple[str, ...] | None = None  # the provisions in the letter; None: not written down
    why_again: str = ""  # a person's reason to report the same address to the channel once more
    infringement: str = ""  # track B: what is infringed, a code of letters/rules/infringements.yaml
    quote: str = ""  # the words of the post that a person chose to quote; empty: its first ones


def authors(request: TakedownRequest, events: Sequence[Event]) -> set[str]:
    """Who drafted or submitted a request: none of them approves it."""
    return {request.drafted_by} | {one.who for one in events if one.step in ("submit", "again")}


def roles_of(step: Step, request: TakedownRequest) -> frozenset[str]:
    """Who may take a step with this request: track B is approved by counsel alone."""
    return COUNSEL if request.track is Track.B and step.name == "approve" else step.roles


def open_to(
    request: TakedownRequest, events: Sequence[Event], *, who: str, role: str
) -> list[Step]:
    """The steps that this person may take with a request now."""
    return [
        step
        for step in STEPS.values()
        if request.state in step.sources
        and role in roles_of(step, request)
        and not (step.second_person and who in authors(request, events))
    ]


FRESH: Final = timedelta(
    hours=24
)  # how old a look that found a post may be when it is reported again
ENDED: Final = frozenset({S.REMOVED, S.VERIFIED, S.REFUSED, S.REOPENED, S.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Told:
    """Another request about the same address to the same channel."""

    request_id: int
    state: TakedownState
    sent: bool  # whether it ever went out


def check_told(
    request: TakedownRequest,
    others: Sequence[Told],
    why: str,
    last_live: datetime | None,
    at: datetime,
) -> None:
    """
    Raises NotAllowedError when a channel would be told of an address twice.

    *others* holds the request itself if it was sent. What has ended may be told again only with a
    written reason, *why*, and when the post was found live at *last_live*, not long before *at*.
    """
    about = (
        f"request {request.request_id}" if request.request_id else f"finding {request.finding_id}"
    )
    told = [one for one in others if one.sent or one.state not in ENDED | {S.DRAFTED}]
    for one in told:
        if one.state not in ENDED and one.request_id != request.request_id:
            raise NotAllowedError(
                f"{about}: {request.recipient} was asked about this address before, by request"
                f" {one.request_id}, which is {one.state}; withdraw one of them, or wait for its end"
            )
    if not told:
        return
    number = told[0].request_id
    if not why.strip():
        raise NotAllowedError(
            f"{about}: {request.recipient} was told of this address before, by request {number}; it is told"
            " again only with a written reason (takedown draft --again, or the note of takedown submit)"
        )
    if last_live is None or at - last_live > FRESH:
        raise NotAllowedError(
            f"{about}: {request.recipient} was told of this address before; nobody has seen it live in the"
            f" last {FRESH.total_seconds() / 3600:.0f} hours: lurewatch takedown recheck {number}"
        )


def taken(
    request: TakedownRequest,
    events: Sequence[Event],
    step: str,
    *,
    who: str,
    role: str,
    at: datetime,
    receipt: str = "",
    note: str = "",
) -> Event:
    """
    The event of a step. Raises NotAllowedError when it may not be taken now, or not by this person.

    Whoever drafted or submitted a request never approves it.
    """
    wanted = STEPS.get(step)
    if wanted is None:
        raise NotAllowedError(f"there is no step {step!r}; known: {', '.join(STEPS)}")
    if request.state not in wanted.sources:
        can = [one.name for one in STEPS.values() if request.state in one.sources]
        raise NotAllowedError(
            f"request {request.request_id} is {request.state}: {step} may not follow; what may is"
            f" {', '.join(can) or 'nothing'}"
        )
    roles = roles_of(wanted, request)
    if role not in roles:
        raise NotAllowedError(f"{who} is {role}; {step} is for {' or '.join(sorted(roles))}")
    if wanted.second_person and who in authors(request, events):
        raise NotAllowedError(
            f"{who} drafted or submitted request {request.request_id}: another person approves it"
        )
    given = {"receipt": receipt, "note": note}
    if wanted.needs and not given[wanted.needs].strip():
        raise NotAllowedError(f"{step} needs a {wanted.needs}: give --{wanted.needs}")
    return Event(request.request_id, at, who, step, wanted.target, receipt.strip(), note.strip())


@dataclass(frozen=True, slots=True)
class Right:
    """What a right-holder's notice rests on: a trademark, the name, the reputation."""

    kind: str  # trademark name reputation
    title: str  # as in its document: 第36类“演示消金”商标
    number: str = ""  # of the registration, where there is one
    proof: str = ""  # the file that shows it


@dataclass(frozen=True, slots=True)
class Institution:
    """Who reports. Track A needs every field of LABELS, track B those of PAPERS and a right too."""

    name: str = ""
    credit_code: str = ""  # 统一社会信用代码, 18 characters
    address: str = ""
    contact_person: str = ""
    phone: str = ""
    email: str = ""
    authorised_person: str = ""  # 经办人
    brands: tuple[str, ...] = ()
    licence: str = ""  # the file of 营业执照
    authorisation: str = ""  # the file of 授权委托书
    agent_identity: str = ""  # the file of 代理人身份证
    rights: tuple[Right, ...] = ()
    letterhead: str = ""  # the Word file that letters are written on

    @property
    def names(self) -> tuple[str, ...]:
        """How posts may name it."""
        return tuple(name for name in map(folded, (self.name, *self.brands)) if len(name) > 1)


def folded(text: str) -> str:
    """
    Text as names are compared: width, case, blanks and hidden signs make no difference.

    >>> folded("演示 消\u200b金ＡＢ")
    '演示消金ab'
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in plain if not c.isspace() and unicodedata.category(c) != "Cf")


def named_in(post: Post, names: Sequence[str]) -> bool:
    """Whether any text of the post holds one of the (folded) names."""
    return any(name in folded(value) for _, _, value in post.values() for name in names)


LABELS: Final = {
    "name": "机构全称 (institution)",
    "credit_code": "统一社会信用代码 (unified social credit code)",
    "address": "地址 (address)",
    "contact_person": "联系人 (contact person)",
    "phone": "联系电话 (phone)",
    "email": "电子邮箱 (e-mail)",
    "authorised_person": "经办人 (authorised person)",
}
PAPERS: Final = {
    "licence": "营业执照 (licence: a file)",
    "authorisation": "授权委托书 (authorisation: a file)",
    "agent_identity": "代理人身份证明 (agent_identity: a file)",
}
RIGHTS: Final = ("trademark", "name", "reputation")
CODE_SIGNS: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015
CODE_WEIGHTS: Final = tuple(3**place % 31 for place in range(17))


def missing(institution: Institution) -> list[str]:
    """The labels of the needed fields that are empty."""
    return [label for name, label in LABELS.items() if not getattr(institution, name).strip()]


def valid_credit_code(code: str) -> bool:
    """
    Whether *code* is 18 signs with the right check sign (GB 32100-2015).

    >>> valid_credit_code("91350100M000100Y43"), valid_credit_code("91350100M000100Y44")
    (True, False)
    """
    if len(code) != 18 or any(sign not in CODE_SIGNS for sign in code):
        return False
    total = sum(
        CODE_SIGNS.index(sign) * weight for sign, weight in zip(code, CODE_WEIGHTS, strict=False)
    )
    return CODE_SIGNS[(31 - total % 31) % 31] == code[17]


def faults(institution: Institution) -> list[str]:
    """What is filled in wrongly, a sentence each."""
    found = []
    if institution.credit_code and not valid_credit_code(institution.credit_code):
        found.append(
            f"credit_code {institution.credit_code!r} has not 18 signs or a wrong last one"
        )
    if institution.email and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", institution.email):
        found.append(f"email {institution.email!r} is no e-mail address")
    return found


def _rights(written: Any, path: Path) -> tuple[Right, ...]:
    known = {field.name for field in fields(Right)}
    for one in written if isinstance(written, list | tuple) else [written]:
        if not isinstance(one, dict) or set(one) - known or one.get("kind") not in RIGHTS:
            raise InputError(
                f"{path}: rights is a list; each has a kind ({', '.join(RIGHTS)}), a title, and a number"
                " and a proof (a file) where there is one"
            )
    return tuple(
        Right(
            **{name: str(value or "") for name, value in one.items()}
            | {"title": str(one.get("title") or "")}
        )
        for one in written
    )


def read_institution(path: Path) -> Institution:
    """The profile that `lurewatch setup` wrote. Raises InputError naming what cannot be read."""
    return amended(Institution(), path) if path.exists() else Institution()


def line_of(text: str, name: object) -> int:
    """
    The line of a YAML mapping in which a key stands.

    >>> line_of("name: a\\nphone: [1]", "phone")
    2
    """
    top = yaml.compose(text, yaml.SafeLoader)
    keys = [key for key, _ in top.value] if isinstance(top, yaml.MappingNode) else []
    found = (key.start_mark.line + 1 for key in keys if key.value == str(name))
    return next(found, 1)


def amended(profile: Institution, path: Path) -> Institution:
    """The profile with the fields that a file names put in place of its own."""
    try:
        text = path.read_text("utf-8")
        written = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        said = " ".join(str(error).split())
        raise InputError(f"{path} is not readable YAML: {said}; run: lurewatch setup") from None
    except RecursionError:
        raise InputError(f"{path} is nested too deeply to be a profile") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    if not written:
        raise InputError(f"{path} is empty: name at least one field of the profile")
    known = {field.name for field in fields(Institution)}
    if not isinstance(written, dict):
        raise InputError(f"{path}, line 1: known fields are {', '.join(sorted(known))}")
    if odd := [name for name in written if name not in known]:
        raise InputError(
            f"{path}, line {line_of(text, odd[0])}: {odd[0]!r} is no field; known fields are"
            f" {', '.join(sorted(known))}"
        )
    if "rights" in written:
        profile = replace(profile, rights=_rights(written.pop("rights") or (), path))
    if "brands" in written:
        brands = written.pop("brands") or ()
        if isinstance(brands, dict) or not isinstance(brands, str | list):
            raise InputError(f"{path}, line {line_of(text, 'brands')}: brands must be a list")
        listed = [brands] if isinstance(brands, str) else brands
        profile = replace(profile, brands=tuple(str(brand) for brand in listed))
    if odd := [name for name, value in written.items() if isinstance(value, list | dict)]:
        raise InputError(f"{path}, line {line_of(text, odd[0])}: {odd[0]} must be a text")
    texts: dict[str, Any] = {
        name: "" if value is None else str(value) for name, value in written.items()
    }
    return replace(profile, **texts)
