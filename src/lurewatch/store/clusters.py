"""Clusters, which are computed, and the campaigns that people make of them."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, func, insert, select, update

from lurewatch.campaign import CampaignState
from lurewatch.errors import NotAllowedError
from lurewatch.finding import LURING, Label, Stance
from lurewatch.link.grouping import (
    COMMON,
    CONTACTS,
    Facts,
    Key,
    Link,
    common_keys,
    groups,
    links_between,
    ties,
)
from lurewatch.store import Db
from lurewatch.store.bulk import add
from lurewatch.store.findings import FLAGGED, UNDONE
from lurewatch.store.links import parts, rows_in
from lurewatch.store.posts import load
from lurewatch.store.tables import (
    alike,
    campaign_members,
    campaigns,
    cluster_members,
    decisions,
    findings,
    link_keys,
    posts,
    verdicts,
)

Keys = list[tuple[str, int, int]]  # kind, hash, post
CARRIED: Final = select(link_keys.c.kind, link_keys.c.key, func.count().label("posts")).group_by(
    link_keys.c.kind, link_keys.c.key
)  # by how many posts


@dataclass(frozen=True, slots=True)
class Cluster:
    """Findings that the machine groups."""

    number: int  # the least finding in it
    posts: int
    accounts: int
    platforms: tuple[str, ...]
    first_seen: datetime
    last_seen: datetime
    ties: dict[str, int]  # of each kind of link, how many of its posts have one
    campaigns: tuple[str, ...]  # the names people gave it or parts of it
    confirmed: int  # posts that were in it when it was named
    states: dict[str, CampaignState]  # how far each of those campaigns is, by name


def regroup(db: Db) -> int:
    """Compute all clusters from what lures share; gives how many there are."""
    found = groups(lures(db), _keys_of_findings(db), _alike(db), _common(db))
    rows = db.connection.execute(select(cluster_members))
    held = {row.post_key: row.cluster for row in rows}
    changed = [post for post, number in held.items() if found.get(post) != number]
    for some in parts(changed):
        db.connection.execute(delete(cluster_members).where(cluster_members.c.post_key.in_(some)))
    fresh = [{"post_key": p, "cluster": n} for p, n in found.items() if held.get(p) != n]
    add(db, cluster_members, fresh)
    return len(set(found.values()))


def lures(db: Db) -> dict[int, int]:
    """
    The finding of each post that is a lure: by its newest verdict, unless a person said otherwise.

    Only these are ever in a cluster: nobody who asks, warns or complains is.
    """
    of_one = verdicts.alias()
    newest = (
        select(func.max(of_one.c.verdict_id))
        .where(of_one.c.post_key == findings.c.post_key)
        .correlate(findings)
        .scalar_subquery()
    )
    rows = db.connection.execute(
        select(findings.c.post_key, findings.c.finding_id, verdicts.c.stance, verdicts.c.grade)
        .select_from(findings)
        .join(verdicts, verdicts.c.verdict_id == newest)
    )
    said = _said_lure(db)
    return {
        row.post_key: row.finding_id
        for row in rows
        if said.get(row.finding_id, row.stance in LURING and row.grade in FLAGGED)
    }


def _said_lure(db: Db) -> dict[int, bool]:
    """What the last standing decision on a finding says; who is unsure leaves it to the machine."""
    rows = db.connection.execute(
        select(decisions.c.finding_id, decisions.c.label, decisions.c.stance).order_by(
            decisions.c.decision_id
        )
    )
    standing: defaultdict[int, list[Any]] = defaultdict(list)
    for row in rows:
        if row.label == UNDONE:
            standing[row.finding_id].pop()
        else:
            standing[row.finding_id].append(row)
    last = {finding: rows[-1] for finding, rows in standing.items() if rows}
    return {
        finding: row.label == Label.LURE
        for finding, row in last.items()
        if row.label != Label.UNSURE or row.stance not in LURING
    }


def _keys_of_findings(db: Db) -> Keys:
    query = select(link_keys.c.kind, link_keys.c.key, link_keys.c.post_key)
    joined = query.join(findings, findings.c.post_key == link_keys.c.post_key)
    return [(row.kind, row.key, row.post_key) for row in db.connection.execute(joined)]


def _alike(db: Db) -> list[tuple[int, int]]:
    rows = db.connection.execute(select(alike.c.one, alike.c.other))
    return [(row.one, row.other) for row in rows]


def _common(db: Db) -> set[Key]:
    """The keys that too many posts share, of all there are."""
    many = CARRIED.where(link_keys.c.kind.in_(COMMON)).having(func.count() > min(COMMON.values()))
    return common_keys((row.kind, row.key, row.posts) for row in db.connection.execute(many))


@dataclass(frozen=True, slots=True)
class Member:
    """A post of a cluster, and why it is linked to the one that is looked at."""

    finding_id: int
    platform: str
    published_at: datetime | None
    links: tuple[Link, ...]  # none where another post stands between


@dataclass(frozen=True, slots=True)
class Linked:
    """What belongs to a finding: light enough for a page, whatever the size of its cluster."""

    cluster: int | None
    posts: int  # in the cluster, with the finding itself
    campaigns: tuple[str, ...]
    confirmed: int  # of the posts, by a person
    states: dict[str, CampaignState]  # of the campaigns, by name
    members: tuple[Member, ...]  # the others, those with the strongest links first
    mentions: dict[Stance, int]  # posts of others that name one of its contacts, by who speaks
    common: tuple[str, ...]  # kinds of what it shares with too many posts to tell whose it is


def size_of(db: Db, finding_ids: Collection[int]) -> dict[int, int]:
    """How many posts the cluster of each of these findings has; those with none are left out."""
    inside = select(findings.c.finding_id, cluster_members.c.cluster).join(
        cluster_members, cluster_members.c.post_key == findings.c.post_key
    )
    number = cluster_members.c.cluster
    counted = select(number, func.count().label("posts")).group_by(number)
    of = {
        row.finding_id: row.cluster
        for row in rows_in(db, inside, findings.c.finding_id, finding_ids)
    }
    posts = {row.cluster: row.posts for row in rows_in(db, counted, number, set(of.values()))}
    return {finding_id: posts[cluster] for finding_id, cluster in of.items()}


def number_of(db: Db, finding_id: int) -> int | None:
    """The cluster that a finding is in."""
    return db.connection.scalar(
        select(cluster_members.c.cluster)
        .join(findings, findings.c.post_key == cluster_members.c.post_key)
        .where(findings.c.finding_id == finding_id)
    )


def largest(db: Db, limit: int, offset: int) -> list[Cluster]:
    """Clusters, those with the most posts first."""
    number, size = cluster_members.c.cluster, func.count()
    query = select(number).group_by(number).order_by(size.desc(), number)
    return [described(db, one) for one in db.connection.scalars(query.limit(limit).offset(offset))]


def described(db: Db, number: int) -> Cluster:
    """One cluster."""
    rows = _members(db, number)
    keys = _keys_of(db, [row.post_key for row in rows])
    common = _common_of(db, keys)
    named = _standing(db, number)
    return Cluster(
        number=number,
        posts=len(rows),
        accounts=len({row.author_hash for row in rows}),
        platforms=tuple(sorted({row.platform for row in rows})),
        first_seen=min(row.first_seen for row in rows),
        last_seen=max(row.last_seen for row in rows),
        ties=ties(keys, _alike_among(db, keys), common),
        campaigns=names_of(named),
        confirmed=len(named),
        states={row.name: CampaignState(row.state) for row in named},
    )


def names_of(standing: Sequence[Any]) -> tuple[str, ...]:
    """What people called the posts of a cluster."""
    return tuple(sorted({row.name for row in standing}))


def linked_to(db: Db, finding_id: int, limit: int) -> Linked | None:
    """What belongs to a finding, at most *limit* posts of it; nothing when there is no such finding."""
    own = db.connection.scalar(
        select(findings.c.post_key).where(findings.c.finding_id == finding_id)
    )
    if own is None:
        return None
    number = number_of(db, finding_id)
    rows = [] if number is None else _members(db, number)
    inside = [row.post_key for row in rows] or [own]
    keys = _keys_of(db, inside)
    common = _common_of(db, keys)
    named = [] if number is None else _standing(db, number)
    return Linked(
        cluster=number,
        posts=len(rows),
        campaigns=names_of(named),
        confirmed=len(named),
        states={row.name: CampaignState(row.state) for row in named},
        members=_nearest(db, own, rows, keys, common, limit),
        mentions=_mentions(db, inside, [key for key in keys if key[:2] not in common]),
        common=tuple(sorted({kind for kind, key, post in keys if post == own and (kind, key) in common})),
    )  # fmt: skip


def _nearest(
    db: Db, own: int, rows: Sequence[Any], keys: Keys, common: set[Key], limit: int
) -> tuple[Member, ...]:
    """The posts beside *own*, with their links to it; only of those shown are the minutes compared."""
    telling: defaultdict[int, set[Key]] = defaultdict(set)
    for kind, key, post in keys:
        if (kind, key) not in common:
            telling[post].add((kind, key))
    shares = _shares(db, telling[own])
    authors = {row.post_key: row.author_hash for row in rows}

    def linked(row: Any, at: datetime | None, own_at: datetime | None) -> tuple[Link, ...]:
        one = Facts(frozenset(telling[own]), authors[own], own_at)
        other = Facts(frozenset(telling[row.post_key]), row.author_hash, at)
        return links_between(one, other, max((shares.get(key, 0.0) for key in other.keys), default=0.0))  # fmt: skip

    others = [row for row in rows if row.post_key != own]
    others.sort(key=lambda row: -max((one.strength for one in linked(row, None, None)), default=0))
    exact = _exact_moments(db, [own, *(row.post_key for row in others[:limit])])
    return tuple(
        Member(row.finding_id, row.platform, row.published_at, linked(row, exact[row.post_key], exact[own]))
        for row in others[:limit]
    )  # fmt: skip


def _exact_moments(db: Db, keys: Sequence[int]) -> dict[int, datetime | None]:
    found = {}
    for row in rows_in(db, select(posts.c.post_key, posts.c.sealed), posts.c.post_key, keys):
        post = load(db.vault.open(row.sealed))
        found[row.post_key] = post.published_at if post.published_exact else None
    return found


def _shares(db: Db, keys: Collection[Key]) -> dict[Key, float]:
    """The keys of texts like one's own, and how much of the wording they share."""
    own = [key for kind, key in keys if kind == "text"]
    found = dict.fromkeys((("text", key) for key in own), 1.0)
    for near, far in ((alike.c.one, alike.c.other), (alike.c.other, alike.c.one)):
        rows = rows_in(db, select(far.label("key"), alike.c.share), near, own)
        found |= {("text", row.key): row.share for row in rows}
    return found


def _mentions(db: Db, inside: Sequence[int], keys: Keys) -> dict[Stance, int]:
    """How many posts that are in no cluster name a contact of these, by who speaks."""
    contacts = {key for kind, key, _ in keys if kind in CONTACTS}
    query = (
        select(link_keys.c.post_key)
        .where(link_keys.c.kind.in_(CONTACTS))
        .outerjoin(cluster_members, cluster_members.c.post_key == link_keys.c.post_key)
        .where(cluster_members.c.post_key.is_(None))
    )
    others = {row.post_key for row in rows_in(db, query, link_keys.c.key, contacts)} - set(inside)
    stances = rows_in(
        db,
        select(verdicts.c.post_key, verdicts.c.stance).order_by(verdicts.c.verdict_id),
        verdicts.c.post_key,
        others,
    )
    newest = {row.post_key: Stance(row.stance) for row in stances}
    return dict(Counter(one for one in newest.values() if one not in LURING).most_common())


def _members(db: Db, number: int) -> Sequence[Any]:
    return db.connection.execute(
        select(
            posts.c.post_key,
            findings.c.finding_id,
            posts.c.platform,
            posts.c.author_hash,
            posts.c.published_at,
            posts.c.first_seen,
            posts.c.last_seen,
        )
        .join(cluster_members, cluster_members.c.post_key == posts.c.post_key)
        .join(findings, findings.c.post_key == posts.c.post_key)
        .where(cluster_members.c.cluster == number)
        .order_by(findings.c.finding_id)
    ).all()


def _keys_of(db: Db, keys: Collection[int]) -> Keys:
    rows = rows_in(db, select(link_keys), link_keys.c.post_key, keys)
    return [(row.kind, row.key, row.post_key) for row in rows if row.kind in COMMON]


def _common_of(db: Db, keys: Keys) -> set[Key]:
    """Which of these keys too many posts share."""
    rows = rows_in(db, CARRIED, link_keys.c.key, {key for _, key, _ in keys})
    return common_keys((row.kind, row.key, row.posts) for row in rows if row.kind in COMMON)


def _alike_among(db: Db, keys: Keys) -> list[tuple[int, int]]:
    texts = {key for kind, key, _ in keys if kind == "text"}
    rows = rows_in(db, select(alike.c.one, alike.c.other), alike.c.one, texts)
    return [(row.one, row.other) for row in rows if row.other in texts]


def _standing(db: Db, number: int) -> Sequence[Any]:
    """The posts of a cluster that are in a campaign, each with its name."""
    return db.connection.execute(
        select(
            campaign_members.c.post_key,
            campaigns.c.campaign_id,
            campaigns.c.name,
            campaigns.c.state,
        )
        .join(campaigns, campaigns.c.campaign_id == campaign_members.c.campaign_id)
        .join(cluster_members, cluster_members.c.post_key == campaign_members.c.post_key)
        .where(cluster_members.c.cluster == number, campaigns.c.withdrawn_at.is_(None))
    ).all()


def name(db: Db, number: int, called: str, who: str, at: datetime) -> int:
    """
    Make the posts of a cluster a campaign, or add them to the one that is called so already.

    Gives the campaign's number. Raises NotAllowedError where posts of it bear another name.
    """
    standing = _standing(db, number)
    others = sorted({row.name for row in standing} - {called})
    if others:
        raise NotAllowedError(
            f"cluster {number} holds posts of {', '.join(map(repr, others))}: name it so, or take"
            " that name back first: lurewatch clusters unname"
        )
    campaign_id = db.connection.scalar(
        select(campaigns.c.campaign_id).where(
            campaigns.c.name == called, campaigns.c.withdrawn_at.is_(None)
        )
    )
    if campaign_id is None:
        made = db.connection.execute(
            insert(campaigns).values(name=called, named_by=who, named_at=at)
        )
        campaign_id = int(made.inserted_primary_key[0])  # type: ignore[index]  # one row was inserted
    known = {row.post_key for row in standing}
    fresh = [row.post_key for row in _members(db, number) if row.post_key not in known]
    values = {"campaign_id": campaign_id, "confirmed_by": who, "confirmed_at": at}
    add(db, campaign_members, [values | {"post_key": key} for key in fresh])
    return campaign_id


def withdraw(db: Db, called: str, who: str, at: datetime) -> int:
    """Take a campaign's name back; it stays on record. Raises NotAllowedError when none is called so."""
    campaign_id = db.connection.scalar(
        select(campaigns.c.campaign_id).where(
            campaigns.c.name == called, campaigns.c.withdrawn_at.is_(None)
        )
    )
    if campaign_id is None:
        raise NotAllowedError(f"no campaign is called {called!r}; see: lurewatch clusters list")
    db.connection.execute(
        update(campaigns)
        .where(campaigns.c.campaign_id == campaign_id)
        .values(withdrawn_by=who, withdrawn_at=at)
    )
    return int(campaign_id)
