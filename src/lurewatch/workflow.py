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
from lurewatch.errors import InputError, NotAllowedError
from lurewatch.figures import Figures, figures_of
from lurewatch.finding import LURING, Decision, Finding, Grade, Label, Service, Stance
from lurewatch.link.wording import Signer, chinese
from lurewatch.post import Capture, CoverageState, Post
from lurewatch.store import (
    Db,
    Store,
    audit,
    carrying,
    cases,
    claims,
    custody,
    deliveries,
    expiry,
    firings,
    history,
    links,
    measured,
    people,
    posts,
    quality,
    runs,
    sources,
)
from lurewatch.store import clusters as grouped
from lurewatch.store import findings as kept
from lurewatch.store import requests as asked
from lurewatch.store.carrying import Carrier
from lurewatch.store.cases import Check, Outcome
from lurewatch.store.claims import Claim
from lurewatch.store.clusters import Cluster, Linked
from lurewatch.store.expiry import Purged
from lurewatch.store.findings import Wanted
from lurewatch.store.firings import Firing, FiringState
from lurewatch.store.history import History, Seen
from lurewatch.store.people import ROLES, User
from lurewatch.store.posts import PostRow
from lurewatch.store.quality import Referral, Sample, SecondLook
from lurewatch.store.requests import KeptEvidence
from lurewatch.store.runs import CAUGHT_UP, CoverageRow, RunState, SourceDay
from lurewatch.store.sources import Reading, Source
from lurewatch.takedown import (
    MACHINE,
    STEPS,
    Event,
    TakedownRequest,
    TakedownState,
    named_in,
    taken,
)
from lurewatch.text.contacts import contacts_in

if TYPE_CHECKING:
    from lurewatch.detect import Detector
    from lurewatch.text.lexicon import Lexicon

__all__ = [
    "CAUGHT_UP",
    "Carrier",
    "Check",
    "Claim",
    "Cluster",
    "CoverageRow",
    "Custody",
    "Firing",
    "FiringState",
    "History",
    "KeptEvidence",
    "Linked",
    "Outcome",
    "PostRow",
    "Reading",
    "Referral",
    "RunState",
    "Sample",
    "SecondLook",
    "Seen",
    "Source",
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


def take_in(
    store: Store, capture: Capture, next_url: str | None = None, detail: str = ""
) -> TakenIn:
    """
    Keep a page, its posts and its coverage, all or nothing.

    *next_url* is where the keyword goes on: after a kill the next run starts there. *detail* says
    why it does not, where that is no fault of the page.
    """
    source = f"{capture.how}:{capture.platform}"
    with store.begin() as db:
        capture_id = runs.keep_capture(db, capture)
        seen = (posts.Seen(post, capture.captured_at, source, capture_id) for post in capture.posts)
        new = posts.keep(db, seen)
        runs.count(
            db,
            capture.run_id,
            capture.platform,
            capture.keyword,
            capture.state,
            _now(),
            found=len(capture.posts),
            detail=capture.wall or "; ".join(capture.problems) or detail,
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


def caught_up(store: Store, capture: Capture) -> bool:
    """
    Whether a page of results, the newest first, shows nothing newer than the last whole run knew.

    What a later run saw that was stopped before its end does not count: older posts that it
    never came to would be left out for good.
    """
    ids = {post.post_id for post in capture.posts}
    with store.reading() as db:
        moment = runs.mark(db, capture.platform, capture.keyword)
        if moment is None or not ids:
            return False
        return posts.all_seen_by(db, capture.platform, ids, moment)


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


@dataclass(frozen=True, slots=True)
class LinkedUp:
    """What a run of linking came to."""

    posts: int  # that were new or changed
    clusters: int  # that there are now


def link_pending(
    store: Store,
    lexicon: "Lexicon",
    *,
    batch: int = 1000,
    progress: Callable[[int, int], object] | None = None,
) -> LinkedUp:
    """
    Compare what was judged or changed since the last time with all there is, and group the lures.

    A batch is read first and recorded in one transaction then: a stop loses at most a batch of
    work, and the next call goes on. Called again with nothing new it changes nothing.
    """
    signer = wording_signer(store)
    with store.reading() as db:
        total = links.count_pending(db)
    done = 0
    while True:
        with store.reading() as db:
            some = links.pending(db, batch)
        if not some:
            break
        found = [links.signed(store.vault, signer, lexicon, *one) for one in some]
        with store.begin() as db:
            links.lock(db)
            links.keep(db, found, _now())
        done += len(some)
        if progress:
            progress(done, max(done, total))
    with store.begin() as db:
        links.lock(db)
        return LinkedUp(done, grouped.regroup(db))


def wording_signer(store: Store) -> Signer:
    """What hashes texts with this installation's key."""
    return Signer(store.vault.keyed_hash("wording"))


def clusters(store: Store, *, limit: int = 50, offset: int = 0) -> list[Cluster]:
    """The clusters of lures, those with the most posts first."""
    with store.reading() as db:
        return grouped.largest(db, limit, offset)


def cluster(store: Store, finding_id: int) -> Cluster | None:
    """The cluster that a finding is in, described whole."""
    with store.reading() as db:
        number = grouped.number_of(db, finding_id)
        return None if number is None else grouped.described(db, number)


def cluster_of(store: Store, finding_id: int, *, limit: int = 20) -> Linked:
    """
    What belongs to a finding: its cluster, at most *limit* of the other posts and why, and who names it.

    Raises NotAllowedError when there is no such finding.
    """
    with store.reading() as db:
        found = grouped.linked_to(db, finding_id, limit)
    if found is None:
        raise NotAllowedError(f"there is no finding {finding_id}; see: lurewatch findings list")
    return found


def cluster_sizes(store: Store, finding_ids: Sequence[int]) -> dict[int, int]:
    """How many posts are in the cluster of each of these findings that has one."""
    with store.reading() as db:
        return grouped.size_of(db, finding_ids)


def name_campaign(store: Store, finding_id: int, name: str, *, who: str) -> Cluster:
    """
    A person confirms that the cluster of a finding is one campaign, and names it.

    The posts in it now are the campaign's. Those that join the cluster later are not until somebody
    gives the same name again.
    """
    called = name.strip()
    if not called or not called.isprintable() or len(called) > 100:
        raise NotAllowedError("a campaign's name is 1 to 100 characters that can be seen")
    with store.begin() as db:
        links.lock(db)
        number = grouped.number_of(db, finding_id)
        if number is None:
            raise NotAllowedError(
                f"finding {finding_id} is in no cluster; see: lurewatch clusters list"
            )
        campaign = grouped.name(db, number, called, who, _now())
        audit.note(db, _now(), who, "name campaign", f"{campaign} cluster {number}")
        return grouped.described(db, number)


def withdraw_campaign(store: Store, name: str, *, who: str) -> None:
    """Take a campaign's name back; who gave it and who took it back stay on record."""
    with store.begin() as db:
        links.lock(db)
        campaign = grouped.withdraw(db, name.strip(), who, _now())
        audit.note(db, _now(), who, "withdraw campaign", str(campaign))


def posts_carrying(
    store: Store, lexicon: "Lexicon", sought: str, *, reader: str, limit: int = 50
) -> list[Carrier]:
    """
    The posts that carry a contact, however it is written, or else a wording; that it was sought is on record.

    Raises InputError where *sought* is neither a contact nor at least four Chinese characters.
    """
    found = contacts_in(sought, lexicon)
    words = wording_signer(store).shingles(chinese(sought, lexicon))
    if not found and len(words) < FEWEST_SOUGHT:
        raise InputError(
            f"{sought[:40]!r} is neither a contact nor a wording: give a handle, a number or an"
            " address, or at least four Chinese characters"
        )
    with store.reading() as db:
        carriers = carrying.of_contacts(db, found, limit) if found else carrying.of_words(db, words, limit)  # fmt: skip
    what = "a contact" if found else f"{len(words)} shingles"
    with store.begin() as db:
        audit.note(db, _now(), reader, "search posts", f"{what}: {len(carriers)} posts")
    return carriers


FEWEST_SOUGHT: Final = 3  # shingles


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
            judged = [(*one, verdict) for one, verdict in zip(some, verdicts, strict=True)]
            rest = [one for one in judged if not kept.plain(one[2])]
            kept.set_aside(db, [one for one in judged if kept.plain(one[2])], judged_by, _now())
            for post_key, post, verdict in rest:
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
        deliveries.announce(db, "finding.undone", finding_id, _now())


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
    deliveries.announce(db, f"finding.{label}", finding_id, _now())
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
        if _found(store, db, request.finding_id).named and not _is_lead(db, standing[-1].reviewer):
            raise NotAllowedError(f"finding {request.finding_id}: {OWN_RULE}")
        request = asked.record(db, request)
        audit.note(db, _now(), request.drafted_by, "draft request", str(request.request_id))
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
            at=_now(),
            receipt=receipt,
            note=note,
        )
        if step in ("submit", "approve", "send") and (twins := cases.twins(db, found)):
            raise NotAllowedError(
                f"request {number}: {found.recipient} was asked about this post before, by"
                f" request {twins[0]}; withdraw one of them"
            )
        if not cases.add(db, event, found.state):
            raise NotAllowedError(f"request {number} was moved by another person; look again")
        audit.note(db, event.at, who, f"{step} request", str(number))
    return event


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
        looks = [one for one in cases.checks_of(db, number) if one.outcome not in SILENT]
        step = follows(found.state, looks)
        if step:
            events = cases.events_of(db, [number])[number]
            note = f"the page is {outcome}"
            made = taken(found, events, step, who="re-check", role=MACHINE, at=at, note=note)
            cases.add(db, made, found.state)
            audit.note(db, at, "re-check", f"{step} request", str(number))


SILENT: Final = ("wall", "lost", "unclear")  # outcomes that say nothing of the post


def follows(state: TakedownState, looks: Sequence[Check]) -> str:
    """The step that looks at a post lead to, oldest look first; nothing when they lead nowhere."""
    if not looks:
        return ""
    if looks[-1].outcome != "gone":
        came_back = state in (TakedownState.REMOVED, TakedownState.VERIFIED)
        return "reopen" if came_back else ""
    if state in STEPS["removed"].sources:
        return "removed"
    agreeing = []
    for one in reversed(looks):
        if one.outcome != "gone":
            break
        agreeing.append(one.at)
    agree = agreeing[0] - agreeing[-1] >= AGREE
    return "verify" if agree and state is TakedownState.REMOVED else ""


def raise_alarms(store: Store) -> list[tuple[int, list[int]]]:
    """
    Reopen requests whose post is gone but whose contact stands in findings made since.

    Gives each reopened request with those findings.
    """
    alarms = []
    with store.begin() as db:
        gone = [one for one in asked.every(db) if one.state in (TakedownState.REMOVED, TakedownState.VERIFIED)]  # fmt: skip
        events = cases.events_of(db, [one.request_id for one in gone])
        for one in gone:
            own = events[one.request_id]
            since = next(event.at for event in reversed(own) if event.step == "removed")
            again = cases.returned(db, one, since)
            if again:
                note = f"its contact is in findings {', '.join(map(str, again))}"
                event = taken(one, own, "reopen", who="alarm", role=MACHINE, at=_now(), note=note)
                cases.add(db, event, one.state)
                audit.note(db, event.at, "alarm", "reopen request", str(one.request_id))
                alarms.append((one.request_id, again))
    return alarms


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
        links.lock(db)
        purged = expiry.purge(db, now)
        grouped.regroup(db)
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
            imported += posts.keep(
                db, (posts.Seen(post, seen_at, source) for post, seen_at in some)
            )
            repaired += sum(bool(post.repairs) for post, _ in some)
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
