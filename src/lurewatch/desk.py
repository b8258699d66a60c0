"""What platform desks and other systems may do: each one transaction, each in the audit log under *desk*."""

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from lurewatch import hooks
from lurewatch.errors import InputError, NotAllowedError
from lurewatch.evidence.package import export
from lurewatch.finding import Decision, Finding, Label
from lurewatch.store import (
    Db,
    Store,
    audit,
    cases,
    custody,
    deliveries,
    desks,
    findings,
    people,
    request_files,
    requests,
)
from lurewatch.store.deliveries import Delivery, Webhook
from lurewatch.store.desks import Outcome, Token, Wanted
from lurewatch.store.request_files import RequestFile
from lurewatch.store.requests import KeptEvidence, WantedRequests
from lurewatch.takedown import Event, TakedownRequest

__all__ = ["Outcome", "Token", "Wanted", "WantedRequests", "Webhook"]
SCOPES: Final = {
    "findings:read": "fetch findings that a person decided to be lures",
    "findings:all": "fetch decided findings of every label: for the institution's own systems only",
    "evidence:read": "fetch the evidence of those findings",
    "outcomes:write": "say what became of them",
    "requests:read": "fetch the takedown requests that were sent",
}
TRIES: Final = (60, 300, 1800, 7200, 21_600, 86_400)  # seconds between one try and the next


@dataclass(frozen=True, slots=True)
class Fetched:
    """A decided finding with what desks have said about it."""

    finding: Finding
    decision: Decision
    outcomes: tuple[Outcome, ...]
    evidence: KeptEvidence | None  # the newest complete package, else the newest


def add_token(
    store: Store, name: str, scopes: Sequence[str], *, who: str, account: str = ""
) -> str:
    """A new token, of a service *account* if one is named; it is shown this once. Raises NotAllowedError."""
    if not name.strip() or not name.isprintable() or len(name) > 64:
        raise NotAllowedError("a name is 1 to 64 characters that can be seen")
    if not scopes or set(scopes) - set(SCOPES):
        raise NotAllowedError(f"give the token scopes it needs: {', '.join(SCOPES)}")
    written, now = f"lw_{secrets.token_urlsafe(32)}", datetime.now(UTC)
    with store.begin() as db:
        if name in {one.name for one in desks.every_token(db)}:
            raise NotAllowedError(f"there is a token {name!r} already; choose another name")
        owner = people.get(db, account) if account else None
        if account and not (owner and owner.is_service):
            raise NotAllowedError(
                f"{account!r} is no service account; add it: lurewatch user add NAME --role service"
            )
        token = Token(name, tuple(dict.fromkeys(scopes)), who, now, account=account)
        desks.add_token(db, token, written)
        audit.note(db, now, who, "add token", name)
    return written


def revoke_token(store: Store, name: str, *, who: str) -> None:
    """A token no longer holds. Raises NotAllowedError when none of this name does."""
    now = datetime.now(UTC)
    with store.begin() as db:
        if not desks.revoke(db, name, now):
            raise NotAllowedError(f"no token {name!r} holds; see: lurewatch token list")
        audit.note(db, now, who, "revoke token", name)


def tokens(store: Store) -> list[Token]:
    """All tokens by name, revoked ones too."""
    with store.reading() as db:
        return desks.every_token(db)


def token_shown(store: Store, written: str) -> Token | None:
    """Whose token this is, if it holds."""
    with store.reading() as db:
        return desks.shown(db, written)


def decided(store: Store, wanted: Wanted, after: int, limit: int, *, desk: str) -> list[Fetched]:
    """Decided findings in the order of their decisions; that each was read is on record."""
    with store.begin() as db:
        found = [_fetched(db, one) for one in desks.decided(db, wanted, after, limit)]
        for one in found:
            _note(db, desk, "read finding", one.finding.finding_id)
    return found


def fetch(store: Store, finding_id: int, *, desk: str, any_label: bool) -> Fetched | None:
    """One decided finding; nothing where it is none, or none that this desk may see."""
    with store.begin() as db:
        decision = desks.standing(db, finding_id)
        if decision is None or (decision.label is not Label.LURE and not any_label):
            return None
        _note(db, desk, "read finding", finding_id)
        return _fetched(db, decision)


def _fetched(db: Db, decision: Decision) -> Fetched:
    finding = findings.get(db, decision.finding_id)
    if finding is None:
        raise LookupError(f"decision {decision.decision_id} is on no finding")
    kept = requests.evidence_of(db, decision.finding_id)
    best = next((one for one in kept if one.complete), kept[0] if kept else None)
    return Fetched(finding, decision, tuple(desks.outcomes_of(db, decision.finding_id)), best)


def _note(db: Db, desk: str, what: str, number: int) -> None:
    audit.note(db, datetime.now(UTC), desk, what, str(number))


@dataclass(frozen=True, slots=True)
class Sent:
    """A request that went out, what was done with it, and its files."""

    place: int  # among all that went out
    request: TakedownRequest
    url: str
    events: list[Event]
    files: list[RequestFile]


def sent(
    store: Store,
    wanted: WantedRequests,
    about: Mapping[str, int],
    *,
    after: int = 0,
    limit: int = 1,
    desk: str,
) -> list[Sent]:
    """Requests that went out, by their first sending; that each was read is on record."""
    with store.begin() as db:
        found = requests.sent(db, wanted, about, after=after, limit=limit)
        numbers = [one.request_id for _, one in found]
        events, files = cases.events_of(db, numbers), request_files.files_of(db, numbers)
        shown = []
        for place, one in found:
            finding = findings.get(db, one.finding_id)
            own = [file for file in files if file.request_id == one.request_id]
            url = finding.post.url if finding else ""
            shown.append(Sent(place, one, url, events[one.request_id], own))
            _note(db, desk, "read request", one.request_id)
    return shown


def export_evidence(
    store: Store, finding: Finding, kept: KeptEvidence, target: Path, *, who: str
) -> None:
    """Write a package's zip; that it leaves the house is in its custody log first."""
    with store.begin() as db:
        now = datetime.now(UTC)
        custody.note(db, kept.sums_sha256, now, who, f"exported {target.name}"[:200])
        made = findings.decisions_on(db, finding.finding_id)
        log = custody.entries(db, kept.sums_sha256)
    export(kept.path, target, finding, made, log)


def record_outcome(store: Store, outcome: Outcome, *, desk: str) -> tuple[Outcome, bool] | None:
    """
    Keep what a desk says it did; gives it, and whether it is new.

    The same said again is the same outcome: a desk that got no answer may ask again. Nothing where
    there is no such decided lure.
    """
    with store.begin() as db:
        audit.one_writer(db)
        decision = desks.standing(db, outcome.finding_id)
        if decision is None or decision.label is not Label.LURE:
            return None
        said = (outcome.result, outcome.reference, outcome.note, outcome.desk)
        for known in desks.outcomes_of(db, outcome.finding_id):
            if (known.result, known.reference, known.note, known.desk) == said:
                return known, False
        kept = desks.add_outcome(db, outcome)
        _note(db, desk, f"outcome {outcome.result}", outcome.finding_id)
        deliveries.announce(db, "outcome.recorded", outcome.finding_id, outcome.at)
    return kept, True


def outcomes_of(store: Store, finding_id: int) -> list[Outcome]:
    """What desks said about a finding, oldest first."""
    with store.reading() as db:
        return desks.outcomes_of(db, finding_id)


def add_webhook(store: Store, url: str, local: Sequence[str], *, who: str) -> Webhook:
    """A new address that is told; its secret is shown this once. Raises InputError."""
    now = datetime.now(UTC)
    hook = Webhook(0, hooks.checked_url(url, local), secrets.token_urlsafe(32), False, who, now)
    with store.begin() as db:
        hook = deliveries.add_webhook(db, hook)
        audit.note(db, now, who, "add webhook", str(hook.webhook_id))
    return hook


def disable_webhook(store: Store, webhook_id: int, *, who: str) -> None:
    """An address is told nothing more. Raises InputError."""
    with store.begin() as db:
        if not deliveries.disable(db, webhook_id):
            raise InputError(f"there is no webhook {webhook_id}; see: lurewatch webhook list")
        audit.note(db, datetime.now(UTC), who, "disable webhook", str(webhook_id))


def webhooks(store: Store) -> list[tuple[Webhook, dict[str, int]]]:
    """Every webhook, and how many of its deliveries are waiting, delivered, given up."""
    with store.reading() as db:
        found = deliveries.counts(db)
        return [
            (hook, {state: n for (number, state), n in found.items() if number == hook.webhook_id})
            for hook in deliveries.every_webhook(db)
        ]


def deliver_one(store: Store, now: datetime, local: Sequence[str]) -> bool | None:
    """
    Make the next try that is due; gives whether it arrived, or None when nothing is due.

    The receiver is told outside any transaction. After the last of TRIES it is given up.
    """
    with store.begin() as db:
        taken = deliveries.take(db, now)
        hooks_now = {one.webhook_id: one for one in deliveries.every_webhook(db)} if taken else {}
    if taken is None:
        return None
    arrived, answer = attempt(hooks_now[taken.webhook_id], taken, local)
    over = not arrived and taken.tries > len(TRIES)
    state = "delivered" if arrived else "given_up" if over else "waiting"
    wait = TRIES[min(taken.tries, len(TRIES)) - 1]
    with store.begin() as db:
        deliveries.settle(db, taken, state, answer, now + timedelta(seconds=wait))
    return arrived


def try_out(hook: Webhook, local: Sequence[str]) -> tuple[bool, str]:
    """Tell a webhook something that means nothing: whether it said 2xx, and what it said."""
    return attempt(hook, Delivery(0, hook.webhook_id, '{"event": "test"}', 1), local)


def attempt(hook: Webhook, delivery: Delivery, local: Sequence[str]) -> tuple[bool, str]:
    """Tell a webhook once: whether it said 2xx, and what it said."""
    try:
        status = hooks.tell(
            hook.url,
            hook.secret,
            str(delivery.delivery_id),
            delivery.body.encode("ascii"),
            int(time.time()),
            local,
        )
    except hooks.UnreachableError as error:
        return False, str(error)
    return 200 <= status < 300, f"HTTP {status}"
