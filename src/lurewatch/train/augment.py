"""
Code plain text, for training only: the model must not learn that coding alone means a lure.

There is no command for this, and there must be none.
"""

import random
from collections import defaultdict
from functools import cache
from typing import Final

from lurewatch.text.data_files import rows
from lurewatch.text.lexicon import load_lexicon
from lurewatch.text.sounds import sounds
from lurewatch.train.corpus import Example

RATE: Final = 0.3  # share of examples that are coded, lures and innocents alike
DROPPED: Final = 0.3  # chance that a name or bio is left out: their presence must say nothing
ZERO_WIDTH: Final = "\u200b"


@cache
def listed() -> dict[str, list[str]]:
    """For each plain term, how it has been seen written, and how letters write it."""
    found: dict[str, list[str]] = defaultdict(list)
    for term in load_lexicon().terms:
        if term.coded and len(term.plain) >= 2:
            found[term.plain].append(term.form)
    for form, plain, _ in rows("proposals.tsv"):
        found[plain].append(form)
    return dict(found)


@cache
def replacements() -> dict[str, list[str]]:
    """For each character of a term, what else is read as it: sounds, shapes, pictures and parts."""
    alike: dict[str, list[str]] = defaultdict(list)
    for char, toned in sounds().toned.items():
        if char.encode("gb2312", "ignore"):  # what a phone offers
            alike[toned.rstrip("12345")].append(char)
    found: dict[str, list[str]] = {}
    for char in {char for (plain,) in rows("targets.tsv") for char in plain}:
        same = alike[sounds().toned[char].rstrip("12345")]
        found[char] = [one for one in same if one != char]
    for name in ("shapes.tsv", "senses.tsv"):
        for char, others, _ in rows(name):
            found.setdefault(char, []).extend(others)
    for parts, char, _ in rows("splits.tsv"):
        found.setdefault(char, []).append(parts)
    return found


def disguised(plain: str, pick: random.Random) -> str:
    """One way to write a term so that a filter misses it."""
    way = pick.random()
    if way < 0.4:
        return pick.choice(listed()[plain])
    if way < 0.5:
        return pick.choice("*. ·/ ❤").join(plain)
    if way < 0.55:
        return ZERO_WIDTH.join(plain)
    places = pick.sample(range(len(plain)), 1 if way < 0.9 else min(2, len(plain)))
    return "".join(
        pick.choice(replacements().get(char) or [char]) if at in places else char
        for at, char in enumerate(plain)
    )


def coded(text: str, pick: random.Random) -> str:
    """*text* with some of its terms disguised."""
    for plain in listed():
        if plain in text and pick.random() < 0.5:
            text = text.replace(plain, disguised(plain, pick), 1)
    return text


def varied(example: Example, pick: random.Random) -> Example:
    """One example as one epoch sees it."""
    values = [
        value
        for value in example.values
        if value[0] not in ("author_name", "author_bio") or pick.random() > DROPPED
    ]
    if not values:
        values = list(example.values)
    if pick.random() < RATE:
        values = [(field, index, coded(text, pick)) for field, index, text in values]
    return Example(tuple(values), example.stance, example.services, example.family, example.group)
