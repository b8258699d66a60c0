"""Carry a drafted request through: a second person approves, a person sends, re-checks see what came of it."""

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lurewatch.cli.acting import MOST, opened, takedown_app
from lurewatch.errors import InputError, NotAllowedError

if TYPE_CHECKING:
    from lurewatch.store import Store
    from lurewatch.workflow import User

Number = Annotated[int, typer.Argument(min=1, max=MOST, help="The number of a request.")]
As = Annotated[str, typer.Option("--as", help="Who you are: a person of the console.")]
Note = Annotated[str, typer.Option(help="Why, or the platform's own words.")]


def acting_as(store: "Store", name: str) -> "User":
    """The person who acts. Raises NotAllowedError for one who is unknown or disabled."""
    from lurewatch.workflow import user_named

    user = user_named(store, name)
    if user is None or user.disabled:
        raise NotAllowedError(f"nobody is called {name!r}; see: lurewatch user list")
    return user


def step(number: int, name: str, person: str, receipt: str = "", note: str = "") -> None:
    """Take a step and say where the request is now."""
    from lurewatch import workflow

    _, store = opened()
    user = acting_as(store, person)
    event = workflow.take_step(
        store, number, name, who=user.name, role=user.role, receipt=receipt, note=note
    )
    typer.echo(f"Request {number} is {event.state}.")


@takedown_app.command("submit")
def submit(number: Number, person: As) -> None:
    """Hand a draft, or one that came back, to a second person."""
    from lurewatch import workflow
    from lurewatch.takedown import TakedownState

    _, store = opened()
    again = workflow.request(store, number).state is TakedownState.REOPENED
    step(number, "again" if again else "submit", person)


@takedown_app.command("approve")
def approve(number: Number, person: As) -> None:
    """Approve what another person submitted."""
    step(number, "approve", person)


@takedown_app.command("return")
def give_back(number: Number, person: As, note: Note) -> None:
    """Give a submitted request back to whoever drafted it."""
    step(number, "return", person, note=note)


@takedown_app.command("send")
def send(number: Number, person: As) -> None:
    """Write down that a person has sent an approved request; lurewatch itself sends nothing."""
    step(number, "send", person)


@takedown_app.command("receipt")
def receipt(
    number: Number, person: As, receipt: Annotated[str, typer.Option(help="The receipt's number.")]
) -> None:
    """Write down the receipt that the platform gave."""
    step(number, "acknowledge", person, receipt=receipt)


@takedown_app.command("outcome")
def outcome(
    number: Number,
    what: Annotated[str, typer.Argument(help="removed, refused, countered or reopen.")],
    person: As,
    note: Note = "",
) -> None:
    """Write down what the platform did."""
    if what not in ("removed", "refused", "countered", "reopen"):
        raise InputError(f"{what!r} is no outcome: removed, refused, countered or reopen")
    step(number, what, person, note=note)


@takedown_app.command("withdraw")
def withdraw(number: Number, person: As, note: Note) -> None:
    """Take a request back."""
    step(number, "withdraw", person, note=note)


@takedown_app.command("show")
def show(
    number: Number,
    channel: Annotated[str, typer.Option(help="The form of one channel only.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Show a request: what was done with it, and the text to copy into each channel's form."""
    from lurewatch import workflow
    from lurewatch.letters.blocks import blocks, channels
    from lurewatch.takedown import read_institution

    settings, store = opened()
    request = workflow.request(store, number)
    finding = workflow.finding(store, request.finding_id, reader="command line")
    events = workflow.events_of(store, [number])[number]
    institution, today = read_institution(settings.profile_file), datetime.now(UTC).date()
    found = [one for one in channels(finding) if channel in ("", one.code)]
    if channel and not found:
        raise InputError(f"--channel {channel}: known here: {', '.join(c.code for c in channels(finding))}")  # fmt: skip
    decision = finding.decision
    forms = {
        one.code: blocks(one, finding, decision, institution, request, today)
        for one in found
        if decision
    }
    if as_json:
        shown = asdict(request) | {
            "events": [asdict(event) for event in events],
            "checks": [asdict(check) for check in workflow.checks_of(store, number)],
            "forms": {code: [asdict(block) for block in some] for code, some in forms.items()},
        }
        typer.echo(json.dumps(shown, default=str, ensure_ascii=False, indent=2))
        return
    typer.echo(f"Request {number}: {request.state}, to {request.recipient}, {request.letter}")
    for event in events:
        words = " ".join(filter(None, (event.receipt, event.note)))
        typer.echo(f"  {event.at:%Y-%m-%d %H:%M} {event.who}: {event.step} {words}".rstrip())
    for one in found:
        old = "  (form not verified in 90 days: look before you copy)" if one.stale(today) else ""
        typer.echo(f"\n{one.name}{old}")
        for block in forms.get(one.code, ()):
            cut = "  (cut to the form's limit)" if block.cut else ""
            typer.echo(f"  {block.name}：{block.text}{cut}")


@takedown_app.command("due")
def due(
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
) -> None:
    """List the requests that have stood too long where they are, and what to do."""
    from lurewatch import workflow
    from lurewatch.letters.report import rules

    _, store = opened()
    clocks = {row["state"]: row for row in rules("clocks.yaml")}
    requests, now = workflow.requests(store), datetime.now(UTC)
    events = workflow.events_of(store, [one.request_id for one in requests])
    found = []
    for one in requests:
        clock, own = clocks.get(one.state), events[one.request_id]
        since = own[-1].at if own else one.drafted_at
        if clock and now - since >= timedelta(days=clock["days"]):
            found.append({"request": one.request_id, "state": one.state, "days": (now - since).days, "do": clock["do"], "source": clock["source"]})  # fmt: skip
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for row in found:
        typer.echo(f"{row['request']}  {row['state']} for {row['days']} days: {row['do']}")
    if not found:
        typer.echo("Nothing has stood too long.")


@takedown_app.command("register")
def register(
    output: Annotated[Path, typer.Option("-o", "--output", help="An xlsx or csv file to write.")],
) -> None:
    """Write the takedown register, a row a request, in the columns that compliance keeps."""
    from lurewatch import workflow
    from lurewatch.letters.register import row_of, write

    if output.suffix not in (".xlsx", ".csv"):
        raise InputError(f"{output}: the register is written as .xlsx or .csv")
    _, store = opened()
    requests = workflow.requests(store)
    events = workflow.events_of(store, [one.request_id for one in requests])
    rows = []
    for one in requests:
        finding = workflow.finding(store, one.finding_id, reader="register")
        kept = next((e for e in workflow.evidence_of(store, one.finding_id) if e.complete), None)
        custody = workflow.custody_of(store, kept.sums_sha256) if kept else []
        rows.append(row_of(one, events[one.request_id], finding, custody))
    write(rows, output)
    typer.echo(f"{output}: {len(rows)} requests")


@takedown_app.command("recheck")
def recheck(
    numbers: Annotated[
        list[int] | None, typer.Argument(min=1, max=MOST, help="Requests [default: all due].")
    ] = None,
    every: Annotated[float, typer.Option(min=0.0, help="Hours between two looks.")] = 24.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was seen as JSON.")] = False,
) -> None:
    """
    Look at reported posts again through their platforms' spiders: live, edited or gone?

    Two looks a day apart that agree close a request as verified. A wall, a lost page or one whose
    words are not known says nothing; HOME/notices.yaml may name more words than are shipped.
    """
    from lurewatch import workflow
    from lurewatch.cli.linking import alarm_line
    from lurewatch.notices import read_notices
    from lurewatch.recheck import due as all_due
    from lurewatch.recheck import look_again

    settings, store = opened()
    notices = read_notices(settings.notices_file)
    chosen = (
        [workflow.request(store, number) for number in numbers]
        if numbers
        else all_due(store, datetime.now(UTC), timedelta(hours=every))
    )
    looks = look_again(store, chosen, say=lambda line: typer.echo(line, err=True), notices=notices)
    alarms = workflow.raise_alarms(store)
    if as_json:
        rows = [{"request": one.request.request_id, "outcome": one.outcome, "detail": one.detail} for one in looks]  # fmt: skip
        typer.echo(
            json.dumps(
                {"looks": rows, "alarms": {one.request_id: list(one.returned) for one in alarms}},
                ensure_ascii=False,
                indent=2,
            )
        )
        return
    for one in looks:
        typer.echo(f"{one.request.request_id}  {one.outcome}  {one.detail}".rstrip())
    for alarm in alarms:
        typer.echo(alarm_line(alarm), err=True)
    if not looks:
        typer.echo("Nothing was due.")
    if len(looks) < len(chosen):
        sys.exit(1)
