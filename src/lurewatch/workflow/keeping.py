"""People, the audit log, and what is forgotten."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from lurewatch.errors import NotAllowedError
from lurewatch.store import (
    Db,
    Store,
    audit,
    expiry,
    links,
    people,
)
from lurewatch.store import clusters as grouped
from lurewatch.store.expiry import Purged
from lurewatch.store.people import ROLES, SERVICE, User
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


def add_user(
    store: Store,
    name: str,
    password: str,
    role: str,
    *,
    who: str = "",
    once: timedelta | None = None,
) -> None:
    """
    A new person for the console, or the account of another system, which has no password.

    *who* is the admin who adds them; without, whoever has the machine.
    A password for *once* is one that they have to put another in place of within that time.
    """
    if not name.strip() or not name.isprintable() or len(name) > 64:
        raise NotAllowedError("a name is 1 to 64 characters that can be seen")
    check_role(role)
    if role != SERVICE:
        check_password(password)
    with store.begin() as db:
        check_keeper(db, who, name)
        if people.get(db, name):
            raise NotAllowedError(f"{name!r} is there already; lurewatch user passwd {name}")
        people.add(db, name, password, role, current(), until=_end(once))
        audit.note(db, current(), who or operator_name(), f"add {role}", name)


def change_user(
    store: Store,
    name: str,
    *,
    password: str | None = None,
    disabled: bool | None = None,
    role: str | None = None,
    who: str = "",
    once: timedelta | None = None,
) -> None:
    """
    A new password, another standing or another role for a person; *who* and *once* as in `add_user`.

    A password or a standing ends the sessions of that person.
    """
    if password is not None:
        check_password(password)
    if role is not None:
        check_role(role)
    with store.begin() as db:
        check_keeper(db, who, name)
        user = people.get(db, name)
        if not user:
            raise NotAllowedError(f"nobody is called {name!r}; see: lurewatch user list")
        if password is not None or role is not None:
            check_person(user)
        if role == SERVICE:
            raise NotAllowedError("a person is made no service account: add one beside")
        people.change(db, name, password=password, disabled=disabled, role=role, until=_end(once))
        done = {
            "set password": password is not None,
            "disable person": disabled is True,
            "enable person": disabled is False,
            f"make {role}": role is not None,
        }
        for what in (what for what, was in done.items() if was):
            audit.note(db, current(), who or operator_name(), what, name)


def _end(once: timedelta | None) -> datetime | None:
    return current() + once if once else None


def check_role(role: str) -> None:
    """Raises NotAllowedError for one that there is not."""
    if role not in ROLES:
        raise NotAllowedError(f"unknown role {role!r}; known: {', '.join(ROLES)}")


def check_person(user: User) -> None:
    """Raises NotAllowedError for a service account, which nobody logs in as."""
    if user.is_service:
        raise NotAllowedError(
            f"{user.name!r} is a service account: it has tokens of the API, no password and no other role"
        )


def check_password(password: str) -> None:
    """Raises NotAllowedError for one that is too short."""
    if len(password) < 8:
        raise NotAllowedError("a password needs at least 8 characters")


def check_keeper(db: Db, who: str, name: str) -> None:
    """
    Raises NotAllowedError unless *who* is an admin, and not the one to be changed.

    So there is always an admin left: the one who does it. Whoever has the machine ("") may do all.
    """
    if not who:
        return
    audit.one_writer(db)  # of two admins who take the role from each other, one is first
    admin = people.get(db, who)
    if admin is None or admin.disabled or admin.role != "admin":
        raise NotAllowedError("people are kept by an admin")
    if who == name:
        raise NotAllowedError("nobody changes their own standing or role: another admin does")


def choose_password(store: Store, name: str, before: str, password: str) -> bool | None:
    """
    A person puts a password of their own in place of the one from before, which ends their sessions.

    Gives nothing where *before* is not theirs. Raises NotAllowedError where it has ended.
    """
    check_password(password)
    if password == before:
        raise NotAllowedError("choose a password that is another than the one before")
    with store.begin() as db:
        right = people.verified(db, name, before)
        late = right is not None and right.too_late(current())
        if right and not late:
            people.change(db, name, password=password)
        said = "failed password" if late or not right else "set password"
        audit.note(db, current(), name, said, name)
    if late:
        raise TooLateError
    return True if right else None


class TooLateError(NotAllowedError):
    """The password that somebody else gave has ended."""

    def __init__(self) -> None:
        super().__init__("this password was for once and has ended: ask an admin for a new one")


def verify_password(store: Store, name: str, password: str) -> User | None:
    """The person, if name and password belong together. Raises TooLateError where it has ended."""
    with store.begin() as db:
        user = people.verified(db, name, password)
        late = user is not None and user.too_late(current())
        if user and not user.second_factor and not late:
            people.came_in(db, name, current())
        said = "failed log in" if late or not user else "log in"
        audit.note(db, current(), name[:100], said, "password ended" if late else "")
    if late:
        raise TooLateError
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
