"""As whom an OpenID provider knows people: only keyed hashes are kept."""

from datetime import datetime

from sqlalchemy import delete, insert, select

from lurewatch.store import Db
from lurewatch.store.tables import identities


def hashed(db: Db, issuer: str, claim: str, value: str) -> str:
    """What stands for one person at one provider; e-mail addresses are compared without case."""
    written = value.casefold() if claim == "email" else value
    return db.vault.keyed_hash("\n".join(("openid", issuer, claim, written)))


def bind(db: Db, name: str, value_hash: str, at: datetime) -> None:
    """A person is the one the provider knows by this, and by nothing else any more."""
    unbind(db, name)
    db.connection.execute(insert(identities).values(name=name, value_hash=value_hash, since=at))


def unbind(db: Db, name: str) -> None:
    """No provider speaks for this person any more."""
    db.connection.execute(delete(identities).where(identities.c.name == name))


def name_of(db: Db, value_hash: str) -> str | None:
    """Whose this is."""
    return db.connection.scalar(
        select(identities.c.name).where(identities.c.value_hash == value_hash)
    )
