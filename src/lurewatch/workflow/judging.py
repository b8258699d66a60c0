"""What the machine says of posts."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lurewatch.errors import InputError, NotAllowedError
from lurewatch.post import Post
from lurewatch.store import (
    Store,
    links,
    objections,
    pictures,
    posts,
)
from lurewatch.store import findings as kept
from lurewatch.workflow.common import current
from lurewatch.workflow.linking import wording_signer
from lurewatch.workflow.picturing import clear_pictures

if TYPE_CHECKING:
    from lurewatch.detect import Detector
    from lurewatch.text.lexicon import Lexicon


RANK_BATCH = 500  # findings
MOST = 1024  # posts of a batch
SOON = 1.0  # seconds: work that may be lost


@dataclass(frozen=True, slots=True)
class Judged:
    """What a batch of judging came to."""

    posts: int
    findings: int
    warning: str = ""  # what it did not know


def judge_pending(
    store: Store,
    detector: "Detector",
    *,
    batch: int = 64,
    linked_by: "Lexicon | None" = None,
    progress: Callable[[int, int], object] | None = None,
) -> Judged:
    """
    Judge every post that this model and lexicon have not judged in its present wording.

    A batch is judged first and recorded in one transaction then: a stop loses at most a batch of
    work, and the next call goes on. Of posts that take no time a batch holds more. With *linked_by*
    what each can be recognised by is read in the same pass; `link_pending` groups them.
    """
    judged_by = f"{detector.model}/{detector.lexicon}"
    with store.reading() as db:
        total = posts.count_pending(db, judged_by)
    done = found = after = 0
    names, warning = known_names(store)
    signer, size = wording_signer(store), batch
    while True:
        began = time.monotonic()
        with store.reading() as db:
            some = posts.pending(db, judged_by, size, after)
            signs = pictures.likenesses(db, [key for key, _, _ in some]) if linked_by else {}
        if not some:
            clear_pictures(store)  # those that were hidden
            return Judged(done, found, warning)
        verdicts = detector.judge([post for _, _, post in some], explain=True)
        signed = links.signed(store.vault, signer, linked_by, some, signs) if linked_by else []
        with store.begin() as db:
            judged = list(zip(some, verdicts, strict=True))
            links.lock(db)
            kept.set_aside(
                db,
                [(key, text, verdict) for (key, text, _), verdict in judged if kept.plain(verdict)],
                judged_by,
                current(),
            )
            for (post_key, _, post), verdict in judged:
                if kept.plain(verdict):
                    continue
                found += kept.record(db, post_key, verdict, judged_by, current())
                if verdict.flagged:
                    kept.place(db, post_key, post, verdict.grade, verdict.score, names)
            links.keep(db, signed, current())
            objections.heed(db, [key for (key, _, _), verdict in judged if not verdict.flagged])
        done, after = done + len(some), some[-1][0]
        size = min(size * 2, MOST) if time.monotonic() - began < SOON else batch
        if progress:
            progress(done, total)


def known_names(store: Store) -> tuple[tuple[str, ...], str]:
    """
    How posts name the institution, and a warning where its profile cannot be read.

    Then posts that name it are ranked like others, until `rank_findings` knows better.
    """
    try:
        return store.names(), ""
    except InputError as error:
        return (), f"{error}; judged without knowing which posts name our own institution"


def judge_post(
    store: Store, detector: "Detector", platform: str, post_id: str
) -> tuple[Post, int | None]:
    """Judge one post now; gives it, and its finding if it is one."""
    with store.reading() as db:
        row = posts.get(db, platform, post_id)
    if row is None:
        raise NotAllowedError(f"there is no post {post_id} of {platform}")
    (verdict,) = detector.judge([row.post], explain=True)
    names, _ = known_names(store)
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
