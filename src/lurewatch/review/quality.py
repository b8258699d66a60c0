"""How far people agree, and what the machine misses: figures, and the samples they rest on."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from lurewatch import workflow
from lurewatch.errors import NotAllowedError
from lurewatch.finding import Label
from lurewatch.review.app import Number, checked_form, decider, detector_of, page, person, store_of
from lurewatch.review.tables import csv_file
from lurewatch.shares import kappa, wilson
from lurewatch.store import Store
from lurewatch.text.mask import mask_handles

router = APIRouter()
DRAWN: Final = 50  # samples at a time


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, with the 95 % interval."""

    measure: str
    group: str  # a platform or a person; empty: all
    part: int
    whole: int

    @property
    def bounds(self) -> tuple[float, float]:
        """The Wilson interval."""
        return wilson(self.part, self.whole)


@dataclass(frozen=True, slots=True)
class Figures:
    """All that the page shows."""

    shares: list[Share]
    kappa_label: float | None
    kappa_stance: float | None
    looks: int
    waiting: int  # samples nobody has looked at


def figures(store: Store, *, golden: bool) -> Figures:
    """
    Agreement of second looks, and lures among what was not flagged.

    With *golden* also how far each person agrees with the golden set, which leads alone are shown.
    """
    looks, samples = workflow.second_looks(store), workflow.samples(store)
    judged = [one for one in samples if one.label and one.label is not Label.UNSURE]
    shares = [
        *_shares(
            "agreement", ((one.first_reviewer, one.label is one.first_label) for one in looks)
        ),
        *_shares(
            "golden",
            (
                (str(one.reviewer), one.label is one.first_label)
                for one in workflow.golden_looks(store)
            )
            if golden
            else (),
        ),
        *_shares("missed", ((one.platform, one.label is Label.LURE) for one in judged)),
    ]
    return Figures(
        shares,
        kappa([(one.first_label, one.label) for one in looks if one.label]),
        kappa([(one.first_stance, one.stance) for one in looks if one.stance]),
        len(looks),
        sum(one.label is None for one in samples),
    )


def _shares(measure: str, found: Iterable[tuple[str, bool]]) -> list[Share]:
    """One share of all, and one of each group."""
    pairs = list(found)
    groups = sorted({group for group, _ in pairs})
    return [
        Share(measure, name, sum(hit for _, hit in some), len(some))
        for name in ("", *groups)
        if (some := [pair for pair in pairs if name in ("", pair[0])])
    ]


@router.get("/quality")
def show(request: Request) -> Response:
    """The figures."""
    user = person(request)
    return page(
        request,
        "quality.html",
        user=user,
        found=figures(store_of(request), golden=user.role == "lead"),
    )


@router.get("/quality.csv")
def table(request: Request) -> Response:
    """The same as a file."""
    user = person(request)
    found = figures(store_of(request), golden=user.role == "lead")
    rows: list[list[object]] = [
        [one.measure, one.group, one.part, one.whole, one.part / one.whole, *one.bounds]
        for one in found.shares
    ]
    for name, value in (("kappa of labels", found.kappa_label), ("kappa of stances", found.kappa_stance)):  # fmt: skip
        rows.append([name, "", "", found.looks, "" if value is None else value, "", ""])
    header = ["measure", "group", "part", "whole", "value", "low_95", "high_95"]
    return csv_file("quality.csv", header, rows)


@router.get("/sample")
def sample(request: Request, why: bool = False) -> Response:
    """The next post that was not flagged, drawn at random; *why* asks the machine for its reason."""
    user = person(request)
    store = store_of(request)
    found = workflow.next_sample(store, reader=user.name)
    post = found[1].post if found else None
    return page(
        request,
        "sample.html",
        user=user,
        number=found[0] if found else None,
        post=post,
        values=[(field, mask_handles(value)) for field, _, value in post.values()] if post else [],
        why=detector_of(request).why_not(post) if post and why else None,
        asked=why,
        size=DRAWN,
    )


@router.post("/sample/draw")
async def draw(request: Request) -> Response:
    """Draw more."""
    user = decider(request)
    await checked_form(request)
    store = store_of(request)
    drawn = await run_in_threadpool(workflow.draw_samples, store, DRAWN, user=user)
    request.session["flash"] = {"said": "drawn" if drawn else "nothing_drawn"}
    return RedirectResponse("/sample", 303)


@router.post("/sample/{number}")
async def judge(request: Request, number: Number) -> Response:
    """Record what a person says of a sample, and go on; a lure is a finding from now on."""
    user = decider(request)
    form = await checked_form(request)
    return await run_in_threadpool(_judge, request, number, user, form)


def _judge(request: Request, number: int, user: workflow.User, form: dict[str, Any]) -> Response:
    try:
        label = Label(form.get("label", [""])[0])
    except ValueError as error:
        raise NotAllowedError(f"not a decision we know: {error}") from None
    store = store_of(request)
    made = workflow.judge_sample(store, number, reviewer=user.name, label=label)
    if made is None:
        return RedirectResponse("/sample", 303)
    request.session["flash"] = {"said": "missed"}
    return RedirectResponse(f"/findings/{made}", 303)
