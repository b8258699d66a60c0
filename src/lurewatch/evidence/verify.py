"""Check a package with nothing but its own files, and say what holds."""

import json
import zipfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from lurewatch.errors import InputError
from lurewatch.evidence.package import ANALYSIS, EXPORT_SUMS, MANIFEST, SUMS

UNSEALED: Final = frozenset({SUMS, ANALYSIS, EXPORT_SUMS})
LARGEST: Final = 1 << 30  # bytes of one file: more is no evidence of ours


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that holds, or does not, in both languages."""

    holds: bool
    chinese: str
    english: str


def verify(path: Path) -> list[Check]:
    """Every check of a package, a folder or an exported zip. Raises InputError when it is none."""
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
    if EXPORT_SUMS in files:
        exported = _listed(files[EXPORT_SUMS])
        same = all(n in files and sha256(files[n]).hexdigest() == d for n, d in exported.items())
        checks.append(Check(same, "导出文件一致", "the exported files are as they were"))
    return [*checks, _complete(files[MANIFEST])]


def _complete(manifest: bytes) -> Check:
    try:
        complete = json.loads(manifest).get("complete") is True
    except (ValueError, AttributeError):
        return Check(False, "清单无法读取", "the manifest cannot be read")
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
            return {one.name: one.read_bytes() for one in path.iterdir() if one.is_file()}
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if any(entry.file_size > LARGEST for entry in entries):
                raise InputError(f"{path} holds a file too large to be evidence of ours")
            return {Path(entry.filename).name: archive.read(entry) for entry in entries}
    except (OSError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} cannot be read as an evidence package: {error}") from None
