"""Evidence, takedown requests, and what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from lurewatch.custody import Entry as Custody
from lurewatch.errors import NotAllowedError
from lurewatch.finding import LURING, Decision, Label
from lurewatch.store import (
    Store,
    audit,
    cases,
    custody,
)
from lurewatch.store import findings as kept
from lurewatch.store import requests as asked
from lurewatch.store.cases import GONE, SEEN, Check, Outcome
from lurewatch.store.requests import KeptEvidence
from lurewatch.store.returns import returned
from lurewatch.takedown import (
    MACHINE,
    STEPS,
    Event,
    TakedownRequest,
    TakedownState,
    taken,
)
from lurewatch.workflow.common import current, operator_name
from lurewatch.workflow.reviewing import OWN_RULE, found_in, is_lead


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


def record_request(store: Store, request: TakedownRequest) -> TakedownRequest:
    """Keep a drafted request. Refused unless a person's last word is a lure that solicits."""
    with store.begin() as db:
        standing = kept.decisions_on(db, request.finding_id)
        if (
            not standing
            or standing[-1].label is not Label.LURE
            or standing[-1].stance not in LURING
        ):
            raise NotAllowedError(
                f"finding {request.finding_id}: a takedown request needs a person's decision that"
                " it is a lure, SOLICIT or RECRUIT; decide it in the console first"
            )
        if found_in(store, db, request.finding_id).named and not is_lead(db, standing[-1].reviewer):
            raise NotAllowedError(f"finding {request.finding_id}: {OWN_RULE}")
        request = asked.record(db, request)
        audit.note(db, current(), request.drafted_by, "draft request", str(request.request_id))
    return request


def requests(store: Store) -> list[TakedownRequest]:
    """All requests, newest first."""
    with store.reading() as db:
        return asked.every(db)


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

    Raises NotAllowedError when it may not follow, or not by this person, and when the same post was
    reported to the same recipient before: platforms and 12377 ask not to be told twice.
    """
    with store.begin() as db:
        found = cases.get(db, number)
        if found is None:
            raise NotAllowedError(f"there is no request {number}; see: lurewatch takedown list")
        event = taken(
            found,
            cases.events_of(db, [number])[number],
            step,
            who=who,
            role=role,
            at=current(),
            receipt=receipt,
            note=note,
        )
        if step in ("submit", "approve", "send", "again"):
            check_standing(kept.decisions_on(db, found.finding_id), number)
        if step in ("submit", "approve", "send") and (twins := cases.twins(db, found)):
            raise NotAllowedError(
                f"request {number}: {found.recipient} was asked about this post before, by"
                f" request {twins[0]}; withdraw one of them"
            )
        if not cases.add(db, event, found.state):
            raise NotAllowedError(f"request {number} was moved by another person; look again")
        audit.note(db, event.at, who, f"{step} request", str(number))
    return event


def check_standing(made: Sequence[Decision], number: int) -> None:
    """Raises NotAllowedError unless a person's last word on the finding is a lure that solicits or recruits."""
    if not made or made[-1].label is not Label.LURE or made[-1].stance not in LURING:
        raise NotAllowedError(
            f"request {number}: nobody's last word is that its finding is a lure, SOLICIT or"
            " RECRUIT; withdraw it"
        )


def events_of(store: Store, numbers: Sequence[int]) -> dict[int, list[Event]]:
    """What was done with each request, oldest first."""
    with store.reading() as db:
        return cases.events_of(db, numbers)


def checks_of(store: Store, number: int) -> list[Check]:
    """The looks at a reported post, oldest first."""
    with store.reading() as db:
        return cases.checks_of(db, number)


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
            note = f"the page is {outcome}"
            made = taken(found, events, step, who="re-check", role=MACHINE, at=at, note=note)
            cases.add(db, made, found.state)
            audit.note(db, at, "re-check", f"{step} request", str(number))


def follows(state: TakedownState, looks: Sequence[Check]) -> str:
    """The step that looks at a post lead to, oldest look first; nothing when they lead nowhere."""
    if not looks:
        return ""
    if looks[-1].outcome not in GONE:
        came_back = state in (TakedownState.REMOVED, TakedownState.VERIFIED)
        return "reopen" if came_back else ""
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
        gone = [one for one in asked.every(db) if one.state in (TakedownState.REMOVED, TakedownState.VERIFIED)]  # fmt: skip
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
                    alarms.append(Alarm(one.request_id, again))
    return alarms
