"""Collect: crawl platforms, and read saved pages."""

import json
import subprocess
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from lurewatch.crawling import SPIDERS, known_platform, scrapy_environment
from lurewatch.dates import CHINA
from lurewatch.errors import InputError
from lurewatch.post import CoverageState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lurewatch.crawling import Crawled
    from lurewatch.store import Store
    from lurewatch.workflow import CoverageRow, Run

STATES: tuple[CoverageState, ...] = get_args(CoverageState)
TROUBLE = {
    "blocked": "blocked: a wall stopped the run",
    "disallowed": "disallowed by robots.txt",
    "changed": "changed: the page is not understood",
    "failed": "failed: no page came",
    "capped": "capped: more pages were there",
}


def crawl(
    platforms: Annotated[list[str], typer.Argument(help=f"Any of: {', '.join(SPIDERS)}.")],
    keyword: Annotated[list[str] | None, typer.Option(help="What to search for.")] = None,
    address: Annotated[list[str] | None, typer.Option(help="A public post to read.")] = None,
    pages: Annotated[int, typer.Option(min=1, help="At most so many pages a keyword.")] = 10,
    since: Annotated[str, typer.Option(help="From this day on, as 2026-11-01, where a search takes days (weibo).")] = "",
    until: Annotated[str, typer.Option(help="Up to this day.")] = "",
    pictures: Annotated[bool, typer.Option(help="Fetch and read the posts' pictures afterwards, where [ocr] is installed.")] = True,
    judge: Annotated[bool, typer.Option(help="Judge the new posts afterwards.")] = True,
    now: Annotated[bool, typer.Option("--now", help="Even a platform that rests after a wall.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the coverage as JSON.")] = False,
) -> None:  # fmt: skip
    """
    Crawl public pages with our spiders, politely: one page at a time, ten seconds apart.

    A run that was stopped goes on where it was. A platform that stopped a run with a wall rests
    for some hours. Exit code 1 when no page could be read.
    """
    if not keyword and not address:
        raise InputError("nothing to look for: give --keyword or --address")
    from lurewatch.config import read_secrets, read_settings
    from lurewatch.crawling import Order, crawl_all, spider_code
    from lurewatch.store import open_store
    from lurewatch.workflow import coverage

    codes = [spider_code(platform) for platform in platforms]
    settings = read_settings()
    store = open_store(settings, read_secrets(settings))
    order = Order(tuple(keyword or ()), tuple(address or ()), pages, since=since, until=until)
    done = crawl_all(store, codes, order, despite_rest=now)
    rows = coverage(store, [one.run_id for one in done])
    show_coverage(rows, as_json)
    for one in done:
        for line in filter(None, (one.left, one.said)):
            typer.echo(line, err=True)
    for line in completed(store, done, settings.whole):
        typer.echo(line, err=True)
    if pictures:
        from lurewatch.cli.pictures import after_crawl

        after_crawl(store, settings, codes)
    if judge:
        from lurewatch.cli.pending import judge_all

        judged = judge_all(store, settings)
        typer.echo(f"Judged {judged.posts} posts: {judged.findings} new findings.", err=as_json)
    if not any(row.state in ("captured", "empty") for row in rows):
        sys.exit(1)


def completed(store: "Store", done: "Sequence[Crawled]", limit: int) -> list[str]:
    """Read whole what results cut; what came of it, a line a platform."""
    from lurewatch.crawling import a_holder, beating, read_whole
    from lurewatch.workflow import coverage

    holder = a_holder()
    with beating(store, holder):
        read = read_whole(store, done, limit, holder)
    lines = []
    for one in read:
        states = Counter({row.state: row.pages for row in coverage(store, [one.run_id])})
        came = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
        lines.append(one.left or f"{one.platform}: posts that results had cut: {came or one.said}")
    return lines


def coverage(
    platform: Annotated[str, typer.Option(help="One platform only.")] = "",
    since: Annotated[str, typer.Option(help="From this day on, as 2026-11-01.")] = "",
    runs: Annotated[bool, typer.Option("--runs", help="Show the newest runs, one a line.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a list of days as JSON.")] = False,
) -> None:
    """
    Show what was tried on each day, and what came of it: blocked is not empty.

    A source that usually gives posts and gave none on its newest day is named on standard error, and
    so is a run whose process was killed.
    """
    from rich.console import Console
    from rich.table import Table

    from lurewatch.config import read_secrets, read_settings
    from lurewatch.store import open_store
    from lurewatch.workflow import coverage_by_day, recent_runs, silent

    code = known_platform(platform) if platform else ""
    try:
        first = datetime.fromisoformat(since).replace(tzinfo=CHINA) if since else None
    except ValueError:
        raise InputError(f"--since {since!r} is no day; write 2026-11-01") from None
    settings = read_settings()
    store = open_store(settings, read_secrets(settings))
    newest = recent_runs(store, code, first)
    if runs:
        show_runs(newest, as_json)
        return
    days = coverage_by_day(store, code, first)
    if as_json:
        shown = [
            {
                "platform": day.platform,
                "keyword": day.keyword,
                "day": day.day.isoformat(),
                "tried": day.tried,
                **{state: day.pages.get(state, 0) for state in STATES},
                "posts": day.posts,
            }
            for day in days
        ]
        typer.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    else:
        table = Table("day", "platform", "keyword", "tried", "what came of it", "posts")
        for day in days:
            came = ", ".join(f"{count} {state}" for state, count in sorted(day.pages.items()))
            name = day.keyword or "–"
            table.add_row(
                day.day.isoformat(), day.platform, name, str(day.tried), came, str(day.posts)
            )
        Console().print(table)
    for day, usual in silent(days):
        name = f"{day.platform} {day.keyword}".strip()
        came = ", ".join(sorted(day.pages))
        typer.echo(
            f"{name} has fallen silent: no post on {day.day} ({came}), usually {usual}", err=True
        )

    for run in newest:
        if run.state == "interrupted":
            typer.echo(
                f"{run.platform}: the {run.how} run of {run.started_at:%Y-%m-%d %H:%M} UTC was"
                f" interrupted after {run.pages} pages; what it kept is kept",
                err=True,
            )


def show_runs(runs: "list[Run]", as_json: bool) -> None:
    """A line for each run, newest first."""
    from rich.console import Console
    from rich.table import Table

    from lurewatch.post import zulu

    rows = [
        {
            "run": run.run_id,
            "platform": run.platform,
            "how": run.how,
            "state": run.state,
            "started": zulu(run.started_at),
            "ended": zulu(run.ended_at),
            "pages": run.pages,
            "posts": run.posts,
        }
        for run in runs
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    table = Table("run", "platform", "how", "state", "started", "ended", "pages", "posts")
    for row in rows:
        table.add_row(*(str(value if value is not None else "–") for value in row.values()))
    Console().print(table)


def show_coverage(rows: "list[CoverageRow]", as_json: bool) -> None:
    """A line for each platform, keyword and state."""
    if as_json:
        shown = [
            {
                "platform": row.platform,
                "keyword": row.keyword,
                "day": row.day.isoformat(),
                "state": row.state,
                "pages": row.pages,
                "posts": row.posts,
                "detail": row.detail,
            }
            for row in rows
        ]
        typer.echo(json.dumps(shown, ensure_ascii=False, indent=2))
        return
    for row in sorted(rows, key=lambda row: (row.platform, row.keyword)):
        words = TROUBLE.get(row.state, row.state)
        detail = f" ({row.detail})" if row.detail and row.state in TROUBLE else ""
        name = row.keyword or "addresses"
        came = "" if row.state == "capped" else f", {row.pages} pages, {row.posts} posts"
        typer.echo(f"{row.platform}  {name}: {words}{came}{detail}")


def read(
    platform: Annotated[str, typer.Argument(help="The platform's code.")],
    file: Annotated[Path, typer.Argument(help="A saved page.")],
    url: Annotated[str, typer.Option(help="The address it was saved from.")],
    captured_at: Annotated[
        str, typer.Option(help="When it was saved; needed for dates like “3分钟前”.")
    ] = "",
) -> None:
    """
    Print what our page object sees in a saved page, as JSON.

    A wall (login, CAPTCHA, rate limit) is named in `wall` and ends with exit code 0; a file that
    cannot be read, and an address that is no page of the platform, end with 2.
    """
    command = [sys.executable, "-m", "scrapy", "readpage", platform, str(file), "--url", url]
    if captured_at:
        command += ["--captured-at", captured_at]
    sys.exit(subprocess.run(command, env=scrapy_environment(), check=False).returncode)
