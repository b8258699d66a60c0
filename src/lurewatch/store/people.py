"""People who use the console: a name, a role, and a password nobody can read back."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import Select, insert, select, update

from lurewatch.store import Db
from lurewatch.store.tables import people, roles_with_factor, second_factors

ROLES: Final = ("reviewer", "lead", "legal", "auditor", "admin", "service")
SERVICE: Final = "service"  # another system's account: it has tokens of the API and no password
NO_PASSWORD: Final = "none"  # no hash: nothing matches it
HASHER: Final = PasswordHasher()


@cache
def nobody() -> str:
    """What is checked for unknown names, so that both take as long."""
    return HASHER.hash("nobody")


@dataclass(frozen=True, slots=True)
class User:
    """One person, or the account of another system."""

    name: str
    role: str
    disabled: bool
    second_factor: bool = False  # whether one is set up
    needs_factor: bool = False  # whether the role asks for one
    sessions: int = 0  # moves on when a password or a second factor does: older sessions are over
    must_choose: bool = False  # whether the password was given by somebody else
    last_in: datetime | None = None
    password_until: datetime | None = None  # when a password that somebody else gave ends

    def too_late(self, now: datetime) -> bool:
        """Whether the password that somebody else gave has ended."""
        return self.must_choose and self.password_until is not None and self.password_until <= now

    @property
    def must_set_up(self) -> bool:
        """Whether nothing may be seen before a second factor is set up."""
        return self.needs_factor and not self.second_factor

    @property
    def is_service(self) -> bool:
        """Whether it is no person: it cannot log in."""
        return self.role == SERVICE

    @property
    def decides(self) -> bool:
        """Auditors read, and admins keep the machine: neither decides."""
        return self.role in ("reviewer", "lead", "legal")


def add(
    db: Db, name: str, password: str, role: str, at: datetime, *, until: datetime | None = None
) -> None:
    """
    A new person; a service account gets no password.

    Until then a password holds that they have to put another in place of; without, it is their own.
    """
    db.connection.execute(
        insert(people).values(
            name=name,
            password=NO_PASSWORD if role == SERVICE else HASHER.hash(password),
            role=role,
            disabled=False,
            added_at=at,
            must_choose=until is not None,
            password_until=until,
        )
    )


def get(db: Db, name: str) -> User | None:
    """Who bears this name."""
    row = db.connection.execute(_people().where(people.c.name == name)).one_or_none()
    return _user(row) if row else None


def every(db: Db) -> list[User]:
    """All people by name."""
    return [_user(row) for row in db.connection.execute(_people().order_by(people.c.name))]


def _people() -> Select[Any]:
    """People, with what their logging in asks for."""
    return (
        select(
            people,
            second_factors.c.secret.is_not(None).label("factor"),
            roles_with_factor.c.role.is_not(None).label("needs"),
        )
        .outerjoin(second_factors, second_factors.c.name == people.c.name)
        .outerjoin(roles_with_factor, roles_with_factor.c.role == people.c.role)
    )


def _user(row: Any) -> User:
    return User(
        row.name,
        row.role,
        row.disabled,
        bool(row.factor),
        bool(row.needs),
        row.sessions,
        row.must_choose,
        row.last_in,
        row.password_until,
    )


def verified(db: Db, name: str, password: str) -> User | None:
    """The person, if the password is theirs and they are not disabled; never a service account."""
    row = db.connection.execute(_people().where(people.c.name == name)).one_or_none()
    if row and row.role == SERVICE:
        row = None
    try:
        HASHER.verify(row.password if row else nobody(), password)
    except VerificationError:
        return None
    return _user(row) if row and not row.disabled else None


def change(
    db: Db,
    name: str,
    *,
    password: str | None = None,
    disabled: bool | None = None,
    role: str | None = None,
    until: datetime | None = None,
) -> None:
    """
    A new password, another standing, another role; a password or a standing ends the sessions.

    *until* as in `add`.
    """
    values: dict[str, object] = {}
    if password is not None:
        values |= {
            "password": HASHER.hash(password),
            "must_choose": until is not None,
            "password_until": until,
        }
    if disabled is not None:
        values["disabled"] = disabled
    if values:
        end_sessions(db, name)
    if role is not None:
        values["role"] = role
    db.connection.execute(update(people).where(people.c.name == name).values(**values))


def end_sessions(db: Db, name: str) -> None:
    """Whoever is logged in as this person is so no longer."""
    own = people.c.name == name
    db.connection.execute(update(people).where(own).values(sessions=people.c.sessions + 1))


def came_in(db: Db, name: str, at: datetime) -> None:
    """A person has logged in."""
    db.connection.execute(update(people).where(people.c.name == name).values(last_in=at))
