"""Second factors: one-time codes (TOTP, RFC 6238), and recovery codes for whoever lost the device."""

import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import delete, insert, select, update

from lurewatch.store import Db
from lurewatch.store.tables import recovery_codes, roles_with_factor, second_factors

STEP: Final = 30  # seconds that a code lasts
DRIFT: Final = 1  # steps that a clock may be off
RECOVERY: Final = 10  # codes given at once
LETTERS: Final = "23456789abcdefghjkmnpqrstuvwxyz"  # none that is taken for another
SHAPE: Final = re.compile(rf"[{LETTERS}]{{4}}(-[{LETTERS}]{{4}}){{2}}")
HASHER: Final = PasswordHasher(
    time_cost=2, memory_cost=19 * 1024, parallelism=1
)  # for what nobody chose


def step_of(secret: str, code: str, at: datetime) -> int | None:
    """
    The step whose code this is, if it is one of now.

    >>> from datetime import UTC
    >>> at = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
    >>> secret = "JBSWY3DPEHPK3PXP" * 2
    >>> step_of(secret, pyotp.TOTP(secret).at(at), at) == int(at.timestamp()) // STEP
    True
    """
    now, found = int(at.timestamp()) // STEP, None
    codes = pyotp.HOTP(secret)
    for step in range(now - DRIFT, now + DRIFT + 1):
        if hmac.compare_digest(codes.at(step).encode(), code.encode("utf-8", "surrogatepass")):
            found = step
    return found


def recovery_code() -> str:
    """
    A code of 12 letters, about 59 bits.

    >>> len(recovery_code())
    14
    """
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(3))


def fresh_codes() -> tuple[list[str], list[str]]:
    """Recovery codes and their digests. Slow, as argon2 is meant to be: not for inside a transaction."""
    codes = [recovery_code() for _ in range(RECOVERY)]
    return codes, [HASHER.hash(code) for code in codes]


def secret_of(db: Db, name: str) -> str | None:
    """What a person's codes are made of."""
    return _opened(db, name, "secret")


def pending_of(db: Db, name: str) -> str | None:
    """What was shown to a person and not proven yet."""
    return _opened(db, name, "pending")


def _opened(db: Db, name: str, column: str) -> str | None:
    sealed = db.connection.scalar(
        select(second_factors.c[column]).where(second_factors.c.name == name)
    )
    return db.vault.open(sealed).decode() if sealed else None


def propose(db: Db, name: str, secret: str) -> None:
    """Keep a secret that is shown to a person; the one they have counts until this is proven."""
    sealed = db.vault.seal(secret.encode())
    own = second_factors.c.name == name
    if not db.connection.execute(update(second_factors).where(own).values(pending=sealed)).rowcount:
        db.connection.execute(insert(second_factors).values(name=name, pending=sealed, last_step=0))


def confirm(db: Db, name: str, step: int, at: datetime) -> None:
    """The pending secret counts from now on."""
    db.connection.execute(
        update(second_factors)
        .where(second_factors.c.name == name)
        .values(secret=second_factors.c.pending, pending=None, last_step=step, since=at)
    )


def keep_recovery(db: Db, name: str, digests: Sequence[str]) -> None:
    """New recovery codes; those from before count no more."""
    db.connection.execute(delete(recovery_codes).where(recovery_codes.c.name == name))
    db.connection.execute(
        insert(recovery_codes), [{"name": name, "digest": digest} for digest in digests]
    )


def use_step(db: Db, name: str, step: int) -> bool:
    """Whether the code of this step is still good; from now on it is not, nor is an older one."""
    changed = db.connection.execute(
        update(second_factors)
        .where(second_factors.c.name == name, second_factors.c.last_step < step)
        .values(last_step=step)
    )
    return changed.rowcount == 1


def recovery_of(db: Db, name: str, code: str) -> int | None:
    """The number of the unused recovery code that this is. Slow for what looks like one."""
    if not SHAPE.fullmatch(code):
        return None
    query = select(recovery_codes).where(
        recovery_codes.c.name == name, recovery_codes.c.used_at.is_(None)
    )
    for row in db.connection.execute(query).all():
        try:
            HASHER.verify(row.digest, code)
        except VerificationError:
            continue
        return int(row.code_id)
    return None


def use_recovery(db: Db, code_id: int, at: datetime) -> bool:
    """Whether this recovery code is still good; from now on it is not."""
    changed = db.connection.execute(
        update(recovery_codes)
        .where(recovery_codes.c.code_id == code_id, recovery_codes.c.used_at.is_(None))
        .values(used_at=at)
    )
    return changed.rowcount == 1


def recovery_left(db: Db, name: str) -> int:
    """How many recovery codes a person has left."""
    query = select(recovery_codes.c.code_id).where(
        recovery_codes.c.name == name, recovery_codes.c.used_at.is_(None)
    )
    return len(db.connection.execute(query).all())


def forget(db: Db, name: str) -> None:
    """Take a person's second factor away, with its recovery codes."""
    db.connection.execute(delete(recovery_codes).where(recovery_codes.c.name == name))
    db.connection.execute(delete(second_factors).where(second_factors.c.name == name))


def require(db: Db, role: str, needed: bool, at: datetime) -> None:
    """Whether people of a role need a second factor."""
    db.connection.execute(delete(roles_with_factor).where(roles_with_factor.c.role == role))
    if needed:
        db.connection.execute(insert(roles_with_factor).values(role=role, since=at))
