"""Evidence, takedown requests, and what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from lurewatch.custody import Entry as Custody
from lurewatch.dates import CHINA
from lurewatch.errors import NotAllowedError
from lurewatch.finding import LURING, Decision, Label
from lurewatch.letters.law import in_force, lapsed
from lurewatch.post import Post
from lurewatch.store import (
    Db,
    Store,
    audit,
    cases,
    custody,
    people,
)
from lurewatch.store import findings as kept
from lurewatch.store import requests as asked
from lurewatch.store.cases import GONE, SEEN, Check, Outcome
from lurewatch.store.requests import KeptEvidence, WantedRequests
from lurewatch.store.returns import returned
from lurewatch.takedown import (
    LOOKED,
    MACHINE,
    STEPS,
    Event,
    TakedownRequest,
    TakedownState,
    check_told,
    taken,
)
from lurewatch.workflow.campaigning import follow, follow_all, raise_alarm
from lurewatch.workflow.common import current, operator_name
from lurewatch.workflow.filing import check_drafted, record_files, verify_files
from lurewatch.workflow.reviewing import found_in, is_lead, lead_rule


def record_evidence(
    store: Store, finding_id: int, path: Path, sums_sha256: str, complete: bool
) -> None:
    """A package was kept for a finding."""
    with store.begin() as db:
        package = KeptEvidence(finding_id, path, sums_sha256, complete, current())
        asked.record_evidence(db, package)
        audit.note(db, current(), operator_name(), "keep evidence", f"{finding_id} {sums_sha256}")
        custody.note(db, sums_sha256, package.kept_at, operator_name(), "sealed")


def all_evidence(store: Store) -> list[KeptEvidence]:
    """Every package on record, newest first."""
    with store.reading() as db:
        return asked.all_evidence(db)


def evidence_digests(store: Store) -> list[tuple[str, str]]:
    """The name and the digest of every package on record, those too that are kept no longer."""
    with store.reading() as db:
        return asked.digests(db)


def note_custody(store: Store, sums_sha256: str, who: str, what: str) -> None:
    """Write down what was done with a package: read, stamped, exported."""
    with store.begin() as db:
        custody.note(db, sums_sha256, current(), who, what)


def custody_of(store: Store, sums_sha256: str) -> list[Custody]:
    """The custody log of a package, oldest first."""
    with store.reading() as db:
        return custody.entries(db, sums_sha256)


def evidence_of(store: Store, finding_id: int) -> list[KeptEvidence]:
    """The packages of a finding, newest first."""
    with store.reading() as db:
        return asked.evidence_of(db, finding_id)


def record_request(
    store: Store,
    request: TakedownRequest,
    files: Sequence[tuple[str, Path]] = (),
    reported: Post | None = None,
) -> TakedownRequest:
    """
    Keep a drafted request with its files, each with its kind; refused as `check_draft` refuses.

    *reported* is the post as the letter tells of it, which later looks are compared with; without, as it
    reads now. That it was drafted, and by which account of this machine, is in the audit log.
    """
    with store.begin() as db:
        audit.one_writer(db)
        request = _checked_draft(store, db, request)
        reported = reported or found_in(store, db, request.finding_id).post
        request = asked.record(db, request, reported)
        subject = f"{request.request_id} {request.channel} by account {operator_name()}"
        audit.note(db, current(), request.drafted_by, "draft request", subject[:200])
        record_files(db, request.request_id, files, who=request.drafted_by)
        follow(
            db, request.finding_id, f"request {request.request_id}: draft", who=request.drafted_by
        )
    return request


def check_draft(store: Store, request: TakedownRequest) -> None:
    """
    Raises NotAllowedError unless such a request may be drafted.

    A person's last word must be a lure that solicits or recruits, a lead's where the institution is
    named, and the channel must not have been told of the address before.
    """
    with store.begin() as db:
        _checked_draft(store, db, request)


def _checked_draft(store: Store, db: Db, request: TakedownRequest) -> TakedownRequest:
    standing = kept.decisions_on(db, request.finding_id)
    if not standing or standing[-1].label is not Label.LURE or standing[-1].stance not in LURING:
        raise NotAllowedError(
            f"finding {request.finding_id}: a takedown request needs a person's decision that"
            " it is a lure, SOLICIT or RECRUIT; decide it in the console first"
        )
    rule = lead_rule(found_in(store, db, request.finding_id))
    if rule and not is_lead(db, standing[-1].reviewer):
        raise NotAllowedError(f"finding {request.finding_id}: {rule}")
    request = replace(request, address_hash=asked.address_hash(db, request.finding_id))
    _check_told(db, request, request.why_again)
    return request


def _check_told(db: Db, request: TakedownRequest, why: str) -> None:
    """Raises NotAllowedError when the channel would be told of the address twice."""
    asked.hash_addresses(db)
    others = cases.told(db, request)
    numbers = [request.request_id, *(one.request_id for one in others)]
    check_told(request, others, why, cases.last_live(db, numbers), current())


def requests(store: Store) -> list[TakedownRequest]:
    """All requests, newest first."""
    with store.reading() as db:
        return asked.every(db)


@dataclass(frozen=True, slots=True)
class RequestPage:
    """Some requests, and how many there are of each state, channel, track and drafter."""

    requests: list[TakedownRequest]
    counts: dict[str, dict[str, int]]
    total: int


def some_requests(store: Store, wanted: WantedRequests, *, limit: int, offset: int) -> RequestPage:
    """A page of the requests that are asked for, newest first."""
    with store.reading() as db:
        counts = {
            name: asked.counts_by(db, name, wanted)
            for name in ("state", "channel", "track", "drafted_by")
        }
        total = sum(many for state, many in counts["state"].items() if wanted.state in ("", state))
        return RequestPage(asked.some(db, wanted, limit=limit, offset=offset), counts, total)


def requests_about(store: Store, finding_id: int) -> list[TakedownRequest]:
    """The requests about a finding, newest first."""
    with store.reading() as db:
        return asked.of_finding(db, finding_id)


def request(store: Store, number: int) -> TakedownRequest:
    """One request. Raises NotAllowedError when there is none."""
    with store.reading() as db:
        found = cases.get(db, number)
    if found is None:
        raise NotAllowedError(f"there is no request {number}; see: lurewatch takedown list")
    return found


def take_step(
    store: Store,
    number: int,
    step: str,
    *,
    who: str,
    role: str,
    receipt: str = "",
    note: str = "",
) -> Event:
    """
    Take a step with a request.

    Raises NotAllowedError when it may not follow, or not by this person; when the channel was told of
    the address before (platforms and 12377 ask not to be told twice); and when, on the day on which
    it is approved or sent, the letter cites what does not hold, or is not the one that was drafted.
    """
    checks = verify_files(store, [number]) if step in ("approve", "send") else []
    with store.begin() as db:
        audit.one_writer(db)
        found = cases.get(db, number)
        if found is None:
            raise NotAllowedError(f"there is no request {number}; see: lurewatch takedown list")
        events = cases.events_of(db, [number])[number]
        event = taken(
            found, events, step, who=who, role=role, at=current(), receipt=receipt, note=note
        )
        if step in ("submit", "approve", "send", "again"):
            check_standing(kept.decisions_on(db, found.finding_id), number)
            again = next((one.note for one in reversed(events) if one.step == "again"), "")
            asked.hash_addresses(db)
            found = cases.get(db, number) or found
            why = event.note if step == "again" else again or found.why_again
            _check_told(db, found, why)
        if step == "approve":
            _check_drafter(db, found)
        if step in ("approve", "send"):
            _check_law(db, found)
            check_drafted(found, checks)
        if not cases.add(db, event, found.state):
            raise NotAllowedError(f"request {number} was moved by another person; look again")
        audit.note(db, event.at, who, f"{step} request", str(number))
        _moved(db, found, event)
    return event


def _moved(db: Db, before: TakedownRequest, event: Event) -> None:
    """What the campaigns of a request's post make of its step; what is back after removal is an alarm."""
    why = f"request {event.request_id}: {event.step}"
    if event.step == "reopen" and before.state in GONE_STATES:
        raise_alarm(db, before.finding_id, why, who=event.who)
    else:
        follow(db, before.finding_id, why, who=event.who)


def _check_drafter(db: Db, request: TakedownRequest) -> None:
    """Raises NotAllowedError when nobody can tell whether another person approves a request."""
    if people.get(db, request.drafted_by) is None:
        raise NotAllowedError(
            f"request {request.request_id} was drafted by {request.drafted_by!r}, who is no person of the"
            " console: nobody can tell whether another one approves it; withdraw it and draft it"
            f" anew: lurewatch takedown draft {request.finding_id} --as NAME"
        )


def _check_law(db: Db, request: TakedownRequest) -> None:
    """Raises NotAllowedError when the letter cites what is not in force today."""
    cites = request.cites
    if cites is None:  # a letter from before: it cites what was in force when it was drafted
        made = kept.decisions_on(db, request.finding_id)
        then = [one for one in made if one.decided_at <= request.drafted_at] or made
        day = request.drafted_at.astimezone(CHINA).date()
        cites = tuple(law["cite"] for law in in_force(then[-1].services, day))
    if wrong := lapsed(cites, current().astimezone(CHINA).date()):
        raise NotAllowedError(
            f"request {request.request_id}: its letter cites what does not hold today: {'; '.join(wrong)};"
            f" withdraw it and draft it anew: lurewatch takedown draft {request.finding_id} --as NAME"
        )


def check_standing(made: Sequence[Decision], number: int) -> None:
    """Raises NotAllowedError unless a person's last word on the finding is a lure that solicits or recruits."""
    if not made or made[-1].label is not Label.LURE or made[-1].stance not in LURING:
        raise NotAllowedError(
            f"request {number}: nobody's last word is that its finding is a lure, SOLICIT or"
            " RECRUIT; withdraw it"
        )


def reported(store: Store, request: TakedownRequest) -> Post:
    """The post as the request's letter tells of it."""
    with store.reading() as db:
        return asked.reported(db, request)


def events_of(store: Store, numbers: Sequence[int]) -> dict[int, list[Event]]:
    """What was done with each request, oldest first."""
    with store.reading() as db:
        return cases.events_of(db, numbers)


def checks_of(store: Store, number: int) -> list[Check]:
    """The looks at a reported post, oldest first."""
    with store.reading() as db:
        return cases.checks_of(db, number)


def causes(store: Store, found: Sequence[TakedownRequest]) -> dict[int, Outcome]:
    """Of the requests whose post is gone: as what their pages tell it, where a look found it so."""
    gone = [one.request_id for one in found if one.state in GONE_STATES]
    with store.reading() as db:
        return cases.causes(db, gone)


GONE_STATES: Final = frozenset({TakedownState.REMOVED, TakedownState.VERIFIED})
AGREE: Final = timedelta(hours=24)  # between the first and the last look that found a post gone


def record_check(store: Store, number: int, outcome: Outcome, detail: str, at: datetime) -> None:
    """
    Keep what a look at a reported post found, and draw what follows from it.

    A page that says the post is gone makes the request *removed*, two that agree a day apart
    *verified*; one that shows it again reopens it. A wall or a lost page says nothing.
    """
    with store.begin() as db:
        found = cases.get(db, number)
        if found is None:
            raise NotAllowedError(f"there is no request {number}")
        cases.add_check(db, Check(number, at, outcome, detail))
        looks = [one for one in cases.checks_of(db, number) if one.outcome in GONE | SEEN]
        step = follows(found.state, looks)
        if step:
            events = cases.events_of(db, [number])[number]
            note = f"{LOOKED}{outcome}"
            made = taken(found, events, step, who="re-check", role=MACHINE, at=at, note=note)
            cases.add(db, made, found.state)
            audit.note(db, at, "re-check", f"{step} request", str(number))
            _moved(db, found, made)


def follows(state: TakedownState, looks: Sequence[Check]) -> str:
    """
    The step that looks at a post lead to, oldest look first; nothing when they lead nowhere.

    A counter-notice waits for counsel: that the post is gone meanwhile does not stop its clock.
    """
    if not looks or state is TakedownState.COUNTERED:
        return ""
    if looks[-1].outcome not in GONE:
        return "reopen" if state in GONE_STATES else ""
    if state in STEPS["removed"].sources:
        return "removed"
    agreeing = []
    for one in reversed(looks):
        if one.outcome not in GONE:
            break
        agreeing.append(one.at)
    agree = agreeing[0] - agreeing[-1] >= AGREE
    return "verify" if agree and state is TakedownState.REMOVED else ""


@dataclass(frozen=True, slots=True)
class Alarm:
    """A request that is open again, and the findings that show its post anew: by what, as in COMMON."""

    request_id: int
    returned: dict[int, frozenset[str]]


def raise_alarms(store: Store) -> list[Alarm]:
    """
    Reopen requests whose post is gone, but whose contact, account, picture or wording is in lures found since.

    Compares what `link_pending` has read; nothing is sent by it. Called again it raises nothing new.
    """
    alarms = []
    with store.begin() as db:
        gone = [one for one in asked.every(db) if one.state in GONE_STATES]
        events = cases.events_of(db, [one.request_id for one in gone])
        since = {
            one.finding_id: next(
                event.at for event in reversed(events[one.request_id]) if event.step == "removed"
            )
            for one in gone
        }
        found = returned(db, since)
        for one in gone:
            if again := found.get(one.finding_id):
                shared = (f"{at} ({', '.join(sorted(kinds))})" for at, kinds in again.items())
                note = f"shown again in findings {'; '.join(shared)}"
                own = events[one.request_id]
                event = taken(one, own, "reopen", who="alarm", role=MACHINE, at=current(), note=note)  # fmt: skip
                if cases.add(db, event, one.state):
                    audit.note(db, event.at, "alarm", "reopen request", str(one.request_id))
                    raise_alarm(
                        db, one.finding_id, f"request {one.request_id}: {note}", who="alarm"
                    )
                    alarms.append(Alarm(one.request_id, again))
        follow_all(db, "", who="alarm")
    return alarms
