"""Carry a drafted request through: a second person approves, a person sends, re-checks see what came of it."""

import getpass
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lurewatch.cli.acting import MOST, opened, takedown_app
from lurewatch.dates import CHINA
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


@takedown_app.command("draft")
def draft(
    finding: Annotated[int, typer.Argument(min=1, max=MOST, help="The number of a finding.")],
    person: As,
    track: Annotated[
        str, typer.Option(help="A: a report of illegal information; B: a right-holder's notice.")
    ] = "A",
    channel: Annotated[
        str, typer.Option(help="Where it goes, as 12377 [default: the platform itself].")
    ] = "",
    infringement: Annotated[
        str, typer.Option(help="Track B: impersonation, trademark or false_facts.")
    ] = "",
    facts: Annotated[str, typer.Option(help="Track B: your own sentences on what is wrong.")] = "",
    quote: Annotated[
        str, typer.Option(help="Words of the post to quote, 50 at most [default: its first ones].")
    ] = "",
    again: Annotated[
        str, typer.Option(help="Why the channel is told of the same address once more.")
    ] = "",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="A folder [default: HOME/letters].")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print where the files are.")] = False,
) -> None:
    """
    Draft a letter (docx, PDF) about a finding, with its evidence beside it (zip).

    Refused, with a list, while anything it needs is missing. Nothing is sent: a person does that.
    """
    from lurewatch import workflow
    from lurewatch.drafting import Wish
    from lurewatch.drafting import draft as draft_it
    from lurewatch.letters.notice import Claim
    from lurewatch.takedown import Track

    if track not in ("A", "B"):
        raise InputError(f"--track {track}: there are A and B")
    if infringement and track == "A":
        raise InputError("--infringement belongs to a notice: give --track B with it")
    settings, store = opened()
    user = acting_as(store, person)
    claim = Claim(infringement, facts) if track == "B" else None
    drafted = draft_it(
        store,
        settings,
        workflow.finding(store, finding, reader=user.name),
        output or settings.home / "letters",
        user=user,
        wish=Wish(Track(track), channel, claim, again, quote),
    )
    request = drafted.request
    if drafted.problem:
        typer.echo(drafted.problem, err=True)
    if as_json:
        files = {"letter": str(request.letter), "pdf": str(drafted.pdf or ""), "evidence": str(request.package)}  # fmt: skip
        typer.echo(json.dumps({"request": request.request_id} | files, ensure_ascii=False))
        return
    typer.echo(f"Request {request.request_id} to {request.recipient} drafted by {user.name}:")
    for path in filter(None, (request.letter, drafted.pdf, request.package)):
        typer.echo(f"  {path}")


@takedown_app.command("submit")
def submit(
    number: Number,
    person: As,
    note: Annotated[str, typer.Option(help="Why it is sent again, for one that came back.")] = "",
) -> None:
    """Hand a draft, or one that came back, to a second person."""
    from lurewatch import workflow
    from lurewatch.takedown import TakedownState

    _, store = opened()
    again = workflow.request(store, number).state is TakedownState.REOPENED
    step(number, "again" if again else "submit", person, note=note)


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
    number: Number,
    person: As,
    receipt: Annotated[str, typer.Option(help="The receipt's number.")],
    file: Annotated[
        Path | None, typer.Option(help="The receipt itself, of which a copy is kept.")
    ] = None,
) -> None:
    """Write down the receipt that the platform gave, and keep a copy of it."""
    from lurewatch import workflow

    settings, store = opened()
    user = acting_as(store, person)
    event = workflow.acknowledge(
        store,
        number,
        who=user.name,
        role=user.role,
        receipt=receipt,
        file=read_receipt(file) if file else None,
        folder=settings.receipts_dir,
    )
    typer.echo(f"Request {number} is {event.state}.")


def read_receipt(path: Path) -> tuple[str, bytes]:
    """A receipt's name and content. Raises InputError naming what cannot be read."""
    from lurewatch.workflow import LARGEST_RECEIPT, checked_receipt

    try:
        with path.open("rb") as file:
            return checked_receipt(path.name, file.read(LARGEST_RECEIPT + 1))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None


@takedown_app.command("verify")
def verify(
    numbers: Annotated[
        list[int] | None, typer.Argument(min=1, max=MOST, help="Requests [default: all].")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the checks as JSON.")] = False,
) -> None:
    """Check that letters, PDFs and receipts are as they were kept; exit code 1 when one is not."""
    from lurewatch import workflow

    _, store = opened()
    for number in numbers or ():
        workflow.request(store, number)
    checks = workflow.verify_files(store, numbers)
    if as_json:
        rows = [asdict(one.file) | {"holds": not one.said, "said": one.said} for one in checks]
        typer.echo(json.dumps(rows, default=str, ensure_ascii=False, indent=2))
    else:
        for one in checks:
            name = one.file.path.name if one.file.path else "(kept no longer)"
            said = f": {one.said}" if one.said else ""
            typer.echo(f"{'✗' if one.said else '✓'} {one.file.request_id} {one.file.kind} {name}{said}")  # fmt: skip
        if not checks:
            typer.echo("No file is on record.")
    if any(one.said for one in checks):
        sys.exit(1)


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
    channel: Annotated[str, typer.Option(help="The channel it goes to, to be sure.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Show a request: what was done with it, and the text to copy into its channel's form."""
    from lurewatch import workflow
    from lurewatch.letters.blocks import form_of
    from lurewatch.takedown import read_institution

    settings, store = opened()
    request = workflow.request(store, number)
    finding = workflow.finding(store, request.finding_id, reader=getpass.getuser())
    events = workflow.events_of(store, [number])[number]
    institution, today = read_institution(settings.profile_file), datetime.now(CHINA).date()
    form = form_of(finding, institution, request, today)
    if channel not in ("", request.channel):
        raise InputError(
            f"request {number} goes to {request.channel}; what {channel} is told is a request of its own:"
            f" lurewatch takedown draft {request.finding_id} --channel {channel} --as NAME"
        )
    if as_json:
        shown = asdict(request) | {
            "events": [asdict(event) for event in events],
            "cause": workflow.causes(store, [request]).get(number),
            "checks": [asdict(check) for check in workflow.checks_of(store, number)],
            "files": [asdict(file) for file in workflow.files_of(store, [number])],
            "forms": {form[0].code: [asdict(block) for block in form[1]]} if form else {},
        }
        typer.echo(json.dumps(shown, default=str, ensure_ascii=False, indent=2))
        return
    cause = workflow.causes(store, [request]).get(number, "")
    typer.echo(
        f"Request {number}, track {request.track}: {request.state}{f' ({cause})' if cause else ''}, to {request.recipient}"
        f" ({request.channel}), drafted by {request.drafted_by}, {request.letter}"
    )
    for event in events:
        words = " ".join(filter(None, (event.receipt, event.note)))
        typer.echo(f"  {event.at:%Y-%m-%d %H:%M} {event.who}: {event.step} {words}".rstrip())
    if form:
        own, blocks = form
        old = "  (form not verified in 90 days: look before you copy)" if own.stale(today) else ""  # fmt: skip
        typer.echo(f"\n{own.name}{old}")
        for block in blocks:
            cut = "  (cut to the form's limit)" if block.cut else ""
            typer.echo(f"  {block.name}：{block.text}{cut}")


@takedown_app.command("due")
def due(
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
) -> None:
    """List the requests that have stood too long where they are, and what to do."""
    from lurewatch import workflow
    from lurewatch.letters.law import rules

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
    from lurewatch.letters.register import write
    from lurewatch.review.register import rows_of
    from lurewatch.takedown import read_institution

    if output.suffix not in (".xlsx", ".csv"):
        raise InputError(f"{output}: the register is written as .xlsx or .csv")
    settings, store = opened()
    rows = rows_of(store, getpass.getuser(), read_institution(settings.profile_file))
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
