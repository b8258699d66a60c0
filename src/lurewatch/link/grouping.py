"""Which lures one hand may be behind: what they share, and the groups that makes."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

CONTACTS: Final = frozenset({"wechat", "qq", "group", "phone", "link", "email"})
COMMON: Final = {
    **dict.fromkeys(("text", "account", *sorted(CONTACTS)), 1000),
    "image": 50,  # equal addresses are mostly a platform's own pictures
}  # what more posts than these share tells nobody's hand, and joins nothing
TELLING: Final = {"account": 0.9, "image": 0.7} | dict.fromkeys(CONTACTS, 0.95)
TOGETHER: Final = timedelta(minutes=10)  # between two accounts that say the same by arrangement

Key = tuple[str, int]  # the kind of thing a post can be recognised by (as in COMMON), and its hash


@dataclass(frozen=True, slots=True)
class Link:
    """Why two posts belong together; `kind` is one of COMMON, and nobody's handle is told."""

    kind: str
    strength: float  # 0..1
    share: float | None = None  # of the wording, from 0 to 1, where the link is a text
    minutes: int | None = None  # between two accounts' posts of like wording, within TOGETHER


@dataclass(frozen=True, slots=True)
class Facts:
    """What one post can be compared by."""

    keys: frozenset[Key]
    author: str
    published: datetime | None  # None where only a day is known


def common_keys(carried: Iterable[tuple[str, int, int]]) -> set[Key]:
    """The keys of (kind, hash, number of posts) that too many posts share."""
    return {(kind, key) for kind, key, posts in carried if posts > COMMON[kind]}


def groups(
    findings: Mapping[int, int],
    keys: Iterable[tuple[str, int, int]],
    alike: Iterable[tuple[int, int]],
    common: set[Key],
) -> dict[int, int]:
    """
    The cluster of each post that has one: the least number of the findings in it.

    *findings* gives the number of the finding of each lure: no other post is ever in a cluster.
    *keys* are (kind, hash, post), *alike* pairs of texts' hashes. The order of neither matters.

        >>> groups({1: 11, 2: 12, 3: 13}, [("qq", 5, 1), ("qq", 5, 3), ("text", 7, 2)], [], set())
        {1: 11, 3: 11}
    """
    first: dict[Key, int] = {}
    above: dict[int, int] = {}

    def top(post: int) -> int:
        while (next_up := above.get(post, post)) != post:
            above[post] = above.get(next_up, next_up)
            post = next_up
        return post

    for kind, key, post in keys:
        if post in findings and kind in COMMON and (kind, key) not in common:
            above[top(post)] = top(first.setdefault((kind, key), post))
    for one, other in alike:
        ends = first.get(("text", one)), first.get(("text", other))
        if ends[0] is not None and ends[1] is not None:
            above[top(ends[0])] = top(ends[1])
    together = defaultdict(list)
    for post in findings:
        together[top(post)].append(post)
    return {
        post: number
        for posts in together.values()
        if len(posts) > 1
        for number in [min(findings[post] for post in posts)]
        for post in posts
    }


def links_between(one: Facts, other: Facts, shared_wording: float) -> tuple[Link, ...]:
    """
    Why two posts belong together, the strongest reason first.

    Timing makes no link: it strengthens that of two accounts which say the same at the same time.

        >>> links_between(Facts(frozenset({("qq", 1)}), "a", None), Facts(frozenset({("qq", 1)}), "b", None), 0)
        (Link(kind='qq', strength=0.95, share=None, minutes=None),)
    """
    found = [
        Link(kind, TELLING[kind]) for kind in {kind for kind, _ in one.keys & other.keys if kind in TELLING}
    ]  # fmt: skip
    if shared_wording:
        minutes = minutes_between(one, other)
        strength = shared_wording if minutes is None else (1 + shared_wording) / 2
        found.append(Link("text", round(strength, 2), round(shared_wording, 2), minutes))
    return tuple(sorted(found, key=lambda link: (-link.strength, link.kind)))


def minutes_between(one: Facts, other: Facts) -> int | None:
    """How far apart two accounts' posts are, where that is little and known."""
    if one.author == other.author or one.published is None or other.published is None:
        return None
    apart = abs(one.published - other.published)
    return int(apart.total_seconds() // 60) if apart <= TOGETHER else None


def ties(
    keys: Iterable[tuple[str, int, int]], alike: Iterable[tuple[int, int]], common: set[Key]
) -> dict[str, int]:
    """
    How many posts of a cluster share something of each kind with another of it.

        >>> ties([("qq", 5, 1), ("qq", 5, 3), ("text", 7, 1), ("text", 8, 2)], [(7, 8)], set())
        {'qq': 2, 'text': 2}
    """
    carriers = defaultdict(set)
    for kind, key, post in keys:
        if kind in COMMON and (kind, key) not in common:
            carriers[kind, key].add(post)
    tied: dict[str, set[int]] = defaultdict(set)
    for (kind, _), posts in carriers.items():
        if len(posts) > 1:
            tied[kind] |= posts
    for one, other in alike:
        ends = carriers.get(("text", one), set()), carriers.get(("text", other), set())
        if all(ends):
            tied["text"] |= ends[0] | ends[1]
    counted = Counter({kind: len(posts) for kind, posts in tied.items()})
    return dict(counted.most_common())
