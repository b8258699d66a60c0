"""Which words carried a flag: each clause is left out in turn, and shown alone, and the model is asked again."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from lurewatch.classify.encode import Piece, model_text
from lurewatch.finding import Reason

CLAUSE: Final = re.compile(r"[^，。！？；…\n!?;]+[，。！？；…\n!?;]*")
MOST: Final = 8  # clauses that are tried, the longest: each costs two runs of the model
NAMED: Final = 3  # clauses that are named
SHARE: Final = 0.3  # of what the heaviest clause weighs, from which another one counts
LEAST: Final = 0.5  # log-odds that a clause must weigh


def carried(
    bundle: Sequence[Piece], odds: float, odds_of: Callable[[Sequence[str]], Sequence[float]]
) -> list[Reason]:
    """
    The clauses that make a post a lure, heaviest first.

    A clause weighs the mean of what the post loses without it, and of what it says by itself: where
    one half of a post repeats the other, leaving out either loses nothing.

    *odds* is the log-odds of the whole post, *odds_of* gives those of other texts for the model. A
    post of one clause has none: all of it carried the flag.
    """
    clauses = [
        (piece, *clause.span())
        for piece in range(len(bundle))
        for clause in CLAUSE.finditer(bundle[piece][2].plain)
        if clause[0].strip()
    ]
    if len(clauses) < 2:
        return []
    tried = sorted(clauses, key=lambda one: one[1] - one[2])[:MOST]
    texts = [without(bundle, *one) for one in tried] + [alone(bundle, *one) for one in tried]
    nothing, *asked = odds_of(["", *texts])
    left, shown = asked[: len(tried)], asked[len(tried) :]
    weights = [(odds - out + by - nothing) / 2 for out, by in zip(left, shown, strict=True)]
    heaviest = max(weights)
    named = sorted(zip(weights, tried, strict=True), reverse=True)[:NAMED]
    return [
        reason(bundle[piece], start, end, weight)
        for weight, (piece, start, end) in named
        if weight >= max(LEAST, SHARE * heaviest)
    ]


def without(bundle: Sequence[Piece], at: int, start: int, end: int) -> str:
    """What the model reads of a post that lacks one clause."""
    field, index, found = bundle[at]
    rest = replace(found, plain=found.plain[:start] + found.plain[end:])
    return model_text([*bundle[:at], (field, index, rest), *bundle[at + 1 :]])


def alone(bundle: Sequence[Piece], at: int, start: int, end: int) -> str:
    """What the model reads of one clause by itself."""
    field, index, found = bundle[at]
    return model_text([(field, index, replace(found, plain=found.plain[start:end]))])


def reason(piece: Piece, start: int, end: int, weight: float) -> Reason:
    """A clause as a reason, where it stands in the raw text."""
    field, index, found = piece
    spans = found.map[start:end]
    first, last = min(span[0] for span in spans), max(span[1] for span in spans)
    return Reason(
        field=field,
        index=index,
        start=first,
        end=last,
        surface=found.raw[first:last],
        meaning=f"{weight:+.1f}",
        kind="model",
    )
