"""Give something out: who may, that it is on record, and then the file, whole or not at all."""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from lurewatch import desk, workflow
from lurewatch.config import Secrets, Settings
from lurewatch.dates import CHINA
from lurewatch.drafting import best_evidence
from lurewatch.errors import InputError, NotAllowedError, SettingsError
from lurewatch.finding import Finding
from lurewatch.letters import letterhead, word
from lurewatch.letters.law import lapsed
from lurewatch.letters.matter import Package, refusals
from lurewatch.sharing import alliance, clue, lists, packing
from lurewatch.sharing.facts import check_known
from lurewatch.sharing.marking import Tlp
from lurewatch.store import Store
from lurewatch.store.confirmed import Named
from lurewatch.store.handed import Handed
from lurewatch.takedown import Institution, faults, missing, read_institution
from lurewatch.workflow import Confirmed, KeptEvidence, User
from lurewatch.workflow.filing import digest_of


@dataclass(frozen=True, slots=True)
class Given:
    """What was written, of how many findings, and why others were left out."""

    path: Path
    sha256: str
    findings: int
    left_out: dict[int, str]


def needs_packages() -> None:
    """Raises SettingsError when the packages that write STIX and MISP are not installed."""
    lacking = [name for name in ("stix2", "pymisp") if not find_spec(name)]
    if lacking:
        raise SettingsError(f"this needs {' and '.join(lacking)}: pip install 'lurewatch[share]'")


def give_stix(
    store: Store,
    settings: Settings,
    name: str,
    target: Path,
    *,
    user: User,
    to: str,
    tlp: Tlp,
    lasting: bool = True,
) -> Given:
    """Write a campaign as a STIX 2.1 bundle; a file that is not *lasting* goes on record without its path."""
    needs_packages()
    from lurewatch.sharing.stix import bundle

    found, campaign, institution = _campaign(store, settings, name, user, to, "stix", tlp)
    now = datetime.now(UTC)
    made = bundle(campaign, found.findings, institution, tlp, now, found.withdrawn)
    body = made.serialize(indent=2, ensure_ascii=False).encode()
    path = str(target.absolute()) if lasting else ""
    given = Handed(now, user.name, "stix", to, "", path, (), campaign.campaign_id, tlp)
    return _write(store, "share stix", target, body, found, given, f"tlp:{tlp} to {to}")


def give_misp(
    store: Store,
    settings: Settings,
    name: str,
    target: Path,
    *,
    user: User,
    to: str,
    tlp: Tlp,
    lasting: bool = True,
) -> Given:
    """Write a campaign as a MISP event, on the same terms."""
    needs_packages()
    from lurewatch.sharing.misp import event

    found, campaign, institution = _campaign(store, settings, name, user, to, "misp", tlp)
    made = event(campaign, found.findings, institution, tlp, found.withdrawn)
    body = f'{{"Event": {made.to_json(indent=2)}}}'.encode()
    now = datetime.now(UTC)
    path = str(target.absolute()) if lasting else ""
    given = Handed(now, user.name, "misp", to, "", path, (), campaign.campaign_id, tlp)
    return _write(store, "share misp", target, body, found, given, f"tlp:{tlp} to {to}")


def _campaign(
    store: Store, settings: Settings, name: str, user: User, to: str, kind: str, tlp: Tlp
) -> tuple[Confirmed, Named, Institution]:
    workflow.check_gives_out(user)
    _check_recipient(to)
    institution = read_institution(settings.profile_file)
    check_known(institution)
    found = workflow.confirmed_of_campaign(store, name, reader=user.name, kind=kind, tlp=tlp)
    if found.campaign is None:
        raise LookupError(f"{name!r} was found without its campaign")
    return found, found.campaign, institution


def _check_recipient(to: str) -> None:
    if not to.strip() or not to.isprintable() or len(to) > 60:
        raise InputError("--to names who is given it, in 1 to 60 characters that can be seen")


def _write(
    store: Store, what: str, target: Path, body: bytes, found: Confirmed, given: Handed, about: str
) -> Given:
    """Put it on record, then write it for its owner alone."""
    digest = sha256(body).hexdigest()
    numbers = tuple(one.finding_id for one in found.findings)
    given = replace(given, sha256=digest, findings=numbers)
    workflow.note_given(store, what, about, given)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(body)
    draft.replace(target)
    return Given(target, digest, len(found.findings), found.left_out)


def give_alliance(
    store: Store, settings: Settings, secrets: Secrets, target: Path, *, user: User, to: str
) -> Given:
    """
    Write the list of keyed hashes for an alliance.

    Raises NotAllowedError while counsel's approval is not on record: it is off by default.
    """
    workflow.check_gives_out(user)
    _check_recipient(to)
    approval = workflow.alliance_approval(store)
    if approval is None:
        raise NotAllowedError(
            "the alliance list is off: whoever holds its key can try phone numbers, so counsel has to"
            " approve it first; legal writes that down: lurewatch share allow --counsel NAME --on DATE"
            " --document REFERENCE --as NAME"
        )
    key = alliance.read_key(settings, secrets)
    institution = read_institution(settings.profile_file)
    check_known(institution)
    found = workflow.all_confirmed(store, reader=user.name)
    rows = alliance.rows_of(found.findings, key)
    today = datetime.now(CHINA).date()
    body = alliance.written(rows, key, institution.name, approval, today)
    about = f"{len(rows)} hashes key {alliance.key_print(key)} to {to}"
    path = str(target.absolute())
    given = Handed(datetime.now(UTC), user.name, "alliance", to, "", path, ())
    return _write(store, "share alliance list", target, body, found, given, about)


def prepare_clue(
    store: Store,
    settings: Settings,
    found: Confirmed,
    target: Path,
    *,
    user: User,
    to: str,
) -> Given:
    """
    Write the package for the police, for a second person to approve.

    Raises NotAllowedError with the list of all that the institution's profile and the findings lack.
    """
    if not user.decides:
        raise NotAllowedError(f"{user.name} is {user.role}: that role prepares no clue package")
    _check_recipient(to)
    institution = read_institution(settings.profile_file)
    best = {one.finding_id: best_evidence(store, one.finding_id) for one in found.findings}
    if lacking := _lacking(found.findings, institution, best):
        raise NotAllowedError(
            "no clue package while these are lacking:\n  - " + "\n  - ".join(lacking)
        )
    today = datetime.now(CHINA).date()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".clue-", dir=target.parent) as name:
        folder = Path(name)
        clues = [
            _clue(store, one, kept, folder / "evidence", user)
            for one in found.findings
            if (kept := best[one.finding_id])
        ]
        (folder / "list.xlsx").write_bytes(lists.workbook(clues))
        listed = {"list.xlsx": digest_of(folder / "list.xlsx")}
        subject = found.campaign.name if found.campaign else ""
        letter = clue.clue_letter(clues, institution, to, subject, today, listed)
        paper = letterhead.of_institution(institution, settings.home, today)
        word.write(letter, folder / "letter.docx", paper)
        numbers = [one.finding_id for one in found.findings]
        about = {"findings": numbers, "cites": letter.cites, "to": to, "made_on": str(today)}
        packing.pack(folder, about, target)
    digest = digest_of(target)
    try:
        path = str(target.absolute())
        given = Handed(datetime.now(UTC), user.name, "clue", to, digest, path, tuple(numbers))
        workflow.record_clue(store, given, user=user)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return Given(target, digest, len(clues), found.left_out)


def _lacking(
    findings: Sequence[Finding],
    institution: Institution,
    best: dict[int, KeptEvidence | None],
) -> list[str]:
    """What the profile lacks once, and then what each finding does."""
    own = [f"机构资料 institution: {label}" for label in missing(institution)]
    own += faults(institution)
    lacking = list(own)
    for one in findings:
        kept = best[one.finding_id]
        package = Package(kept.path, kept.path, kept.complete) if kept else None
        lacking += [
            f"finding {one.finding_id}: {what}"
            for what in refusals(one, one.decision, institution, package)
            if what not in own
        ]
    return lacking


def _clue(
    store: Store, finding: Finding, kept: KeptEvidence, folder: Path, user: User
) -> clue.Clue:
    archive = folder / f"{kept.path.name}.zip"
    desk.export_evidence(store, finding, kept, archive, who=user.name)
    asked = workflow.requests_about(store, finding.finding_id)
    looks = [look for one in asked for look in workflow.checks_of(store, one.request_id)]
    return clue.Clue(
        finding,
        f"evidence/{archive.name}",
        digest_of(archive),
        tuple(asked),
        max(looks, key=lambda look: look.at, default=None),
    )


def approve_clue(store: Store, path: Path, *, user: User) -> str:
    """
    A second person approves a package; gives its SHA-256.

    Raises NotAllowedError when it is not as it was prepared, when one of its findings is no longer
    confirmed, or when its letter cites what no longer holds.
    """
    workflow.check_gives_out(user)
    about = packing.read_about(path)
    digest = digest_of(path)
    found = workflow.confirmed_among(store, about.findings, reader=user.name)
    wrong = [f"finding {number}: {why}" for number, why in found.left_out.items()]
    wrong += lapsed(about.cites, datetime.now(CHINA).date())
    if wrong:
        raise NotAllowedError(
            "this package may not go out any more; prepare it anew:\n  - " + "\n  - ".join(wrong)
        )
    workflow.approve_clue(store, digest, user=user)
    return digest
