"""What every part of the workflow needs."""

import getpass
from collections.abc import Iterable
from datetime import UTC, datetime
from textwrap import wrap
from typing import Final

from lurewatch.store import Db, audit

AUDITED: Final = 200  # characters of what an entry is about


def current() -> datetime:
    """This moment."""
    return datetime.now(UTC)


def operator_name() -> str:
    """Who runs the command, as the machine knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def note_findings(db: Db, who: str, what: str, finding_ids: Iterable[int]) -> None:
    """That somebody was shown these findings is on record, in as few entries as hold their numbers."""
    for part in wrap(" ".join(map(str, finding_ids)), AUDITED):
        audit.note(db, current(), who, what, part)
