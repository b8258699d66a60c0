"""Show what is set and what is missing, and mend what can be mended."""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from lurewatch import __version__
from lurewatch.errors import LurewatchError

if TYPE_CHECKING:
    from lurewatch.config import Settings

State = Literal["ok", "missing", "broken"]
SIGN = {"ok": "✓", "missing": "–", "broken": "✗"}
NEEDED = frozenset({"home", "store", "secrets", "model", "lexicon"})  # without these nothing works
ROOM = 1 << 30  # bytes that should be free: captures and evidence grow


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, and what to do when it is not right."""

    name: str
    state: State
    found: str
    do: str = ""


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the checks as JSON.")] = False,
    mend: Annotated[
        bool, typer.Option(help="Install a browser and a Chinese font where they are missing.")
    ] = False,
    quiet: Annotated[bool, typer.Option(help="Show only what is not right.")] = False,
) -> None:
    """
    Show what is set and what is missing.

    Exit code 1 when something that every command needs is broken; a missing browser or token
    only switches off what needs it.
    """
    from lurewatch.config import read_settings

    settings = read_settings()
    if mend:
        mend_browser(settings)
    checks = list(examine(settings))
    if as_json:
        typer.echo(json.dumps([asdict(check) for check in checks], ensure_ascii=False, indent=2))
    else:
        for check in checks:
            if quiet and check.state == "ok":
                continue
            advice = f" → {check.do}" if check.do and check.state != "ok" else ""
            if not (quiet and check.state == "missing"):
                typer.echo(f"{SIGN[check.state]} {check.name:<12} {check.found}{advice}")
    if any(check.name in NEEDED and check.state == "broken" for check in checks):
        sys.exit(1)


def mend_browser(settings: "Settings") -> None:
    """Install what a screenshot needs; where that cannot be had, say so and go on."""
    from lurewatch import browser

    found = browser.find_chromium(settings)
    if found and not browser.undrawn(found):
        return
    if problem := browser.install(settings, say=lambda line: typer.echo(line, err=True)):
        typer.echo(f"{problem} Screenshots are skipped until then.", err=True)


def examine(settings: "Settings") -> Iterator[Check]:
    """Look at each thing a command may need."""
    yield Check("lurewatch", "ok", f"{__version__} on Python {sys.version.split()[0]}")
    for name, look in LOOKS:
        try:
            yield look(settings)
        except LurewatchError as error:
            yield Check(name, "broken", str(error))


def look_at_home(settings: "Settings") -> Check:
    """The folder that holds all state, and the room it has to grow."""
    there = settings.home
    while not there.exists():
        there = there.parent
    if not there.is_dir() or not os.access(there, os.W_OK):
        return Check(
            "home",
            "broken",
            f"{there} cannot be written to",
            "set LUREWATCH_HOME to a folder of your own",
        )
    free = shutil.disk_usage(there).free
    state: State = "ok" if free >= ROOM else "missing"
    made = "" if settings.home.exists() else " (made when first needed)"
    found = f"{settings.home}{made}, {free / ROOM:.1f} GiB free"
    return Check("home", state, found, "free some space, or set LUREWATCH_HOME to a larger disk")


def look_at_secrets(settings: "Settings") -> Check:
    """The keys of this installation; reading them checks that only their owner can."""
    from lurewatch.config import SECRETS, read_secrets

    if not (settings.home / SECRETS).exists() and not settings.home.exists():
        return Check("secrets", "missing", "none yet", "they are made by the first command")
    read_secrets(settings)
    return Check("secrets", "ok", f"{settings.home / SECRETS}: back this file up, apart")


def look_at_store(settings: "Settings") -> Check:
    """The database: reachable, and of a version that this program knows."""
    from lurewatch.config import read_secrets
    from lurewatch.store import open_store
    from lurewatch.workflow import count_findings, users

    if not settings.home.exists():
        return Check("store", "missing", "none yet", "it is made by the first command")
    store = open_store(settings, read_secrets(settings))
    shown = store.shown
    waiting, people = count_findings(store, decided=False), len(users(store))
    do = "" if people else "add a person: lurewatch user add NAME --role lead"
    found = f"{shown}: {waiting} findings to review, {people} people"
    return Check("store", "ok" if people else "missing", found, do)


def look_at_model(settings: "Settings") -> Check:
    """The classifier, loaded for real."""
    from lurewatch.detect import Detector
    from lurewatch.post import Post

    detector = Detector.load(settings)
    detector.judge([Post("", "", "", "停息挂账")], screen=False)
    return Check("model", "ok", detector.model)


def look_at_lexicon(settings: "Settings") -> Check:
    """The table of coded terms with the operator's own rows, if any."""
    from lurewatch.detect import lexicon_for

    lexicon = lexicon_for(settings)
    return Check("lexicon", "ok", f"version {lexicon.version}, {len(lexicon.terms)} forms")


def look_at_browser(settings: "Settings") -> Check:
    """A Chromium for pages that need JavaScript and for screenshots."""
    from lurewatch import browser

    found = browser.find_chromium(settings)
    if not found:
        return Check("browser", "missing", "no Chromium found", browser.install_hint())
    return Check("browser", "ok", str(found))


def look_at_font(settings: "Settings") -> Check:
    """A Chinese font, checked by rendering: a page shot in empty boxes is no evidence."""
    from lurewatch import browser

    found = browser.find_chromium(settings)
    if not found:
        return Check("font", "missing", "not checked: it takes a browser")
    if boxes := browser.undrawn(found):
        said = f"{' and '.join(boxes)} drawn as empty boxes"
        return Check("font", "missing", said, browser.install_hint())
    return Check("font", "ok", "Chinese characters and emoji are drawn")


def look_at_pictures(settings: "Settings") -> Check:
    """What reads text in pictures, loaded for real."""
    from lurewatch.pictures.reading import Reader, can_read

    if not can_read():
        do = "pip install 'lurewatch[ocr]'"
        return Check("pictures", "missing", "text in pictures is not read", do)
    reader = Reader()
    reader.load()
    return Check("pictures", "ok", f"text in pictures is read by {reader.name}")


def look_at_tokens(settings: "Settings") -> Check:
    """The operator's own tokens for the official searches."""
    tokens = {"weibo": settings.weibo_token, "douyin": settings.douyin_token}
    lacking = [name for name, token in tokens.items() if not token]
    if not lacking:
        return Check("tokens", "ok", "set for weibo and douyin")
    names = " and ".join(f"LUREWATCH_{name.upper()}_TOKEN" for name in lacking)
    do = f"set {names} to search by the official API"
    return Check("tokens", "missing", f"not set for {' and '.join(lacking)}", do)


def look_at_profile(settings: "Settings") -> Check:
    """The institution that reports; a takedown draft is refused while a field is missing."""
    from lurewatch.letters import letterhead
    from lurewatch.takedown import missing, read_institution

    if not settings.profile_file.exists():
        return Check("institution", "missing", "no profile", "run: lurewatch setup")
    institution = read_institution(settings.profile_file)
    if lacking := missing(institution):
        return Check("institution", "missing", f"lacks {', '.join(lacking)}", "lurewatch setup")
    if wrong := letterhead.faults(institution, settings.home):
        do = "mend it, or begin with: lurewatch setup --sample-letterhead FILE"
        return Check("institution", "broken", wrong[0], do)
    return Check("institution", "ok", str(settings.profile_file))


def look_at_schedule(settings: "Settings") -> Check:
    """What is looked for by itself, where notices go, and whether a person halted everything."""
    from lurewatch.watchlist import read_watchlist

    if settings.halt_file.exists():
        return Check("schedule", "missing", "halted", "to go on: lurewatch schedule resume")
    if not settings.watchlist_file.exists():
        do = f"lurewatch schedule example > {settings.watchlist_file}"
        return Check("schedule", "missing", "no watchlist", do)
    watches = len(read_watchlist(settings.watchlist_file).watches)
    found = f"{watches} watches, notices to {len(settings.notify)} addresses"
    return Check("schedule", "ok", found)


def look_at_roots(settings: "Settings") -> Check:
    """Platforms that are asked at another address."""
    roots = ", ".join(f"{platform} at {root}" for platform, root in settings.roots.items())
    return Check("roots", "ok", roots or "every platform at its own address")


LOOKS: tuple[tuple[str, Callable[["Settings"], Check]], ...] = (
    ("home", look_at_home),
    ("secrets", look_at_secrets),
    ("store", look_at_store),
    ("model", look_at_model),
    ("lexicon", look_at_lexicon),
    ("browser", look_at_browser),
    ("font", look_at_font),
    ("pictures", look_at_pictures),
    ("tokens", look_at_tokens),
    ("institution", look_at_profile),
    ("schedule", look_at_schedule),
    ("roots", look_at_roots),
)
