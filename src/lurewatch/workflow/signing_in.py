"""What logging in asks for beyond a password, and who may change it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import pyotp

from lurewatch.errors import NotAllowedError
from lurewatch.store import Db, Store, audit, factors, identities, people, wrong_tries
from lurewatch.store.people import ROLES, SERVICE, User
from lurewatch.workflow.common import current, operator_name
from lurewatch.workflow.keeping import check_keeper, check_person

ISSUER: Final = "lurewatch"  # as an authenticator shows it
NEEDED: Final = "your role needs a second factor: an admin can take it off"
TRIES: Final = 8  # wrong passwords and codes of one name, or from one address, within WINDOW
WINDOW: Final = timedelta(minutes=10)


def take_try(store: Store, keys: Sequence[str]) -> list[int]:
    """
    Count a try of a password or a code as a wrong one, before it is checked; gives what to forgive.

    Gives nothing where one of the keys, a name or an address, had too many wrong ones of late.
    """
    now = current()
    with store.begin() as db:
        return wrong_tries.take(db, keys, now, since=now - WINDOW, most=TRIES)


def forgive_try(store: Store, tries: Sequence[int]) -> None:
    """It was a right one; the wrong ones before it stay."""
    with store.begin() as db:
        wrong_tries.forgive(db, tries)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator takes up, as a QR code or typed in."""

    secret: str
    uri: str


def begin_factor(store: Store, name: str, *, who: str | None = None) -> Enrolment:
    """Show a person a new secret; it counts once `confirm_factor` has had a code made of it."""
    secret = pyotp.random_base32()
    with store.begin() as db:
        check_person(_known(db, name))
        factors.propose(db, name, secret)
        audit.note(db, current(), who or operator_name(), "begin second factor", name)
    return _enrolment(name, secret)


def pending_factor(store: Store, name: str) -> Enrolment | None:
    """What was shown to a person and not proven yet."""
    with store.reading() as db:
        secret = factors.pending_of(db, name)
    return _enrolment(name, secret) if secret else None


def _enrolment(name: str, secret: str) -> Enrolment:
    return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER))


def confirm_factor(
    store: Store, name: str, code: str, *, who: str | None = None
) -> list[str] | None:
    """
    The secret that was shown counts from now on; gives the recovery codes, to be shown once.

    Sessions from before are over: whoever is in one had not shown this second factor. Gives nothing
    for a wrong code; what counted before counts still then.
    """
    at = current()
    codes, digests = factors.fresh_codes()
    with store.begin() as db:
        secret = factors.pending_of(db, name)
        if secret is None:
            raise NotAllowedError("no second factor was begun: begin again")
        step = factors.step_of(secret, plain(code), at)
        if step is not None:
            factors.confirm(db, name, step, at)
            factors.keep_recovery(db, name, digests)
            people.end_sessions(db, name)
        what = "failed second factor" if step is None else "set second factor"
        audit.note(db, at, who or operator_name(), what, name)
    return None if step is None else codes


def verify_code(store: Store, name: str, code: str, *, entering: bool = False) -> User | None:
    """
    The person, if this is a code of theirs, or a recovery code, that was never accepted before.

    Nobody who has been disabled, and nobody without a second factor. *entering*: they log in with it.
    """
    at, written = current(), plain(code)
    with store.reading() as db:  # recovery codes are slow to check: no writer waits for that
        secret, user = factors.secret_of(db, name), people.get(db, name)
        known = secret is not None and user is not None and not user.disabled
        step = factors.step_of(secret, written, at) if known and secret else None
        recovery = factors.recovery_of(db, name, written) if known and step is None else None
    with store.begin() as db:
        good = step is not None and factors.use_step(db, name, step)
        if recovery is not None:
            good = factors.use_recovery(db, recovery, at)
        if good and entering:
            people.came_in(db, name, at)
        said = "recovery code" if recovery is not None else "second factor"
        audit.note(db, at, name[:100], said if good else "failed second factor", "")
    return user if good else None


def plain(code: str) -> str:
    """
    A code as it is compared: without spaces, small letters.

    >>> plain(" 123 456 "), plain("ABCD-efgh-2345")
    ('123456', 'abcd-efgh-2345')
    """
    return "".join(code.split()).lower()[:64]


def recovery_left(store: Store, name: str) -> int:
    """How many recovery codes a person has left."""
    with store.reading() as db:
        return factors.recovery_left(db, name)


def renew_recovery(store: Store, name: str) -> list[str]:
    """New recovery codes for a person who proved to be it; the old ones count no more."""
    codes, digests = factors.fresh_codes()
    with store.begin() as db:
        factors.keep_recovery(db, name, digests)
        audit.note(db, current(), name, "new recovery codes", name)
    return codes


def drop_factor(store: Store, name: str, *, who: str = "") -> None:
    """
    Take a second factor off, which ends the sessions. People may do so themselves where their role
    does not ask for one; else an admin does, or whoever has the machine.

    Raises NotAllowedError where it does, and where there is none.
    """
    with store.begin() as db:
        if who != name:
            check_keeper(db, who, name)
        user = _known(db, name)
        if not user.second_factor:
            raise NotAllowedError(f"{name!r} has no second factor")
        if who == name and user.needs_factor:
            raise NotAllowedError(NEEDED)
        factors.forget(db, name)
        people.end_sessions(db, name)
        audit.note(db, current(), who or operator_name(), "take off second factor", name)


def require_factor(store: Store, role: str, needed: bool, *, who: str | None = None) -> None:
    """Whether people of a role see anything before they have set up a second factor."""
    if role not in ROLES or role == SERVICE:
        raise NotAllowedError(f"no people have the role {role!r}; see: lurewatch user list")
    with store.begin() as db:
        factors.require(db, role, needed, current())
        what = "require second factor" if needed else "no longer require factor"
        audit.note(db, current(), who or operator_name(), what, role)


def bind_identity(store: Store, name: str, issuer: str, claim: str, value: str) -> None:
    """
    From now on whoever the provider says has this claim is this person.

    Raises NotAllowedError where it is somebody else's already.
    """
    if not value.strip():
        raise NotAllowedError(f"the claim {claim!r} needs a value")
    with store.begin() as db:
        check_person(_known(db, name))
        value_hash = identities.hashed(db, issuer, claim, value.strip())
        holder = identities.name_of(db, value_hash)
        if holder not in (None, name):
            raise NotAllowedError(f"{holder!r} is known by that already; take it off there first")
        identities.bind(db, name, value_hash, current())
        people.end_sessions(db, name)
        audit.note(db, current(), operator_name(), "bind identity", name)


def unbind_identity(store: Store, name: str) -> None:
    """No provider speaks for this person any more."""
    with store.begin() as db:
        _known(db, name)
        identities.unbind(db, name)
        people.end_sessions(db, name)
        audit.note(db, current(), operator_name(), "unbind identity", name)


def log_in_as(store: Store, issuer: str, claim: str, value: str) -> User | None:
    """The person whom the provider knows by this, unless disabled; nobody is added."""
    with store.begin() as db:
        value_hash = identities.hashed(db, issuer, claim, value)
        name = identities.name_of(db, value_hash)
        user = people.get(db, name) if name else None
        good = user is not None and not user.disabled and not user.is_service
        if user and good and not user.second_factor:
            people.came_in(db, user.name, current())
        who = name or f"openid {value_hash[:16]}"
        audit.note(db, current(), who, "log in" if good else "failed log in", "openid")
    return user if good else None


def _known(db: Db, name: str) -> User:
    user = people.get(db, name)
    if user is None:
        raise NotAllowedError(f"nobody is called {name!r}; see: lurewatch user list")
    return user
