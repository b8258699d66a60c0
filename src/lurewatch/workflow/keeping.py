"""People, the audit log, and what is forgotten."""

from dataclasses import dataclass
from datetime import datetime

from lurewatch.errors import NotAllowedError
from lurewatch.store import (
    Store,
    audit,
    expiry,
    links,
    people,
)
from lurewatch.store import clusters as grouped
from lurewatch.store.expiry import Purged
from lurewatch.store.people import ROLES, User
from lurewatch.workflow.common import current, operator_name


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """What the audit log is worth: how many entries follow from each other, and the first that does not."""

    entries: int
    head: str  # of the newest entry: kept elsewhere, it shows a log that was cut short
    broken: audit.Entry | None


def check_audit(store: Store) -> AuditCheck:
    """Follow the chain of the audit log from its first entry."""
    with store.reading() as db:
        found = audit.entries(db)
    return AuditCheck(len(found), found[-1].chain if found else "", audit.broken_at(found))


def audit_log(store: Store) -> list[audit.Entry]:
    """Who did what to what, oldest first."""
    with store.reading() as db:
        return audit.entries(db)


def audit_page(
    store: Store, *, who: str = "", subject: str = "", limit: int, offset: int = 0
) -> list[audit.Entry]:
    """The newest entries; of one person and about one finding or request, where they are given."""
    with store.reading() as db:
        return audit.newest(db, who=who, subject=subject, limit=limit, offset=offset)


def add_user(store: Store, name: str, password: str, role: str) -> None:
    """A new person for the console."""
    if not name.strip() or not name.isprintable() or len(name) > 64:
        raise NotAllowedError("a name is 1 to 64 characters that can be seen")
    if role not in ROLES:
        raise NotAllowedError(f"unknown role {role!r}; known: {', '.join(ROLES)}")
    if len(password) < 8:
        raise NotAllowedError("a password needs at least 8 characters")
    with store.begin() as db:
        if people.get(db, name):
            raise NotAllowedError(f"{name!r} is there already; lurewatch user passwd {name}")
        people.add(db, name, password, role, current())
        audit.note(db, current(), operator_name(), f"add {role}", name)


def change_user(
    store: Store, name: str, *, password: str | None = None, disabled: bool | None = None
) -> None:
    """A new password, or another standing, for a person."""
    if password is not None and len(password) < 8:
        raise NotAllowedError("a password needs at least 8 characters")
    with store.begin() as db:
        if not people.get(db, name):
            raise NotAllowedError(f"nobody is called {name!r}; see: lurewatch user list")
        people.change(db, name, password=password, disabled=disabled)
        audit.note(db, current(), operator_name(), "change person", name)


def verify_password(store: Store, name: str, password: str) -> User | None:
    """The person, if name and password belong together."""
    with store.begin() as db:
        user = people.verified(db, name, password)
        audit.note(db, current(), name[:100], "log in" if user else "failed log in", "")
    return user


def user_named(store: Store, name: str) -> User | None:
    """Who bears this name now."""
    with store.reading() as db:
        return people.get(db, name)


def users(store: Store) -> list[User]:
    """All people."""
    with store.reading() as db:
        return people.every(db)


def purge(store: Store, now: datetime) -> Purged:
    """Forget what has expired."""
    with store.begin() as db:
        links.lock(db)
        purged = expiry.purge(db, now)
        grouped.regroup(db)
        audit.note(db, current(), operator_name(), "purge", f"{purged.posts} posts")
    return purged
