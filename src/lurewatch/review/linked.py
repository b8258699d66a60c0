"""What belongs to the findings that are shown: the posts of one cluster, and how many there are."""

from collections.abc import Sequence
from typing import Final

from lurewatch.finding import Finding
from lurewatch.store import Store
from lurewatch.workflow import Linked, cluster_of, cluster_sizes

SHOWN: Final = 12  # posts beside a finding; the rest is a number


def linked_to(store: Store, number: int, *, reader: str) -> Linked:
    """What the page of a finding shows beside it."""
    return cluster_of(store, number, reader=reader, limit=SHOWN)


def posts_together(store: Store, found: Sequence[Finding]) -> dict[int, int]:
    """For the queue: how many posts belong together with each finding, itself counted."""
    return cluster_sizes(store, [one.finding_id for one in found])
