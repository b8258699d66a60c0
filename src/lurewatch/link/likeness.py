"""Which pictures look alike, by their difference hashes."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

NEAR: Final = 4  # bits of 64 in which two pictures that look alike may differ; see docs/pictures.md
PLAIN: Final = 10  # bits: with fewer set, or unset, a picture is too plain to tell whose it is
BITS: Final = 64
CROWD: Final = 1000  # hashes equal in one stretch; more have no more in common than a white margin
CUTS: Final = tuple(BITS * part // (NEAR + 1) for part in range(NEAR + 2))


def alike_groups(hashes: Iterable[int]) -> dict[int, int | None]:
    """
    For each hash the least of the hashes it is alike to, by whatever steps; none for plain pictures.

    Two hashes that differ in NEAR bits are equal in one of NEAR + 1 stretches at least, so only
    those are compared. The order in which hashes come does not matter.

        >>> one, near, far = 0x0F0F0F0F0F0F0F0F, 0x0F0F0F0F0F0F0F0E, 0x3333333333333333
        >>> groups = alike_groups([one, near, far, 0])
        >>> groups[one] == groups[near] == near, groups[far] == far, groups[0] is None
        (True, True, True)
    """
    known = set(hashes)
    told = sorted(one for one in known if not is_plain(one))
    above = {one: one for one in told}

    def top(one: int) -> int:
        while above[one] != one:
            above[one] = above[above[one]]
            one = above[one]
        return one

    for start, end in pairwise(CUTS):
        met = defaultdict(list)
        for one in told:
            met[(one >> start) & ((1 << (end - start)) - 1)].append(one)
        for some in met.values():
            if len(some) > CROWD:
                continue
            for at, one in enumerate(some):
                for other in some[at + 1 :]:
                    if apart(one, other) <= NEAR:
                        first, last = sorted((top(one), top(other)))
                        above[last] = first
    return {one: top(one) if one in above else None for one in known}


def apart(one: int, other: int) -> int:
    """
    In how many bits two hashes differ.

    >>> apart(-1, 1), apart(5, 4)
    (63, 1)
    """
    return ((one ^ other) & ((1 << BITS) - 1)).bit_count()


def is_plain(one: int) -> bool:
    """Whether a picture has hardly any edge: blank, or a gradient."""
    count = (one & ((1 << BITS) - 1)).bit_count()
    return min(count, BITS - count) < PLAIN
