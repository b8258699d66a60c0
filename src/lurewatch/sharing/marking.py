"""How far a recipient may pass on what it is given."""

from enum import StrEnum


class Tlp(StrEnum):
    """Levels of FIRST's Traffic Light Protocol; none is free to all, for contacts stand in what is given."""

    RED = "red"
    AMBER = "amber"
    GREEN = "green"
