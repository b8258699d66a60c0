"""Serve the review console."""

import gc
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from lurewatch.errors import InputError, LurewatchError

if TYPE_CHECKING:
    from lurewatch.config import Settings
    from lurewatch.store import Store


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8760,
    schedule: Annotated[
        bool, typer.Option("--schedule", help="Fire the watchlist from here too.")
    ] = False,
) -> None:
    """Serve the review console until stopped."""
    from lurewatch.config import read_secrets, read_settings
    from lurewatch.store import open_store

    settings = read_settings()
    store = open_store(settings, read_secrets(settings))
    with firing(store, settings) if schedule else nullcontext():
        serve_store(store, settings, host, port)


@contextmanager
def firing(store: "Store", settings: "Settings") -> Iterator[None]:
    """The schedule beside whatever else this process does."""
    from lurewatch.schedule import Scheduler
    from lurewatch.watchlist import read_watchlist

    read_watchlist(settings.watchlist_file)  # one that cannot be read is said before anything else
    scheduler = Scheduler(store, settings, say=partial(typer.echo, err=True))
    thread = threading.Thread(target=scheduler.run)
    thread.start()
    try:
        yield
    finally:
        scheduler.stop.set()
        thread.join()


def serve_store(store: "Store", settings: "Settings", host: str, port: int) -> None:
    """Serve the console over an open store, until stopped."""
    import uvicorn

    from lurewatch.config import read_secrets
    from lurewatch.review.app import create_app
    from lurewatch.workflow import rank_findings, users

    listener = bound(host, port)
    secret = read_secrets(settings).console_secret
    app = create_app(store, secret=secret, evidence_dir=settings.evidence_dir, settings=settings)
    try:
        if ranked := rank_findings(store):
            typer.echo(f"Ranked {ranked} findings by the names of the institution's profile.")
    except InputError as error:
        rule = "until then no draft is made, and only a lead can call a finding a lure"
        typer.echo(f"warning: {error}; {rule}", err=True)
    typer.echo(f"The console is at http://{host}:{port} (stop with Ctrl-C)")
    if not users(store):
        typer.echo("Nobody can log in yet: lurewatch user add NAME --role lead")
    if host not in ("127.0.0.1", "localhost", "::1"):
        typer.echo("Beyond this machine, put it behind HTTPS: passwords travel here.", err=True)
    settle()
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])


def settle() -> None:
    """
    Leave what a server has in memory by now out of every later garbage collection.

    A whole collection of it takes a tenth of a second, in the middle of somebody's request.
    """
    gc.collect()
    gc.freeze()


def bound(host: str, port: int) -> socket.socket:
    """A listening socket. Raises LurewatchError when the port cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio answers without delay (TCP_NODELAY) only where the socket says that it is TCP
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise LurewatchError(
            f"{host}:{port} cannot be used ({error.strerror}); choose another: --port {port + 1}"
        ) from None
    return listener
