"""Look after the lexicon: check it, try a row before it is taken, and add the operator's own."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lurewatch.errors import InputError

if TYPE_CHECKING:
    from lurewatch.text.lexicon import Lexicon, Term

app = typer.Typer(help="Check, try and add coded terms.", no_args_is_help=True)
SHOWN = 20  # places shown of what a row would read
AROUND = 12  # characters shown on either side

Form = Annotated[str, typer.Argument(help="What is written.")]
Plain = Annotated[str, typer.Argument(help="What it is read as.")]
Grade = Annotated[
    str, typer.Option(help="A: read anywhere; B, C: only beside another term of the field.")
]
Group = Annotated[str, typer.Option(help="SVC service, ACT persona, CLM promise, DIV route.")]


@app.command()
def lint() -> None:
    """Check the shipped rows and the operator's own; exit code 1 when one is not sound."""
    from lurewatch.config import read_settings
    from lurewatch.text.lexicon import OVERLAY, load_lexicon, problems_of

    overlay = read_settings().home / OVERLAY
    lexicon = load_lexicon(overlay)
    problems = problems_of(lexicon.terms)
    for problem in problems:
        typer.echo(problem)
    own = f", {overlay}" if overlay.exists() else ""
    typer.echo(
        f"version {lexicon.version}: {len(lexicon.terms)} forms{own}, {len(problems)} faults"
    )
    if problems:
        raise typer.Exit(1)


@app.command("test")
def try_row(
    form: Form,
    plain: Plain,
    grade: Grade = "B",
    group: Group = "SVC",
    file: Annotated[
        Path | None, typer.Option("--in", help="A file of texts, one a line [default: the store].")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts and places.")] = False,
) -> None:
    """Show what a row would read in a file, or in the posts of the store, before it is taken."""
    from lurewatch.config import read_settings
    from lurewatch.detect import lexicon_for

    lexicon = lexicon_for(read_settings())
    row = sound(proposed(form, plain, grade, group, "tried", ""), lexicon)
    texts = 0
    places: list[str] = []
    for text in texts_in(file):
        texts += 1
        places += read_anew(text, lexicon, lexicon.with_terms([row]), row)
    if as_json:
        typer.echo(json.dumps({"texts": texts, "read": len(places), "places": places[:SHOWN]}))
        return
    typer.echo(f"{len(places)} times in {texts} texts")
    for place in places[:SHOWN]:
        typer.echo(f"  {place}")
    if len(places) > SHOWN:
        typer.echo(f"  ... and {len(places) - SHOWN} more")


@app.command()
def add(
    form: Form,
    plain: Plain,
    source: Annotated[str, typer.Option(help="Where it was seen: an address, a case, a person.")],
    grade: Grade = "B",
    group: Group = "SVC",
    note: Annotated[str, typer.Option(help="What it may be mistaken for.")] = "",
) -> None:
    """Add a row of the operator's own, or replace it; verdicts then carry another version."""
    from lurewatch.config import read_settings
    from lurewatch.text.lexicon import OVERLAY, load_lexicon, write_overlay

    overlay = read_settings().home / OVERLAY
    row = proposed(form, plain, grade, group, source, note)
    row = sound(row, load_lexicon(overlay))
    write_overlay(overlay, row)
    load_lexicon.cache_clear()
    typer.echo(f"{form} is read as {plain}; version {load_lexicon(overlay).version}, in {overlay}")


def proposed(form: str, plain: str, grade: str, group: str, source: str, note: str) -> "Term":
    """The row that the arguments describe. Raises InputError for a grade or group unknown."""
    from lurewatch.text.forms import device_of
    from lurewatch.text.lexicon import GROUPS, Term
    from lurewatch.text.normalise import folded

    if grade not in ("A", "B", "C") or group not in GROUPS:
        raise InputError(
            f"grade {grade}, group {group}: grades are A B C, groups {' '.join(GROUPS)}"
        )
    form = folded(form)  # as the earlier steps leave it: another writing would never be met
    return Term(
        concept=plain,
        form=form,
        plain=plain,
        device="plain" if form == plain else device_of(form, plain),
        grade=grade,  # type: ignore[arg-type]  # checked above
        group=group,
        families="",
        note=note,
        source=source,
        first_seen=f"{datetime.now(UTC):%Y-%m}",
    )


def sound(row: "Term", lexicon: "Lexicon") -> "Term":
    """The row, when nothing is wrong with it among the others. Raises InputError."""
    from lurewatch.text.lexicon import problems_of

    name = f"{row.form} → {row.plain}"
    problems = problems_of(lexicon.with_terms([row]).terms)
    known = set(problems_of(lexicon.terms))
    if new := [one for one in problems if one not in known or one.startswith(name)]:
        raise InputError("; ".join(new))
    return row


def read_anew(text: str, before: "Lexicon", after: "Lexicon", row: "Term") -> Iterator[str]:
    """Each place where the row is read that was not read so before, with what stands around."""
    from lurewatch.text.normalise import normalise

    known = {(term.raw_start, term.plain) for term in normalise(text, before).terms}
    for term in normalise(text, after).terms:
        if term.plain == row.plain and (term.raw_start, term.plain) not in known:
            start, end = max(0, term.raw_start - AROUND), term.raw_end + AROUND
            yield " ".join(text[start:end].split())


def texts_in(file: Path | None) -> Iterable[str]:
    """The lines of a file, or every text of every post in the store."""
    from lurewatch.cli.acting import opened
    from lurewatch.cli.language import inputs
    from lurewatch.workflow import export_posts

    if file:
        return inputs(None, file)
    _, store = opened()
    return (value for row in export_posts(store) for _, _, value in row.post.values())
