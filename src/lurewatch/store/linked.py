"""What belongs to one finding, and why: as much of its cluster as a page shows, however large that is."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from lurewatch.campaign import CampaignState
from lurewatch.finding import LURING, Stance
from lurewatch.link.grouping import CONTACTS, Facts, Key, Link, links_between
from lurewatch.store import Db
from lurewatch.store.clusters import common_of, keys_of, number_of, posts_in, standing_in
from lurewatch.store.links import rows_in
from lurewatch.store.posts import load
from lurewatch.store.tables import alike, cluster_members, findings, link_keys, posts, verdicts

NEAREST: Final = 200  # wordings like one's own that are looked for
NAMED: Final = 50  # contacts of a cluster of which the mentions by others are counted


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
    mentions: dict[Stance, int]  # posts of others that name one of NAMED contacts, by who speaks
    common: tuple[str, ...]  # kinds of what it shares with too many posts to tell whose it is


def linked_to(db: Db, finding_id: int, limit: int) -> Linked | None:
    """What belongs to a finding, at most *limit* posts of it; nothing when there is no such finding."""
    own = db.connection.scalar(
        select(findings.c.post_key).where(findings.c.finding_id == finding_id)
    )
    if own is None:
        return None
    number = number_of(db, finding_id)
    mine = {(kind, key) for kind, key, _ in keys_of(db, [own])}
    shares = _alike(db, mine) | dict.fromkeys(mine, 1.0)
    common = common_of(db, {key for _, key in shares})
    telling = {key: share for key, share in shares.items() if key not in common}
    standing = {} if number is None else standing_in(db, number)
    return Linked(
        cluster=number,
        posts=0 if number is None else posts_in(db, number),
        campaigns=tuple(sorted(standing)),
        confirmed=sum(one.posts for one in standing.values()),
        states={name: one.state for name, one in standing.items()},
        members=() if number is None else _nearest(db, own, number, mine - common, telling, limit),
        mentions=_mentions(db, number, [key for kind, key in mine if kind in CONTACTS]),
        common=tuple(sorted({kind for kind, _ in mine & common})),
    )


def _alike(db: Db, mine: Collection[Key]) -> dict[Key, float]:
    """The wordings most like one's own, and how much of the wording they share."""
    own = [key for kind, key in mine if kind == "text"]
    near: dict[Key, float] = {}
    for one, other in ((alike.c.one, alike.c.other), (alike.c.other, alike.c.one)):
        rows = rows_in(db, select(other.label("key"), alike.c.share), one, own)
        near |= {("text", row.key): row.share for row in rows}
    return dict(sorted(near.items(), key=lambda pair: -pair[1])[:NEAREST])


def _nearest(
    db: Db, own: int, number: int, mine: set[Key], shares: dict[Key, float], limit: int
) -> tuple[Member, ...]:
    """
    The posts beside *own*, with their links to it; only of those shown are the minutes compared.

    *mine* is what tells whose it is, *shares* that and the wordings like its own, each with the share.
    """
    held: defaultdict[int, set[Key]] = defaultdict(set)
    query = (
        select(link_keys.c.kind, link_keys.c.key, link_keys.c.post_key)
        .join(cluster_members, cluster_members.c.post_key == link_keys.c.post_key)
        .where(
            cluster_members.c.cluster == number,
            link_keys.c.kind.in_({kind for kind, _ in shares}),
            link_keys.c.post_key != own,
        )
    )
    for row in rows_in(db, query, link_keys.c.key, {key for _, key in shares}):
        if (row.kind, row.key) in shares:
            held[row.post_key].add((row.kind, row.key))

    def linked(post: int, one: Facts, author: str, at: datetime | None) -> tuple[Link, ...]:
        share = max((shares[key] for key in held[post] if key[0] == "text"), default=0.0)
        return links_between(one, Facts(frozenset(held[post] & mine), author, at), share)

    nobody = Facts(frozenset(mine), "", None)
    strength = {post: linked(post, nobody, "", None)[0].strength for post in held}
    chosen = sorted(held, key=lambda post: (-strength[post], post))[:limit]
    if len(chosen) < limit:
        chosen += _others(db, number, {own, *chosen}, limit - len(chosen))
    rows = _seen(db, [own, *chosen])
    one = Facts(frozenset(mine), rows[own].author_hash, _exact(db, rows[own]))
    return tuple(
        Member(
            rows[post].finding_id,
            rows[post].platform,
            rows[post].published_at,
            linked(post, one, rows[post].author_hash, _exact(db, rows[post])),
        )
        for post in chosen
    )


def _others(db: Db, number: int, besides: Collection[int], limit: int) -> list[int]:
    """Posts of a cluster to which only other posts lead, the oldest findings first."""
    query = (
        select(cluster_members.c.post_key)
        .where(cluster_members.c.cluster == number)
        .order_by(cluster_members.c.post_key)
        .limit(limit + len(besides))
    )
    return [post for post in db.connection.scalars(query) if post not in besides][:limit]


def _seen(db: Db, keys: Sequence[int]) -> dict[int, Any]:
    query = select(
        posts.c.post_key,
        findings.c.finding_id,
        posts.c.platform,
        posts.c.author_hash,
        posts.c.published_at,
        posts.c.sealed,
    ).join(findings, findings.c.post_key == posts.c.post_key)
    return {row.post_key: row for row in rows_in(db, query, posts.c.post_key, keys)}


def _exact(db: Db, row: Any) -> datetime | None:
    """The moment of a post; nothing where only its day is known."""
    post = load(db.vault.open(row.sealed))
    return post.published_at if post.published_exact else None


def _mentions(db: Db, number: int | None, own: Collection[int]) -> dict[Stance, int]:
    """How many posts that are in no cluster name a contact of these, by who speaks."""
    contacts = dict.fromkeys(own)
    if number is not None and len(contacts) < NAMED:
        inside = (
            select(link_keys.c.key)
            .join(cluster_members, cluster_members.c.post_key == link_keys.c.post_key)
            .where(cluster_members.c.cluster == number, link_keys.c.kind.in_(CONTACTS))
            .limit(1000)
        )
        contacts |= dict.fromkeys(db.connection.scalars(inside))
    asked = list(contacts)[:NAMED]
    common = {key for _, key in common_of(db, asked)}
    query = (
        select(link_keys.c.post_key)
        .where(link_keys.c.kind.in_(CONTACTS))
        .outerjoin(cluster_members, cluster_members.c.post_key == link_keys.c.post_key)
        .where(cluster_members.c.post_key.is_(None))
    )
    told = [key for key in asked if key not in common]
    others = {row.post_key for row in rows_in(db, query, link_keys.c.key, told)}
    stances = rows_in(
        db,
        select(verdicts.c.post_key, verdicts.c.stance).order_by(verdicts.c.verdict_id),
        verdicts.c.post_key,
        others,
    )
    newest = {row.post_key: Stance(row.stance) for row in stances}
    return dict(Counter(one for one in newest.values() if one not in LURING).most_common())
