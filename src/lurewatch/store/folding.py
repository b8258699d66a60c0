"""Findings of nearly the same wording that wait for a decision: one decision can settle them."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, select

from lurewatch.store import Db
from lurewatch.store.clusters import keys_of
from lurewatch.store.links import rows_in
from lurewatch.store.tables import alike, cluster_members, findings, link_keys, referrals

NEAR: Final = 0.8  # share of the wording: a template with another town in it


def near(db: Db, finding_id: int, limit: int) -> dict[int, float]:
    """
    The other lures of nearly the same wording that nobody has decided, with the share; nearest first.

    What waits for a lead is left out: it is decided by itself.
    """
    own = _wordings(db, [finding_id], waiting=False)
    shares = dict.fromkeys(own.values(), 1.0)
    for one, other, share in _alike(db, shares):
        shares.setdefault(other if one in own.values() else one, share)
    carriers = (
        select(findings.c.finding_id, link_keys.c.key)
        .join(link_keys, link_keys.c.post_key == findings.c.post_key)
        .join(cluster_members, cluster_members.c.post_key == findings.c.post_key)
        .where(link_keys.c.kind == "text")
    )
    rows = rows_in(db, _free(carriers, waiting=True), link_keys.c.key, shares)
    found = {row.finding_id: shares[row.key] for row in rows if row.finding_id != finding_id}
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))[:limit])


def folded(db: Db, finding_ids: Sequence[int]) -> dict[int, int]:
    """
    Of these findings, those of nearly the same wording as one before them, and as which.

    Only what waits for a decision is folded. A head is never folded itself.
    """
    own = _wordings(db, finding_ids, waiting=True)
    pairs = {frozenset((one, other)) for one, other, _ in _alike(db, set(own.values()))}
    heads: list[int] = []
    found: dict[int, int] = {}
    for number in (one for one in finding_ids if one in own):
        like = (h for h in heads if own[h] == own[number] or {own[h], own[number]} in pairs)
        head = next(like, None)
        if head is None:
            heads.append(number)
        else:
            found[number] = head
    return found


def _free(query: Select[Any], *, waiting: bool) -> Select[Any]:
    """Of findings, all or only those that wait for a decision, and not for a lead's."""
    if not waiting:
        return query
    referred = select(referrals.c.finding_id)
    return query.where(findings.c.decided.is_(False), findings.c.finding_id.not_in(referred))


def _wordings(db: Db, finding_ids: Collection[int], *, waiting: bool) -> dict[int, int]:
    """The wording of each of these findings that is in a cluster."""
    inside = _free(
        select(findings.c.finding_id, findings.c.post_key).join(
            cluster_members, cluster_members.c.post_key == findings.c.post_key
        ),
        waiting=waiting,
    )
    of = {
        row.post_key: row.finding_id
        for row in rows_in(db, inside, findings.c.finding_id, finding_ids)
    }
    return {of[post]: key for kind, key, post in keys_of(db, of) if kind == "text"}


def _alike(db: Db, texts: Collection[int]) -> list[tuple[int, int, float]]:
    """Pairs of which one at least is among these texts, the nearest first."""

    def pairs(column: ColumnElement[Any]) -> list[tuple[int, int, float]]:
        query = select(alike.c.one, alike.c.other, alike.c.share).where(alike.c.share >= NEAR)
        return [(row.one, row.other, row.share) for row in rows_in(db, query, column, texts)]

    return sorted({*pairs(alike.c.one), *pairs(alike.c.other)}, key=lambda pair: -pair[2])
