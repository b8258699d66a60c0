"""Add one post by hand: from its public page, else as a person saw it."""

from pathlib import Path
from typing import Annotated

import typer

from lurewatch.errors import InputError


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
    do not read, --text (and --file) are kept as a person's own capture. With [ocr] installed the text
    of a screenshot is read and kept as the post's text in pictures.
    """
    from lurewatch.cli.pending import judge_all
    from lurewatch.config import read_secrets, read_settings
    from lurewatch.intake import add_post
    from lurewatch.store import open_store

    kept_file = read_file(file) if file else None
    settings = read_settings()
    store = open_store(settings, read_secrets(settings))
    added = add_post(store, url, text=text, title=title, author=author, file=kept_file, visit=visit)
    how = "read from its public page" if added.captured else f"kept as you saw it ({added.came})"
    typer.echo(f"{added.platform} {added.post_id}: {how}{f'; {added.shot}' if added.shot else ''}")
    judged = judge_all(store, settings)
    typer.echo(f"Judged {judged.posts} posts: {judged.findings} new findings.")


def read_file(path: Path) -> tuple[str, bytes]:
    """The media type and bytes of a person's file. Raises InputError for one that is no capture."""
    from lurewatch.intake import checked_file

    try:
        return checked_file(path.name, path.read_bytes())
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
