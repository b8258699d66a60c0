"""Figures with what they are worth: the interval of a share, and agreement beyond chance."""

import math
from collections import Counter
from collections.abc import Sequence


def wilson(part: int, whole: int) -> tuple[float, float]:
    """
    The 95 % interval of a share.

    >>> [round(bound, 3) for bound in wilson(0, 100)]
    [0.0, 0.037]
    """
    if not whole:
        return 0.0, 1.0
    z, share = 1.96, part / whole
    middle = share + z * z / (2 * whole)
    spread = z * math.sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole))
    scale = 1 + z * z / whole
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """
    Cohen's kappa of two people's labels; None where it is not defined.

    That is with no pair, or when both always say the same one thing.

    >>> kappa([("a", "a"), ("b", "b"), ("a", "b"), ("b", "a")]), kappa([("a", "a")])
    (0.0, None)
    """
    if not pairs:
        return None
    agreed = sum(one == other for one, other in pairs) / len(pairs)
    first, second = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    chance = sum(first[label] * second[label] for label in first) / len(pairs) ** 2
    return None if chance == 1 else (agreed - chance) / (1 - chance)
