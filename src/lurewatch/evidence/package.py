"""Write evidence packages: sealed facts in one part, what was thought of them in another."""

import errno
import json
import platform
import shutil
import socket
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from importlib.metadata import version
from mimetypes import guess_extension
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from lurewatch import __version__
from lurewatch.custody import Entry, line_of
from lurewatch.dates import CHINA
from lurewatch.evidence.robots import Robots
from lurewatch.evidence.robots import ask as ask_robots
from lurewatch.evidence.shoot import Shot, shoot, show_capture
from lurewatch.evidence.stamp import TOKEN
from lurewatch.evidence.stamp import ask as ask_authority
from lurewatch.evidence.wacz import pack
from lurewatch.finding import Decision, Finding
from lurewatch.post import Capture

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SUMS: Final = "SHA256SUMS"
MANIFEST: Final = "manifest.json"
ANALYSIS: Final = "analysis.json"
EXPORT_SUMS: Final = "EXPORT.SHA256SUMS"
CUSTODY: Final = "custody.jsonl"
WACZ: Final = "page.wacz"
ROBOTS: Final = "robots.txt"
FOUND: Final = 16  # characters of the post's text that must stand on the page in a row


@dataclass(frozen=True, slots=True)
class KeptPackage:
    """A package on disk; `complete` says whether the page showed the post."""

    path: Path
    sums_sha256: str
    complete: bool
    problems: tuple[str, ...]


def keep(
    finding: Finding,
    captures: Sequence[Capture],
    folder: Path,
    browser: "Browser | None",
    *,
    now: datetime,
    roots: Mapping[str, str],
    authority: str | None = None,
    permission: str = "",
) -> KeptPackage:
    """
    Make the package of a finding in *folder*: all of it, or none of it.

    Without a browser, or when the page does not come, what the spider kept is sealed and the
    manifest says what is lacking. What robots.txt forbids is not visited either, unless *permission*
    says where the platform's written permission is kept; what a person captured of such a page makes
    the package complete. *authority* is asked for a time stamp over SHA256SUMS; when it
    gives none the package is whole all the same, and `stamp` asks again.
    """
    post = finding.post
    name = f"{post.platform}-{finding.finding_id}-{now:%Y%m%dT%H%M%SZ}"
    folder.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=folder, prefix=f".{name}."))
    try:
        problems: list[str] = []
        robots = _robots(finding, browser, roots)
        shut = robots is not None and not robots.allowed and not permission
        if shut and robots:
            problems.append(f"the page was not visited: {robots.said}")
            captures = by_person_first(captures)
        shot = None if shut else _visit(finding, browser, roots, problems)
        files = dict(_facts(finding, captures, browser, shot, now))
        if robots and robots.body:
            files[ROBOTS] = robots.body
        found = shot is not None and shows(shot.text, post.text or post.title)
        if shot is not None and not found:
            problems.append("the post's text is not on the page as rendered")
        witnessed = shut and bool(captures) and of_person(captures[0])
        shown_by = "browser" if found else "person" if witnessed else ""
        manifest = _manifest(
            finding, captures, shot, shown_by, problems, now, roots, authority, robots, permission
        )
        files[MANIFEST] = json.dumps(manifest, ensure_ascii=False, indent=2).encode(
            "utf-8", "replace"
        )
        for file_name, content in files.items():
            (draft / file_name).write_bytes(content)
        sums = "".join(f"{sha256(files[one]).hexdigest()}  {one}\n" for one in sorted(files))
        (draft / SUMS).write_text(sums, "ascii")
        draft.chmod(0o700)
        final = _settle(draft, folder / name)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return KeptPackage(final, sha256(sums.encode()).hexdigest(), bool(shown_by), tuple(problems))


def _settle(draft: Path, wanted: Path) -> Path:
    """
    Give a written package its name; one kept in the same second has it already and keeps it.

    The later one is told apart by ``-2``, ``-3`` and so on: nothing sealed is ever written over.
    """
    final, attempt = wanted, 1
    while True:
        try:
            return draft.rename(final)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
        attempt += 1
        final = wanted.with_name(f"{wanted.name}-{attempt}")


def _robots(finding: Finding, browser: "Browser | None", roots: Mapping[str, str]) -> Robots | None:
    """What robots.txt says of the page; nothing where no visit is to be made."""
    if browser is None:
        return None
    return ask_robots(
        browser, located(finding.post.url, finding.post.platform, roots), roots.values()
    )


def by_person_first(captures: Sequence[Capture]) -> list[Capture]:
    """The captures with what people brought first, each part in its order."""
    return sorted(captures, key=lambda one: not of_person(one))


def of_person(capture: Capture) -> bool:
    """Whether a person brought it, as a screenshot or a saved page."""
    return capture.how == "person" and bool(capture.body)


def _visit(
    finding: Finding, browser: "Browser | None", roots: Mapping[str, str], problems: list[str]
) -> Shot | None:
    from playwright.sync_api import Error

    if browser is None:
        problems.append("no browser: no screenshot was taken")
        return None
    try:
        return shoot(
            browser, located(finding.post.url, finding.post.platform, roots), roots.values()
        )
    except (Error, OSError) as error:
        problems.append(f"the page did not come: {str(error).splitlines()[0]}")
        return None


def located(url: str, platform_code: str, roots: Mapping[str, str]) -> str:
    """
    Where an address is looked at: there, or under the root that stands for its platform.

    >>> located("https://tieba.baidu.com/p/1", "tieba", {"tieba": "http://127.0.0.1:8/tieba"})
    'http://127.0.0.1:8/tieba/p/1'
    """
    root = roots.get(platform_code)
    if not root or url.startswith(root):
        return url
    parts = urlsplit(url)
    return f"{root}{parts.path}{'?' + parts.query if parts.query else ''}"


def shows(page_text: str, post_text: str) -> bool:
    """
    Whether the page shows the post: its longest run of text, spaces apart.

    >>> shows("作者 甲\\n逾期 停催 找我", "逾期停催找我")
    True
    """
    page, wanted = "".join(page_text.split()), "".join(post_text.split())
    if len(wanted) <= FOUND:
        return bool(wanted) and wanted in page
    pieces = [wanted[at : at + FOUND] for at in range(0, len(wanted) - FOUND + 1, FOUND)]
    return sum(piece in page for piece in pieces) * 2 > len(pieces)


def _facts(
    finding: Finding,
    captures: Sequence[Capture],
    browser: "Browser | None",
    shot: Shot | None,
    now: datetime,
) -> list[tuple[str, bytes]]:
    fields = {
        "platform": finding.post.platform,
        "post_id": finding.post.post_id,
        "values": [
            {"field": field, "index": index, "value": value}
            for field, index, value in finding.post.values()
        ],
    }
    files = [("fields.json", json.dumps(fields, indent=2).encode())]
    by_person = bool(captures) and captures[0].how == "person"
    if captures and captures[0].body:
        name = f"captured-by-person{suffix_of(captures[0])}" if by_person else "served.html"
        files.append((name, captures[0].body))
    if shot:
        files += [
            ("viewport.png", shot.view),
            ("page.png", shot.page),
            ("dom.html", shot.dom.encode("utf-8", "replace")),
            ("visible.txt", shot.text.encode("utf-8", "replace")),
            (WACZ, pack(shot.exchanges, shot.final_url, shot.title, shot.text, now)),
        ]
    elif browser and captures and not by_person:
        files.append(("rendered-from-capture.png", show_capture(browser, captures[0].body)))
    return files


def suffix_of(capture: Capture) -> str:
    """What the name of a person's file ends in, as its media type says."""
    return guess_extension(dict(capture.headers).get("Content-Type", "")) or ".bin"


def _manifest(
    finding: Finding,
    captures: Sequence[Capture],
    shot: Shot | None,
    shown_by: str,
    problems: list[str],
    now: datetime,
    roots: Mapping[str, str],
    authority: str | None,
    robots: Robots | None,
    permission: str,
) -> dict[str, Any]:
    post, ended = finding.post, datetime.now(UTC)
    return {
        "finding": finding.finding_id,
        "platform": post.platform,
        "post_id": post.post_id,
        "url": post.url,
        "visited": located(post.url, post.platform, roots),
        "published_shown": post.published_shown,
        "ip_region_shown": post.ip_region,
        "first_seen": finding.first_seen.isoformat(),
        "started": now.isoformat(),
        "ended": ended.isoformat(),
        "ended_beijing": ended.astimezone(CHINA).isoformat(),
        "clock": {"source": "system", "ahead_of_server": clock_ahead(shot, ended)},
        "timestamp": f"asked of {authority} over {SUMS}, kept in {TOKEN}"
        if authority
        else "none: no authority is set",
        "login": "none: no cookies, no storage",
        "robots": robots_said(captures, robots, permission),
        "robots_answer": robots.facts() if robots else None,
        "robots_obeyed": robots is None or robots.allowed or shot is None,
        "complete": bool(shown_by),
        "shown_by": shown_by,
        "problems": problems,
        "visit": {
            "final_url": shot.final_url,
            "status": shot.status,
            "headers": shot.headers,
            "server": shot.server,
            "answers": len(shot.exchanges),
            "answers_left_out": shot.left_out,
            "dns": _resolved(shot.final_url),
            "tls": shot.security,
            "browser": shot.browser,
            "user_agent": shot.agent,
        }
        if shot
        else None,
        "served": {
            "url": captures[0].url,
            "status": captures[0].status,
            "form": captures[0].form,
            "how": captures[0].how,
            "captured_at": captures[0].captured_at.isoformat(),
            "headers": captures[0].headers,
        }
        if captures
        else None,
        "made_by": {
            "lurewatch": __version__,
            "python": platform.python_version(),
            "playwright": version("playwright"),
            "system": platform.system(),
        },
        "steps": [
            "ask robots.txt of the page's host, and visit nothing that it forbids without permission",
            "open a new browser context without cookies or storage",
            "visit the address and wait until it has loaded",
            "take the viewport, the whole page, the DOM, the visible text and every answer",
            "hash every file into SHA256SUMS",
        ],
    }


def robots_said(captures: Sequence[Capture], robots: Robots | None, permission: str) -> str:
    """In words, what is known of robots.txt: for the visit, else for the page that a spider found."""
    if robots and not robots.allowed and permission:
        return f"{robots.said}; visited by the platform's written permission: {permission}"
    if robots:
        return f"obeyed: {robots.said}"
    if captures and captures[0].how == "spider":
        return "obeyed by the spider that found the page; no visit was made"
    return "not asked: no spider found the page, and no visit was made"


def clock_ahead(shot: Shot | None, now: datetime) -> str:
    """How far this machine's clock is ahead of the server's, as its Date header says."""
    said = dict(shot.headers).get("date", "") if shot else ""
    try:
        return f"{(now - parsedate_to_datetime(said)).total_seconds():.0f} s"
    except ValueError:
        return "the server named no time"


def stamp(package: Path, authority: str) -> None:
    """
    Add the authority's token to a package that has none.

    Raises StampError when the authority gives none; the package is as it was then.
    """
    target = package / TOKEN
    if target.exists():
        return
    token = ask_authority(authority, (package / SUMS).read_bytes())
    draft = package.with_name(f".{package.name}.tsr")
    draft.write_bytes(token)
    draft.replace(target)


def _resolved(url: str) -> list[str]:
    host = urlsplit(url).hostname or ""
    try:
        return sorted({str(found[4][0]) for found in socket.getaddrinfo(host, None)})
    except OSError:
        return []


def export(
    package: Path,
    target: Path,
    finding: Finding,
    decisions: Sequence[Decision],
    custody: Sequence[Entry],
) -> Path:
    """
    A zip of the sealed facts, with analysis and custody log beside them under EXPORT.SHA256SUMS.

    The analysis is what machine and people think; it is no part of what is sealed.
    """
    analysis = {
        "verdict": asdict(finding.verdict),
        "decisions": [asdict(decision) for decision in decisions],
    }
    files = {one.name: one.read_bytes() for one in sorted(package.iterdir()) if one.is_file()}
    files[ANALYSIS] = json.dumps(analysis, indent=2, default=str).encode()
    files[CUSTODY] = "".join(map(line_of, custody)).encode()
    sums = "".join(f"{sha256(content).hexdigest()}  {name}\n" for name, content in files.items())
    files[EXPORT_SUMS] = sums.encode()
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.draft")
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(f"{package.name}/{name}", content)
    draft.replace(target)
    return target
