"""Which provisions a letter may cite on a day, and which of those it cites no longer hold."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from lurewatch.finding import Service
from lurewatch.takedown import Track


@cache
def rules(name: str) -> Any:
    """One of the dated rule files."""
    text = (files("lurewatch.letters") / "rules" / name).read_text("utf-8")
    return yaml.safe_load(text)


def in_force(
    services: Sequence[Service],
    today: date,
    *,
    track: Track = Track.A,
    infringement: str = "",
    platform: str = "",
) -> list[dict[str, Any]]:
    """The provisions that apply to what a letter is about and are in force on that day."""
    about = {"infringements": {infringement}, "platforms": {platform}, "services": {str(s) for s in services}}  # fmt: skip
    return [
        law
        for law in rules("law.yaml")
        if law["track"] == track
        and holds(law, today)
        and all(_concerns(law.get(name, "all"), given) for name, given in about.items())
    ]


def _concerns(named: Any, given: set[str]) -> bool:
    return named == "all" or bool(set(named) & given)


def holds(law: dict[str, Any], today: date) -> bool:
    """Whether a provision is in force on that day."""
    over = law["effective_to"] is not None and law["effective_to"] < today
    return law["effective_from"] <= today and not over


def lapsed(cites: Sequence[str], today: date) -> list[str]:
    """
    What of a letter's citations cannot be relied on that day, a sentence each.

    >>> lapsed(["《中华人民共和国网络安全法》（2016年）第四十六条、第四十七条"], date(2025, 12, 31))
    []
    >>> lapsed(["《中华人民共和国网络安全法》（2016年）第四十六条、第四十七条"], date(2026, 1, 1))
    ['《中华人民共和国网络安全法》（2016年）第四十六条、第四十七条 is in force until 2025-12-31 only']
    """
    known = {law["cite"]: law for law in rules("law.yaml")}
    found = []
    for cite in cites:
        law = known.get(cite)
        if law is None:
            found.append(f"{cite} is not among the provisions that may be cited")
        elif today < law["effective_from"]:
            found.append(f"{cite} is in force from {law['effective_from']} on")
        elif not holds(law, today):
            found.append(f"{cite} is in force until {law['effective_to']} only")
    return found
