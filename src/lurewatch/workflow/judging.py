"""What the machine says of posts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lurewatch.errors import NotAllowedError
from lurewatch.post import Post
from lurewatch.store import (
    Store,
    objections,
    posts,
)
from lurewatch.store import findings as kept
from lurewatch.workflow.common import current

if TYPE_CHECKING:
    from lurewatch.detect import Detector


RANK_BATCH = 500  # the same, of findings


@dataclass(frozen=True, slots=True)
class Judged:
    """What a batch of judging came to."""

    posts: int
    findings: int


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
            kept.set_aside(db, [one for one in judged if kept.plain(one[2])], judged_by, current())
            for post_key, post, verdict in rest:
                found += kept.record(db, post_key, verdict, judged_by, current())
                if verdict.flagged:
                    kept.place(db, post_key, post, verdict.grade, verdict.score, names)
            objections.heed(db, [key for key, _, verdict in judged if not verdict.flagged])
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
        kept.record(db, row.post_key, verdict, f"{detector.model}/{detector.lexicon}", current())
        if verdict.flagged:
            kept.place(db, row.post_key, row.post, verdict.grade, verdict.score, names)
        return row.post, kept.number_of(db, row.post_key)


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
