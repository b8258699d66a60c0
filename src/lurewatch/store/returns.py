"""Lures that came after a post had gone, and what of it they show again."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from lurewatch.link.grouping import COMMON, Key
from lurewatch.store import Db
from lurewatch.store.clusters import common_of, lures
from lurewatch.store.links import rows_in
from lurewatch.store.tables import alike, findings, link_keys

Returned = dict[int, frozenset[str]]  # finding -> what it shares: kinds as in COMMON


def returned(db: Db, gone: Mapping[int, datetime]) -> dict[int, Returned]:
    """
    For each finding whose post was gone by a moment: the lures found since that show it again.

    By contact, account, picture or like wording, whichever is not shared by too many posts to tell.
    What a person called no lure never counts, and no post but a lure does.
    """
    if not gone:
        return {}
    rows = rows_in(
        db, select(findings.c.finding_id, findings.c.post_key), findings.c.finding_id, gone
    )
    own = {row.post_key: row.finding_id for row in rows}
    held = rows_in(db, select(link_keys), link_keys.c.post_key, own)
    keys = {(row.kind, row.key) for row in held if row.kind in COMMON}
    like = _like(db, {key for kind, key in keys if kind == "text"})
    wanted = {key for _, key in keys} | {key for some in like.values() for key in some}
    common = common_of(db, wanted)
    query = (
        select(link_keys.c.kind, link_keys.c.key, findings.c.post_key, findings.c.finding_id, findings.c.found_at)
        .join(findings, findings.c.post_key == link_keys.c.post_key)
        .where(findings.c.found_at > min(gone.values()), link_keys.c.kind.in_(COMMON))
    )  # fmt: skip
    carriers: defaultdict[Key, list[tuple[int, datetime]]] = defaultdict(list)
    luring = lures(db)
    for row in rows_in(db, query, link_keys.c.key, wanted):
        if row.post_key in luring:
            carriers[row.kind, row.key].append((row.finding_id, row.found_at))
    shown: dict[int, defaultdict[int, set[str]]] = {one: defaultdict(set) for one in gone}
    for row in held:
        finding, key = own[row.post_key], (row.kind, row.key)
        same = [key, *(("text", other) for other in like.get(row.key, ()) if row.kind == "text")]
        for one in same:
            if one in common or one[0] not in COMMON:
                continue
            for other, at in carriers[one]:
                if other != finding and at > gone[finding]:
                    shown[finding][other].add(row.kind)
    return {
        finding: {other: frozenset(kinds) for other, kinds in sorted(some.items())}
        for finding, some in shown.items()
        if some
    }


def _like(db: Db, texts: set[int]) -> dict[int, set[int]]:
    """The texts like each of these."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    for near, far in ((alike.c.one, alike.c.other), (alike.c.other, alike.c.one)):
        for row in rows_in(db, select(near.label("near"), far.label("far")), near, texts):
            found[row.near].add(row.far)
    return found
