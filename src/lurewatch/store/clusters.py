"""Clusters, which are computed, and the campaigns that people make of them."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, func, insert, select, update

from lurewatch.campaign import CampaignState
from lurewatch.errors import NotAllowedError
from lurewatch.finding import LURING, Label
from lurewatch.link.grouping import (
    COMMON,
    Key,
    common_keys,
    groups,
    ties,
)
from lurewatch.store import Db
from lurewatch.store.bulk import add
from lurewatch.store.findings import FLAGGED, UNDONE
from lurewatch.store.links import parts, rows_in
from lurewatch.store.tables import (
    alike,
    campaign_members,
    campaigns,
    cluster_members,
    cluster_sums,
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
    """Compute all clusters from what lures share, and what pages say of them; gives how many there are."""
    keys, pairs, common = _keys_of_findings(db), _alike(db), _common(db)
    found = groups(lures(db), keys, pairs, common)
    rows = db.connection.execute(select(cluster_members))
    held = {row.post_key: row.cluster for row in rows}
    changed = [post for post, number in held.items() if found.get(post) != number]
    for some in parts(changed):
        db.connection.execute(delete(cluster_members).where(cluster_members.c.post_key.in_(some)))
    fresh = [{"post_key": p, "cluster": n} for p, n in found.items() if held.get(p) != n]
    add(db, cluster_members, fresh)
    _sum_up(db, found, keys, pairs, common)
    return len(set(found.values()))


def _sum_up(
    db: Db, found: Mapping[int, int], keys: Keys, pairs: Sequence[tuple[int, int]], common: set[Key]
) -> None:
    """Write down what a page says of each cluster, so that no page reads the whole of a large one."""
    inside: defaultdict[int, Keys] = defaultdict(list)
    of_text: dict[int, int] = {}
    for kind, key, post in keys:
        if post in found and kind in COMMON and (kind, key) not in common:
            inside[found[post]].append((kind, key, post))
            if kind == "text":
                of_text[key] = found[post]
    alike_in: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for one, other in pairs:
        if one in of_text and other in of_text:
            alike_in[of_text[one]].append((one, other))
    number = cluster_members.c.cluster
    joined = cluster_members.join(posts, posts.c.post_key == cluster_members.c.post_key)
    platforms: defaultdict[int, set[str]] = defaultdict(set)
    for row in db.connection.execute(
        select(number, posts.c.platform).select_from(joined).distinct()
    ):
        platforms[row.cluster].add(row.platform)
    counted = select(
        number,
        func.count(posts.c.author_hash.distinct()).label("accounts"),
        func.min(posts.c.first_seen).label("first_seen"),
        func.max(posts.c.last_seen).label("last_seen"),
    )
    rows = [
        {
            "cluster": row.cluster,
            "accounts": row.accounts,
            "platforms": " ".join(sorted(platforms[row.cluster])),
            "first_seen": row.first_seen,
            "last_seen": row.last_seen,
            "ties": json.dumps(ties(inside[row.cluster], alike_in[row.cluster], common)),
        }
        for row in db.connection.execute(counted.select_from(joined).group_by(number))
    ]
    db.connection.execute(delete(cluster_sums))
    add(db, cluster_sums, rows)


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
    numbers = list(db.connection.scalars(query.limit(limit).offset(offset)))
    return [described(db, one) for one in numbers]


def described(db: Db, number: int) -> Cluster:
    """One cluster: its posts as of now, the rest as of its last grouping."""
    summed = db.connection.execute(
        select(cluster_sums).where(cluster_sums.c.cluster == number)
    ).one()
    standing = standing_in(db, number)
    return Cluster(
        number=number,
        posts=posts_in(db, number),
        accounts=summed.accounts,
        platforms=tuple(summed.platforms.split()),
        first_seen=summed.first_seen,
        last_seen=summed.last_seen,
        ties=json.loads(summed.ties),
        campaigns=tuple(sorted(standing)),
        confirmed=sum(one.posts for one in standing.values()),
        states={name: one.state for name, one in standing.items()},
    )


def posts_in(db: Db, number: int) -> int:
    """How many posts a cluster has."""
    query = select(func.count()).select_from(cluster_members)
    return int(db.connection.scalar(query.where(cluster_members.c.cluster == number)) or 0)


def keys_of(db: Db, posts: Collection[int]) -> Keys:
    """What posts can be recognised by."""
    rows = rows_in(db, select(link_keys), link_keys.c.post_key, posts)
    return [(row.kind, row.key, row.post_key) for row in rows if row.kind in COMMON]


def common_of(db: Db, keys: Collection[int]) -> set[Key]:
    """Which of these keys too many posts share."""
    rows = rows_in(db, CARRIED.where(link_keys.c.kind.in_(COMMON)), link_keys.c.key, keys)
    return common_keys((row.kind, row.key, row.posts) for row in rows)


@dataclass(frozen=True, slots=True)
class Standing:
    """A campaign that posts of a cluster are in."""

    posts: int
    state: CampaignState


def standing_in(db: Db, number: int) -> dict[str, Standing]:
    """The campaigns of a cluster's posts, by name."""
    rows = db.connection.execute(
        _STANDING.with_only_columns(
            campaigns.c.name, campaigns.c.state, func.count().label("posts")
        )
        .where(cluster_members.c.cluster == number)
        .group_by(campaigns.c.name, campaigns.c.state)
    )
    return {row.name: Standing(row.posts, CampaignState(row.state)) for row in rows}


_STANDING: Final = (
    select(campaign_members.c.post_key)
    .join(campaigns, campaigns.c.campaign_id == campaign_members.c.campaign_id)
    .join(cluster_members, cluster_members.c.post_key == campaign_members.c.post_key)
    .where(campaigns.c.withdrawn_at.is_(None))
)


def name(db: Db, number: int, called: str, who: str, at: datetime) -> int:
    """
    Make the posts of a cluster a campaign, or add them to the one that is called so already.

    Gives the campaign's number. Raises NotAllowedError where posts of it bear another name.
    """
    others = sorted(set(standing_in(db, number)) - {called})
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
    known = set(db.connection.scalars(_STANDING.where(cluster_members.c.cluster == number)))
    inside = select(cluster_members.c.post_key).where(cluster_members.c.cluster == number)
    fresh = [post for post in db.connection.scalars(inside) if post not in known]
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
