"""Give confirmed findings to others, as a person who may; what was given to whom is in the audit log."""

import json
import sys
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lurewatch.cli.acting import MOST, opened
from lurewatch.cli.requesting import As, acting_as
from lurewatch.dates import CHINA
from lurewatch.errors import InputError
from lurewatch.post import visible
from lurewatch.sharing.marking import Tlp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lurewatch.sharing.handing import Given
    from lurewatch.workflow import GivenOut

app = typer.Typer(help="Give confirmed findings to others.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="What the campaign is called: lurewatch clusters list.")]
To = Annotated[str, typer.Option(help="Who is given it; goes into the audit log.")]
Output = Annotated[Path, typer.Option("-o", "--output", help="The file to write.")]
Mark = Annotated[Tlp, typer.Option(help="How far the recipient may pass it on (TLP).")]
AsJson = Annotated[bool, typer.Option("--json", help="Print what was written as JSON.")]


@app.command("stix")
def stix(
    name: Name, output: Output, person: As, to: To, tlp: Mark = Tlp.RED, as_json: AsJson = False
) -> None:
    """
    Write a campaign as a STIX 2.1 bundle: indicators, what was observed, and a report.

    Only findings that a person confirmed; contacts stand in it in clear, so it is for lead and legal.
    """
    from lurewatch.sharing.handing import give_stix

    settings, store = opened()
    user = acting_as(store, person)
    tell(give_stix(store, settings, name, output, user=user, to=to, tlp=tlp), as_json)


@app.command("misp")
def misp(
    name: Name, output: Output, person: As, to: To, tlp: Mark = Tlp.RED, as_json: AsJson = False
) -> None:
    """
    Write a campaign as a MISP event (JSON) of MISP's own objects.

    Only findings that a person confirmed; contacts stand in it in clear, so it is for lead and legal.
    """
    from lurewatch.sharing.handing import give_misp

    settings, store = opened()
    user = acting_as(store, person)
    tell(give_misp(store, settings, name, output, user=user, to=to, tlp=tlp), as_json)


@app.command("police")
def police(
    output: Output,
    person: As,
    to: Annotated[str, typer.Option(help="Whom the letter addresses.")],
    name: Annotated[str, typer.Option("--campaign", help="What the campaign is called.")] = "",
    findings: Annotated[
        list[int] | None, typer.Option("--finding", min=1, max=MOST, help="A finding, instead.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """
    Prepare a clue package (公安线索包): letter, lists and evidence of confirmed findings, as a zip.

    Refused, with a list, while anything it needs is missing. Another person approves it; a person
    hands it over, lurewatch sends nothing.
    """
    from lurewatch import workflow
    from lurewatch.sharing.handing import prepare_clue

    if bool(name) == bool(findings):
        raise InputError("give --campaign NAME, or --finding NUMBER once or more")
    if output.suffix != ".zip":
        raise InputError(f"{output}: a clue package is written as .zip")
    settings, store = opened()
    user = acting_as(store, person)
    found = (
        workflow.confirmed_of_campaign(store, name, reader=user.name)
        if name
        else workflow.confirmed_among(store, findings or (), reader=user.name)
    )
    tell(prepare_clue(store, settings, found, output, user=user, to=to), as_json)
    typer.echo(f"Another person approves it: lurewatch share approve {output} --as NAME", err=True)


@app.command("approve")
def approve(
    package: Annotated[Path, typer.Argument(help="A clue package that another person prepared.")],
    person: As,
) -> None:
    """Approve a clue package as lead or legal; refused where it was changed, or is your own."""
    from lurewatch.sharing.handing import approve_clue

    _, store = opened()
    digest = approve_clue(store, package, user=acting_as(store, person))
    typer.echo(f"{package} is approved: SHA-256 {digest}")


@app.command("alliance")
def alliance(output: Output, person: As, to: To, as_json: AsJson = False) -> None:
    """
    Write keyed hashes of the contacts of all confirmed findings, for members of an alliance to compare.

    Whoever holds the alliance's key can try phone numbers: it is off until counsel's approval is on
    record (lurewatch share allow).
    """
    from lurewatch.config import read_secrets
    from lurewatch.sharing.handing import give_alliance

    settings, store = opened()
    user, secrets = acting_as(store, person), read_secrets(settings)
    tell(give_alliance(store, settings, secrets, output, user=user, to=to), as_json)


@app.command("allow")
def allow(
    person: As,
    counsel: Annotated[str, typer.Option(help="Who approved.")],
    approved_on: Annotated[str, typer.Option("--on", help="The day, as 2026-11-27.")],
    document: Annotated[str, typer.Option(help="The reference of the written approval.")],
) -> None:
    """Write down that counsel approved the alliance list; legal alone may."""
    from lurewatch.workflow import allow_alliance

    try:
        day = date.fromisoformat(approved_on)
    except ValueError:
        raise InputError(f"--on {approved_on}: write the day as 2026-11-27") from None
    _, store = opened()
    allow_alliance(store, counsel, day, document, user=acting_as(store, person))
    typer.echo("The alliance list is allowed: lurewatch share alliance")


@app.command("forbid")
def forbid(person: As) -> None:
    """Take counsel's approval of the alliance list back."""
    from lurewatch.workflow import forbid_alliance

    _, store = opened()
    forbid_alliance(store, user=acting_as(store, person))
    typer.echo("The alliance list is off.")


@app.command("list")
def list_given(as_json: AsJson = False) -> None:
    """
    Show what was given out to whom, and where a recipient has to be told that something holds no longer.

    Exit code 1 while somebody has to be told, or a file has to go; lurewatch share told ends that.
    """
    from lurewatch.workflow import given_out

    _, store = opened()
    found = given_out(store)
    if as_json:
        shown = [
            asdict(one.file) | {"withdrawn": one.withdrawn, "emptied": one.emptied} for one in found
        ]
        typer.echo(json.dumps(shown, default=str, ensure_ascii=False, indent=2))
    else:
        for one in found:
            typer.echo("\n".join(lines_of(one)))
        if not found:
            typer.echo("Nothing was given out.")
    if any(one.withdrawn or one.emptied for one in found):
        sys.exit(1)


@app.command("told")
def told(
    file: Annotated[int, typer.Argument(min=1, help="The number that share list gives the file.")],
    person: As,
) -> None:
    """Write down that a recipient was told what of a file holds no longer, or has to go."""
    from lurewatch.workflow import note_told

    _, store = opened()
    about = note_told(store, file, user=acting_as(store, person))
    typer.echo(f"On record: the recipient was told of {shown_numbers(about)}.")


def lines_of(one: "GivenOut") -> list[str]:
    """A file in another's hands, and what follows from what became of its findings."""
    file = one.file
    marked = f" tlp:{file.tlp}" if file.tlp else ""
    lines = [
        f"{file.handed_id:>3}  {file.at.astimezone(CHINA):%Y-%m-%d %H:%M}  {file.kind}{marked}  to {visible(file.recipient)}  by {visible(file.who)}"
        f"  {len(file.findings)} findings  {file.sha256[:16]}  {visible(file.path) or '(downloaded)'}"
    ]
    if one.withdrawn:
        again = "; the next bundle says so" if file.kind in ("stix", "misp") else ""
        lines.append(f"  ✗ no longer confirmed: {shown_numbers(one.withdrawn)}: tell the recipient{again}")  # fmt: skip
    if one.emptied:
        lines.append(f"  ✗ kept no longer here: {shown_numbers(one.emptied)}: have the recipient remove it")  # fmt: skip
    if one.stale and file.path and Path(file.path).is_file():
        lines.append(f"  ✗ the file is still there: {visible(file.path)}")
    return lines


def shown_numbers(numbers: "Sequence[int]") -> str:
    """Numbers of findings, the first twenty."""
    more = f" and {len(numbers) - 20} more" if len(numbers) > 20 else ""
    return f"findings {', '.join(map(str, numbers[:20]))}{more}"


def tell(given: "Given", as_json: bool) -> None:
    """Say what was written, and what was left out of it and why."""
    if as_json:
        shown = {"file": str(given.path), "sha256": given.sha256, "findings": given.findings}
        left = {str(number): why for number, why in given.left_out.items()}
        typer.echo(json.dumps(shown | {"left_out": left}, ensure_ascii=False))
        return
    typer.echo(f"{given.path}: {given.findings} findings, SHA-256 {given.sha256}")
    for number, why in given.left_out.items():
        typer.echo(f"  finding {number} is left out: {why}", err=True)
