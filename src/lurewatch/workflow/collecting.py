"""What spiders and imports bring in, and what was tried."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from lurewatch.addresses import read_address
from lurewatch.post import Capture, CoverageState, Post
from lurewatch.store import (
    Store,
    audit,
    captures,
    posts,
    runs,
)
from lurewatch.store.captures import ShownFields
from lurewatch.store.posts import PostRow
from lurewatch.store.runs import CoverageRow, Run, RunState, SourceDay
from lurewatch.workflow.common import current, operator_name

IMPORT_BATCH = 500  # rows of one transaction


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What a page added."""

    new: int
    seen_again: int


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import came to."""

    rows: int
    imported: int
    known: int
    repaired: int


def start_run(
    store: Store,
    *,
    platform: str,
    how: str,
    run_id: str | None = None,
    addresses: Sequence[str] = (),
) -> str:
    """Begin a run in this process, which reads *addresses* if it is given any; gives its id."""
    mark_interrupted(store)
    run_id = run_id or uuid.uuid4().hex
    listed = runs.digest(addresses) if addresses else None
    with store.begin() as db:
        runs.start(db, run_id, platform, how, current(), listed)
    return run_id


def renew_run(store: Store, run_id: str) -> None:
    """A run lives: those on other machines see it by this."""
    with store.begin() as db:
        runs.renew(db, run_id, current())


def mark_interrupted(store: Store) -> int:
    """Say of each run whose process was killed that it was interrupted; gives how many there were."""
    with store.reading() as db:
        found = runs.dead(db, current())
    if found:
        with store.begin() as db:
            for run_id, last in found:
                runs.finish(db, run_id, "interrupted", last)
    return len(found)


def recent_runs(
    store: Store, platform: str = "", since: datetime | None = None, limit: int = 50
) -> list[Run]:
    """The newest runs, and what each came to."""
    mark_interrupted(store)
    with store.reading() as db:
        return runs.recent(db, platform, since, limit)


def unread(store: Store, platform: str, addresses: Sequence[str]) -> tuple[int, str | None] | None:
    """
    Where a stopped run of these addresses goes on: after which of them, and at what page of that one.

    Nothing where none was stopped, or where it had come to the end of the list.
    """
    with store.reading() as db:
        found = runs.unread(db, platform, runs.digest(addresses), current())
    return None if found == (len(addresses) - 1, None) else found


def take_in(
    store: Store,
    capture: Capture,
    next_url: str | None = None,
    detail: str = "",
    place: int | None = None,
) -> TakenIn:
    """
    Keep a page, its posts and its coverage, all or nothing.

    *next_url* is where the keyword goes on: after a kill the next run starts there. *detail* says
    why it does not, where that is no fault of the page. *place* is that of the address in the list
    that is read.
    """
    source = f"{capture.how}:{capture.platform}"
    with store.begin() as db:
        capture_id = captures.keep(db, capture)
        seen = (posts.Seen(post, capture.captured_at, source, capture_id) for post in capture.posts)
        new = posts.keep(db, seen)
        runs.count(
            db,
            capture.run_id,
            capture.platform,
            capture.keyword,
            capture.state,
            current(),
            found=len(capture.posts),
            detail=capture.wall or "; ".join(capture.problems) or detail,
            next_url=next_url,
            place=place,
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
    who, at = who or operator_name(), current()
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
        runs.count(db, run_id, platform, keyword, state, current(), detail=detail)


def finish_run(store: Store, run_id: str, state: RunState) -> None:
    """End a run; the first ending holds."""
    with store.begin() as db:
        runs.finish(db, run_id, state, current())


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


def troubled(store: Store, since: datetime) -> list[tuple[str, CoverageState]]:
    """The platforms of which not everything could be looked at, and why."""
    with store.reading() as db:
        return runs.troubled(db, since)


def shots_of(store: Store, post: Post) -> list[tuple[str, bytes]]:
    """Media type and bytes of what people added to a post, newest first."""
    with store.reading() as db:
        return captures.brought(db, post)


def captures_of(store: Store, post: Post) -> list[Capture]:
    """The pages on which a post was seen, newest first."""
    with store.reading() as db:
        return captures.showing(db, post)


def shown_of(store: Store, post: Post) -> list[ShownFields]:
    """Which fields of a post each page showed on which it was seen, newest first."""
    with store.reading() as db:
        return captures.fields_shown(db, post)


def pages_of(store: Store, run_id: str) -> list[Capture]:
    """The pages of a run, newest first, without their posts."""
    with store.reading() as db:
        return captures.of_run(db, run_id)


def cut_addresses(store: Store, run_id: str, limit: int) -> list[str]:
    """Where posts can be read whole of which a run was shown only the beginning."""
    with store.reading() as db:
        found = (
            post.url
            for post in posts.cut(db, run_id)
            if read_address(post.url) == (post.platform, post.post_id)
        )
        return list(islice(found, limit))


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
                runs.count(db, run_id, platform, "", "imported", current(), found=count)
        rows += len(some)
    if run_id:
        finish_run(store, run_id, "finished")
    return Imported(rows, imported, rows - imported, repaired)


def note_export(store: Store, reader: str, form: str) -> None:
    """That somebody takes every post along is on record, before they leave the house."""
    with store.begin() as db:
        audit.note(db, current(), reader, "export posts", f"{posts.count(db)} as {form}")


def export_posts(store: Store) -> Iterator[PostRow]:
    """Every post with when it was first seen and where it came from."""
    with store.reading() as db:
        yield from posts.every(db)
