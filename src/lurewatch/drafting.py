"""Draft a takedown request: evidence as a zip, the letter as docx and PDF, and the record of it all."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from lurewatch import desk, workflow
from lurewatch.browser import find_chromium
from lurewatch.config import Settings
from lurewatch.dates import CHINA
from lurewatch.errors import NotAllowedError, SettingsError
from lurewatch.finding import Finding
from lurewatch.letters import letterhead, printed, word
from lurewatch.letters.blocks import Channel, channel_for
from lurewatch.letters.content import Letter
from lurewatch.letters.matter import Package, letter_name, quote_faults, refusals
from lurewatch.letters.notice import Claim, lacking, notice
from lurewatch.letters.report import report
from lurewatch.letters.wording import faults
from lurewatch.store import Store
from lurewatch.store.request_files import ARCHIVE, LETTER, PDF
from lurewatch.takedown import (
    Institution,
    TakedownRequest,
    TakedownState,
    Track,
    read_institution,
)
from lurewatch.workflow import KeptEvidence, User


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asks for when drafting."""

    track: Track = Track.A
    channel: str = ""  # empty: the platform's own
    claim: Claim | None = None  # track B: what is infringed
    again: str = ""  # why the same address is reported to the channel once more
    quote: str = ""  # the words of the post to quote; empty: its first ones


@dataclass(frozen=True, slots=True)
class Drafted:
    """A request with its files; `problem` says why there is no PDF."""

    request: TakedownRequest
    pdf: Path | None
    problem: str


def draft(
    store: Store, settings: Settings, finding: Finding, folder: Path, *, user: User, wish: Wish
) -> Drafted:
    """
    Draft a request as a person of the console.

    Zip, letter, PDF and record, in that order: a record never points at what is not there, and what
    is refused leaves no file. Raises NotAllowedError with the list of what is lacking.
    """
    if not user.decides:
        raise NotAllowedError(f"{user.name} is {user.role}: that role does not draft requests")
    now = datetime.now(UTC)
    institution = read_institution(settings.profile_file)
    best = best_evidence(store, finding.finding_id)
    target = folder / letter_name(finding, now)
    archive = target.with_suffix(".evidence.zip")
    package = Package(best.path, archive, best.complete) if best else None
    missing = wanting(finding, institution, package, wish, settings.home)
    if missing or best is None or package is None:
        raise NotAllowedError(
            f"finding {finding.finding_id}: no letter while these are lacking:\n  - "
            + "\n  - ".join(missing)
        )
    channel = channel_for(finding, wish.track, wish.channel)
    request = TakedownRequest(
        request_id=0,
        finding_id=finding.finding_id,
        track=wish.track,
        recipient=channel.kept_as(finding.post.platform),
        state=TakedownState.DRAFTED,
        letter=target,
        package=archive,
        drafted_by=user.name,
        drafted_at=now,
        channel=channel.code,
        why_again=wish.again.strip(),
        infringement=wish.claim.infringement if wish.claim else "",
        quote=" ".join(wish.quote.split()),
    )
    workflow.check_draft(store, request)
    pdf = target.with_suffix(".pdf")
    try:
        desk.export_evidence(store, finding, best, archive, who=user.name)
        today = now.astimezone(CHINA).date()
        letter = composed(finding, institution, package, channel, wish, today, settings.home)
        word.write(letter, target, letterhead.of_institution(institution, settings.home, today))
        problem = _print(letter, pdf, settings)
        request = workflow.record_request(
            store,
            replace(request, cites=letter.cites),
            [(LETTER, target), (ARCHIVE, archive), *([] if problem else [(PDF, pdf)])],
            finding.post,
        )
    except BaseException:
        for path in (archive, target, pdf):
            path.unlink(missing_ok=True)
        raise
    return Drafted(request, None if problem else pdf, problem)


def best_evidence(store: Store, finding_id: int) -> KeptEvidence | None:
    """The newest complete package of a finding, else the newest."""
    kept = workflow.evidence_of(store, finding_id)
    return next((one for one in kept if one.complete), kept[0] if kept else None)


def wanting(
    finding: Finding, institution: Institution, package: Package | None, wish: Wish, home: Path
) -> list[str]:
    """Everything that such a letter still lacks."""
    found = refusals(finding, finding.decision, institution, package)
    found += letterhead.faults(institution, home)
    if wish.track is Track.B:
        if wish.claim is None:
            raise NotAllowedError("a notice names what is infringed: --infringement")
        found += lacking(finding, institution, wish.claim, home)
    return found + quote_faults(finding, wish.quote)


def composed(
    finding: Finding,
    institution: Institution,
    package: Package,
    channel: Channel,
    wish: Wish,
    today: date,
    home: Path,
) -> Letter:
    """The finished letter. Raises NotAllowedError naming the sentence whose wording may not stand."""
    decision, addressee = finding.decision, channel.recipient(finding.post.platform)
    if decision is None:
        raise NotAllowedError(f"finding {finding.finding_id}: nobody has decided it")
    if wish.claim and wish.track is Track.B:
        letter = notice(
            finding, decision, institution, package, wish.claim, addressee, today, home, wish.quote
        )
    else:
        letter = report(finding, decision, institution, package, addressee, today, wish.quote)
    if wrong := faults(letter):
        raise NotAllowedError(
            f"finding {finding.finding_id}: the letter's wording may not stand:\n  - "
            + "\n  - ".join(wrong)
        )
    return letter


def _print(letter: Letter, target: Path, settings: Settings) -> str:
    """Make the PDF; "" or why there is none."""
    try:
        browser = find_chromium(settings)
    except SettingsError as error:
        return f"no PDF: {error}"
    return printed.write(letter, target, browser)
