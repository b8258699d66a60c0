"""Verdicts, the findings they make, and the decisions of people: three things, kept apart."""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Select,
    Update,
    and_,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from lurewatch.finding import (
    LURING,
    PROTECTED,
    Contact,
    Decision,
    Finding,
    Grade,
    Label,
    Reason,
    Service,
    Stance,
    Verdict,
    rank,
)
from lurewatch.post import Post
from lurewatch.store import Db, masking
from lurewatch.store.bulk import add
from lurewatch.store.posts import KEPT_UNJUDGED, load
from lurewatch.store.sampling import SAMPLED, place_of, sample_key
from lurewatch.store.tables import (
    claims,
    cluster_members,
    decisions,
    findings,
    observables,
    posts,
    referrals,
    second_looks,
    verdicts,
)
from lurewatch.takedown import named_in
from lurewatch.text.contacts import tells_whose

UNDONE = "undone"  # a decision row that takes the one before it back


def _judged(keys: Sequence[int], judged_by: str) -> Update:
    """Posts that have a verdict now, and are to be compared anew."""
    return (
        update(posts).where(posts.c.post_key.in_(keys)).values(judged_by=judged_by, linked_at=None)
    )


def plain(verdict: Verdict) -> bool:
    """Whether nothing follows from a verdict: no flag, no contact, nobody's details to hide."""
    return not verdict.flagged and not verdict.contacts and verdict.stance not in PROTECTED


def set_aside(
    db: Db, judged: Sequence[tuple[int, str, Verdict]], judged_by: str, at: datetime
) -> None:
    """Keep verdicts that are `plain`, each with its post's key and text's hash: most, so many at once."""
    if not judged:
        return
    rows = [
        {**_columns(db, post_key, verdict, at), "text_sha256": text_sha256}
        for post_key, text_sha256, verdict in judged
    ]
    add(db, verdicts, rows)
    keys = [post_key for post_key, _, _ in judged]
    db.connection.execute(_judged(keys, judged_by))
    for table in (observables, cluster_members):
        db.connection.execute(delete(table).where(table.c.post_key.in_(keys)))


def record(db: Db, post_key: int, verdict: Verdict, judged_by: str, at: datetime) -> bool:
    """Keep a verdict; gives whether it makes a new finding. Nothing a person decided is touched."""
    if verdict.stance in PROTECTED:
        masking.hide(db, post_key)
        verdict = masking.hidden(verdict)
    kept = db.connection.execute(
        insert(verdicts).values(
            text_sha256=select(posts.c.text_sha256)
            .where(posts.c.post_key == post_key)
            .scalar_subquery(),
            **_columns(db, post_key, verdict, at),
        )
    )
    verdict_id = int(kept.inserted_primary_key[0])  # type: ignore[index]  # one row was inserted
    db.connection.execute(_judged([post_key], judged_by))
    _observe(db, post_key, verdict.contacts)
    if not verdict.flagged:
        leave_cluster(db, post_key)
        return False
    return _find(db, post_key, verdict_id, verdict, at)


def _columns(db: Db, post_key: int, verdict: Verdict, at: datetime) -> dict[str, Any]:
    return {
        "post_key": post_key,
        "grade": verdict.grade,
        "stance": verdict.stance,
        "services": " ".join(verdict.services),
        "score": verdict.score,
        "model": verdict.model,
        "lexicon": verdict.lexicon,
        "judged_at": at,
        "sealed": db.vault.seal(dump_verdict(verdict)),
    }


def dump_verdict(verdict: Verdict) -> bytes:
    """What of a verdict is kept sealed."""
    detail = {
        "stage": verdict.stage,
        "reasons": [asdict(reason) for reason in verdict.reasons],
        "contacts": [asdict(contact) for contact in verdict.contacts],
        "devices": verdict.devices,
    }
    return json.dumps(detail).encode("ascii")


def _observe(db: Db, post_key: int, contacts: Sequence[Contact]) -> None:
    db.connection.execute(delete(observables).where(observables.c.post_key == post_key))
    given = {(one.channel, one.value) for one in contacts if tells_whose(one)}
    given |= {("phone", value) for channel, value in given if channel == "wechat" and MOBILE.fullmatch(value)}  # fmt: skip
    rows = [
        {"post_key": post_key, "channel": channel, "value_hash": observed(db, channel, value)}
        for channel, value in sorted(given)
    ]
    if rows:
        db.connection.execute(insert(observables), rows)


MOBILE: Final = re.compile(r"1[3-9]\d{9}")  # as a WeChat id it is the number itself


def fingerprints(db: Db, finding_id: int) -> tuple[tuple[str, str], ...]:
    """The channel and keyed hash of each contact in a finding's post."""
    rows = db.connection.execute(
        select(observables.c.channel, observables.c.value_hash)
        .join(findings, findings.c.post_key == observables.c.post_key)
        .where(findings.c.finding_id == finding_id)
        .distinct()
        .order_by(observables.c.channel, observables.c.value_hash)
    )
    return tuple((str(row.channel), str(row.value_hash)) for row in rows)


def observed(db: Db, channel: str, value: str) -> str:
    """A contact as `observables` holds it."""
    return db.vault.keyed_hash(f"{channel}:{value.lower()}")


def leave_cluster(db: Db, post_key: int) -> None:
    """What is no lure is in no cluster, from this moment on."""
    db.connection.execute(delete(cluster_members).where(cluster_members.c.post_key == post_key))


def _find(db: Db, post_key: int, verdict_id: int, verdict: Verdict, at: datetime) -> bool:
    known = number_of(db, post_key)
    shown = {
        "verdict_id": verdict_id,
        "grade": verdict.grade,
        "score": verdict.score,
        "stance": verdict.stance,
        "services": " ".join(verdict.services),
        "rank": rank(verdict.grade, verdict.score),
        "ranked_by": None,
    }
    if known:
        db.connection.execute(
            update(findings).where(findings.c.finding_id == known).values(**shown)
        )
        return False
    platform = select(posts.c.platform).where(posts.c.post_key == post_key).scalar_subquery()
    db.connection.execute(
        insert(findings).values(
            post_key=post_key, platform=platform, found_at=at, decided=False, **shown
        )
    )
    keep_for_good(db, post_key)
    return True


def find_missed(db: Db, post_key: int, at: datetime) -> int:
    """Make a post that a person calls a lure a finding, with the verdict that missed it."""
    row = db.connection.execute(
        select(verdicts)
        .where(verdicts.c.post_key == post_key)
        .order_by(verdicts.c.verdict_id.desc())
        .limit(1)
    ).one()
    made = db.connection.execute(
        insert(findings).values(
            post_key=post_key,
            verdict_id=row.verdict_id,
            platform=select(posts.c.platform).where(posts.c.post_key == post_key).scalar_subquery(),
            grade=row.grade,
            score=row.score,
            stance=row.stance,
            services=row.services,
            rank=rank(Grade(row.grade), row.score),
            found_at=at,
            decided=False,
        )
    )
    keep_for_good(db, post_key)
    return int(made.inserted_primary_key[0])  # type: ignore[index]  # one row was inserted


def keep_for_good(db: Db, post_key: int) -> None:
    """A finding does not expire while a person may still need it."""
    db.connection.execute(update(posts).where(posts.c.post_key == post_key).values(expires_at=None))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which findings are asked for; what is None or empty leaves nothing out."""

    decided: bool | None = False
    grade: str = ""
    platform: str = ""
    service: str = ""
    stance: str = ""
    since: datetime | None = None
    held_by: str = ""
    second_look_by: str = ""  # waits for a second look, the first was not this person's
    referred: bool = False  # waits for a lead
    sampled: bool = False  # of the random sample of flags


def chosen(db: Db, wanted: Wanted, query: Select[Any], now: datetime) -> Select[Any]:
    """The query, with what is wanted of its findings."""
    at = findings.c
    if wanted.decided is not None:
        query = query.where(at.decided == wanted.decided)
    for column, value in (
        (at.grade, wanted.grade),
        (at.platform, wanted.platform),
        (at.stance, wanted.stance),
    ):
        if value:
            query = query.where(column == value)
    if wanted.service:
        spaced = literal(" ") + at.services + literal(" ")
        query = query.where(spaced.contains(f" {wanted.service} ", autoescape=True))
    if wanted.since:
        query = query.where(at.found_at >= wanted.since)
    if wanted.held_by:
        held = select(claims.c.finding_id).where(
            claims.c.holder == wanted.held_by, claims.c.until > now
        )
        query = query.where(at.finding_id.in_(held))
    if wanted.second_look_by:
        waiting = select(second_looks.c.finding_id).where(
            second_looks.c.reviewer.is_(None),
            second_looks.c.finding_id.is_not(None),
            second_looks.c.first_reviewer != wanted.second_look_by,
        )
        query = query.where(at.finding_id.in_(waiting))
    if wanted.referred:
        query = query.where(at.finding_id.in_(select(referrals.c.finding_id)))
    if wanted.sampled:
        query = query.where(
            at.grade.in_(FLAGGED), place_of(at.finding_id, sample_key(db)) < SAMPLED
        )
    return query


WHOLE = select(
    findings.c.finding_id,
    findings.c.named,
    posts.c.sealed.label("post"),
    posts.c.first_seen,
    posts.c.last_seen,
    posts.c.source,
    verdicts.c.grade,
    verdicts.c.stance,
    verdicts.c.services,
    verdicts.c.score,
    verdicts.c.model,
    verdicts.c.lexicon,
    verdicts.c.sealed.label("detail"),
).select_from(
    findings.join(posts, posts.c.post_key == findings.c.post_key).join(
        verdicts, verdicts.c.verdict_id == findings.c.verdict_id
    )
)
FLAGGED: Final = ("L2", "L3")
ORDER: Final = (findings.c.rank.desc(), findings.c.finding_id)


def to_review(
    db: Db, wanted: Wanted, now: datetime, *, limit: int, offset: int = 0
) -> list[Finding]:
    """Findings by rank; only those that are given are opened."""
    query = chosen(db, wanted, select(findings.c.finding_id), now)
    numbers = list(db.connection.scalars(query.order_by(*ORDER).limit(limit).offset(offset)))
    made = standing(db, numbers)
    rows = db.connection.execute(WHOLE.where(findings.c.finding_id.in_(numbers)).order_by(*ORDER))
    return [_finding(db, row, made[row.finding_id]) for row in rows]


def count(db: Db, wanted: Wanted, now: datetime) -> int:
    """How many findings there are of a kind."""
    query = chosen(db, wanted, select(func.count()).select_from(findings), now)
    return int(db.connection.scalar(query) or 0)


def counts(db: Db) -> dict[tuple[str, bool], int]:
    """How many findings there are of each grade, decided and not."""
    rows = db.connection.execute(
        select(findings.c.grade, findings.c.decided, func.count()).group_by(
            findings.c.grade, findings.c.decided
        )
    ).all()
    return {(str(grade), bool(decided)): int(count) for grade, decided, count in rows}


def tally(db: Db, wanted: Wanted, now: datetime) -> dict[tuple[str, str, str, str], int]:
    """How many findings there are of each grade, platform, stance and list of services."""
    facets = (findings.c.grade, findings.c.platform, findings.c.stance, findings.c.services)
    groups = (findings.c.decided, *facets)  # all in the order of their index
    query = chosen(db, wanted, select(*facets, func.count().label("many")), now).group_by(*groups)
    found: dict[tuple[str, str, str, str], int] = {}
    for *facet, many in db.connection.execute(query):
        key = (str(facet[0]), str(facet[1]), str(facet[2]), str(facet[3]))
        found[key] = found.get(key, 0) + many
    return found


def places(
    db: Db, wanted: Wanted, holder: str, now: datetime, *, after: int | None, limit: int
) -> list[int]:
    """The next findings that nobody else holds, by rank; *after* one, if it is named."""
    free = or_(claims.c.finding_id.is_(None), claims.c.until <= now, claims.c.holder == holder)
    query = chosen(db, wanted, select(findings.c.finding_id), now).select_from(
        findings.outerjoin(claims, claims.c.finding_id == findings.c.finding_id)
    )
    if after is not None:
        here = db.connection.scalar(select(findings.c.rank).where(findings.c.finding_id == after))
        lower = and_(findings.c.rank == here, findings.c.finding_id > after)
        query = query.where(or_(findings.c.rank < here, lower))
    return list(db.connection.scalars(query.where(free).order_by(*ORDER).limit(limit)))


def get(db: Db, finding_id: int) -> Finding | None:
    """One finding."""
    row = db.connection.execute(WHOLE.where(findings.c.finding_id == finding_id)).one_or_none()
    return _finding(db, row, decisions_on(db, finding_id)) if row else None


ASKED: Final = 500  # numbers in one question


def existing(db: Db, numbers: Iterable[int]) -> set[int]:
    """Those of some numbers that are findings still."""
    wanted, found = sorted(set(numbers)), set[int]()
    for at in range(0, len(wanted), ASKED):
        some = findings.c.finding_id.in_(wanted[at : at + ASKED])
        found.update(db.connection.scalars(select(findings.c.finding_id).where(some)))
    return found


def _finding(db: Db, row: Any, made: Sequence[Decision]) -> Finding:
    detail = json.loads(db.vault.open(row.detail))
    return Finding(
        finding_id=row.finding_id,
        post=load(db.vault.open(row.post)),
        verdict=Verdict(
            stance=Stance(row.stance),
            services=tuple(Service(name) for name in row.services.split()),
            grade=Grade(row.grade),
            stage=detail["stage"],
            score=row.score,
            reasons=tuple(Reason(**reason) for reason in detail["reasons"]),
            contacts=tuple(Contact(**contact) for contact in detail["contacts"]),
            devices=tuple(detail["devices"]),
            model=row.model,
            lexicon=row.lexicon,
        ),
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        decision=made[-1] if made else None,
        named=row.named,
        source=row.source,
    )


def decisions_on(db: Db, finding_id: int) -> list[Decision]:
    """The decisions that stand, oldest first; each *undone* takes the one before it away."""
    return standing(db, [finding_id])[finding_id]


def standing(db: Db, numbers: Sequence[int]) -> dict[int, list[Decision]]:
    """For each finding the decisions that stand, oldest first."""
    rows = db.connection.execute(
        select(decisions)
        .where(decisions.c.finding_id.in_(numbers))
        .order_by(decisions.c.decision_id)
    )
    found: dict[int, list[Decision]] = {number: [] for number in numbers}
    for row in rows:
        made = found[row.finding_id]
        if row.label == UNDONE:
            made.pop()
            continue
        made.append(
            Decision(
                decision_id=row.decision_id,
                finding_id=row.finding_id,
                label=Label(row.label),
                stance=Stance(row.stance),
                services=tuple(Service(name) for name in row.services.split()),
                note=db.vault.open(row.note).decode("utf-8", "surrogatepass"),
                reviewer=row.reviewer,
                decided_at=row.decided_at,
            )
        )
    return found


def number_of(db: Db, post_key: int) -> int | None:
    """The finding of a post."""
    query = select(findings.c.finding_id).where(findings.c.post_key == post_key)
    number: int | None = db.connection.scalar(query)
    return number


def place(
    db: Db, post_key: int, post: Post, grade: Grade, score: float, names: Sequence[str]
) -> None:
    """Rank a finding by all that counts, now that its post is at hand."""
    named = named_in(post, names)
    db.connection.execute(
        update(findings)
        .where(findings.c.post_key == post_key)
        .values(
            rank=rank(grade, score, post.counts, named=named),
            named=named,
            ranked_by=digest(names),
        )
    )


def unplaced(db: Db, names: Sequence[str], limit: int) -> list[tuple[int, Post, Grade, float]]:
    """Findings whose rank does not know these names: key of the post, post, grade and score."""
    rows = db.connection.execute(
        select(posts.c.post_key, posts.c.sealed, findings.c.grade, findings.c.score)
        .join(findings, findings.c.post_key == posts.c.post_key)
        .where(findings.c.ranked_by.is_distinct_from(digest(names)))
        .limit(limit)
    )
    return [
        (row.post_key, load(db.vault.open(row.sealed)), Grade(row.grade), row.score) for row in rows
    ]


def digest(names: Sequence[str]) -> str:
    """16 hex digits for the names that a rank was made with."""
    return hashlib.sha256("\n".join(names).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def decide(
    db: Db,
    finding_id: int,
    label: str,
    stance: Stance,
    services: Sequence[Service],
    note: str,
    reviewer: str,
    at: datetime,
) -> None:
    """Add a decision, or its undoing; the post of one that is no lure may expire."""
    db.connection.execute(
        insert(decisions).values(
            finding_id=finding_id,
            label=label,
            stance=stance,
            services=" ".join(services),
            note=db.vault.seal(note.encode("utf-8", "surrogatepass")),
            reviewer=reviewer,
            decided_at=at,
        )
    )
    made = decisions_on(db, finding_id)
    db.connection.execute(
        update(findings)
        .where(findings.c.finding_id == finding_id)
        .values(decided=bool(made) and made[-1].label != Label.UNSURE)
    )
    dropped = bool(made) and made[-1].label == Label.NOT_LURE
    key = select(findings.c.post_key).where(findings.c.finding_id == finding_id).scalar_subquery()
    db.connection.execute(
        update(posts)
        .where(posts.c.post_key == key)
        .values(expires_at=at + KEPT_UNJUDGED if dropped else None)
    )
    if made and (dropped or made[-1].stance not in LURING):
        db.connection.execute(delete(cluster_members).where(cluster_members.c.post_key == key))
