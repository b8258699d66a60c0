"""What may be given to others: findings that a person confirmed, and who allowed it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from lurewatch.dates import CHINA
from lurewatch.errors import InputError, NotAllowedError
from lurewatch.finding import LURING, Finding, Label
from lurewatch.store import (
    Db,
    Store,
    approvals,
    audit,
    confirmed,
    expiry,
    findings,
    handed,
    quality,
)
from lurewatch.store.approvals import Approval
from lurewatch.store.confirmed import Named
from lurewatch.store.handed import Handed
from lurewatch.store.people import User
from lurewatch.takedown import COUNSEL, DECIDERS, LEADS
from lurewatch.workflow.common import AUDITED, current, note_findings
from lurewatch.workflow.reviewing import found_in, is_lead, lead_rule

PREPARED: Final = "prepare clue package"
APPROVED: Final = "approve clue package"
REPLACED: Final = frozenset(
    {"stix", "misp", "alliance"}
)  # kinds whose next file takes back what it lacks


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Findings that a person called lures, and why others of those asked for are left out."""

    findings: tuple[Finding, ...]
    left_out: dict[int, str]
    campaign: Named | None = None
    withdrawn: tuple[Finding, ...] = ()  # given out before, and confirmed no longer


def confirmed_of_campaign(
    store: Store, name: str, *, reader: str, kind: str = "", tlp: str = ""
) -> Confirmed:
    """
    The confirmed findings of a campaign; that they were read is on record.

    With a *kind* of file and its marking, those too that such a file of the campaign told of and that
    are confirmed no longer: whoever has it must be told. Raises NotAllowedError when no campaign is
    called so, or there is nothing to tell.
    """
    with store.reading() as db:
        named = confirmed.campaign_called(db, name.strip())
        if named is None:
            raise NotAllowedError(
                f"no campaign is called {name!r}; see: lurewatch clusters list, and lurewatch clusters name"
            )
        told = {
            number
            for one in handed.everything(db)
            if (one.kind, one.campaign_id, one.tlp) == (kind, named.campaign_id, tlp)
            for number in one.findings
        }
        gone = expiry.all_emptied(db) | (told - findings.existing(db, told))
        withdrawn = tuple(_withdrawn(store, db, told, gone))
        found = _confirmed(store, db, named.finding_ids, named, withdrawn)
    return _noted(store, found, reader)


def confirmed_among(store: Store, numbers: Sequence[int], *, reader: str) -> Confirmed:
    """Those of some findings that are confirmed; raises NotAllowedError when none is."""
    with store.reading() as db:
        found = _confirmed(store, db, numbers)
    return _noted(store, found, reader)


def all_confirmed(store: Store, *, reader: str) -> Confirmed:
    """Every finding that is confirmed; raises NotAllowedError when none is."""
    with store.reading() as db:
        found = _confirmed(store, db, confirmed.ever_called_lures(db))
    return _noted(store, found, reader)


def _noted(store: Store, found: Confirmed, reader: str) -> Confirmed:
    with store.begin() as db:
        read = (one.finding_id for one in (*found.findings, *found.withdrawn))
        note_findings(db, reader, "list findings", read)
    return found


def _confirmed(
    store: Store,
    db: Db,
    numbers: Sequence[int],
    named: Named | None = None,
    withdrawn: tuple[Finding, ...] = (),
) -> Confirmed:
    gone = expiry.all_emptied(db)
    found, left_out = [], {}
    for number in dict.fromkeys(numbers):
        one = found_in(store, db, number)
        if why := _why_not(db, one, gone):
            left_out[number] = why
        else:
            found.append(one)
    if withdrawn:
        return Confirmed(tuple(found), left_out, named, withdrawn)
    if not found and not left_out:
        raise NotAllowedError("no finding here is confirmed by a person")
    if not found:
        whys = [f"finding {number}: {why}" for number, why in left_out.items()]
        raise NotAllowedError(
            "no finding here is confirmed by a person:\n  - " + "\n  - ".join(whys)
        )
    return Confirmed(tuple(found), left_out, named)


def _why_not(db: Db, finding: Finding, gone: set[int]) -> str:
    """Why a finding may not be told of; nothing where it may."""
    made = finding.decision
    if finding.finding_id in gone:
        return "it was kept long enough and is emptied"
    if made is None or made.label is not Label.LURE or made.stance not in LURING:
        return "nobody's last word on it is a lure, SOLICIT or RECRUIT"
    if quality.referral(db, finding.finding_id):
        return "it waits for a lead"
    rule = lead_rule(finding)
    return rule if rule and not is_lead(db, made.reviewer) else ""


def _withdrawn(store: Store, db: Db, numbers: Iterable[int], gone: set[int]) -> Iterator[Finding]:
    """Of some findings those that are still here, and that nobody's last word confirms."""
    for number in sorted(set(numbers) - gone):
        one = found_in(store, db, number)
        if _why_not(db, one, gone):
            yield one


def check_gives_out(user: User) -> None:
    """Raises NotAllowedError for whom the house gives nothing out by."""
    if user.role not in LEADS:
        raise NotAllowedError(
            f"{user.name} is {user.role}; what leaves the house is for {' or '.join(sorted(LEADS))}"
        )


def note_given(store: Store, what: str, about: str, given: Handed) -> None:
    """That something is given out goes on record, before it is."""
    with store.begin() as db:
        subject = f"{given.sha256} {len(given.findings)} findings {about}"
        audit.note(db, given.at, given.who, what, subject[:AUDITED])
        handed.record(db, given)


def record_clue(store: Store, given: Handed, *, user: User) -> None:
    """A package for the police was prepared; another person approves it."""
    if user.role not in DECIDERS:
        raise NotAllowedError(f"{user.name} is {user.role}: that role prepares no clue package")
    about = f"{given.sha256} {len(given.findings)} findings to {given.recipient}"
    with store.begin() as db:
        audit.note(db, given.at, user.name, PREPARED, about[:AUDITED])
        handed.record(db, given)


@dataclass(frozen=True, slots=True)
class GivenOut:
    """A file in another's hands, and which findings in it its recipient takes for good wrongly."""

    file: Handed
    withdrawn: tuple[int, ...]  # confirmed no longer
    emptied: tuple[int, ...]  # kept no longer here
    stale: bool  # holds what is kept no longer here, whoever knows it


def given_out(store: Store) -> list[GivenOut]:
    """
    Every file that was given out, newest first.

    A later file of the same kind for the same recipient takes back what it lacks, and of what a
    person told the recipient nothing is said any more.
    """
    with store.reading() as db:
        files, gone = handed.everything(db), expiry.all_emptied(db)
        numbers = {number for one in files for number in one.findings}
        gone |= numbers - findings.existing(db, numbers)
        wrong = {one.finding_id for one in _withdrawn(store, db, numbers, gone)}
    found, later = list[GivenOut](), set[tuple[object, ...]]()
    for one in files:
        line = (one.kind, one.campaign_id, one.tlp, one.recipient)
        replaced = one.kind in REPLACED and line in later
        later.add(line)
        open_ = [number for number in one.findings if number not in one.told]
        withdrawn = tuple(number for number in open_ if number in wrong and not replaced)
        emptied = tuple(number for number in open_ if number in gone)
        found.append(GivenOut(one, withdrawn, emptied, bool(gone & set(one.findings))))
    return found


def note_told(store: Store, handed_id: int, *, user: User) -> tuple[int, ...]:
    """
    The recipient of a file was told what of it holds no longer; gives the findings it was about.

    Raises NotAllowedError for who gives nothing out, and where there is nothing to tell.
    """
    check_gives_out(user)
    one = next((one for one in given_out(store) if one.file.handed_id == handed_id), None)
    about = tuple(sorted({*one.withdrawn, *one.emptied})) if one else ()
    if one is None or not about:
        raise NotAllowedError(
            f"of file {handed_id} there is nothing to tell; see: lurewatch share list"
        )
    with store.begin() as db:
        handed.tell(db, handed_id, {*one.file.told, *about})
        told = f"{one.file.sha256} {one.file.recipient}: findings {' '.join(map(str, about))}"
        audit.note(db, current(), user.name, "tell recipient", told[:AUDITED])
    return about


def approve_clue(store: Store, sha256: str, *, user: User) -> None:
    """
    A second person approves a package that was prepared here.

    Raises NotAllowedError when it was not, was changed since, or is this person's own.
    """
    check_gives_out(user)
    with store.begin() as db:
        audit.one_writer(db)
        entries = audit.newest(db, who="", subject=sha256, limit=1000, offset=0)
        prepared = [one for one in entries if one.what == PREPARED]
        if not prepared:
            raise NotAllowedError(
                "this is no package that was prepared here, or it was changed since; prepare it anew:"
                " lurewatch share police"
            )
        if user.name in {one.who for one in prepared}:
            raise NotAllowedError(f"{user.name} prepared this package: another person approves it")
        if done := next((one for one in entries if one.what == APPROVED), None):
            raise NotAllowedError(f"{done.who} approved it at {done.at:%Y-%m-%d %H:%M} UTC")
        audit.note(db, current(), user.name, APPROVED, prepared[-1].subject)


def allow_alliance(
    store: Store, counsel: str, approved_on: date, document: str, *, user: User
) -> None:
    """Write down that counsel approved the list for an alliance. Raises NotAllowedError, InputError."""
    if user.role not in COUNSEL:
        raise NotAllowedError(
            f"{user.name} is {user.role}; counsel's approval is written down by legal"
        )
    for name, text, longest in (("counsel", counsel, 100), ("document", document, 200)):
        if not text.strip() or not text.isprintable() or len(text.strip()) > longest:
            raise InputError(f"--{name} needs 1 to {longest} characters that can be seen")
    if approved_on > current().astimezone(CHINA).date():
        raise InputError(f"--on {approved_on}: that day is still to come")
    with store.begin() as db:
        now = current()
        approvals.record(
            db, Approval(counsel.strip(), approved_on, document.strip(), user.name, now)
        )
        about = f"{approved_on} {counsel.strip()}: {document.strip()}"
        audit.note(db, now, user.name, "allow alliance list", about[:AUDITED])


def forbid_alliance(store: Store, *, user: User) -> None:
    """Take the approval back. Raises NotAllowedError when none stands."""
    check_gives_out(user)
    with store.begin() as db:
        now = current()
        if not approvals.withdraw(db, user.name, now):
            raise NotAllowedError("no approval of the alliance list stands")
        audit.note(db, now, user.name, "forbid alliance list", "")


def alliance_approval(store: Store) -> Approval | None:
    """Counsel's approval, if one stands."""
    with store.reading() as db:
        return approvals.standing(db)
