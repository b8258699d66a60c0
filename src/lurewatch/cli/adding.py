"""Add one post by hand: from its public page, else as a person saw it."""

import uuid
from mimetypes import guess_type
from pathlib import Path
from typing import Annotated

import typer

from lurewatch.errors import InputError

LARGEST = 64 << 20  # bytes of a person's file
KINDS = ("image/", "text/html", "application/pdf", "multipart/related")


def add(
    url: Annotated[str, typer.Argument(help="The post's address, whole.")],
    text: Annotated[str, typer.Option(help="What the post says, as you saw it, where its page is not public.")] = "",
    title: Annotated[str, typer.Option(help="Its title, if it has one.")] = "",
    author: Annotated[str, typer.Option(help="The account's name, as shown.")] = "",
    file: Annotated[Path | None, typer.Option(help="Your screenshot, or the page as you saved it.")] = None,
    visit: Annotated[bool, typer.Option(help="Look at the public page first.")] = True,
) -> None:  # fmt: skip
    """
    Add one post by its address: read from the public page, else kept as you saw it, and said so.

    The page is asked for once. Where it is behind a wall, forbidden by robots.txt, or of a platform we
    do not read, --text (and --file) are kept as a person's own capture.
    """
    from lurewatch.addresses import read_address
    from lurewatch.cli.pending import judge_all
    from lurewatch.config import read_secrets, read_settings
    from lurewatch.crawling import SPIDERS, run_spider
    from lurewatch.post import Post
    from lurewatch.store import open_store
    from lurewatch.workflow import add_by_person, coverage

    platform, post_id = read_address(url)
    kept_file = read_file(file) if file else None
    settings = read_settings()
    store = open_store(settings, read_secrets(settings))
    came = "not visited"
    if visit and platform in SPIDERS and platform != "feed":
        run_id = uuid.uuid4().hex
        failure = run_spider(platform, run_id, None, [url], 1)
        rows = coverage(store, [run_id])
        came = ", ".join(sorted({row.state for row in rows})) or failure or "no answer"
    captured = "captured" in came
    if not captured and not (text or title):
        raise InputError(
            f"{url}: the public page gave no post ({platform}: {came}); add what you saw with --text"
            " and --file"
        )
    if not captured:
        post: Post = Post(platform, post_id, url, text, title=title, author_name=author)
        add_by_person(store, post, kept_file)
    typer.echo(
        f"{platform} {post_id}: {'read from its public page' if captured else f'kept as you saw it ({came})'}"
    )
    judged = judge_all(store, settings)
    typer.echo(f"Judged {judged.posts} posts: {judged.findings} new findings.")


def read_file(path: Path) -> tuple[str, bytes]:
    """The media type and bytes of a person's file. Raises InputError for one that is no capture."""
    kind = guess_type(path.name)[0] or ""
    if not kind.startswith(KINDS):
        raise InputError(
            f"{path}: give a screenshot (.png, .jpg), a saved page (.html, .mhtml) or a .pdf"
        )
    try:
        if path.stat().st_size > LARGEST:
            raise InputError(f"{path} is larger than {LARGEST >> 20} MiB")
        return kind, path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
