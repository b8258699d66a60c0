"""What rules and inputs say when they refuse, in the reader's language."""

import re
from collections.abc import Callable
from functools import cache
from typing import Final

from lurewatch.review import words

NAMES: Final = words.STEPS | words.REQUESTS | words.NEEDS | words.ROLES
OURS: Final = frozenset({"state", "step", "steps", "known", "what", "role", "roles"})
WHOLE: Final = frozenset({"label", "why", "how"})  # one of our phrases
ITEM: Final = "\n  - "  # before each thing that a refusal lists
KNOWN: Final = (*words.LACKS.values(), *words.REFUSALS.values())
BEGUN: Final = tuple(one for one in KNOWN if not one.startswith("{"))
OPEN: Final = tuple(
    one for one in KNOWN if one.startswith("{")
)  # the value there could be anything
ABOUT: Final = (words.REFUSALS["finding"], words.REFUSALS["request"])
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
    head, *items = message.split(ITEM)
    if items:
        return "\n".join(told(one, translate) for one in (head, *items))
    if (whole := _as_a_whole(message, BEGUN, translate)) is not None:
        return whole
    first, *pieces = message.split(": ")
    if pieces and any(as_pattern(one).fullmatch(first) for one in ABOUT):
        return f"{told(first, translate)}: {told(': '.join(pieces), translate)}"
    if (whole := _as_a_whole(message, OPEN, translate)) is not None:
        return whole
    return ": ".join(translate(piece) for piece in message.split(": "))


def _as_a_whole(
    message: str, templates: tuple[str, ...], translate: Callable[[str], str]
) -> str | None:
    """The message as the first template says it that fits."""
    for template in templates:
        if found := as_pattern(template).fullmatch(message):
            values = {
                name: _value(name, value, translate) for name, value in found.groupdict().items()
            }
            return translate(template).format(**values)
    return None


def _value(name: str, value: str, translate: Callable[[str], str]) -> str:
    """What stands for a name of a template: our own words are translated, what was given stays."""
    if name in WHOLE:
        return translate(value)
    if name in OURS:
        return re.sub(r"\w+", lambda one: translate(NAMES.get(one[0], one[0])), value)
    return value


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
