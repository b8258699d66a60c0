"""What people and spiders may do: each one transaction, each decision in the audit log."""

import getpass
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lurewatch.errors import NotAllowedError
from lurewatch.finding import LURING, Decision, Finding, Grade, Label, Service, Stance
from lurewatch.post import Capture, CoverageState, Post
from lurewatch.store import Store, audit, expiry, people, posts, runs
from lurewatch.store import findings as kept
from lurewatch.store import requests as asked
from lurewatch.store.expiry import Purged
from lurewatch.store.people import ROLES, User
from lurewatch.store.posts import PostRow, Seen
from lurewatch.store.requests import KeptEvidence
from lurewatch.store.runs import CAUGHT_UP, CoverageRow, RunState
from lurewatch.takedown import TakedownRequest

if TYPE_CHECKING:
    from lurewatch.detect import Detector

__all__ = ["CAUGHT_UP", "CoverageRow", "KeptEvidence", "PostRow", "RunState", "User"]
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
        seen = (Seen(post, capture.captured_at, source, capture_id) for post in capture.posts)
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
            judged = [(*one, verdict) for one, verdict in zip(some, verdicts, strict=True)]
            kept.set_aside(db, [one for one in judged if not one[2].flagged], judged_by, _now())
            for post_key, _, verdict in judged:
                if verdict.flagged:
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
            imported += posts.keep(db, (Seen(post, seen_at, source) for post, seen_at in some))
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
