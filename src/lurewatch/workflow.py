"""What people and spiders may do: each one transaction, each decision in the audit log."""

import getpass
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lurewatch.errors import InputError, NotAllowedError
from lurewatch.finding import LURING, Decision, Finding, Grade, Label, Service, Stance
from lurewatch.link.wording import Signer, chinese
from lurewatch.post import Capture, CoverageState, Post
from lurewatch.store import Store, audit, carrying, expiry, links, people, posts, runs
from lurewatch.store import clusters as grouped
from lurewatch.store import findings as kept
from lurewatch.store import requests as asked
from lurewatch.store.carrying import Carrier
from lurewatch.store.clusters import Cluster, Linked
from lurewatch.store.expiry import Purged
from lurewatch.store.people import ROLES, User
from lurewatch.store.posts import PostRow
from lurewatch.store.requests import KeptEvidence
from lurewatch.store.runs import CoverageRow, RunState
from lurewatch.takedown import TakedownRequest
from lurewatch.text.contacts import contacts_in

if TYPE_CHECKING:
    from lurewatch.detect import Detector
    from lurewatch.text.lexicon import Lexicon

__all__ = [
    "Carrier",
    "Cluster",
    "CoverageRow",
    "KeptEvidence",
    "Linked",
    "PostRow",
    "RunState",
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
