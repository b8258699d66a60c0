"""Which posts belong together: link them, show and name clusters, and find what carries a contact or a wording."""

import getpass
import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lurewatch.cli.acting import MOST, opened
from lurewatch.finding import PROTECTED
from lurewatch.post import visible, zulu

if TYPE_CHECKING:
    from lurewatch.config import Settings
    from lurewatch.link.grouping import Link
    from lurewatch.store import Store
    from lurewatch.workflow import Alarm, Carrier, Cluster, Linked, LinkedUp

clusters_app = typer.Typer(help="Lures that belong together.", no_args_is_help=True)
SAID = {
    "text": "wording",
    "account": "the same account",
    "image": "a picture",
    "wechat": "a WeChat contact",
    "qq": "a QQ number",
    "group": "a group's number",
    "phone": "a phone number",
    "link": "an address",
    "email": "an e-mail address",
}


def link(
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """
    Compare new and changed posts with all there is, and group the lures that belong together.

    `crawl`, `import`, `add` and `judge` do this at their end; run it by itself after a stop. Stopping
    it loses nothing: the next run goes on.
    """
    settings, store = opened()
    done = link_all(store, settings)
    if as_json:
        reopened = [one.request_id for one in done.alarms]
        typer.echo(
            json.dumps({"posts": done.posts, "clusters": done.clusters, "reopened": reopened})
        )
    else:
        typer.echo(f"Compared {done.posts} new or changed posts; clusters: {done.clusters}.")


def link_all(store: "Store", settings: "Settings") -> "LinkedUp":
    """Link what is pending, with a progress bar when a person watches."""
    from rich.console import Console
    from rich.progress import Progress

    from lurewatch.detect import lexicon_for
    from lurewatch.notify import tell
    from lurewatch.workflow import link_pending

    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("Linking", total=None)
        done = link_pending(
            store,
            lexicon_for(settings),
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    if done.alarms:
        lines = "\n".join(map(alarm_line, done.alarms))
        typer.echo(lines, err=True)
        if problem := tell(settings.notify, "lurewatch: taken down, and here again", lines):
            typer.echo(problem, err=True)
    return done


def alarm_line(alarm: "Alarm") -> str:
    """What an alarm says."""
    shown = (
        f"finding {at} ({', '.join(SAID[kind] for kind in sorted(kinds))})"
        for at, kinds in alarm.returned.items()
    )
    return f"request {alarm.request_id} is open again, its post is back in {'; '.join(shown)}"


@clusters_app.command("list")
def list_clusters(
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="At most so many.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
) -> None:
    """List clusters, those with the most posts first."""
    from lurewatch.workflow import clusters

    _, store = opened()
    found = clusters(store, reader=getpass.getuser(), limit=limit)
    if as_json:
        typer.echo(json.dumps([row_of(one) for one in found], indent=2))
        return
    for one in found:
        typer.echo(line_of(one))
    if not found:
        typer.echo("No clusters. Posts are compared by: lurewatch link")


@clusters_app.command("show")
def show_cluster(
    number: Annotated[int, typer.Argument(min=1, max=MOST, help="The number of a cluster, or of any finding in it.")],
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="At most so many of its posts.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:  # fmt: skip
    """Show the posts that belong to a finding, and why."""
    from lurewatch.workflow import open_cluster

    _, store = opened()
    described, found = open_cluster(store, number, reader=getpass.getuser(), limit=limit)
    if as_json:
        typer.echo(json.dumps(whole(found, described), indent=2))
        return
    typer.echo(line_of(described) if described else f"Finding {number} is in no cluster.")
    for member in found.members:
        reasons = "; ".join(map(reason_of, member.links)) or "through other posts"
        typer.echo(f"  finding {member.finding_id}  {member.platform}  {reasons}")
    for stance, count in found.mentions.items():
        typer.echo(f"  {count} posts that are no lures name a contact of it: {stance}")
    for kind in found.common:
        typer.echo(f"  {SAID[kind]} is shared by too many posts to tell whose it is")


@clusters_app.command("name")
def name_cluster(
    number: Annotated[int, typer.Argument(min=1, max=MOST, help="The number of a cluster, or of any finding in it.")],
    name: Annotated[str, typer.Argument(help="What the campaign is to be called.")],
) -> None:  # fmt: skip
    """Confirm that a cluster is one campaign, and name it; the same name again takes in what has joined since."""
    from lurewatch.workflow import name_campaign

    _, store = opened()
    named = name_campaign(store, number, name, who=getpass.getuser())
    typer.echo(f"The {named.posts} posts of cluster {named.number} are now campaign {name!r}.")


@clusters_app.command("unname")
def unname_cluster(
    name: Annotated[str, typer.Argument(help="What the campaign is called.")],
) -> None:
    """Take a campaign's name back; that it was given stays on record."""
    from lurewatch.workflow import withdraw_campaign

    _, store = opened()
    withdraw_campaign(store, name, who=getpass.getuser())
    typer.echo(f"{name!r} is no campaign any more.")


@clusters_app.command("campaigns")
def list_campaigns(
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
) -> None:
    """List campaigns: whether each is open, closed (all its requests are) or reopened, and since when."""
    from lurewatch.workflow import campaign_events, campaigns

    _, store = opened()
    found = campaigns(store)
    events = campaign_events(store, [one.name for one in found])
    if as_json:
        rows = [
            asdict(one) | {"events": [asdict(event) for event in events[one.name]]} for one in found
        ]
        typer.echo(json.dumps(rows, indent=2, default=str))
        return
    for one in found:
        last = events[one.name][-1] if events[one.name] else None
        since = f" since {last.at:%Y-%m-%d} ({last.step}: {last.note})" if last else ""
        typer.echo(
            f"{visible(one.name)}  {one.state}{since}  {one.posts} posts"
            f"  {one.under_way} of {one.requests} requests under way"
        )
    if not found:
        typer.echo("No campaigns. A person names a cluster one: lurewatch clusters name")


def search(
    sought: Annotated[list[str], typer.Argument(metavar="WORDS...", help="A handle, number or address, or a wording.")],
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="At most so many.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
) -> None:  # fmt: skip
    """
    Find the posts that carry a contact, however it is written, or a wording, as a complaint gives it.

    Contacts are read when a post is judged, wordings when it is linked. Exit code 1 when there is none.
    """
    from lurewatch.detect import lexicon_for
    from lurewatch.workflow import posts_carrying

    settings, store = opened()
    found = posts_carrying(
        store, lexicon_for(settings), " ".join(sought), reader=getpass.getuser(), limit=limit
    )
    if as_json:
        typer.echo(json.dumps([carrier_row(one) for one in found], indent=2))
    else:
        for one in found:
            number = f"finding {one.finding_id}" if one.finding_id else "no finding"
            typer.echo(
                f"{SAID[one.kind]} {one.share:.0%}  {number}  {one.stance or 'not judged'}"
                f"  {one.post.platform}  {one.post.url}  {beginning(one)}"
            )
    if not found:
        typer.echo("No post that we hold carries it.", err=True)
        sys.exit(1)


def line_of(one: "Cluster") -> str:
    """A cluster in one line."""
    called = ", ".join(f"{visible(name)} ({state})" for name, state in one.states.items())
    named = f"  {called}, {one.confirmed} confirmed" if called else ""
    shared = ", ".join(f"{SAID[kind]} {count}" for kind, count in one.ties.items())
    return (
        f"cluster {one.number}  {one.posts} posts of {one.accounts} accounts  {' '.join(one.platforms)}"
        f"  {one.first_seen:%Y-%m-%d}–{one.last_seen:%Y-%m-%d}  {shared}{named}"
    )


def reason_of(link: "Link") -> str:
    """Why two posts belong together, in words that tell nobody's handle."""
    if link.share is None:
        return SAID[link.kind]
    timing = "" if link.minutes is None else f", {link.minutes} minutes apart on two accounts"
    return f"{SAID['text']} ({link.share:.0%}{timing})"


def row_of(one: "Cluster") -> dict[str, Any]:
    """A cluster as JSON."""
    return {
        "cluster": one.number,
        "posts": one.posts,
        "accounts": one.accounts,
        "platforms": one.platforms,
        "first_seen": zulu(one.first_seen),
        "last_seen": zulu(one.last_seen),
        "shared": one.ties,
        "campaigns": one.campaigns,
        "confirmed": one.confirmed,
        "states": one.states,
    }


def whole(found: "Linked", described: "Cluster | None") -> dict[str, Any]:
    """All that belongs to a finding, as JSON."""
    return {
        "cluster": row_of(described) if described else None,
        "members": [
            {
                "finding": member.finding_id,
                "platform": member.platform,
                "published_at": zulu(member.published_at),
                "links": [asdict(one) for one in member.links],
            }
            for member in found.members
        ],
        "mentions": found.mentions,
        "too_common": found.common,
    }


def carrier_row(one: "Carrier") -> dict[str, Any]:
    """A post that carries what was sought, as JSON."""
    return {
        "platform": one.post.platform,
        "post_id": one.post.post_id,
        "url": one.post.url,
        "finding": one.finding_id,
        "stance": one.stance,
        "kind": one.kind,
        "share": round(one.share, 2),
        "first_seen": zulu(one.first_seen),
        "text": beginning(one),
    }


def beginning(one: "Carrier", size: int = 48) -> str:
    """The first words of a post; what identifies somebody who is not reported is masked."""
    from lurewatch.text.mask import mask_personal

    text = " ".join((one.post.title or one.post.text).split())
    shown = visible(mask_personal(text) if one.stance in (None, *PROTECTED) else text)
    return shown[:size] + ("…" if len(shown) > size else "")
