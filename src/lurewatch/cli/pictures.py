"""Pictures of posts: fetch them, read the text in them, and show how far that is."""

import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from lurewatch.config import Settings
    from lurewatch.crawling import Crawled
    from lurewatch.pictures.reading import Reader
    from lurewatch.store import Store
    from lurewatch.workflow import ReadUp

app = typer.Typer(
    help="Fetch the pictures of posts and read the text in them.", no_args_is_help=True
)


@app.command("fetch")
def fetch(
    platforms: Annotated[list[str] | None, typer.Argument(help="Of these platforms [default: all].")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many of each platform.")] = 200,
    now: Annotated[bool, typer.Option("--now", help="Even of a platform that rests after a wall.")] = False,
) -> None:  # fmt: skip
    """
    Fetch the pictures of posts that wait, politely: one at a time, each once, ten seconds apart.

    What is stopped goes on where it was. Exit code 1 when pictures wait and none came.
    """
    from lurewatch.cli.acting import opened
    from lurewatch.crawling import SPIDERS, fetch_all_pictures, spider_code
    from lurewatch.workflow import pictures_waiting

    codes = [spider_code(one) for one in platforms] if platforms else list(SPIDERS)
    _, store = opened()
    done = fetch_all_pictures(store, codes, limit, despite_rest=now)
    typer.echo(said_of(store, done) if done else "No picture waits.")
    waiting = pictures_waiting(store)
    if left := {code: waiting[code] for code in codes if code in waiting}:
        typer.echo("Still waiting: " + ", ".join(f"{code} {left[code]}" for code in left))
    if done and not any("captured" in states_of(store, one) for one in done):
        sys.exit(1)


@app.command("read")
def read(
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many [default: all].")] = None,
    judge: Annotated[bool, typer.Option(help="Judge the posts again that got text.")] = True,
) -> None:  # fmt: skip
    """Read the text in the pictures that were fetched; their posts are judged again with it."""
    from lurewatch.cli.acting import opened
    from lurewatch.cli.pending import judge_all
    from lurewatch.pictures.reading import Reader

    reader = Reader()
    settings, store = opened()
    typer.echo(said_of_reading(read_all(store, reader, limit)))
    if judge:
        judged = judge_all(store, settings)
        typer.echo(f"Judged {judged.posts} posts: {judged.findings} new findings.")


@app.command("status")
def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Show how many pictures are in each state."""
    from lurewatch.cli.acting import opened
    from lurewatch.workflow import list_pictures, picture_counts

    _, store = opened()
    list_pictures(store)
    counts = picture_counts(store)
    if as_json:
        typer.echo(json.dumps(asdict(counts)))
        return
    for name, states in (("addresses", counts.addresses), ("pictures", counts.files)):
        shown = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
        typer.echo(f"{name}: {shown or 'none'}")
    if counts.animated:
        typer.echo(f"{counts.animated} are animated: their first frame was read")


def after_crawl(
    store: "Store",
    settings: "Settings",
    codes: Sequence[str],
    environ: dict[str, str] | None = None,
) -> None:
    """Fetch and read what a crawl's posts show, where pictures can be read."""
    from lurewatch.crawling import fetch_all_pictures
    from lurewatch.pictures.reading import Reader, can_read

    if not settings.pictures or not can_read():
        return
    done = fetch_all_pictures(store, codes, settings.pictures, environ=environ)
    if done:
        typer.echo(said_of(store, done), err=True)
    found = read_all(store, Reader())
    if found.states:
        typer.echo(said_of_reading(found), err=True)


def read_all(store: "Store", reader: "Reader", limit: int | None = None) -> "ReadUp":
    """Read what nobody has read, with a progress bar when a person watches."""
    from rich.console import Console
    from rich.progress import Progress

    from lurewatch.workflow import read_pictures

    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("Reading pictures", total=None)
        return read_pictures(
            store,
            reader,
            limit=limit,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )


def said_of(store: "Store", done: "Sequence[Crawled]") -> str:
    """What came of runs for pictures, a line for each."""
    lines = []
    for one in done:
        states = states_of(store, one)
        came = ", ".join(f"{count} {NAMES.get(state, state)}" for state, count in states.items())
        lines.append(one.left or f"{one.platform}: pictures {came or one.said or 'none'}")
    return "\n".join(lines)


NAMES = {"captured": "kept", "empty": "gone", "changed": "are no picture"}


def states_of(store: "Store", one: "Crawled") -> Counter[str]:
    """How many pictures of a run came to which state of the coverage."""
    from lurewatch.workflow import coverage

    return Counter({row.state: row.pages for row in coverage(store, [one.run_id])})


def said_of_reading(found: "ReadUp") -> str:
    """What came of reading, in one line."""
    states = ", ".join(f"{count} {state}" for state, count in sorted(found.states.items()))
    return f"Read {sum(found.states.values())} pictures: {states or 'none waited'}."
