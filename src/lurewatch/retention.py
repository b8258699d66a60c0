"""What is kept no longer than it may: expiry, legal holds, and what a person may ask to have erased."""

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from lurewatch import workflow
from lurewatch.addresses import read_address
from lurewatch.errors import NotAllowedError
from lurewatch.periods import Periods
from lurewatch.store import (
    Store,
    audit,
    custody,
    expiry,
    findings,
    holds,
    objections,
    pictures,
    requests,
)
from lurewatch.store.expiry import Purged
from lurewatch.store.holds import About, Hold
from lurewatch.workflow.filing import digest_of

__all__ = ["About", "Hold", "Purged"]
REJECTED: Final = "*.rejected.jsonl"
PACKAGE: Final = re.compile(r"\.?[a-z]+-\d+-\d{8}T\d{6}Z(-\d+)?(\..+)?")  # evidence.package's names
STRAY: Final = timedelta(days=1)  # a file that nothing knows of is no picture being kept any more


@dataclass(frozen=True, slots=True)
class Retained:
    """What a run of retention came to, or would come to."""

    purged: Purged
    files: int  # packages, letters, pictures and lists of rejected rows


def run(
    store: Store,
    periods: Periods,
    imports: Path,
    *,
    who: str,
    now: datetime,
    evidence: Path | None = None,
    dry_run: bool = False,
) -> Retained:
    """
    Forget what has expired: in the store in one transaction, then on the disk.

    A run that is killed between the two leaves files that the next run removes. A dry run does the
    same in the store and takes it back. In the folder of *evidence* also goes what a killed command
    left there: packages that never came on record.
    """
    with store.begin() as db:
        trial = db.connection.begin_nested()
        purged = expiry.purge(db, now, periods)
        left, unneeded = expiry.leftovers(db), len(pictures.unneeded(db))
        if dry_run:
            trial.rollback()
        else:
            trial.commit()
            audit.note(db, now, who, "purge", f"{purged.posts} posts {purged.emptied} findings")
    rejected = _expired_files(imports, now - periods.negatives)
    unrecorded = _unrecorded(store, evidence, now - STRAY) if evidence else []
    if not dry_run:
        _destroy(store, left, who, now)
        for path in unrecorded:
            shutil.rmtree(path, ignore_errors=True)
        for path in rejected:
            path.unlink(missing_ok=True)
        workflow.clear_pictures(store, strays_before=now - STRAY)
    return Retained(purged, len(left) + len(rejected) + len(unrecorded) + unneeded)


def overdue(store: Store) -> list[tuple[Path, bool]]:
    """
    Files given out that still lie where they were written, though this house keeps a finding in them
    no longer; and whether each is as it was given out.
    """
    newest = {one.file.path: one for one in reversed(workflow.given_out(store))}
    return [
        (path, digest_of(path) == one.file.sha256)
        for name, one in newest.items()
        if one.stale and name and (path := Path(name)).is_file()
    ]


def _unrecorded(store: Store, folder: Path, before: datetime) -> list[Path]:
    """Packages, and halves of packages, that are on no record and that nobody writes any more."""
    with store.reading() as db:
        known = {one.path.name for one in requests.all_evidence(db)}
        known |= {one.path.name for one in expiry.leftovers(db)}
    return [
        path
        for path in sorted(folder.glob("*"))
        if PACKAGE.fullmatch(path.name)
        and path.is_dir()
        and path.name not in known
        and path.stat().st_mtime <= before.timestamp()
    ]


def _expired_files(folder: Path, due: datetime) -> list[Path]:
    return [
        path for path in sorted(folder.glob(REJECTED)) if path.stat().st_mtime <= due.timestamp()
    ]


def _destroy(store: Store, left: Sequence[expiry.Leftover], who: str, now: datetime) -> None:
    for one in left:
        if one.sums_sha256:
            shutil.rmtree(one.path, ignore_errors=True)
        else:
            one.path.unlink(missing_ok=True)
        if one.path.exists():
            continue  # the next run tries again
        with store.begin() as db:
            expiry.let_go(db, one)
            if one.sums_sha256:
                custody.note(db, one.sums_sha256, now, who, "destroyed: kept no longer")


def emptied(store: Store) -> set[int]:
    """The findings of which only the count stays: there is nothing left to visit or to show."""
    with store.reading() as db:
        return expiry.all_emptied(db)


def hold(store: Store, finding_id: int, *, why: str, who: str) -> None:
    """From now on nothing about a finding is forgotten. Raises NotAllowedError."""
    if not why.strip():
        raise NotAllowedError("a hold needs a reason: --why")
    now = datetime.now(UTC)
    with store.begin() as db:
        if findings.get(db, finding_id) is None:
            raise NotAllowedError(f"there is no finding {finding_id}; see: lurewatch findings list")
        if expiry.is_emptied(db, finding_id):
            raise NotAllowedError(f"finding {finding_id} was forgotten: there is nothing to hold")
        holds.hold(db, Hold(finding_id, why, who, now))
        audit.note(db, now, who, "hold", str(finding_id))


def release(store: Store, finding_id: int, *, who: str) -> None:
    """A finding may expire again. Raises NotAllowedError when nothing holds it."""
    now = datetime.now(UTC)
    with store.begin() as db:
        if not holds.release(db, finding_id, who, now):
            raise NotAllowedError(f"no hold stands on finding {finding_id}")
        audit.note(db, now, who, "release", str(finding_id))


def standing_holds(store: Store) -> list[Hold]:
    """The holds that stand, oldest first."""
    with store.reading() as db:
        return holds.every(db)


def about(store: Store, written: str, *, who: str, erase: bool = False) -> list[About]:
    """
    What is kept about an account, a contact or the post at an address; with *erase*, without what goes.

    Erased is all that no hold and no standing request needs. What the same account posts later is
    forgotten as soon as it is judged, unless it is a lure. The audit log tells how much, never about
    whom.
    """
    now = datetime.now(UTC)
    written = written.strip()
    with store.begin() as db:
        at_address = holds.about_post(db, *read_address(written)) if "://" in written else []
        found = list(dict.fromkeys([*at_address, *holds.about_handle(db, written)]))
        if erase:
            accounts = None if "://" in written else objections.accounts_of(db, written)
            objections.note(db, [one.post_key for one in found], accounts, now)
        erasable = [one for one in found if not one.needed] if erase else []
        expiry.forget(db, [one.post_key for one in erasable if not one.acted])
        expiry.empty(db, [one.finding_id for one in erasable if one.acted and one.finding_id], now)
        left = expiry.leftovers(db) if erase else []
        what = "erase for a subject" if erase else "look up a subject"
        audit.note(db, now, who, what, f"{len(found)} posts, {len(erasable)} erased")
    _destroy(store, left, who, now)
    if erase:
        workflow.clear_pictures(store)
    return found
