"""The audit log: who did what to what, and whether anybody has touched it since."""

import json
import sys
from typing import Annotated

import typer

from lurewatch.cli.acting import opened
from lurewatch.errors import InputError
from lurewatch.post import visible

app = typer.Typer(help="Show and check the audit log.", no_args_is_help=True)


@app.command("verify")
def verify(
    head: Annotated[str, typer.Option(help="The head that an earlier check printed: it must still be in the log.")] = "",
) -> None:  # fmt: skip
    """
    Check that every entry follows from the one before; prints the head, which is worth keeping elsewhere.

    Exit code 1 when an entry was changed, added or taken out, or when the log no longer holds *head*.
    """
    from lurewatch.workflow import audit_log, check_audit

    _, store = opened()
    checked = check_audit(store)
    if checked.broken:
        entry = checked.broken
        typer.echo(
            f"lurewatch: the audit log does not hold: the entry of {entry.at:%Y-%m-%d %H:%M:%S} UTC"
            f" ({visible(entry.who)}: {visible(entry.what)}) does not follow from the one before",
            err=True,
        )
        sys.exit(1)
    if head and head not in {entry.chain for entry in audit_log(store)}:
        typer.echo("lurewatch: the audit log was cut short: it does not hold that head", err=True)
        sys.exit(1)
    typer.echo(f"{checked.entries} entries, each follows from the one before")
    typer.echo(f"head {checked.head or '-'}")


@app.command("show")
def show(
    last: Annotated[int, typer.Option(min=1, help="How many of the newest entries.")] = 50,
    who: Annotated[str, typer.Option(help="Of one person only.")] = "",
    subject: Annotated[str, typer.Option(help="Of one finding or request only, by its number.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON lines.")] = False,
) -> None:  # fmt: skip
    """Show who did what to what, oldest first."""
    from lurewatch.workflow import audit_log

    _, store = opened()
    found = [
        entry
        for entry in audit_log(store)
        if who in ("", entry.who) and subject in ("", entry.subject.partition(" ")[0])
    ]
    if not found:
        raise InputError("the audit log holds no such entry")
    for entry in found[-last:]:
        if as_json:
            row = {"at": entry.at.isoformat(), "who": entry.who, "what": entry.what}
            typer.echo(json.dumps(row | {"subject": entry.subject, "chain": entry.chain}))
        else:
            typer.echo(
                f"{entry.at:%Y-%m-%d %H:%M:%S}  {visible(entry.who)}  {entry.what}  {visible(entry.subject)}"
            )
