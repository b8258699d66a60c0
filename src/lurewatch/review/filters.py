"""Which part of the queue a person works on, as the address says it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from lurewatch.dates import CHINA
from lurewatch.finding import Grade, Service, Stance
from lurewatch.post import PLATFORMS
from lurewatch.workflow import User, Wanted

DECIDED: Final = ("no", "yes", "all", "second", "lead", "sample")
CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "grade": tuple(reversed(Grade)),
    "platform": PLATFORMS,
    "service": tuple(Service),
    "stance": tuple(Stance),
}
Tally = Mapping[tuple[str, str, str, str], int]


@dataclass(frozen=True, slots=True)
class Filters:
    """What is asked for; an empty value leaves nothing out."""

    decided: str = "no"
    grade: str = ""
    platform: str = ""
    service: str = ""
    stance: str = ""
    since: str = ""  # a day in China
    mine: str = ""  # "1": held by me

    @classmethod
    def read(cls, params: Mapping[str, str]) -> "Filters":
        """The filters of an address; what means nothing is left out."""
        given = {field.name: params.get(field.name, "") for field in fields(cls)}
        for name, known in CHOICES.items():
            given[name] = given[name] if given[name] in known else ""
        given["decided"] = given["decided"] if given["decided"] in DECIDED else "no"
        given["since"] = given["since"] if _day(given["since"]) else ""
        return cls(**given)

    def query(self, **changes: Any) -> str:
        """
        What stands in an address for them, the question mark included.

        >>> Filters(grade="L3").query(start=50), Filters().query()
        ('?grade=L3&start=50', '')
        """
        values = {name: value for name, value in asdict(self).items() if value}
        values.pop("decided" if self.decided == "no" else "", None)
        written = urlencode(values | changes)
        return f"?{written}" if written else ""

    def wanted(self, user: User) -> Wanted:
        """What the store is asked for."""
        return Wanted(
            decided={"no": False, "yes": True, "sample": False}.get(self.decided),
            grade=self.grade,
            platform=self.platform,
            service=self.service,
            stance=self.stance,
            since=_day(self.since),
            held_by=user.name if self.mine else "",
            second_look_by=user.name if self.decided == "second" else "",
            referred=self.decided == "lead",
            sampled=self.decided == "sample",
        )

    def counts(self, tally: Tally, name: str) -> dict[str, int]:
        """How many there are of each choice of a filter, with the others as they are."""
        others = replace(self, **{name: ""})
        found: dict[str, int] = {}
        for key, many in tally.items():
            if others.match(key):
                for value in _values(key, name):
                    found[value] = found.get(value, 0) + many
        return {choice: found[choice] for choice in CHOICES[name] if choice in found}

    def total(self, tally: Tally) -> int:
        """How many there are of what is asked for."""
        return sum(many for key, many in tally.items() if self.match(key))

    def match(self, key: tuple[str, str, str, str]) -> bool:
        """Whether findings of that grade, platform, stance and services are asked for."""
        return all(
            not getattr(self, name) or getattr(self, name) in _values(key, name) for name in CHOICES
        )


def _values(key: tuple[str, str, str, str], name: str) -> list[str]:
    grade, platform, stance, services = key
    one = {"grade": grade, "platform": platform, "stance": stance}
    return services.split() if name == "service" else [one[name]]


def _day(written: str) -> datetime | None:
    try:
        day = datetime.strptime(written, "%Y-%m-%d").replace(tzinfo=CHINA)
    except ValueError:
        return None
    return day if day.year >= 1970 else None
