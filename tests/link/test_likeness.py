"""Pictures that look alike are one group, whatever the order in which they come."""

import random

from hypothesis import given
from hypothesis import strategies as st

from lurewatch.link.likeness import NEAR, alike_groups, apart, is_plain

HASHES = st.lists(st.integers(-(2**63), 2**63 - 1), max_size=30)


def flipped(one: int, *bits: int) -> int:
    for bit in bits:
        one ^= 1 << bit
    return one


@given(HASHES, st.integers(0, 2**32))
def test_the_order_does_not_matter(hashes: list[int], seed: int) -> None:
    near = hashes + [flipped(one, 3) for one in hashes if one >= 0]
    mixed = random.Random(seed).sample(near, len(near))
    assert alike_groups(near) == alike_groups(mixed)


@given(st.integers(0, 2**62), st.lists(st.integers(0, 62), max_size=NEAR, unique=True))
def test_every_pair_within_reach_is_found(one: int, bits: list[int]) -> None:
    other = flipped(one, *bits)
    groups = alike_groups([one, other])
    if not is_plain(one) and not is_plain(other):
        assert groups[one] == groups[other] == min(one, other)


def test_what_is_further_apart_is_not_joined() -> None:
    one = 0x0F0F0F0F0F0F0F0F
    other = flipped(one, *range(NEAR + 1))
    assert apart(one, other) == NEAR + 1
    groups = alike_groups([one, other])
    assert groups[one] != groups[other]


def test_plain_pictures_are_nobodys() -> None:
    assert alike_groups([0, -1, 1]) == {0: None, -1: None, 1: None}
