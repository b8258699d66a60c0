"""What people and spiders may do: each one transaction, each decision in the audit log."""

import getpass
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lurewatch.custody import Entry as Custody
from lurewatch.errors import NotAllowedError
from lurewatch.figures import Figures, figures_of
from lurewatch.finding import LURING, Decision, Finding, Grade, Label, Service, Stance
from lurewatch.post import Capture, CoverageState, Post
from lurewatch.store import (
    Store,
    audit,
    custody,
    deliveries,
    expiry,
    firings,
    measured,
    people,
    posts,
    runs,
    sources,
)
from lurewatch.store import findings as kept
from lurewatch.store import requests as asked
from lurewatch.store.expiry import Purged
from lurewatch.store.firings import Firing, FiringState
from lurewatch.store.people import ROLES, User
from lurewatch.store.posts import PostRow
from lurewatch.store.requests import KeptEvidence
from lurewatch.store.runs import CoverageRow, RunState
from lurewatch.store.sources import Reading, Source
from lurewatch.takedown import TakedownRequest

if TYPE_CHECKING:
    from lurewatch.detect import Detector

__all__ = [
    "CoverageRow",
    "Custody",
    "Firing",
    "FiringState",
    "KeptEvidence",
    "PostRow",
    "Reading",
    "RunState",
    "Source",
    "User",
]
IMPORT_BATCH = 500  # rows of one transaction


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


def add_by_person(store: Store, post: Post, file: tuple[str, bytes] | None) -> TakenIn:
    """
    Keep what a person saw and wrote down: a post that no public page gave us.

    *file* is the media type and the bytes of a screenshot or a saved page. Who added it is said in
    the post's source and in the audit log.
    """
    who, at = _operator(), _now()
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
) -> list[runs.SourceDay]:
    """What came of each source on each day, newest day first."""
    with store.reading() as db:
        return runs.by_day(db, platform, since)


USUAL: Final = 3  # days with posts from which a source is expected to give some


def silent(days: Sequence[runs.SourceDay]) -> list[tuple[runs.SourceDay, int]]:
    """
    The sources whose newest day gave nothing though they usually do, with their usual number of posts.

    A page that was blocked or has changed is silence too: nobody may read it as "nothing there".
    """
    sources: dict[tuple[str, str], list[runs.SourceDay]] = {}
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
class Counts:
    """How much there is of everything: what a monitoring system asks."""

    posts: int
    findings: dict[tuple[str, bool], int]  # by grade, and whether decided
    pages: dict[tuple[str, str], int]  # by platform and coverage state
    resting: dict[str, bool]  # by platform
    fired: dict[tuple[str, str], datetime]  # by watch and state: when it ended last


def counts(store: Store) -> Counts:
    """All counts at this moment."""
    now = _now()
    with store.reading() as db:
        return Counts(
            posts=posts.count(db),
            findings=kept.counts(db),
            pages=runs.page_counts(db),
            resting={one.platform: bool(why_not(one, now)) for one in sources.every(db)},
            fired=firings.ended(db),
        )


def figures(store: Store, since: datetime, until: datetime) -> Figures:
    """What the work came to from *since* to *until*, as it stood then; of a time not over, as it stands."""
    now = min(_now(), until)
    with store.reading() as db:
        return figures_of(
            since,
            until,
            now,
            measured.covered(db, since, until),
            measured.finding_times(db, since, until, now),
            measured.request_times(db, since, until),
        )


REST: Final = timedelta(hours=6)  # after a wall; twice as long after each further one
LONGEST_REST: Final = timedelta(hours=72)
DELAY: Final = 10.0  # seconds between two pages where the register says nothing
READING_HOLDS: Final = timedelta(days=180)  # then robots.txt and terms should be read again


def source(store: Store, platform: str) -> Source:
    """How a platform stands."""
    with store.reading() as db:
        return sources.get(db, platform)


def all_sources(store: Store) -> list[Source]:
    """Every platform that was ever asked."""
    with store.reading() as db:
        return sources.every(db)


def why_not(source: Source, now: datetime) -> str:
    """Why a platform must not be asked now; nothing when it may be."""
    if source.paused:
        return (
            f"paused ({source.why}); when it is mended: lurewatch schedule resume {source.platform}"
        )
    if source.rests_until > now:
        return f"rests until {source.rests_until:%Y-%m-%d %H:%M} UTC ({source.why})"
    return ""


def hold_source(store: Store, platform: str, holder: str, now: datetime, until: datetime) -> bool:
    """Take a platform: nobody else asks it before *until*, or before it is let go."""
    with store.begin() as db:
        return sources.hold(db, platform, holder, now, until)


def release_source(
    store: Store, platform: str, run_id: str, now: datetime, pause_after: int
) -> Source:
    """Let a platform go; how its run ended says whether it rests, or is paused."""
    with store.begin() as db:
        state, trouble = runs.came_of(db, run_id)
        free = replace(sources.get(db, platform), holder="", held_until=now)
        after = after_run(free, state, trouble, now, pause_after)
        sources.put(db, after)
        return after


def after_run(source: Source, state: str, trouble: str, now: datetime, pause_after: int) -> Source:
    """How a platform stands after a run."""
    if state == "finished":
        return replace(source, blocks=0, failures=0, why="")
    if state == "blocked":
        rest = min(REST * 2**source.blocks, LONGEST_REST)
        return replace(
            source, blocks=source.blocks + 1, rests_until=now + rest, why=f"wall: {trouble}"
        )
    if state == "stopped":
        return source
    failures = source.failures + 1
    paused = source.paused or failures >= pause_after
    return replace(source, failures=failures, paused=paused, why=trouble or "no page came")


def renew_sources(store: Store, holder: str, until: datetime) -> None:
    """The holder of platforms lives."""
    with store.begin() as db:
        sources.renew(db, holder, until)


def renew_holds(store: Store, holder: str, firing: Firing, until: datetime) -> bool:
    """The holder of a firing lives; False when another has taken it over."""
    with store.begin() as db:
        sources.renew(db, holder, until)
        return firings.renew(db, firing, holder, until)


def resume_source(store: Store, platform: str) -> Source:
    """A person lets a platform go on at once."""
    now = _now()
    with store.begin() as db:
        resting = sources.get(db, platform)
        free = replace(resting, paused=False, rests_until=now, failures=0, blocks=0, why="")
        sources.put(db, free)
        audit.note(db, now, _operator(), "resume source", platform)
        return free


def record_reading(
    store: Store, platform: str, *, robots: str, terms: str, permission: str, delay: float
) -> Reading:
    """Write into the source register what a person read. Raises NotAllowedError."""
    if delay < DELAY and not permission:
        raise NotAllowedError(
            f"{platform}: fewer than {DELAY:.0f} seconds between two pages need a written"
            " permission: say where it is kept with --permission"
        )
    reading = Reading(platform, robots, terms, permission, delay, _operator(), _now())
    with store.begin() as db:
        sources.add_reading(db, reading)
        audit.note(db, reading.read_at, reading.read_by, "record source", platform)
    return reading


def delay_of(store: Store, platform: str) -> float:
    """Seconds between two pages of a platform, as its register says."""
    found = register(store).get(platform)
    return found.delay if found else DELAY


def register(store: Store) -> dict[str, Reading]:
    """The source register: the newest reading of each platform."""
    with store.reading() as db:
        return sources.register(db)


def keep_robots(store: Store, run_id: str, host: str, status: int, body: bytes) -> None:
    """Keep the robots.txt that a run obeys."""
    with store.begin() as db:
        sources.keep_robots(db, run_id, host, status, body, _now())


def pages_today(store: Store, platform: str, since: datetime) -> int:
    """How many pages a platform was asked for since a moment."""
    with store.reading() as db:
        return runs.pages_since(db, platform, since)


def came_of(store: Store, run_id: str) -> str:
    """How a run ended; *failed* also when no page could be read."""
    with store.reading() as db:
        return runs.came_of(db, run_id)[0]


def asked_since(store: Store, platform: str, moment: datetime) -> bool:
    """Whether a run of a platform that began after a moment has come to its end, or to a wall."""
    with store.reading() as db:
        return runs.ended_since(db, platform, moment)


def newest_firing(store: Store, watch: str) -> Firing | None:
    """The latest due time of a watch that was claimed."""
    with store.reading() as db:
        return firings.newest(db, watch)


def claim_firing(
    store: Store,
    watch: str,
    due_at: datetime,
    state: FiringState,
    *,
    holder: str,
    now: datetime,
    until: datetime,
    detail: str = "",
) -> Firing | None:
    """The firing of a due time, if nobody has claimed it yet."""
    with store.begin() as db:
        return firings.claim(db, watch, due_at, state, holder, now, until, detail)


def running_firing(store: Store, watch: str) -> Firing | None:
    """The firing of a watch that has not ended."""
    with store.reading() as db:
        return firings.running(db, watch)


def take_over_firing(
    store: Store, firing: Firing, *, holder: str, now: datetime, until: datetime
) -> bool:
    """Go on with the firing of a process that died; False when another was first."""
    with store.begin() as db:
        return firings.take_over(db, firing, holder, now, until)


def leave_firing(store: Store, firing: Firing, holder: str, now: datetime) -> None:
    """Stop in the middle: the next process goes on with it at once."""
    with store.begin() as db:
        firings.renew(db, firing, holder, now)


def finish_firing(store: Store, firing: Firing, state: FiringState, detail: str) -> None:
    """What came of a firing."""
    with store.begin() as db:
        firings.finish(db, firing, state, detail, _now())


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
    while True:
        with store.reading() as db:
            some = posts.pending(db, judged_by, batch, after)
        if not some:
            return Judged(done, found)
        verdicts = detector.judge([post for _, post in some], explain=True)
        with store.begin() as db:
            for (post_key, _), verdict in zip(some, verdicts, strict=True):
                found += kept.record(db, post_key, verdict, judged_by, _now())
        done, after = done + len(some), some[-1][0]
        if progress:
            progress(done, total)


def findings_to_review(
    store: Store,
    *,
    limit: int = 50,
    offset: int = 0,
    grade: Grade | None = None,
    decided: bool | None = False,
    platform: str | None = None,
) -> list[Finding]:
    """The queue: the clearest first."""
    with store.reading() as db:
        return kept.to_review(
            db, limit=limit, offset=offset, grade=grade, decided=decided, platform=platform
        )


def count_findings(
    store: Store,
    *,
    grade: Grade | None = None,
    decided: bool | None = False,
    platform: str | None = None,
) -> int:
    """How many findings of a kind there are."""
    with store.reading() as db:
        return kept.count(db, grade=grade, decided=decided, platform=platform)


def finding(store: Store, finding_id: int, *, reader: str) -> Finding:
    """One finding; that it was read is on record. Raises NotAllowedError when there is none."""
    with store.begin() as db:
        found = kept.get(db, finding_id)
        if found is None:
            raise NotAllowedError(f"there is no finding {finding_id}; see: lurewatch findings list")
        audit.note(db, _now(), reader, "read finding", str(finding_id))
    return found


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
) -> Decision:
    """
    Record what a person says of a finding.

    Raises NotAllowedError for a lure whose stance is not SOLICIT or RECRUIT: calling a debtor, a
    victim or a journalist a lure is the worst error there is.
    """
    if label is Label.LURE and stance not in LURING:
        raise NotAllowedError(
            "a lure solicits or recruits: choose SOLICIT or RECRUIT, or not a lure"
        )
    if label is Label.LURE and not services:
        raise NotAllowedError("a lure offers at least one service: choose which")
    with store.begin() as db:
        if kept.get(db, finding_id) is None:
            raise NotAllowedError(f"there is no finding {finding_id}")
        kept.decide(db, finding_id, label, stance, services, note, reviewer, _now())
        audit.note(db, _now(), reviewer, f"decide {label}", str(finding_id))
        deliveries.announce(db, f"finding.{label}", finding_id, _now())
        return kept.decisions_on(db, finding_id)[-1]


def undo_decision(store: Store, finding_id: int, *, reviewer: str) -> None:
    """Take the last decision back; that it was made and taken back both stay on record."""
    with store.begin() as db:
        standing = kept.decisions_on(db, finding_id)
        if not standing:
            raise NotAllowedError(f"there is no decision on finding {finding_id} to take back")
        last = standing[-1]
        kept.decide(db, finding_id, kept.UNDONE, last.stance, last.services, "", reviewer, _now())
        audit.note(db, _now(), reviewer, "undo decision", str(finding_id))
        deliveries.announce(db, "finding.undone", finding_id, _now())


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
        custody.note(db, sums_sha256, package.kept_at, _operator(), "sealed")


def all_evidence(store: Store) -> list[KeptEvidence]:
    """Every package on record, newest first."""
    with store.reading() as db:
        return asked.all_evidence(db)


def note_custody(store: Store, sums_sha256: str, who: str, what: str) -> None:
    """Write down what was done with a package: read, stamped, exported."""
    with store.begin() as db:
        custody.note(db, sums_sha256, _now(), who, what)


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
        request = asked.record(db, request)
        audit.note(db, _now(), request.drafted_by, "draft request", str(request.request_id))
    return request


def requests(store: Store) -> list[TakedownRequest]:
    """All requests, newest first."""
    with store.reading() as db:
        return asked.every(db)


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
