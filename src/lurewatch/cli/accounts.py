"""What logging in asks for: second factors, and the accounts of an OpenID provider."""

import sys
from typing import Annotated

import typer

from lurewatch.cli.acting import opened
from lurewatch.cli.keeping import user_app
from lurewatch.errors import NotAllowedError, SettingsError


@user_app.command("totp")
def totp(
    name: Annotated[str, typer.Argument(help="Whose second factor.")],
    off: Annotated[bool, typer.Option("--off", help="Take it off instead, which goes on record.")] = False,
) -> None:  # fmt: skip
    """Set up one-time codes (TOTP) for a person: shows a QR code and asks for a first code of it."""
    import segno

    from lurewatch import workflow

    _, store = opened()
    if off:
        workflow.drop_factor(store, name)
        typer.echo(f"{name} has no second factor any more.")
        return
    begun = workflow.begin_factor(store, name)
    segno.make(begun.uri, error="m").terminal(out=sys.stdout, compact=True)
    typer.echo(f"Take this up with an authenticator, or type in its key: {begun.secret}")
    codes = workflow.confirm_factor(store, name, str(typer.prompt("The code that it shows")))
    if codes is None:
        raise NotAllowedError(f"this code is not right; begin again: lurewatch user totp {name}")
    typer.echo(f"{name} has a second factor. Recovery codes, each good once, shown only now:")
    for code in codes:
        typer.echo(f"  {code}")


@user_app.command("require-totp")
def require_totp(
    role: Annotated[str, typer.Argument(help="reviewer, lead, legal, auditor or admin.")],
    off: Annotated[bool, typer.Option("--off", help="Require it no longer.")] = False,
) -> None:
    """Let people of a role see nothing before they have set up a second factor."""
    from lurewatch.workflow import require_factor, users

    _, store = opened()
    require_factor(store, role, not off)
    if off:
        typer.echo(f"The role {role} needs no second factor.")
        return
    without = [one.name for one in users(store) if one.role == role and one.must_set_up]
    typer.echo(f"The role {role} needs a second factor.")
    if without:
        typer.echo(f"To set one up at their next log-in: {', '.join(without)}")


@user_app.command("identity")
def identity(
    name: Annotated[str, typer.Argument(help="Whose account.")],
    value: Annotated[str, typer.Argument(help="What the provider's claim (LUREWATCH_OPENID_CLAIM) says of this person.")] = "",
    off: Annotated[bool, typer.Option("--off", help="Let no provider speak for this person.")] = False,
) -> None:  # fmt: skip
    """Bind a person to their account at the institution's OpenID provider."""
    from lurewatch import workflow

    settings, store = opened()
    if off:
        workflow.unbind_identity(store, name)
        typer.echo(f"{name} logs in with a password only.")
        return
    if settings.openid is None:
        raise SettingsError(
            "no OpenID provider is set; see docs/accounts.md: LUREWATCH_OPENID_ISSUER"
        )
    provider = settings.openid
    workflow.bind_identity(store, name, provider.issuer, provider.claim, value)
    typer.echo(f"Who {provider.issuer} says has this {provider.claim} is {name}.")
