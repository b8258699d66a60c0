"""Take in one post by its address: from its public page, or as a person saw it."""

import os
import uuid
from dataclasses import dataclass
from mimetypes import guess_type
from typing import Final

from lurewatch.addresses import read_address
from lurewatch.config import Settings
from lurewatch.crawling import SPIDERS, run_spider
from lurewatch.errors import InputError
from lurewatch.pictures.reading import Reader, can_read, text_of
from lurewatch.pictures.seeing import UnreadableError, look
from lurewatch.post import Post
from lurewatch.store import Store
from lurewatch.workflow import add_by_person, coverage

LARGEST: Final = 64 << 20  # bytes of a person's file
KINDS: Final = ("image/", "text/html", "application/pdf", "multipart/related")


@dataclass(frozen=True, slots=True)
class Added:
    """What came of one address."""

    platform: str
    post_id: str
    captured: bool  # read from its public page; else kept as a person saw it
    came: str  # of the visit
    shot: str = ""  # what came of reading the screenshot; nothing where there was none to read


def add_post(
    store: Store,
    url: str,
    *,
    text: str = "",
    title: str = "",
    author: str = "",
    file: tuple[str, bytes] | None = None,
    visit: bool = True,
    who: str | None = None,
    environ: dict[str, str] | None = None,
) -> Added:
    """
    Add one post by its address: read from the public page, else kept as it was seen, and said so.

    The page is asked for once. *who* is a person of the console; else whoever runs the command.
    Raises InputError when the page gives no post and nothing was seen.
    """
    platform, post_id = read_address(url)
    came = "not visited"
    if visit and platform in SPIDERS and platform != "feed":
        run_id = uuid.uuid4().hex
        failure = run_spider(platform, run_id, None, [url], 1, environ)
        rows = coverage(store, [run_id])
        came = ", ".join(sorted({row.state for row in rows})) or failure or "no answer"
    if "captured" in came:
        return Added(platform, post_id, True, came)
    read, shot = read_shot(file)
    if not (text or title or read):
        raise InputError(
            f"{url}: the public page gave no post ({platform}: {came}); add what you saw: its text"
            f" (--text), and a screenshot of it (--file){f'; {shot}' if shot else ''}"
        )
    ocr = (read,) if read else ()
    post = Post(platform, post_id, url, text, title=title, author_name=author, ocr=ocr)
    add_by_person(store, post, file, who)
    return Added(platform, post_id, False, came, shot)


def read_shot(file: tuple[str, bytes] | None) -> tuple[str, str]:
    """
    The text of a person's screenshot, and what came of reading it.

    Both are empty where the file is no picture or the packages that read pictures are not installed.
    """
    if file is None or not file[0].startswith("image/") or not can_read():
        return "", ""
    try:
        image, _ = look(file[1])
        found = text_of(Reader().read(image))
    except UnreadableError as error:
        return "", f"the screenshot cannot be read ({error.state}: {error})"
    said = f"{len(found)} characters were read in the screenshot"
    return found, said if found else "no text was found in the screenshot"


def checked_file(name: str, body: bytes) -> tuple[str, bytes]:
    """The media type and bytes of a person's file. Raises InputError for one that is no capture."""
    kind = guess_type(name)[0] or ""
    if not kind.startswith(KINDS):
        raise InputError(
            f"{name}: give a screenshot (.png, .jpg), a saved page (.html, .mhtml) or a .pdf"
        )
    if len(body) > LARGEST:
        raise InputError(f"{name} is larger than {LARGEST >> 20} MiB")
    return kind, body


def environment(settings: Settings) -> dict[str, str]:
    """What a command of its own process needs to see the same store and the same platforms."""
    roots = ",".join(f"{platform}={root}" for platform, root in settings.roots.items())
    return dict(os.environ) | {
        "LUREWATCH_HOME": str(settings.home),
        "LUREWATCH_DB": settings.db_url,
        "LUREWATCH_ROOTS": roots,
        "LUREWATCH_WEIBO_TOKEN": settings.weibo_token or "",
        "LUREWATCH_DOUYIN_TOKEN": settings.douyin_token or "",
    }
