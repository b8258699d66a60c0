"""Act on findings: keep evidence, draft takedown requests, set up who reports."""

import getpass
import json
import os
import sys
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lurewatch.errors import InputError

if TYPE_CHECKING:
    from lurewatch.config import Settings
    from lurewatch.evidence.verify import Record
    from lurewatch.finding import Finding
    from lurewatch.store import Store

evidence_app = typer.Typer(help="Keep and check evidence.", no_args_is_help=True)
takedown_app = typer.Typer(
    help="Draft takedown requests and carry them through.", no_args_is_help=True
)
BATCH = 200
MOST = (1 << 63) - 1  # the largest number a database takes


def opened() -> "tuple[Settings, Store]":
    """Settings and store, as every command here needs them."""
    from lurewatch.config import read_secrets, read_settings
    from lurewatch.store import open_store

    settings = read_settings()
    return settings, open_store(settings, read_secrets(settings))


@evidence_app.command("keep")
def keep(
    findings: Annotated[
        list[int] | None, typer.Argument(min=1, max=MOST, help="Numbers of findings.")
    ] = None,
    all_flagged: Annotated[
        bool, typer.Option("--all-flagged", help="Every finding that has none yet.")
    ] = False,
) -> None:
    """Take screenshots, page and text of findings, and seal them."""
    from lurewatch import workflow

    settings, store = opened()
    if not findings and not all_flagged:
        raise InputError("name findings, or give --all-flagged; see: lurewatch findings list")
    if all_flagged:
        chosen = without_evidence(store)
    else:
        reader = getpass.getuser()
        chosen = [workflow.finding(store, number, reader=reader) for number in findings or ()]
    problems = keep_all(store, settings, chosen)
    for line in problems:
        typer.echo(line, err=True)
    whole = len(chosen) - len(problems)
    typer.echo(f"Kept complete evidence of {whole} findings in {settings.evidence_dir}")
    if problems:
        sys.exit(1)


def without_evidence(store: "Store") -> "list[Finding]":
    """Findings that have no complete package yet: what the network spoilt is tried again."""
    from lurewatch import retention, workflow

    chosen: list[Finding] = []
    offset = 0
    gone = retention.emptied(store)
    while some := workflow.findings_to_review(store, limit=BATCH, offset=offset, decided=None):
        chosen += [
            one
            for one in some
            if one.finding_id not in gone
            and not any(kept.complete for kept in workflow.evidence_of(store, one.finding_id))
        ]
        offset += BATCH
    return chosen


def keep_all(store: "Store", settings: "Settings", chosen: "list[Finding]") -> list[str]:
    """Keep the evidence of each, in one browser; what is lacking, a line a finding."""
    from contextlib import nullcontext

    from rich.console import Console
    from rich.progress import track

    from lurewatch import workflow
    from lurewatch.browser import find_chromium
    from lurewatch.evidence.package import keep as keep_one
    from lurewatch.evidence.shoot import opened as opened_browser

    path = find_chromium(settings)
    problems = []
    console = Console(stderr=True)
    with opened_browser(path, settings.roots.values()) if path else nullcontext() as browser:
        for finding in track(
            chosen, "Keeping evidence", console=console, disable=not console.is_terminal
        ):
            kept = keep_one(
                finding,
                workflow.captures_of(store, finding.post),
                settings.evidence_dir,
                browser,
                now=datetime.now(UTC),
                roots=settings.roots,
                authority=settings.tsa,
                permission=permission_of(store, finding.post.platform),
            )
            workflow.record_evidence(
                store, finding.finding_id, kept.path, kept.sums_sha256, kept.complete
            )
            if settings.tsa:
                problems += stamped(store, kept.path, kept.sums_sha256, settings.tsa)
            if not kept.complete:
                problems.append(f"finding {finding.finding_id}: {'; '.join(kept.problems)}")
    return problems


def permission_of(store: "Store", platform: str) -> str:
    """Where a platform's written permission to visit its pages is kept, and who read that; mostly there is none."""
    from lurewatch import workflow

    reading = workflow.register(store).get(platform)
    if reading is None or not reading.permission:
        return ""
    return f"{reading.permission} ({reading.read_by}, {reading.read_at:%Y-%m-%d})"


def stamped(store: "Store", package: Path, sums_sha256: str, authority: str) -> list[str]:
    """Have a package stamped; what went wrong, in words."""
    from lurewatch import workflow
    from lurewatch.evidence.package import stamp
    from lurewatch.evidence.stamp import TOKEN, StampError

    if (package / TOKEN).exists() or not package.is_dir():
        return []
    try:
        stamp(package, authority)
    except StampError as error:
        return [f"{package.name}: {error}; later: lurewatch evidence stamp"]
    workflow.note_custody(store, sums_sha256, getpass.getuser(), f"stamped by {authority}"[:200])
    return []


@evidence_app.command("stamp")
def stamp() -> None:
    """Have every package that has no time stamp stamped by the authority of LUREWATCH_TSA."""
    from lurewatch import workflow

    settings, store = opened()
    if not settings.tsa:
        raise InputError("LUREWATCH_TSA is not set: the address of an RFC 3161 authority")
    problems = []
    packages = workflow.all_evidence(store)
    for kept in packages:
        problems += stamped(store, kept.path, kept.sums_sha256, settings.tsa)
    for line in problems:
        typer.echo(line, err=True)
    typer.echo(f"{len(packages) - len(problems)} of {len(packages)} packages are stamped.")
    if problems:
        sys.exit(1)


@evidence_app.command("export")
def export_package(
    finding: Annotated[int, typer.Argument(min=1, max=MOST, help="The number of a finding.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The zip to write.")],
) -> None:
    """Write a finding's newest complete package as a zip, with analysis and custody log."""
    from lurewatch import desk, workflow
    from lurewatch.drafting import best_evidence

    _, store = opened()
    found = workflow.finding(store, finding, reader=getpass.getuser())
    best = best_evidence(store, finding)
    if best is None:
        raise InputError(f"finding {finding} has no evidence: lurewatch evidence keep {finding}")
    desk.export_evidence(store, found, best, output, who=getpass.getuser())
    typer.echo(str(output))


@evidence_app.command("log")
def log(
    finding: Annotated[int, typer.Argument(min=1, max=MOST, help="The number of a finding.")],
) -> None:
    """Show who did what with a finding's packages, and whether the log is whole."""
    from lurewatch import workflow
    from lurewatch.custody import broken_at

    _, store = opened()
    for kept in workflow.evidence_of(store, finding):
        entries = workflow.custody_of(store, kept.sums_sha256)
        typer.echo(kept.path.name)
        for entry in entries:
            typer.echo(f"  {entry.at:%Y-%m-%d %H:%M:%S} {entry.who}: {entry.what}")
        if broken := broken_at(entries):
            typer.echo(f"the log of {kept.path.name} was changed at {broken.at}", err=True)
            sys.exit(1)


@evidence_app.command("verify")
def verify(
    package: Annotated[Path, typer.Argument(help="A package's folder, or an exported zip.")],
    tsa_roots: Annotated[Path | None, typer.Option(help="Certificates (PEM) of whom to believe about time.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the checks as JSON.")] = False,
) -> None:  # fmt: skip
    """
    Check a package offline; exit code 1 when anything does not hold.

    Where this installation has a store, the package's digest is compared with the one on record.
    """
    from lurewatch.evidence.verify import verify as check

    checks = check(package, tsa_roots, records_here())
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in checks], ensure_ascii=False, indent=2))
    else:
        for one in checks:
            typer.echo(f"{'✓' if one.holds else '✗'} {one.chinese} · {one.english}")
    if not all(one.holds for one in checks):
        sys.exit(1)


def records_here() -> "list[Record] | None":
    """What this installation wrote down of packages; nothing where it has no store, which is not made for it."""
    from lurewatch.config import read_settings
    from lurewatch.errors import LurewatchError
    from lurewatch.evidence.verify import Record
    from lurewatch.workflow import evidence_digests

    settings = read_settings()
    file = settings.db_url.partition("sqlite:///")[2].partition("?")[0]
    if settings.db_url.startswith("sqlite") and not Path(file).is_file():
        return None
    try:
        _, store = opened()
        return [Record(name, digest) for name, digest in evidence_digests(store)]
    except LurewatchError as error:
        typer.echo(f"Not compared with the record of this installation: {error}", err=True)
        return None


@takedown_app.command("list")
def list_requests(
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
) -> None:
    """List takedown requests, newest first."""
    from lurewatch import workflow

    _, store = opened()
    found = workflow.requests(store)
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], default=str, ensure_ascii=False))
        return
    for one in found:
        typer.echo(
            f"{one.request_id}  finding {one.finding_id}  {one.recipient}  {one.state}  {one.letter}"
        )


def setup(
    source: Annotated[
        Path | None, typer.Option("--from", help="A YAML file with the fields, to set up unasked.")
    ] = None,
    sample_letterhead: Annotated[
        Path | None,
        typer.Option(help="Write a letterhead to begin with to this .docx, and no more."),
    ] = None,
) -> None:
    """Write the profile of the institution that reports."""
    import yaml

    from lurewatch.config import read_settings
    from lurewatch.letters.letterhead import write_sample
    from lurewatch.takedown import (
        LABELS,
        amended,
        faults,
        missing,
        read_institution,
    )

    settings = read_settings()
    if sample_letterhead:
        write_sample(sample_letterhead)
        typer.echo(f"Wrote {sample_letterhead}; name it in the profile as letterhead")
        return
    if source:
        profile = amended(read_institution(settings.profile_file), source)
    else:
        profile = read_institution(settings.profile_file)
        asked = {
            name: typer.prompt(label, default=getattr(profile, name))
            for name, label in LABELS.items()
        }
        brands = typer.prompt("品牌，以逗号分隔 (brands)", default=",".join(profile.brands))
        profile = replace(
            profile, **asked, brands=tuple(b.strip() for b in brands.split(",") if b.strip())
        )
    if wrong := faults(profile):
        raise InputError("; ".join(wrong))
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    values = {field.name: getattr(profile, field.name) for field in fields(profile)}
    lists = {"brands": list(profile.brands), "rights": [asdict(one) for one in profile.rights]}
    text = yaml.safe_dump(values | lists, allow_unicode=True)
    half = settings.profile_file.with_name(f".{settings.profile_file.name}.draft")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    half.replace(settings.profile_file)
    typer.echo(f"Wrote {settings.profile_file}")
    if lacking := missing(profile):
        typer.echo(f"Still missing: {', '.join(lacking)}", err=True)
