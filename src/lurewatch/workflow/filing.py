"""The files of requests: kept with their digests, and checked against them later."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Final

from lurewatch.errors import InputError, NotAllowedError
from lurewatch.store import Db, Store, audit, cases, request_files
from lurewatch.store.request_files import ARCHIVE, LETTER, PDF, RECEIPT, RequestFile
from lurewatch.takedown import Event, TakedownRequest, taken
from lurewatch.workflow.common import current

LARGEST: Final = 32 << 20  # bytes of a receipt


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def record_files(db: Db, number: int, files: Sequence[tuple[str, Path]], *, who: str) -> None:
    """Files of a request (letter, pdf) were written; each with its kind."""
    for kind, path in files:
        digest = digest_of(path)
        size = path.stat().st_size
        request_files.add(db, RequestFile(number, kind, path, digest, size, who, current()))
        audit.note(db, current(), who, f"keep {kind}", f"{number} {digest}")


def acknowledge(
    store: Store,
    number: int,
    *,
    who: str,
    role: str,
    receipt: str,
    file: tuple[str, bytes] | None,
    folder: Path,
) -> Event:
    """
    Write down the receipt that came, with a copy of its file under *folder* where there is one.

    The copy is whole before the step is on record, and goes again when the step may not be taken.
    """
    kept = _copied(number, file, folder) if file else None
    try:
        with store.begin() as db:
            audit.one_writer(db)
            found = cases.get(db, number)
            if found is None:
                raise NotAllowedError(f"there is no request {number}; see: lurewatch takedown list")
            events = cases.events_of(db, [number])[number]
            event = taken(
                found, events, "acknowledge", who=who, role=role, at=current(), receipt=receipt
            )
            if not cases.add(db, event, found.state):
                raise NotAllowedError(f"request {number} was moved by another person; look again")
            audit.note(db, event.at, who, "acknowledge request", str(number))
            if kept and file:
                digest = sha256(file[1]).hexdigest()
                request_files.add(
                    db, RequestFile(number, RECEIPT, kept, digest, len(file[1]), who, event.at)
                )
                audit.note(db, event.at, who, "keep receipt", f"{number} {digest}")
    except BaseException:
        if kept:
            kept.unlink(missing_ok=True)
        raise
    return event


def checked_receipt(name: str, body: bytes) -> tuple[str, bytes]:
    """A receipt's file by its bare name. Raises InputError for one that is empty or too large."""
    shown = Path(name.replace("\\", "/")).name
    if not body:
        raise InputError(f"the receipt {shown!r} is empty")
    if len(body) > LARGEST:
        raise InputError(f"the receipt {shown!r} has more than {LARGEST >> 20} MB")
    return shown, body


def _copied(number: int, file: tuple[str, bytes], folder: Path) -> Path:
    name, body = file
    safe = "".join(sign if sign.isalnum() or sign in "-_." else "_" for sign in name)[-80:]
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = folder / f"{number}-{current():%Y%m%dT%H%M%S%f}-{safe.lstrip('.') or 'receipt'}"
    draft = target.with_name(f".{target.name}.draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as copy:
        copy.write(body)
        copy.flush()
        os.fsync(copy.fileno())
    draft.replace(target)
    return target


def files_of(store: Store, numbers: Sequence[int]) -> list[RequestFile]:
    """The files of requests, in the order in which they were kept."""
    with store.reading() as db:
        return request_files.files_of(db, numbers)


@dataclass(frozen=True, slots=True)
class FileCheck:
    """Whether a file is as it was kept; `said` is empty when it is."""

    file: RequestFile
    said: str


def verify_files(store: Store, numbers: Sequence[int] | None = None) -> list[FileCheck]:
    """
    Compare the files of requests with what they were when they were kept; without numbers, of all.

    That the digest itself was not changed is shown by the audit log, which has it too.
    """
    with store.reading() as db:
        kept = request_files.files_of(db, numbers)
        noted = audit.subjects(db, NOTED)
    return [FileCheck(one, _said(one, noted)) for one in kept]


def check_drafted(request: TakedownRequest, checks: Sequence[FileCheck]) -> None:
    """
    Raises NotAllowedError, naming the file, when what would go out is not what was drafted.

    An edited letter has been read against no rule and by nobody: it is drafted anew, in another way.
    """
    for one in checks:
        if one.said and one.file.kind in DRAFTED:
            name = one.file.path.name if one.file.path else one.file.kind
            raise NotAllowedError(
                f"request {request.request_id}: {name} {SINCE[one.said]}; withdraw the request and draft it"
                f" anew: lurewatch takedown draft {request.finding_id} --as NAME"
            )


def drafted_file(store: Store, number: int, kind: str, *, reader: str) -> Path | None:
    """
    A file of a request as it was drafted, which goes on record; nothing where there is none of the kind.

    Raises NotAllowedError when it is not the one that was drafted.
    """
    checks = [one for one in verify_files(store, [number]) if one.file.kind == kind]
    if kind not in DRAFTED or not checks or checks[0].file.path is None:
        return None
    with store.begin() as db:
        found = cases.get(db, number)
        if found is None:
            return None
        check_drafted(found, checks)
        audit.note(db, current(), reader, f"take {kind}", str(number))
    return checks[0].file.path


DRAFTED: Final = frozenset({LETTER, PDF, ARCHIVE})
NOTED: Final = frozenset(f"keep {kind}" for kind in (*sorted(DRAFTED), RECEIPT))
MISSING: Final = "is missing"
CHANGED: Final = "was changed"
DIFFERS: Final = "the audit log has another digest"
SINCE: Final = {
    MISSING: "is missing",
    CHANGED: "was changed since it was drafted",
    DIFFERS: "has another digest in the audit log",
}


def _said(one: RequestFile, noted: set[str]) -> str:
    if one.path is None:
        return ""  # kept no longer, by retention
    if f"{one.request_id} {one.sha256}" not in noted:
        return DIFFERS
    if not one.path.is_file():
        return MISSING
    return "" if digest_of(one.path) == one.sha256 else CHANGED
