"""What every part of the workflow needs."""

import getpass
from datetime import UTC, datetime


def current() -> datetime:
    """This moment."""
    return datetime.now(UTC)


def operator_name() -> str:
    """Who runs the command, as the machine knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
