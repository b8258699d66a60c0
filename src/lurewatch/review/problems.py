"""What rules and inputs say when they refuse, in the reader's language."""

import re
from collections.abc import Callable
from functools import cache
from typing import Final

from lurewatch.review import words

NAMES: Final = words.STEPS | words.REQUESTS | words.NEEDS | words.ROLES
OURS: Final = frozenset({"state", "step", "steps", "known", "what", "role", "roles"})
COUNTED: Final = frozenset({"number", "other", "size"})
NUMBER: Final = r"\d+"


def told(message: str, translate: Callable[[str], str]) -> str:
    r"""
    A refusal in another language: as a whole, else by the pieces between its colons.

    The values in it stay as they are, but for names of steps, states and the like.

    >>> told("request 12 was moved by another person; look again", lambda said: f"{said}!")
    'request 12 was moved by another person; look again!'
    >>> told("finding 7: it names our institution: ask", lambda said: f"{said}!")
    'finding 7!: it names our institution!: ask!'
    """
    for template in words.REFUSALS.values():
        if found := as_pattern(template).fullmatch(message):
            values = {
                name: re.sub(r"\w+", lambda one: translate(NAMES.get(one[0], one[0])), value)
                if name in OURS
                else value
                for name, value in found.groupdict().items()
            }
            return translate(template).format(**values)
    first, *pieces = message.split(": ")
    if pieces and first != message and as_pattern("finding {number}").fullmatch(first):
        return f"{told(first, translate)}: {told(': '.join(pieces), translate)}"
    return ": ".join(translate(piece) for piece in message.split(": "))


@cache
def as_pattern(template: str) -> re.Pattern[str]:
    """
    What matches a message that was made of *template*, with a group for each of its names.

    >>> as_pattern("request {number}: no").fullmatch("request 12: no")["number"]
    '12'
    """
    parts = re.split(r"\{(\w+)\}", template)
    named = (
        f"(?P<{part}>{NUMBER if part in COUNTED else '.*?'})" if at % 2 else re.escape(part)
        for at, part in enumerate(parts)
    )
    return re.compile("".join(named), re.S)
