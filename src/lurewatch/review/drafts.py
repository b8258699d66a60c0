"""The form that drafts a takedown request about a confirmed finding, as `lurewatch takedown draft` does."""

from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from lurewatch import workflow
from lurewatch.config import Settings
from lurewatch.drafting import Wish, best_evidence, draft, wanting
from lurewatch.errors import NotAllowedError
from lurewatch.finding import Finding
from lurewatch.letters.blocks import channels
from lurewatch.letters.matter import QUOTED, Package, quotation
from lurewatch.letters.notice import Claim
from lurewatch.review import words
from lurewatch.review.app import Number, checked_form, decider, page, store_of
from lurewatch.review.language import catalogue, language_of
from lurewatch.review.problems import told
from lurewatch.store import Store
from lurewatch.takedown import Institution, Track, read_institution
from lurewatch.workflow import User

router = APIRouter()
GIVEN: Final = ("channel", "infringement", "facts", "quote", "again")  # what a person fills in
LONGEST: Final = 4000  # characters of one of them


@router.get("/findings/{number}/draft")
def ask(request: Request, number: Number, track: str = "A") -> Response:
    """The form of a track, with what such a letter still lacks."""
    user = decider(request)
    return _shown(request, number, user, track_of(track), {})


@router.post("/findings/{number}/draft/{track}")
async def make(request: Request, number: Number, track: str) -> Response:
    """Draft it, and go to the request; what is refused is said above the form as it was filled in."""
    user = decider(request)
    form = await checked_form(request)
    given = {name: str(form.get(name, [""])[0])[:LONGEST] for name in GIVEN}
    return await run_in_threadpool(_make, request, number, user, track_of(track), given)


def _make(
    request: Request, number: int, user: User, track: Track, given: dict[str, str]
) -> Response:
    store, settings = store_of(request), settings_of(request)
    opened = workflow.open_finding(store, number, user=user)
    if opened.look:
        return RedirectResponse(f"/findings/{number}", 303)
    claim = Claim(given["infringement"], given["facts"].strip()) if track is Track.B else None
    offered = as_one_line(given["quote"]) == as_one_line(offer(opened.finding))
    quote = "" if offered else given["quote"]  # what was offered is masked, and is made anew
    wish = Wish(track, given["channel"], claim, given["again"], quote)
    try:
        folder = settings.home / "letters"
        done = draft(store, settings, opened.finding, folder, user=user, wish=wish)
    except NotAllowedError as error:
        return _shown(request, number, user, track, given, refused=str(error))
    request.session["flash"] = {"said": "drafted_bare" if done.problem else "drafted"}
    return RedirectResponse(f"/requests/{done.request.request_id}", 303)


def offer(finding: Finding) -> str:
    """The words that are quoted where a person chooses no others."""
    return quotation(finding).removesuffix("……")


def as_one_line(text: str) -> str:
    """
    Words with single blanks between them.

    >>> as_one_line(" a\\r\\n b")
    'a b'
    """
    return " ".join(text.split())


def track_of(written: str) -> Track:
    """A track as an address names it. Raises NotAllowedError."""
    if written not in set(Track):
        raise NotAllowedError(f"there is no track {written}; there are A and B")
    return Track(written)


def settings_of(request: Request) -> Settings:
    """What this installation sets."""
    settings: Settings = request.app.state.settings
    return settings


def _shown(
    request: Request,
    number: int,
    user: User,
    track: Track,
    given: dict[str, str],
    *,
    refused: str = "",
) -> Response:
    store, settings = store_of(request), settings_of(request)
    opened = workflow.open_finding(store, number, user=user)
    if opened.look:  # whoever is asked for a second look must not learn what the first one said
        return RedirectResponse(f"/findings/{number}", 303)
    one = opened.finding
    institution = read_institution(settings.profile_file)
    said = catalogue(language_of(request)).gettext
    lacks, wrongs = lacking(store, settings, one, institution, track)
    head, *items = told(refused, said).split("\n") if refused else ("", *())
    return page(
        request,
        "draft.html",
        status=403 if refused else 200,
        one=one,
        track=track,
        tracks=list(Track),
        channels=channels(one, track),
        wrongs=[(code, [told(wrong, said) for wrong in some]) for code, some in wrongs],
        lacks=[told(lack, said) for lack in lacks],
        head=head,
        items=items,
        given=given,
        longest=QUOTED,
        quote=offer(one),
        before=workflow.requests_about(store, number),
    )


def lacking(
    store: Store, settings: Settings, one: Finding, institution: Institution, track: Track
) -> tuple[list[str], list[tuple[str, list[str]]]]:
    """
    What every letter of the track lacks, and of track B what each infringement lacks besides.

    What the form itself asks for is not lacking yet.
    """
    best = best_evidence(store, one.finding_id)
    package = Package(best.path, best.path, best.complete) if best else None

    def lacks(claim: Claim | None) -> list[str]:
        return wanting(one, institution, package, Wish(track, claim=claim), settings.home)

    if track is Track.A:
        return lacks(None), []
    each = [(code, lacks(Claim(code, "…"))) for code in words.INFRINGEMENTS]
    common = [lack for lack in each[0][1] if all(lack in some for _, some in each)]
    return common, [(code, [lack for lack in some if lack not in common]) for code, some in each]
