"""What people and spiders may do: each one transaction, each decision in the audit log."""

import getpass
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lurewatch.errors import NotAllowedError
from lurewatch.finding import LURING, Decision, Finding, Grade, Label, Service, Stance
from lurewatch.post import Capture, CoverageState, Post
from lurewatch.store import Db, Store, audit, claims, expiry, history, people, posts, quality, runs
from lurewatch.store import findings as kept
from lurewatch.store import requests as asked
from lurewatch.store.claims import Claim
from lurewatch.store.expiry import Purged
from lurewatch.store.findings import Wanted
from lurewatch.store.history import History, Seen
from lurewatch.store.people import ROLES, User
from lurewatch.store.posts import PostRow
from lurewatch.store.quality import Referral, Sample, SecondLook
from lurewatch.store.requests import KeptEvidence
from lurewatch.store.runs import CoverageRow, RunState, SourceDay
from lurewatch.takedown import TakedownRequest, named_in

if TYPE_CHECKING:
    from lurewatch.detect import Detector

__all__ = [
    "Claim",
    "CoverageRow",
    "History",
    "KeptEvidence",
    "PostRow",
    "Referral",
    "RunState",
    "Sample",
    "SecondLook",
    "Seen",
    "SourceDay",
    "User",
    "Wanted",
]
IMPORT_BATCH = 500  # rows of one transaction
RANK_BATCH = 500  # the same, of findings
TAKEN_AT_ONCE = 20  # places tried for the next finding: more than people who ask at once


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What a page added."""

    new: int
    seen_again: int


@dataclass(frozen=True, slots=True)
class Judged:
    """What a batch of judging came to."""

    posts: int
    findings: int


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import came to."""

    rows: int
    imported: int
    known: int
    repaired: int


def start_run(store: Store, *, platform: str, how: str, run_id: str | None = None) -> str:
    """Begin a run; gives its id."""
    run_id = run_id or uuid.uuid4().hex
    with store.begin() as db:
        runs.start(db, run_id, platform, how, _now())
    return run_id


def take_in(store: Store, capture: Capture, next_url: str | None = None) -> TakenIn:
    """
    Keep a page, its posts and its coverage, all or nothing.

    *next_url* is where the keyword goes on: after a kill the next run starts there.
    """
    new = 0
    with store.begin() as db:
        capture_id = runs.keep_capture(db, capture)
        for post in capture.posts:
            _, is_new = posts.keep(
                db,
                post,
                seen_at=capture.captured_at,
                source=f"{capture.how}:{capture.platform}",
                capture_id=capture_id,
            )
            new += is_new
        runs.count(
            db,
            capture.run_id,
            capture.platform,
            capture.keyword,
            capture.state,
            _now(),
            found=len(capture.posts),
            detail=capture.wall or "; ".join(capture.problems),
            next_url=next_url,
        )
    return TakenIn(new, len(capture.posts) - new)


def add_by_person(
    store: Store, post: Post, file: tuple[str, bytes] | None, who: str | None = None
) -> TakenIn:
    """
    Keep what a person saw and wrote down: a post that no public page gave us.

    *file* is the media type and the bytes of a screenshot or a saved page. Who added it is said in
    the post's source and in the audit log.
    """
    who, at = who or _operator(), _now()
    run_id = start_run(store, platform=post.platform, how="person")
    media_type, body = file or ("", b"")
    capture = Capture(
        platform=post.platform,
        url=post.url,
        final_url=post.url,
        status=0,
        headers=(("Content-Type", media_type),) if media_type else (),
        body=body,
        form="served",
        captured_at=at,
        how="person",
        run_id=run_id,
        keyword="",
        posts=(post,),
    )
    taken = take_in(store, capture)
    with store.begin() as db:
        audit.note(db, at, who, "add post", f"{post.platform} {post.post_id}"[:200])
        runs.finish(db, run_id, "finished", at)
    return taken


def count_coverage(
    store: Store,
    run_id: str,
    *,
    platform: str,
    keyword: str,
    state: CoverageState,
    detail: str = "",
) -> None:
    """Count a page that gave no capture: disallowed, capped, failed."""
    with store.begin() as db:
        runs.count(db, run_id, platform, keyword, state, _now(), detail=detail)


def finish_run(store: Store, run_id: str, state: RunState) -> None:
    """End a run; the first ending holds."""
    with store.begin() as db:
        runs.finish(db, run_id, state, _now())


def coverage(store: Store, run_ids: Sequence[str] | None = None) -> list[CoverageRow]:
    """What was tried and what came of it, newest run first."""
    with store.reading() as db:
        return runs.covered(db, run_ids)


def coverage_by_day(
    store: Store, platform: str = "", since: datetime | None = None
) -> list[SourceDay]:
    """What came of each source on each day, newest day first."""
    with store.reading() as db:
        return runs.by_day(db, platform, since)


USUAL: Final = 3  # days with posts from which a source is expected to give some


def silent(days: Sequence[SourceDay]) -> list[tuple[SourceDay, int]]:
    """
    The sources whose newest day gave nothing though they usually do, with their usual number of posts.

    A page that was blocked or has changed is silence too: nobody may read it as "nothing there".
    """
    sources: dict[tuple[str, str], list[SourceDay]] = {}
    for day in sorted(days, key=lambda one: one.day, reverse=True):
        sources.setdefault((day.platform, day.keyword), []).append(day)
    found = []
    for newest, *earlier in sources.values():
        usual = sorted(day.posts for day in earlier if day.posts)
        if not newest.posts and len(usual) >= USUAL:
            found.append((newest, usual[len(usual) // 2]))
    return found


def unfinished(store: Store, platform: str, keyword: str) -> str | None:
    """The address at which a stopped run of this keyword goes on."""
    with store.reading() as db:
        return runs.unfinished(db, platform, keyword)


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """What the audit log is worth: how many entries follow from each other, and the first that does not."""

    entries: int
    head: str  # of the newest entry: kept elsewhere, it shows a log that was cut short
    broken: audit.Entry | None


def check_audit(store: Store) -> AuditCheck:
    """Follow the chain of the audit log from its first entry."""
    with store.reading() as db:
        found = audit.entries(db)
    return AuditCheck(len(found), found[-1].chain if found else "", audit.broken_at(found))


def audit_log(store: Store) -> list[audit.Entry]:
    """Who did what to what, oldest first."""
    with store.reading() as db:
        return audit.entries(db)


def judge_pending(
    store: Store,
    detector: "Detector",
    *,
    batch: int = 64,
    progress: Callable[[int, int], object] | None = None,
) -> Judged:
    """
    Judge every post that this model and lexicon have not judged in its present wording.

    A batch is judged first and recorded in one transaction then: a stop loses at most a batch of
    work, and the next call goes on.
    """
    judged_by = f"{detector.model}/{detector.lexicon}"
    with store.reading() as db:
        total = posts.count_pending(db, judged_by)
    done = found = after = 0
    names = store.names()
    while True:
        with store.reading() as db:
            some = posts.pending(db, judged_by, batch, after)
        if not some:
            return Judged(done, found)
        verdicts = detector.judge([post for _, post in some], explain=True)
        with store.begin() as db:
            for (post_key, post), verdict in zip(some, verdicts, strict=True):
                found += kept.record(db, post_key, verdict, judged_by, _now())
                if verdict.flagged:
                    kept.place(db, post_key, post, verdict.grade, verdict.score, names)
        done, after = done + len(some), some[-1][0]
        if progress:
            progress(done, total)


def judge_post(
    store: Store, detector: "Detector", platform: str, post_id: str
) -> tuple[Post, int | None]:
    """Judge one post now; gives it, and its finding if it is one."""
    with store.reading() as db:
        row = posts.get(db, platform, post_id)
    if row is None:
        raise NotAllowedError(f"there is no post {post_id} of {platform}")
    (verdict,) = detector.judge([row.post], explain=True)
    names = store.names()
    with store.begin() as db:
        kept.record(db, row.post_key, verdict, f"{detector.model}/{detector.lexicon}", _now())
        if verdict.flagged:
            kept.place(db, row.post_key, row.post, verdict.grade, verdict.score, names)
        return row.post, kept.number_of(db, row.post_key)


LEASE: Final = timedelta(minutes=10)  # how long an opened finding is one person's
OWN_RULE: Final = "it names our institution: only a lead can call it a lure"
SECOND_SHARE: Final = 0.05  # of decisions a second person is asked about


def findings_to_review(
    store: Store,
    *,
    limit: int = 50,
    offset: int = 0,
    grade: Grade | None = None,
    decided: bool | None = False,
    platform: str | None = None,
) -> list[Finding]:
    """Findings by rank."""
    wanted = Wanted(decided, grade or "", platform or "")
    with store.reading() as db:
        return kept.to_review(db, wanted, _now(), limit=limit, offset=offset)


def count_findings(
    store: Store,
    *,
    grade: Grade | None = None,
    decided: bool | None = False,
    platform: str | None = None,
) -> int:
    """How many findings of a kind there are."""
    with store.reading() as db:
        return kept.count(db, Wanted(decided, grade or "", platform or ""), _now())


@dataclass(frozen=True, slots=True)
class Queue:
    """One page of the queue, who holds what on it, and how many of each kind there are."""

    findings: list[Finding]
    claims: dict[int, Claim]
    blind: frozenset[int]  # whose decision this person may not see: a second look is waited for
    tally: dict[tuple[str, str, str, str], int]  # by grade, platform, stance, services, unfiltered


def queue(store: Store, wanted: Wanted, *, user: User, limit: int, offset: int) -> Queue:
    """The queue as asked for, by rank."""
    now = _now()
    everything = replace(wanted, grade="", platform="", service="", stance="")
    with store.reading() as db:
        found = kept.to_review(db, wanted, now, limit=limit, offset=offset)
        numbers = [one.finding_id for one in found]
        return Queue(
            found,
            claims.held(db, numbers, now),
            frozenset(quality.waiting_for(db, numbers, user.name)),
            kept.tally(db, everything, now),
        )


def troubled(store: Store, since: datetime) -> list[tuple[str, CoverageState]]:
    """The platforms of which not everything could be looked at, and why."""
    with store.reading() as db:
        return runs.troubled(db, since)


def rank_findings(store: Store) -> int:
    """Rank what was found before the profile named the institution as it does now; gives how many."""
    done, names = 0, store.names()
    while True:
        with store.begin() as db:
            some = kept.unplaced(db, names, RANK_BATCH)
            for one in some:
                kept.place(db, *one, names)
        done += len(some)
        if not some:
            return done


def finding(store: Store, finding_id: int, *, reader: str) -> Finding:
    """One finding; that it was read is on record. Raises NotAllowedError when there is none."""
    with store.begin() as db:
        found = _found(store, db, finding_id)
        audit.note(db, _now(), reader, "read finding", str(finding_id))
    return found


@dataclass(frozen=True, slots=True)
class Rules:
    """What an installation sets for its reviewers."""

    lease: timedelta = LEASE
    second_share: float = SECOND_SHARE


@dataclass(frozen=True, slots=True)
class Opened:
    """A finding as one person sees it; `look` waits for that person, who must not see decisions."""

    finding: Finding
    claim: Claim | None
    look: SecondLook | None
    referral: Referral | None
    decisions: list[Decision]


def open_finding(store: Store, finding_id: int, *, user: User, lease: timedelta = LEASE) -> Opened:
    """
    Show a finding to a person, and claim it for them if it waits for them.

    While somebody else holds it, that claim is what is given.
    """
    now = _now()
    with store.begin() as db:
        found = _found(store, db, finding_id)
        look = quality.waiting_look(db, finding_id) if user.decides else None
        if look and look.first_reviewer == user.name:
            look = None
        made = kept.decisions_on(db, finding_id)
        referral = quality.referral(db, finding_id)
        waits = not made or made[-1].label is Label.UNSURE or look or referral
        if user.decides and waits:
            claims.take(db, finding_id, user.name, now + lease, now)
        audit.note(db, now, user.name, "read finding", str(finding_id))
        claim = claims.held(db, [finding_id], now).get(finding_id)
    if look:
        found, made = replace(found, decision=None), []
    return Opened(found, claim, look, referral, made)


def next_finding(
    store: Store, wanted: Wanted, *, user: User, after: int | None = None, lease: timedelta = LEASE
) -> int | None:
    """
    Claim the next finding that nobody else holds, by rank; *after* one, which is let go.

    Behind the last it begins again from the first. None when there is no other.
    """
    now = _now()
    with store.begin() as db:
        if after is not None:
            claims.release(db, user.name, after)
        for start in (after, None) if after is not None else (None,):
            free = kept.places(db, wanted, user.name, now, after=start, limit=TAKEN_AT_ONCE)
            for finding_id in free:
                if finding_id != after and claims.take(db, finding_id, user.name, now + lease, now):
                    audit.note(db, now, user.name, "claim finding", str(finding_id))
                    return finding_id
    return None


def release(store: Store, *, user: User, finding_id: int | None = None) -> None:
    """Let go of a finding, or of all that a person holds."""
    with store.begin() as db:
        claims.release(db, user.name, finding_id)


def show_contacts(store: Store, finding_id: int, *, reader: str) -> None:
    """That a person asked to see the contacts of a finding unmasked is on record."""
    with store.begin() as db:
        audit.note(db, _now(), reader, "show contacts", str(finding_id))


def histories(
    store: Store, found: Finding, *, user: User, limit: int = 8
) -> tuple[History, History]:
    """
    Other posts of the finding's account, and other posts with one of its contacts.

    Decisions that this person may be asked to look at again are left out.
    """
    with store.reading() as db:
        known = found.post.author_id or found.post.author_name
        account = history.of_account(db, found.finding_id, limit) if known else history.NOTHING
        contact = history.of_contact(db, found.finding_id, limit)
        numbers = [one.finding_id for one in (*account.newest, *contact.newest) if one.finding_id]
        blind = quality.waiting_for(db, numbers, user.name)

    def told(past: History) -> History:
        return replace(
            past,
            newest=[
                replace(one, decision=None) if one.finding_id in blind else one
                for one in past.newest
            ],
        )

    return told(account), told(contact)


def decisions_on(store: Store, finding_id: int) -> list[Decision]:
    """The decisions that stand, oldest first."""
    with store.reading() as db:
        return kept.decisions_on(db, finding_id)


def decide(
    store: Store,
    finding_id: int,
    *,
    reviewer: str,
    label: Label,
    stance: Stance,
    services: Sequence[Service],
    note: str = "",
    second_share: float = 0.0,
) -> Decision:
    """
    Record what a person says of a finding; a share of them another person is asked about as well.

    Raises NotAllowedError for a lure whose stance is not SOLICIT or RECRUIT: calling a debtor, a
    victim or a journalist a lure is the worst error there is. So would be to call a complaint about
    ourselves one: where we are named, only a lead may. And for what somebody else holds.
    """
    check_founded(label, stance, services)
    with store.begin() as db:
        found = _found(store, db, finding_id)
        _check_claim(db, finding_id, reviewer)
        leads = _is_lead(db, reviewer)
        if label is Label.LURE and found.named and not leads:
            raise NotAllowedError(f"finding {finding_id}: {OWN_RULE}")
        made = _decide(db, finding_id, label, stance, services, note, reviewer)
        if leads:
            quality.settle(db, finding_id)
        quality.ask_no_more(db, finding_id)
        if label is not Label.UNSURE and _drawn(db, finding_id, second_share):
            quality.ask_again(db, made, _now())
    return made


def ask_lead(
    store: Store,
    finding_id: int,
    *,
    reviewer: str,
    stance: Stance,
    services: Sequence[Service],
    note: str = "",
) -> Decision:
    """Leave a finding that names the institution to a lead; the person who asks is unsure."""
    with store.begin() as db:
        _found(store, db, finding_id)
        _check_claim(db, finding_id, reviewer)
        made = _decide(db, finding_id, Label.UNSURE, stance, services, note, reviewer)
        quality.refer(db, finding_id, quality.OWN, reviewer, _now())
    return made


def look_again(
    store: Store,
    finding_id: int,
    *,
    reviewer: str,
    label: Label,
    stance: Stance,
    services: Sequence[Service],
    note: str = "",
) -> bool:
    """
    Record what a second person says, who was not shown the first decision; gives whether both agree.

    It is no decision: where they differ, a lead is asked for one.
    """
    check_founded(label, stance, services)
    with store.begin() as db:
        look = quality.waiting_look(db, finding_id)
        if look is None or look.first_reviewer == reviewer:
            raise NotAllowedError(f"finding {finding_id}: it waits for no second look of yours")
        _check_claim(db, finding_id, reviewer)
        quality.looked(
            db,
            finding_id,
            label=label,
            stance=stance,
            services=services,
            note=note,
            reviewer=reviewer,
            at=_now(),
        )
        claims.release(db, reviewer, finding_id)
        audit.note(db, _now(), reviewer, f"second look {label}", str(finding_id))
        agree = label is look.first_label
        if not agree:
            quality.refer(db, finding_id, quality.DISAGREEMENT, reviewer, _now())
    return agree


def undo_decision(store: Store, finding_id: int, *, reviewer: str) -> None:
    """Take the last decision back; that it was made and taken back both stay on record."""
    with store.begin() as db:
        standing = kept.decisions_on(db, finding_id)
        if not standing:
            raise NotAllowedError(f"there is no decision on finding {finding_id} to take back")
        look = quality.waiting_look(db, finding_id)
        if look and look.first_reviewer != reviewer:
            raise NotAllowedError(
                f"finding {finding_id}: it waits for a second look: only who decided it takes it back"
            )
        last = standing[-1]
        kept.decide(db, finding_id, kept.UNDONE, last.stance, last.services, "", reviewer, _now())
        quality.ask_no_more(db, finding_id)
        referral = quality.referral(db, finding_id)
        if referral and referral.reason == quality.OWN and referral.referred_by == reviewer:
            quality.settle(db, finding_id)
        audit.note(db, _now(), reviewer, "undo decision", str(finding_id))


def check_founded(label: Label, stance: Stance, services: Sequence[Service]) -> None:
    """Raises NotAllowedError for a lure that says neither who lures nor to what."""
    if label is Label.LURE and stance not in LURING:
        raise NotAllowedError(
            "a lure solicits or recruits: choose SOLICIT or RECRUIT, or not a lure"
        )
    if label is Label.LURE and not services:
        raise NotAllowedError("a lure offers at least one service: choose which")


def _found(store: Store, db: Db, finding_id: int) -> Finding:
    found = kept.get(db, finding_id)
    if found is None:
        raise NotAllowedError(f"there is no finding {finding_id}; see: lurewatch findings list")
    return replace(found, named=named_in(found.post, store.names()))


def _check_claim(db: Db, finding_id: int, reviewer: str) -> None:
    claim = claims.held(db, [finding_id], _now()).get(finding_id)
    if claim and claim.holder != reviewer:
        raise NotAllowedError(
            f"finding {finding_id}: somebody else is looking at it: {claim.holder}, until"
            f" {claim.until:%H:%M} UTC"
        )


def _is_lead(db: Db, name: str) -> bool:
    user = people.get(db, name)
    return user is not None and user.role == "lead" and not user.disabled


def _drawn(db: Db, finding_id: int, share: float) -> bool:
    """Whether a finding is of the sample: the same answer always, which nobody can foresee."""
    return int(db.vault.keyed_hash(f"second look {finding_id}")[:8], 16) < share * 2**32


def _decide(
    db: Db,
    finding_id: int,
    label: Label,
    stance: Stance,
    services: Sequence[Service],
    note: str,
    reviewer: str,
) -> Decision:
    kept.decide(db, finding_id, label, stance, services, note, reviewer, _now())
    claims.release(db, reviewer, finding_id)
    audit.note(db, _now(), reviewer, f"decide {label}", str(finding_id))
    return kept.decisions_on(db, finding_id)[-1]


def draw_samples(store: Store, size: int, *, user: User) -> int:
    """Draw posts that were judged and not flagged, for people to look at; gives how many."""
    with store.begin() as db:
        drawn = quality.draw(db, size, _now())
        audit.note(db, _now(), user.name, "draw samples", str(drawn))
    return drawn


def next_sample(store: Store, *, reader: str) -> tuple[int, PostRow] | None:
    """The next sample nobody has looked at; that it was read is on record."""
    with store.begin() as db:
        found = quality.next_sample(db)
        if found:
            audit.note(db, _now(), reader, "read sample", str(found[0]))
    return found


def judge_sample(store: Store, sample_id: int, *, reviewer: str, label: Label) -> int | None:
    """
    Record what a person says of a sample; a lure becomes a finding, whose number is given.

    The finding still waits for a decision: that it was missed is one thing, what to do another.
    """
    with store.begin() as db:
        post_key = quality.sampled_post(db, sample_id)
        if post_key is None:
            raise NotAllowedError(f"sample {sample_id} does not wait for anybody")
        quality.judge_sample(db, sample_id, label, reviewer, _now())
        audit.note(db, _now(), reviewer, f"sample {label}", str(sample_id))
        return kept.find_missed(db, post_key, _now()) if label is Label.LURE else None


def samples(store: Store) -> list[Sample]:
    """All samples, oldest first."""
    with store.reading() as db:
        return quality.every_sample(db)


def second_looks(store: Store) -> list[SecondLook]:
    """Every second look that was taken, oldest first."""
    with store.reading() as db:
        return quality.second_looks_done(db)


def add_user(store: Store, name: str, password: str, role: str) -> None:
    """A new person for the console."""
    if not name.strip() or not name.isprintable() or len(name) > 64:
        raise NotAllowedError("a name is 1 to 64 characters that can be seen")
    if role not in ROLES:
        raise NotAllowedError(f"unknown role {role!r}; known: {', '.join(ROLES)}")
    if len(password) < 8:
        raise NotAllowedError("a password needs at least 8 characters")
    with store.begin() as db:
        if people.get(db, name):
            raise NotAllowedError(f"{name!r} is there already; lurewatch user passwd {name}")
        people.add(db, name, password, role, _now())
        audit.note(db, _now(), _operator(), f"add {role}", name)


def change_user(
    store: Store, name: str, *, password: str | None = None, disabled: bool | None = None
) -> None:
    """A new password, or another standing, for a person."""
    if password is not None and len(password) < 8:
        raise NotAllowedError("a password needs at least 8 characters")
    with store.begin() as db:
        if not people.get(db, name):
            raise NotAllowedError(f"nobody is called {name!r}; see: lurewatch user list")
        people.change(db, name, password=password, disabled=disabled)
        audit.note(db, _now(), _operator(), "change person", name)


def verify_password(store: Store, name: str, password: str) -> User | None:
    """The person, if name and password belong together."""
    with store.begin() as db:
        user = people.verified(db, name, password)
        audit.note(db, _now(), name[:100], "log in" if user else "failed log in", "")
    return user


def user_named(store: Store, name: str) -> User | None:
    """Who bears this name now."""
    with store.reading() as db:
        return people.get(db, name)


def users(store: Store) -> list[User]:
    """All people."""
    with store.reading() as db:
        return people.every(db)


def record_evidence(
    store: Store, finding_id: int, path: Path, sums_sha256: str, complete: bool
) -> None:
    """A package was kept for a finding."""
    with store.begin() as db:
        package = KeptEvidence(finding_id, path, sums_sha256, complete, _now())
        asked.record_evidence(db, package)
        audit.note(db, _now(), _operator(), "keep evidence", f"{finding_id} {sums_sha256}")


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
        if _found(store, db, request.finding_id).named and not _is_lead(db, standing[-1].reviewer):
            raise NotAllowedError(f"finding {request.finding_id}: {OWN_RULE}")
        request = asked.record(db, request)
        audit.note(db, _now(), request.drafted_by, "draft request", str(request.request_id))
    return request


def requests(store: Store) -> list[TakedownRequest]:
    """All requests, newest first."""
    with store.reading() as db:
        return asked.every(db)


def shots_of(store: Store, post: Post) -> list[tuple[str, bytes]]:
    """Media type and bytes of what people added to a post, newest first."""
    with store.reading() as db:
        return runs.shots_of(db, post)


def captures_of(store: Store, post: Post) -> list[Capture]:
    """The pages on which a post was seen, newest first."""
    with store.reading() as db:
        return runs.captures_of(db, post)


def purge(store: Store, now: datetime) -> Purged:
    """Forget what has expired."""
    with store.begin() as db:
        purged = expiry.purge(db, now)
        audit.note(db, _now(), _operator(), "purge", f"{purged.posts} posts")
    return purged


def import_posts(store: Store, found: Iterable[tuple[Post, datetime]], source: str) -> Imported:
    """Keep posts that another tool collected, each with the moment it was collected."""
    rows = imported = repaired = 0
    run_id = ""
    stream = iter(found)
    while some := list(islice(stream, IMPORT_BATCH)):
        run_id = run_id or start_run(store, platform=some[0][0].platform, how="import")
        with store.begin() as db:
            for post, seen_at in some:
                _, is_new = posts.keep(db, post, seen_at=seen_at, source=source, capture_id=None)
                imported += is_new
                repaired += bool(post.repairs)
            for platform in sorted({post.platform for post, _ in some}):
                count = sum(post.platform == platform for post, _ in some)
                runs.count(db, run_id, platform, "", "imported", _now(), found=count)
        rows += len(some)
    if run_id:
        finish_run(store, run_id, "finished")
    return Imported(rows, imported, rows - imported, repaired)


def export_posts(store: Store) -> Iterator[PostRow]:
    """Every post with when it was first seen and where it came from."""
    with store.reading() as db:
        yield from posts.every(db)


def _now() -> datetime:
    return datetime.now(UTC)


def _operator() -> str:
    """Who runs the command, as the machine knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
