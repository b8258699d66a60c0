"""People who use the console: a name, a role, and a password nobody can read back."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import insert, select, update

from lurewatch.store import Db
from lurewatch.store.tables import people

ROLES: Final = ("reviewer", "lead", "legal", "auditor", "admin")
HASHER: Final = PasswordHasher()


@cache
def nobody() -> str:
    """What is checked for unknown names, so that both take as long."""
    return HASHER.hash("nobody")


@dataclass(frozen=True, slots=True)
class User:
    """One person."""

    name: str
    role: str
    disabled: bool

    @property
    def decides(self) -> bool:
        """Auditors read, and admins keep the machine: neither decides."""
        return self.role in ("reviewer", "lead", "legal")


def add(db: Db, name: str, password: str, role: str, at: datetime) -> None:
    """A new person."""
    db.connection.execute(
        insert(people).values(
            name=name, password=HASHER.hash(password), role=role, disabled=False, added_at=at
        )
    )


def get(db: Db, name: str) -> User | None:
    """Who bears this name."""
    row = db.connection.execute(select(people).where(people.c.name == name)).one_or_none()
    return User(row.name, row.role, row.disabled) if row else None


def every(db: Db) -> list[User]:
    """All people by name."""
    rows = db.connection.execute(select(people).order_by(people.c.name))
    return [User(row.name, row.role, row.disabled) for row in rows]


def verified(db: Db, name: str, password: str) -> User | None:
    """The person, if the password is theirs and they are not disabled."""
    row = db.connection.execute(select(people).where(people.c.name == name)).one_or_none()
    try:
        HASHER.verify(row.password if row else nobody(), password)
    except VerificationError:
        return None
    return User(row.name, row.role, False) if row and not row.disabled else None


def change(db: Db, name: str, *, password: str | None = None, disabled: bool | None = None) -> None:
    """A new password, or another standing."""
    values: dict[str, object] = {}
    if password is not None:
        values["password"] = HASHER.hash(password)
    if disabled is not None:
        values["disabled"] = disabled
    db.connection.execute(update(people).where(people.c.name == name).values(**values))
