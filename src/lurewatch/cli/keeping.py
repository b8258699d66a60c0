"""What is kept: imports, exports, findings, people, and forgetting."""

import csv
import getpass
import io
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lurewatch.cli.acting import MOST, opened
from lurewatch.errors import InputError
from lurewatch.finding import PROTECTED, Finding, Grade
from lurewatch.post import COLUMNS, columns_of, platform_named, safe_cell, visible

if TYPE_CHECKING:
    from lurewatch.workflow import PostRow

REGION = ("ip_region",)  # stands beside the columns: of an account, shown of findings only

posts_app = typer.Typer(help="Posts as tables.", no_args_is_help=True)
findings_app = typer.Typer(help="List and show findings.", no_args_is_help=True)
user_app = typer.Typer(help="People who use the console.", no_args_is_help=True)


def import_(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders: JSON lines, JSON, CSV, xlsx, SQLite.")],
    platform: Annotated[str, typer.Option(help="The platform, where rows do not say it.")] = "",
    columns: Annotated[list[str] | None, typer.Option("--map", help="FIELD=COLUMN: what a column of an unknown table is.")] = None,
    judge: Annotated[bool, typer.Option(help="Judge the new posts afterwards.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:  # fmt: skip
    """
    Import posts that other tools collected: MediaCrawler, weibo-search, weibo-crawler, Zeeschuimer,
    ai-goofish-monitor, or any table.

    Rows that become no post are written to a file with their reason; importing again changes
    nothing.
    """
    from lurewatch.cli.pending import judge_all
    from lurewatch.collect.files import Tally, files_in, read_files
    from lurewatch.collect.guess import read_map
    from lurewatch.workflow import import_posts

    try:
        code = platform_named(platform) if platform else ""
    except ValueError as error:
        raise InputError(str(error)) from None
    settings, store = opened()
    now = datetime.now(UTC)
    tally = Tally(settings.imports_dir / f"{now:%Y%m%dT%H%M%S%f}.rejected.jsonl")
    found = files_in(paths)
    stream = read_files(found, code, tally, read_map(columns or ()))
    done = import_posts(store, watched(stream), "import")
    counts = {
        "files": tally.files,
        "rows": tally.rows,
        "imported": done.imported,
        "known": done.known,
        "repaired": done.repaired,
        "rejected": tally.rejected,
    }
    for note in tally.notes:
        typer.echo(note, err=True)
    if as_json:
        typer.echo(json.dumps(counts))
    else:
        typer.echo(", ".join(f"{count} {name}" for name, count in counts.items()))
        if tally.rejected:
            typer.echo(f"Rejected rows and why: {tally.rejected_file}")
    if judge and done.imported:
        judged = judge_all(store, settings)
        typer.echo(f"Judged {judged.posts} posts: {judged.findings} new findings.", err=as_json)
    if not done.imported and not done.known:
        raise InputError("no post was found in what was given; the lines above say why")


def watched(stream: Iterator[Any]) -> Iterator[Any]:
    """The same, with a progress bar when a person watches."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    yield from track(stream, "Importing", console=console, disable=not console.is_terminal)


@posts_app.command("export")
def export(
    form: Annotated[str, typer.Option("--format", help="jsonl, csv or xlsx.")] = "jsonl",
    output: Annotated[Path | None, typer.Option("-o", "--output", help="A file [default: standard output].")] = None,
    region: Annotated[bool, typer.Option("--ip-region", help="One column more: where the platform says the author wrote from.")] = False,
) -> None:  # fmt: skip
    """Export every post, one a row, with the same columns always."""
    from lurewatch.workflow import export_posts, note_export

    if form not in ("jsonl", "csv", "xlsx"):
        raise InputError(f"--format {form}: choose jsonl, csv or xlsx")
    if form == "xlsx" and output is None:
        raise InputError("an xlsx needs a file: -o posts.xlsx")
    _, store = opened()
    note_export(store, getpass.getuser(), form)
    rows, also = export_posts(store), REGION if region else ()
    if output is None:
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
        write_text(rows, form, sys.stdout, also)
        return
    half = output.with_name(f".{output.name}.draft")
    try:
        if form == "xlsx":
            write_xlsx(rows, half, also)
        else:
            with half.open(
                "w", encoding="utf-8-sig" if form == "csv" else "utf-8", newline=""
            ) as f:
                write_text(rows, form, f, also)
        half.replace(output)
    except OSError as error:
        raise InputError(f"{output} cannot be written: {error.strerror}") from None
    finally:
        half.unlink(missing_ok=True)


def write_text(rows: "Iterator[PostRow]", form: str, out: Any, also: tuple[str, ...]) -> None:
    """JSON lines, or a table in CSV."""
    if form == "jsonl":
        for row in rows:
            out.write(json.dumps(columns_of(row.post, row.first_seen, row.source, also)) + "\n")
        return
    writer = csv.writer(out)
    writer.writerow((*COLUMNS, *also))
    for row in rows:
        writer.writerow(cells(row, also))


def write_xlsx(rows: "Iterator[PostRow]", path: Path, also: tuple[str, ...]) -> None:
    """A workbook whose ids are text."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("posts")
    sheet.append([*COLUMNS, *also])
    for row in rows:
        sheet.append(cells(row, also))
    buffer = io.BytesIO()
    book.save(buffer)
    path.write_bytes(buffer.getvalue())


def cells(row: "PostRow", also: tuple[str, ...]) -> list[str]:
    """A post as cells of a table, which no spreadsheet takes for a formula."""
    shown = []
    for value in columns_of(row.post, row.first_seen, row.source, also).values():
        text = json.dumps(value, ensure_ascii=False) if isinstance(value, list) else str("" if value is None else value)  # fmt: skip
        shown.append(safe_cell(text))
    return shown


@findings_app.command("list")
def list_findings(
    grade: Annotated[str, typer.Option(help="L2 or L3.")] = "",
    platform: Annotated[str, typer.Option(help="One platform.")] = "",
    decided: Annotated[bool | None, typer.Option(help="Only decided ones, or only open ones [default: open].")] = False,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="At most so many.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
) -> None:  # fmt: skip
    """List findings, the clearest first."""
    from lurewatch.crawling import known_platform
    from lurewatch.workflow import findings_to_review

    if grade and grade not in ("L2", "L3"):
        raise InputError(f"--grade {grade}: findings are L2 or L3")
    _, store = opened()
    found = findings_to_review(
        store,
        limit=limit,
        grade=Grade(grade) if grade else None,
        decided=decided,
        platform=known_platform(platform) if platform else None,
        reader=getpass.getuser(),
    )
    if as_json:
        typer.echo(json.dumps([brief(one) for one in found], ensure_ascii=True, indent=2))
        return
    for one in found:
        services = " ".join(one.verdict.services)
        typer.echo(
            f"{one.finding_id:>5}  {one.verdict.grade}  {one.verdict.score:.2f}  {services:<8}"
            f" {one.post.platform:<12} {first_line(one)}"
        )
    if not found:
        typer.echo(
            "No findings of this kind. A run that was blocked found nothing: see the coverage."
        )


@findings_app.command("show")
def show_finding(
    number: Annotated[int, typer.Argument(min=1, max=MOST, help="The number of a finding.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Show a finding: the post, why it was flagged, what was decided."""
    from lurewatch.workflow import decisions_on, finding

    _, store = opened()
    one = finding(store, number, reader=getpass.getuser())
    decisions = decisions_on(store, number)
    if as_json:
        whole = brief(one) | {
            "post": columns_of(one.post, also=REGION),
            "verdict": asdict(one.verdict),
            "decisions": [asdict(decision) for decision in decisions],
        }
        typer.echo(json.dumps(whole, default=str, indent=2))
        return
    typer.echo(f"{one.post.platform}  {one.post.url}")
    for field, _, value in one.post.values():
        typer.echo(f"  {field}: {shown(one, value)}")
    if one.post.ip_region:
        typer.echo(f"  ip_region: {visible(one.post.ip_region)}")
    verdict = one.verdict
    typer.echo(
        f"{verdict.grade}  {verdict.score:.2f}  {verdict.stance}  {' '.join(verdict.services)}"
    )
    for reason in verdict.reasons:
        typer.echo(f"  {reason.kind}: {visible(reason.surface)} → {reason.meaning}")
    for contact in verdict.contacts:
        typer.echo(f"  contact of {contact.owner}: {contact.channel} {visible(contact.value)}")
    for decision in decisions:
        typer.echo(f"{decision.decided_at:%Y-%m-%d %H:%M} {decision.reviewer}: {decision.label}")


def brief(one: Finding) -> dict[str, Any]:
    """A finding in one flat object."""
    return {
        "finding": one.finding_id,
        "platform": one.post.platform,
        "post_id": one.post.post_id,
        "url": one.post.url,
        "grade": one.verdict.grade,
        "score": one.verdict.score,
        "stance": one.verdict.stance,
        "services": list(one.verdict.services),
        "text": shown(one, one.post.title or one.post.text),
        "decision": one.decision.label if one.decision else None,
    }


def shown(one: Finding, text: str) -> str:
    """Text for people; what identifies a protected person is masked."""
    from lurewatch.text.mask import mask_personal

    stance = one.decision.stance if one.decision else one.verdict.stance
    return visible(mask_personal(text) if stance in PROTECTED else text)


def first_line(one: Finding, size: int = 48) -> str:
    """The beginning of a post."""
    line = " ".join(shown(one, one.post.title or one.post.text).split())
    return line[:size] + ("…" if len(line) > size else "")


@user_app.command("add")
def add_user(
    name: Annotated[str, typer.Argument(help="The name to log in with.")],
    role: Annotated[str, typer.Option(help="reviewer, lead, legal, auditor, admin or service.")] = "reviewer",
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")] = False,
) -> None:  # fmt: skip
    """Add a person; asks for a password. A service account has none: it is another system's, with tokens."""
    from lurewatch.workflow import SERVICE
    from lurewatch.workflow import add_user as add

    _, store = opened()
    add(store, name, "" if role == SERVICE else asked_password(password_stdin), role)
    typer.echo(f"Added {name} ({role}).")


@user_app.command("passwd")
def change_password(
    name: Annotated[str, typer.Argument(help="Whose password.")],
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")] = False,
) -> None:  # fmt: skip
    """Set a person's password."""
    from lurewatch.workflow import change_user

    _, store = opened()
    change_user(store, name, password=asked_password(password_stdin))
    typer.echo(f"Changed the password of {name}.")


@user_app.command("disable")
def disable_user(name: Annotated[str, typer.Argument(help="Who may no longer log in.")]) -> None:
    """Keep a person from logging in; what they did stays."""
    from lurewatch.workflow import change_user

    _, store = opened()
    change_user(store, name, disabled=True)
    typer.echo(f"{name} can no longer log in.")


@user_app.command("enable")
def enable_user(name: Annotated[str, typer.Argument(help="Who may log in again.")]) -> None:
    """Let a person who was disabled log in again."""
    from lurewatch.workflow import change_user

    _, store = opened()
    change_user(store, name, disabled=False)
    typer.echo(f"{name} can log in again.")


@user_app.command("role")
def change_role(
    name: Annotated[str, typer.Argument(help="Whose role.")],
    role: Annotated[str, typer.Argument(help="reviewer, lead, legal, auditor or admin.")],
) -> None:
    """Give a person another role."""
    from lurewatch.workflow import change_user

    _, store = opened()
    change_user(store, name, role=role)
    typer.echo(f"{name} is {role} now.")


@user_app.command("list")
def list_users() -> None:
    """List people and their roles."""
    from lurewatch.workflow import users

    _, store = opened()
    people = users(store)
    for user in people:
        factor = "  second factor" if user.second_factor else "  no second factor yet" if user.needs_factor else ""  # fmt: skip
        typer.echo(f"{user.name}  {user.role}{factor}{'  disabled' if user.disabled else ''}")
    if not people:
        typer.echo("Nobody yet; add a person: lurewatch user add NAME --role lead", err=True)


def asked_password(from_stdin: bool) -> str:
    """A password, from standard input or asked for twice."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
