"""Find the posts that carry a contact or a wording."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from lurewatch.finding import Stance
from lurewatch.link.wording import Shingles, held
from lurewatch.post import Post
from lurewatch.store import Db
from lurewatch.store.findings import observed
from lurewatch.store.links import BRIEF, SOME, opened, rows_in
from lurewatch.store.posts import load
from lurewatch.store.tables import findings, link_keys, observables, posts, verdicts, wordings

HELD = 0.7  # share of the words looked for that a post has to hold


@dataclass(frozen=True, slots=True)
class Carrier:
    """A post that carries what was looked for."""

    post: Post
    first_seen: datetime
    finding_id: int | None
    stance: Stance | None  # None while it waits to be judged
    kind: str  # of the contact, or text
    share: float  # of the words looked for, how much stands in it; 1.0 for a contact


def of_contacts(db: Db, contacts: Collection[tuple[str, str]], limit: int) -> list[Carrier]:
    """The posts that give one of these (channel, value), those seen last first."""
    hashes = [observed(db, channel, value) for channel, value in contacts]
    rows = rows_in(db, select(observables), observables.c.value_hash, hashes)
    return _carriers(db, {row.post_key: (row.channel, 1.0) for row in rows}, limit)


def of_words(db: Db, wanted: Shingles, limit: int) -> list[Carrier]:
    """The posts that hold most of these words or are alike, those that hold most of them first."""
    near = {text: part for text, part in _compared(db, wanted) if part}
    rows = rows_in(
        db,
        select(link_keys).where(link_keys.c.kind.in_(("text", BRIEF))),
        link_keys.c.key,
        sorted(near, key=lambda text: -near[text])[:SOME],
    )
    return _carriers(db, {row.post_key: ("text", near[row.key]) for row in rows}, limit)


def _compared(db: Db, wanted: Shingles) -> Iterator[tuple[int, float]]:
    """Every text, with how much of what is looked for stands in it: 0.0 where that is too little."""
    query, after = select(wordings).order_by(wordings.c.wording), None
    while True:
        further = query if after is None else query.where(wordings.c.wording > after)
        rows = db.connection.execute(further.limit(SOME)).all()
        for row in rows:
            part = held(wanted, opened(db, row.sealed))
            yield row.wording, part if part >= HELD else 0.0
        if len(rows) < SOME:
            return
        after = rows[-1].wording


def _carriers(db: Db, found: dict[int, tuple[str, float]], limit: int) -> list[Carrier]:
    seen = rows_in(db, select(posts.c.post_key, posts.c.last_seen), posts.c.post_key, found)
    best = sorted(seen, key=lambda row: (-found[row.post_key][1], -row.last_seen.timestamp()))
    chosen = [row.post_key for row in best[:limit]]
    query = select(posts.c.post_key, posts.c.first_seen, posts.c.sealed, findings.c.finding_id)
    beside = query.outerjoin(findings, findings.c.post_key == posts.c.post_key)
    rows = {row.post_key: row for row in rows_in(db, beside, posts.c.post_key, chosen)}
    spoken = select(verdicts.c.post_key, verdicts.c.stance).order_by(verdicts.c.verdict_id)
    stances = {row.post_key: Stance(row.stance) for row in rows_in(db, spoken, verdicts.c.post_key, chosen)}  # fmt: skip
    return [
        Carrier(
            load(db.vault.open(rows[key].sealed)),
            rows[key].first_seen,
            rows[key].finding_id,
            stances.get(key),
            *found[key],
        )
        for key in chosen
    ]
