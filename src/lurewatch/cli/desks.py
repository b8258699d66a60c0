"""Tokens and webhooks for platform desks and other systems."""

import getpass
import sys
import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from lurewatch.cli.acting import MOST, opened
from lurewatch.errors import InputError

token_app = typer.Typer(help="Tokens of the API at /api/v1.", no_args_is_help=True)
webhook_app = typer.Typer(help="Addresses that are told what was decided.", no_args_is_help=True)
PAUSE = 5  # seconds between two looks for what is due


@token_app.command("add")
def add_token(
    name: Annotated[str, typer.Argument(help="Whose it is: a platform's desk, a system.")],
    scope: Annotated[list[str], typer.Option(help="findings:read, findings:all, evidence:read, outcomes:write or requests:read; several times.")],
    account: Annotated[str, typer.Option(help="The service account that owns it: it acts under its name.")] = "",
) -> None:  # fmt: skip
    """Make a token and print it, this once: only its digest is kept."""
    from lurewatch import desk

    _, store = opened()
    typer.echo(desk.add_token(store, name, scope, who=getpass.getuser(), account=account))
    typer.echo(f"Give it to {name} now: it cannot be shown again.", err=True)


@token_app.command("list")
def list_tokens() -> None:
    """List tokens and what each is for."""
    from lurewatch import desk

    _, store = opened()
    for one in desk.tokens(store):
        state = f"revoked {one.revoked_at:%Y-%m-%d}" if one.revoked_at else "holds"
        owner = f"  of {one.account}" if one.account else ""
        typer.echo(f"{one.name}{owner}  {' '.join(one.scopes)}  {one.added_at:%Y-%m-%d}  {state}")


@token_app.command("revoke")
def revoke_token(name: Annotated[str, typer.Argument(help="Whose token.")]) -> None:
    """Let a token hold no longer; what its holder did stays on record."""
    from lurewatch import desk

    _, store = opened()
    desk.revoke_token(store, name, who=getpass.getuser())
    typer.echo(f"The token of {name} no longer holds.")


@webhook_app.command("add")
def add_webhook(
    url: Annotated[str, typer.Argument(help="An https address; your own network's go into LUREWATCH_WEBHOOK_LOCAL.")],
) -> None:  # fmt: skip
    """Have an address told of decisions and outcomes; prints the secret that signs, this once."""
    from lurewatch import desk

    settings, store = opened()
    hook = desk.add_webhook(store, url, settings.webhook_local, who=getpass.getuser())
    typer.echo(f"{hook.webhook_id}  {hook.secret}")
    typer.echo("Its receiver needs this secret: it cannot be shown again.", err=True)


@webhook_app.command("list")
def list_webhooks() -> None:
    """List webhooks, and how much each was told."""
    from lurewatch import desk

    _, store = opened()
    for hook, counts in desk.webhooks(store):
        told = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
        typer.echo(f"{hook.webhook_id}  {hook.url}  {'disabled' if hook.disabled else told or '-'}")


@webhook_app.command("disable")
def disable_webhook(
    number: Annotated[int, typer.Argument(min=1, max=MOST, help="The number of a webhook.")],
) -> None:
    """Tell an address nothing more."""
    from lurewatch import desk

    _, store = opened()
    desk.disable_webhook(store, number, who=getpass.getuser())
    typer.echo(f"Webhook {number} is told nothing more.")


@webhook_app.command("test")
def test_webhook(
    number: Annotated[int, typer.Argument(min=1, max=MOST, help="The number of a webhook.")],
) -> None:
    """Tell a webhook something that means nothing, and print what it answers."""
    from lurewatch import desk

    settings, store = opened()
    hook = next((one for one, _ in desk.webhooks(store) if one.webhook_id == number), None)
    if hook is None:
        raise InputError(f"there is no webhook {number}; see: lurewatch webhook list")
    arrived, answer = desk.try_out(hook, settings.webhook_local)
    typer.echo(f"{hook.url}: {answer}", err=not arrived)
    if not arrived:
        sys.exit(1)


@webhook_app.command("deliver")
def deliver(
    once: Annotated[bool, typer.Option("--once", help="End when nothing is due.")] = False,
) -> None:
    """Tell webhooks what is due, again later where a receiver does not answer 2xx, until stopped."""
    from lurewatch import desk

    settings, store = opened()
    delivered = failed = 0
    while True:
        arrived = desk.deliver_one(store, datetime.now(UTC), settings.webhook_local)
        if arrived is not None:
            delivered, failed = delivered + arrived, failed + (not arrived)
        elif once:
            typer.echo(f"{delivered} delivered, {failed} to be tried again or given up")
            return
        else:
            time.sleep(PAUSE)
