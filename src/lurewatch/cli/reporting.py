"""The month on paper."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from lurewatch.cli.acting import opened


def report(
    month: Annotated[str, typer.Option(help="The month, as 2026-11 (in China's time).")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The .docx or .pdf to write.")],
) -> None:
    """Write the figures of a month as a Chinese report: coverage, times, precision, errors, load."""
    from lurewatch import workflow
    from lurewatch.browser import find_chromium
    from lurewatch.review.monthly import month_named, write_report
    from lurewatch.takedown import read_institution

    since, until = month_named(month)
    settings, store = opened()
    found = workflow.figures(store, since, until)
    name = read_institution(settings.profile_file).name
    browser = find_chromium(settings) if output.suffix == ".pdf" else None
    write_report(found, name, output, datetime.now(UTC), browser)
    typer.echo(str(output))
