"""Keep nothing longer than it may be kept: expiry, legal holds, requests of the people it is about."""

import getpass
import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from lurewatch.cli.acting import MOST, opened

app = typer.Typer(
    help="Forget what has expired, hold what must stay, answer whom it is about.",
    no_args_is_help=True,
)


@app.command("run")
def run(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, and keep it.")] = False,
    given_out: Annotated[bool, typer.Option("--given-out", help="Remove files of lurewatch share too, where they still lie as they were written.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:  # fmt: skip
    """
    Forget posts, pages, handles, evidence and files that have expired; only their number is kept.

    The periods are shipped, with their sources; yours go into HOME/retention.yaml ("negatives: 5").
    """
    from lurewatch import retention
    from lurewatch.periods import read_periods

    settings, store = opened()
    done = retention.run(
        store,
        read_periods(settings.retention_file),
        settings.imports_dir,
        who=getpass.getuser(),
        now=datetime.now(UTC),
        evidence=settings.evidence_dir,
        dry_run=dry_run,
    )
    for path, same in retention.overdue(store):
        if given_out and same and not dry_run:
            path.unlink()
            typer.echo(f"removed {path}, which was given out", err=True)
        else:
            do = "; it would be removed" if given_out and same else ""
            do = do or ("; remove it, or: lurewatch retention run --given-out" if same else "; it was changed: remove it yourself")  # fmt: skip
            typer.echo(f"{path} was given out, and holds what is kept no longer{do}", err=True)
    if as_json:
        counts = asdict(done.purged) | {"files": done.files, "dry_run": dry_run}
        typer.echo(json.dumps(counts))
        return
    purged = done.purged
    typer.echo(
        f"{'Would forget' if dry_run else 'Forgot'} {purged.posts} posts, {purged.captures} pages,"
        f" {purged.handles} handles and {done.files} files; emptied {purged.emptied} findings,"
        f" masked {purged.masked} posts."
    )


def purge() -> None:
    """Forget what has expired; the same as: lurewatch retention run."""
    run()


@app.command("hold")
def hold(
    finding: Annotated[int, typer.Argument(min=1, max=MOST, help="The number of a finding.")],
    why: Annotated[str, typer.Option(help="What it is held for: a dispute, an inquiry.")],
) -> None:
    """Keep a finding with its post, pages and evidence until the hold is released."""
    from lurewatch import retention

    _, store = opened()
    retention.hold(store, finding, why=why, who=getpass.getuser())
    typer.echo(
        f"Finding {finding} is held; when it may expire: lurewatch retention release {finding}"
    )


@app.command("release")
def release(
    finding: Annotated[int, typer.Argument(min=1, max=MOST, help="The number of a finding.")],
) -> None:
    """End the hold on a finding."""
    from lurewatch import retention

    _, store = opened()
    retention.release(store, finding, who=getpass.getuser())
    typer.echo(f"Finding {finding} may expire again.")


@app.command("holds")
def list_holds() -> None:
    """List the findings that are held, and why."""
    from lurewatch import retention

    _, store = opened()
    for one in retention.standing_holds(store):
        typer.echo(f"{one.finding_id}  {one.held_at:%Y-%m-%d}  {one.held_by}  {one.why}")


@app.command("subject")
def subject(
    written: Annotated[str, typer.Argument(metavar="HANDLE_OR_ADDRESS", help="An account's id, a contact, or the address of a post.")],
    erase: Annotated[bool, typer.Option("--erase", help="Erase what no hold and no standing request needs.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:  # fmt: skip
    """
    Say what is kept about an account, a contact or a post, and erase it where that is asked.

    It is found by keyed hash: contacts are hashed for flagged posts only. What is not flagged goes by itself.
    """
    from lurewatch import retention

    _, store = opened()
    found = retention.about(store, written, who=getpass.getuser(), erase=erase)
    if as_json:
        typer.echo(json.dumps([asdict(one) | {"erased": erase and not one.needed} for one in found], default=str))  # fmt: skip
        return
    for one in found:
        named = f"finding {one.finding_id}" if one.finding_id else "a post that is no finding"
        fate = (
            "kept: a legal hold stands on it" if one.held
            else "kept: a takedown request about it is under way" if one.standing
            else "erased" if erase
            else "would be erased"
        )  # fmt: skip
        typer.echo(f"{named}  {one.platform}  first seen {one.first_seen:%Y-%m-%d}  {fate}")
    if not found:
        typer.echo("Nothing is kept about this.")
