"""Check a package with its own files, and with the record where there is one, and say what holds."""

import json
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from lurewatch import custody
from lurewatch.errors import InputError
from lurewatch.evidence.package import ANALYSIS, CUSTODY, EXPORT_SUMS, MANIFEST, SUMS
from lurewatch.evidence.stamp import TOKEN, StampError, holds, roots_of
from lurewatch.evidence.stamp import read as read_token

UNSEALED: Final = frozenset({SUMS, TOKEN, ANALYSIS, CUSTODY, EXPORT_SUMS})
LARGEST: Final = 1 << 30  # bytes of one file: more is no evidence of ours


@dataclass(frozen=True, slots=True)
class Record:
    """What an installation wrote down of a package when it was sealed."""

    name: str  # of its folder; empty once it is kept no longer
    sums_sha256: str


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that holds, or does not, in both languages."""

    holds: bool
    chinese: str
    english: str


def verify(
    path: Path, tsa_roots: Path | None = None, records: Sequence[Record] | None = None
) -> list[Check]:
    """
    Every check of a package, a folder or an exported zip. Raises InputError when it is none.

    *records* are those of this installation, if it has any: whoever changes a package and all digests
    in it cannot change them too.
    *tsa_roots* holds the certificates in PEM of whom to believe about time; without it a time
    stamp is only checked to be about this package.
    """
    files = _files(path)
    if SUMS not in files or MANIFEST not in files:
        raise InputError(f"{path} is no evidence package: it lacks {SUMS} or {MANIFEST}")
    listed = _listed(files[SUMS])
    checks = [
        Check(
            name in files and sha256(files[name]).hexdigest() == digest,
            f"{name} 与封存时一致" if name in files else f"{name} 缺失",
            f"{name} is as it was sealed" if name in files else f"{name} is missing",
        )
        for name, digest in listed.items()
    ]
    extra = sorted(set(files) - set(listed) - UNSEALED)
    checks.append(
        Check(not extra, f"没有多余文件 {extra or ''}", f"no file was added {extra or ''}")
    )
    checks.append(Check(MANIFEST in listed, "清单已封存", "the manifest is sealed"))
    as_written = "".join(f"{digest}  {name}\n" for name, digest in listed.items())
    if as_written.encode() != files[SUMS]:
        checks.append(Check(False, f"{SUMS} 被改动", f"{SUMS} was changed"))
    if EXPORT_SUMS in files:
        exported = _listed(files[EXPORT_SUMS])
        same = all(n in files and sha256(files[n]).hexdigest() == d for n, d in exported.items())
        checks.append(Check(same, "导出文件一致", "the exported files are as they were"))
    checks.append(
        _stamped(files[TOKEN], files[SUMS], tsa_roots)
        if TOKEN in files
        else _unstamped(wanted=tsa_roots is not None)
    )
    if CUSTODY in files:
        checks.append(_handed_on(files[CUSTODY], files[SUMS]))
    if records is not None:
        checks.append(_recorded(name_of(path), sha256(files[SUMS]).hexdigest(), records))
    return [*checks, _complete(files[MANIFEST])]


def _recorded(name: str, digest: str, records: Sequence[Record]) -> Check:
    own = {one.sums_sha256 for one in records if one.name == name}
    if digest in own or (not own and digest in {one.sums_sha256 for one in records}):
        return Check(True, f"{SUMS} 与本机记录的摘要一致", f"{SUMS} has the digest on record here")
    if own:
        return Check(
            False,
            f"{SUMS} 的摘要 {digest} 与本机记录不符（记录为 {'、'.join(sorted(own))}）",
            f"{SUMS} has the digest {digest}, on record here is {', '.join(sorted(own))}",
        )
    return Check(
        True,
        "本机没有这个证据包的记录，无从比对",
        "this installation has no record of the package to compare it with",
    )


def name_of(path: Path) -> str:
    """What a package is called: its folder, or the folder that its zip puts around it."""
    if path.is_dir():
        return path.resolve().name
    with zipfile.ZipFile(path) as archive:
        first = next(iter(archive.namelist()), "")
    return first.partition("/")[0] if "/" in first else path.stem


def _stamped(token: bytes, sums: bytes, tsa_roots: Path | None) -> Check:
    try:
        found = read_token(token, sums)
    except StampError as error:
        return Check(False, "时间戳与封存内容不符", f"the time stamp does not hold: {error}")
    said = f"{found.at:%Y-%m-%d %H:%M:%S} UTC"
    if tsa_roots is None:
        return Check(
            True,
            f"时间戳 {said} 针对本证据包（未核验签发机构，可用 --tsa-roots）",
            f"time stamp {said} is about this package (its signer unchecked: give --tsa-roots)",
        )
    why = holds(token, sums, roots_of(tsa_roots))
    return Check(
        not why,
        f"时间戳 {said} 由可信机构签发" if not why else f"时间戳无法核验：{why}",
        f"time stamp {said} is of a trusted authority" if not why else f"time stamp: {why}",
    )


def _unstamped(*, wanted: bool) -> Check:
    """Nothing says when it was there; that fails only whoever asks whom to believe about time."""
    return Check(
        not wanted,
        f"没有时间戳（待补）{'，无法核验' if wanted else ''}",
        f"there is no time stamp: it is pending{', so none can be checked' if wanted else ''}",
    )


def _handed_on(log: bytes, sums: bytes) -> Check:
    try:
        entries = custody.read(log)
        about = {entry.sums_sha256 for entry in entries} <= {sha256(sums).hexdigest()}
        whole = about and custody.broken_at(entries) is None
    except (ValueError, KeyError, TypeError):
        whole, entries = False, []
    return Check(
        whole,
        f"保管记录完整（{len(entries)} 条）" if whole else "保管记录被改动或不属于本证据包",
        f"the custody log is whole ({len(entries)} entries)"
        if whole
        else "the custody log was changed, or is another package's",
    )


def _complete(manifest: bytes) -> Check:
    try:
        written = json.loads(manifest)
        complete = written.get("complete") is True
        person = written.get("shown_by") == "person"
    except (ValueError, AttributeError):
        return Check(False, "清单无法读取", "the manifest cannot be read")
    if complete and person:
        return Check(
            True,
            "robots.txt 禁止访问该页，内容由人员截取",
            "robots.txt forbids a visit; a person captured the page",
        )
    return Check(
        complete,
        "页面显示了该内容" if complete else "不完整：页面未显示该内容，或未能截图",
        "the page showed the post"
        if complete
        else "incomplete: the page did not show the post, or no screenshot could be taken",
    )


def _listed(sums: bytes) -> dict[str, str]:
    lines = (line.partition("  ") for line in sums.decode("utf-8", "replace").splitlines())
    return {name: digest for digest, _, name in lines if name}


def _files(path: Path) -> dict[str, bytes]:
    try:
        if path.is_dir():
            found = [one for one in path.rglob("*") if not one.is_dir()]
            return {one.relative_to(path).as_posix(): one.read_bytes() for one in found}
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if any(entry.file_size > LARGEST for entry in entries):
                raise InputError(f"{path} holds a file too large to be evidence of ours")
            names = _inside(path, [entry.filename for entry in entries])
            return {name: archive.read(entry) for name, entry in zip(names, entries, strict=True)}
    except (OSError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(f"{path} cannot be read as an evidence package: {error}") from None


def _inside(path: Path, names: list[str]) -> list[str]:
    """
    Files as their package names them: the one folder that a zip puts around it is none of it.

    Raises InputError where two files would be one, or two packages: which is the sealed one?
    """
    folders = {name.partition("/")[0] if "/" in name else "" for name in names}
    inside = names if "" in folders else [name.partition("/")[2] for name in names]
    if len(folders) > 1 or len(set(inside)) < len(inside):
        raise InputError(f"{path} holds more than one package, or a file twice")
    return inside
