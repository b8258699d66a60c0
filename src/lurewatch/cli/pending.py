"""Judge what has been collected: a batch that can be stopped and goes on where it was."""

import gc
import json
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from lurewatch.config import Settings
    from lurewatch.store import Store
    from lurewatch.workflow import Judged


def judge(
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """
    Judge every post that has no verdict yet.

    `crawl` and `import` do this at their end; run it by itself after a stop, or after a new
    model or lexicon. Stopping it loses nothing: the next run goes on.
    """
    from lurewatch.config import read_secrets, read_settings
    from lurewatch.store import open_store

    settings = read_settings()
    judged = judge_all(open_store(settings, read_secrets(settings)), settings)
    if as_json:
        typer.echo(json.dumps({"posts": judged.posts, "findings": judged.findings}))
    else:
        typer.echo(f"Judged {judged.posts} posts: {judged.findings} to review.")


def judge_all(store: "Store", settings: "Settings") -> "Judged":
    """Judge what is pending and link it, with a progress bar when a person watches."""
    from rich.console import Console
    from rich.progress import Progress

    from lurewatch.cli.linking import link_all
    from lurewatch.detect import Detector, lexicon_for
    from lurewatch.workflow import judge_pending

    console = Console(stderr=True)
    lexicon, detector = lexicon_for(settings), Detector.load(settings)
    gc.freeze()  # the tables stay to the end: they need not be gone through for garbage
    with Progress(console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("Judging", total=None)
        judged = judge_pending(
            store,
            detector,
            linked_by=lexicon,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    link_all(store, settings)
    if judged.warning:
        typer.echo(f"warning: {judged.warning}", err=True)
    return judged
