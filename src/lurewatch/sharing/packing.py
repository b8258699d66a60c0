"""The package for the police as one zip: letter, list, evidence, and digests over all of it."""

import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lurewatch.errors import InputError
from lurewatch.workflow.filing import digest_of

SUMS: Final = "SHA256SUMS"
ABOUT: Final = "package.json"
README: Final = """\
公安线索包（由 lurewatch 生成）

letter.docx   线索移送函（盖章前须由第二人批准：lurewatch share approve 本文件 --as 姓名）
list.xlsx     内容、账号、联系方式清单
evidence/     每条内容的证据包（zip），可离线核验：lurewatch evidence verify 文件
package.json  本包所含线索编号与所引规定
SHA256SUMS    以上文件的 SHA-256：sha256sum -c SHA256SUMS

含个人信息，仅限依法移送公安机关使用。本程序不向任何人发送本包，由贵机构的联络人移送。
A clue package for the police: letter, lists, evidence, and SHA256SUMS over all of it. It holds personal
data. A second person approves it (lurewatch share approve); a person hands it over, the program never does.
"""


@dataclass(frozen=True, slots=True)
class About:
    """What a package says of itself, for whoever approves it."""

    findings: tuple[int, ...]
    cites: tuple[str, ...]


def pack(folder: Path, about: Mapping[str, Any], target: Path) -> None:
    """Put all files of a folder into a zip that its owner alone can read; replaced as a whole."""
    (folder / "README.txt").write_text(README, "utf-8")
    (folder / ABOUT).write_text(json.dumps(about, ensure_ascii=False, indent=2), "utf-8")
    files = sorted(one for one in folder.rglob("*") if one.is_file())
    names = {one: one.relative_to(folder).as_posix() for one in files}
    sums = "".join(f"{digest_of(one)}  {name}\n" for one, name in names.items())
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.draft")
    try:
        with (
            os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as raw,
            zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            for one, name in names.items():
                archive.write(one, name)
            archive.writestr(SUMS, sums)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def read_about(path: Path) -> About:
    """Which findings a package holds, and what its letter cites. Raises InputError."""
    try:
        with zipfile.ZipFile(path) as archive:
            about = json.loads(archive.read(ABOUT))
        return About(tuple(map(int, about["findings"])), tuple(map(str, about["cites"])))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError):
        raise InputError(f"{path} is no clue package") from None
