"""The schedule: what is looked for by itself, and how each platform stands."""

import json
import os
import signal
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lurewatch.errors import InputError

if TYPE_CHECKING:
    from lurewatch.config import Settings
    from lurewatch.store import Store

app = typer.Typer(help="Crawl by a watchlist, by itself, and see how each platform stands.")
sources_app = typer.Typer(
    help="The source register: who read a platform's robots.txt and terms, and what they allow."
)


def opened() -> "tuple[Settings, Store]":
    """The settings, and the store they name."""
    from lurewatch.config import read_secrets, read_settings
    from lurewatch.store import open_store

    settings = read_settings()
    return settings, open_store(settings, read_secrets(settings))


@app.command()
def example() -> None:
    """Print a watchlist to begin with."""
    from lurewatch.watchlist import EXAMPLE

    typer.echo(EXAMPLE, nl=False)


@app.command()
def check(
    send: Annotated[bool, typer.Option("--send", help="Send a notice to try LUREWATCH_NOTIFY.")] = False,
) -> None:  # fmt: skip
    """Read the watchlist and say when each watch is due next, and what stands in its way."""
    from lurewatch.crawling import spider_code
    from lurewatch.notify import tell
    from lurewatch.watchlist import read_watchlist
    from lurewatch.workflow import READING_HOLDS, register

    settings, store = opened()
    watchlist, now = read_watchlist(settings.watchlist_file), datetime.now(UTC)
    readings = register(store)
    for watch in watchlist.watches:
        due = watchlist.due_after(watch, now)
        at = f"{watchlist.local(due):%Y-%m-%d %H:%M}" if due else "never"
        typer.echo(f"{watch.name}: {', '.join(watch.platforms)}; next at {at} {watchlist.timezone}")
        if due and not watch.open_at(watchlist.local(due)):
            typer.echo(
                f"  it is due outside its own hours {watch.between}: it never runs", err=True
            )
        for code in map(spider_code, watch.platforms):
            reading = readings.get(code)
            if reading is None or now - reading.read_at > READING_HOLDS:
                typer.echo(
                    f"  nobody has read the rules of {code} in {READING_HOLDS.days} days:"
                    f" lurewatch sources record {code}",
                    err=True,
                )
    for chore in watchlist.chores:
        due = watchlist.due_after(chore, now)
        at = f"{watchlist.local(due):%Y-%m-%d %H:%M}" if due else "never"
        typer.echo(f"{chore.name}: next at {at} {watchlist.timezone}")
    if send:
        if not settings.notify:
            raise InputError("LUREWATCH_NOTIFY is not set: there is nowhere to send to")
        problem = tell(settings.notify, "lurewatch", "A notice on trial. 测试通知")
        if problem:
            raise InputError(problem)
        typer.echo("Sent.")


@app.command()
def run(
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, and end.")] = False,
) -> None:
    """
    Fire each watch when it is due, forget what has expired, tell webhooks, and look at reported posts again, until stopped.

    Two processes, or one that is started again, never fire a due time twice. Stopped with Ctrl-C
    it ends the page it is at; the next process goes on there.
    """
    from lurewatch.schedule import Scheduler

    settings, store = opened()
    scheduler = Scheduler(store, settings, say=typer.echo)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: scheduler.stop.set())
    if not once:
        typer.echo(f"Watching {settings.watchlist_file} (stop with Ctrl-C)")
    scheduler.run(once=once)


@app.command()
def show(
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Show what each watch did last and does next, and which platforms rest."""
    from rich.console import Console
    from rich.table import Table

    from lurewatch.watchlist import read_watchlist
    from lurewatch.workflow import all_sources, newest_firing, why_not

    settings, store = opened()
    watchlist, now = read_watchlist(settings.watchlist_file), datetime.now(UTC)
    watches = []
    for watch in watchlist.watches:
        last, due = newest_firing(store, watch.name), watchlist.due_after(watch, now)
        watches.append(
            {
                "watch": watch.name,
                "platforms": list(watch.platforms),
                "next": watchlist.local(due).isoformat(timespec="minutes") if due else None,
                "last": watchlist.local(last.due_at).isoformat(timespec="minutes")
                if last
                else None,
                "state": last.state if last else None,
                "detail": last.detail if last else "",
            }
        )
    chores = []
    for chore in watchlist.chores:
        last, due = newest_firing(store, chore.name), watchlist.due_after(chore, now)
        chores.append(
            {
                "chore": chore.name,
                "next": watchlist.local(due).isoformat(timespec="minutes") if due else None,
                "last": watchlist.local(last.due_at).isoformat(timespec="minutes")
                if last
                else None,
                "state": last.state if last else None,
                "detail": last.detail if last else "",
            }
        )
    resting = [(one.platform, why_not(one, now)) for one in all_sources(store)]
    resting = [(platform, why) for platform, why in resting if why]
    halted = settings.halt_file.exists()
    if as_json:
        shown: dict[str, Any] = {
            "watches": watches,
            "chores": chores,
            "resting": dict(resting),
            "halted": halted,
        }
        typer.echo(json.dumps(shown, ensure_ascii=False, indent=2))
        return
    table = Table("watch", "platforms", "last", "what came of it", "next")
    for one in watches:
        came = f"{one['state']}: {one['detail']}" if one["detail"] else str(one["state"] or "–")
        table.add_row(
            str(one["watch"]),
            ", ".join(one["platforms"]),  # type: ignore[arg-type]  # a list of names
            str(one["last"] or "–"),
            came,
            str(one["next"] or "never"),
        )
    Console().print(table)
    for done in chores:
        said = f" ({done['detail']})" if done["detail"] else ""
        typer.echo(f"{done['chore']}: next {done['next']}, last {done['state'] or 'never'}{said}")
    for platform, why in resting:
        typer.echo(f"{platform} {why}")
    if halted:
        typer.echo(
            f"Halted: no spider asks for a page until `lurewatch schedule resume` ({settings.halt_file})"
        )


@app.command()
def halt(why: Annotated[str, typer.Argument(help="Why.")] = "") -> None:
    """Stop every spider at its next page, and let none begin."""
    from lurewatch.config import made_folder, read_settings

    settings = read_settings()
    made_folder(settings.home, "LUREWATCH_HOME")
    draft = settings.halt_file.with_name(f".halt.{os.getpid()}")
    draft.write_text(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {why}\n", "utf-8")
    draft.replace(settings.halt_file)
    typer.echo("Halted. To go on: lurewatch schedule resume")


@app.command()
def resume(
    platform: Annotated[str, typer.Argument(help="A platform that rests; none: lift a halt.")] = "",
) -> None:
    """Lift a halt, or let a platform that rests or is paused go on at once."""
    from lurewatch.crawling import spider_code
    from lurewatch.workflow import resume_source

    settings, store = opened()
    if platform:
        code = spider_code(platform)
        resume_source(store, code)
        typer.echo(f"{code} may be asked again.")
        return
    settings.halt_file.unlink(missing_ok=True)
    typer.echo("No halt stands.")


@sources_app.command("list")
def list_sources(
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Show the register, and how each platform stands."""
    from rich.console import Console
    from rich.table import Table

    from lurewatch.crawling import SPIDERS
    from lurewatch.workflow import DELAY, register, source, why_not

    _, store = opened()
    readings, now = register(store), datetime.now(UTC)
    rows = []
    for code in SPIDERS:
        reading, why = readings.get(code), why_not(source(store, code), now)
        rows.append(
            {
                "platform": code,
                "read": f"{reading.read_at:%Y-%m-%d} {reading.read_by}" if reading else "",
                "robots": reading.robots if reading else "",
                "terms": reading.terms if reading else "",
                "permission": reading.permission if reading else "",
                "delay": reading.delay if reading else DELAY,
                "now": why,
            }
        )
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*(str(value or "–") for value in row.values()))
    Console().print(table)


@sources_app.command()
def record(
    platform: Annotated[str, typer.Argument(help="Which platform.")],
    robots: Annotated[str, typer.Option(help="What robots.txt allows us, in your words.")],
    terms: Annotated[str, typer.Option(help="What the terms of use say of it.")],
    permission: Annotated[str, typer.Option(help="Where a written permission is kept.")] = "",
    delay: Annotated[float, typer.Option(min=0.0, help="Seconds between two pages.")] = 10.0,
) -> None:
    """Write down what you read in a platform's rules; your name and the day are kept with it."""
    from lurewatch.crawling import spider_code
    from lurewatch.workflow import record_reading

    _, store = opened()
    code = spider_code(platform)
    if not robots.strip() or not terms.strip():
        raise InputError("--robots and --terms say what you read: write a sentence for each")
    keep = partial(record_reading, store, code, robots=robots.strip(), terms=terms.strip())
    reading = keep(permission=permission.strip(), delay=delay)
    typer.echo(f"{code}: read by {reading.read_by}, {reading.delay:g} s between two pages.")
