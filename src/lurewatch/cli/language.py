"""Show what coded text says."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lurewatch.errors import InputError

if TYPE_CHECKING:
    from lurewatch.text.normalise import Normalised


def normalise(
    texts: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TEXT]...", help="Texts [default: standard input]."),
    ] = None,
    file: Annotated[Path | None, typer.Option(help="A file of texts, one a line.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print raw, plain, map, steps, devices and terms.")
    ] = False,
) -> None:
    """Print the plain text of coded text."""
    from lurewatch.config import read_settings
    from lurewatch.detect import lexicon_for
    from lurewatch.text.normalise import normalise as undo

    lexicon = lexicon_for(read_settings())
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    for text in inputs(texts, file):
        found = undo(text, lexicon)
        if as_json:
            typer.echo(json.dumps(shown(found)))
        elif sys.stdout.isatty():
            typer.echo(beside(found))
        else:
            typer.echo(found.plain)


def inputs(texts: list[str] | None, file: Path | None) -> Iterator[str]:
    """The texts: arguments, or the lines of a file or of standard input."""
    if texts and texts != ["-"]:
        yield from texts
        return
    try:
        data = file.read_bytes() if file else sys.stdin.buffer.read()
        yield from data.decode("utf-8-sig").splitlines()
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        name = file or "standard input"
        raise InputError(f"{name} is not UTF-8 ({error}); save it as UTF-8") from None


def shown(found: "Normalised") -> dict[str, object]:
    """The contract's object."""
    return {
        "raw": found.raw,
        "plain": found.plain,
        "map": found.map,
        "steps": found.steps,
        "devices": found.devices,
        "terms": [asdict(term) for term in found.terms],
    }


def beside(found: "Normalised") -> str:
    """Before and after, what was coded in colour."""
    before, after, done, raw_done = [], [], 0, 0
    for term in (term for term in found.terms if term.device != "plain"):
        before += [found.raw[raw_done : term.raw_start], typer.style(term.surface, fg="red")]
        after += [found.plain[done : term.start], typer.style(term.plain, fg="green", bold=True)]
        raw_done, done = term.raw_end, term.end
    before.append(found.raw[raw_done:])
    after.append(found.plain[done:])
    return f"- {''.join(before)}\n+ {''.join(after)}"
