"""How long what is kept: the shipped periods, and the operator's own in their place."""

from dataclasses import dataclass, fields, replace
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import yaml

from lurewatch.errors import SettingsError

LONGEST: Final = 36_500  # days


@dataclass(frozen=True, slots=True)
class Periods:
    """What each is for stands beside it in `periods.yaml`."""

    negatives: timedelta
    protected: timedelta
    findings: timedelta


def shipped_periods() -> Periods:
    """
    The periods that hold where the operator has set none.

    >>> shipped_periods().negatives.days
    7
    """
    text = (files("lurewatch") / "periods.yaml").read_text("utf-8")
    rows: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return Periods(**{name: timedelta(days=row["days"]) for name, row in rows.items()})


def read_periods(path: Path) -> Periods:
    """The operator's periods. Raises SettingsError naming what cannot be read."""
    if not path.exists():
        return shipped_periods()
    try:
        written = yaml.safe_load(path.read_text("utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{path} is not readable YAML: {' '.join(str(error).split())}"
        ) from None
    known = [field.name for field in fields(Periods)]
    if not isinstance(written, dict) or set(written) - set(known):
        raise SettingsError(f"{path}: write 'name: days' a line; names are {', '.join(known)}")
    for name, days in written.items():
        if type(days) is not int or not 1 <= days <= LONGEST:
            raise SettingsError(f"{path}: {name}: {days!r} is no number of days from 1 on")
    return replace(
        shipped_periods(), **{name: timedelta(days=days) for name, days in written.items()}
    )
