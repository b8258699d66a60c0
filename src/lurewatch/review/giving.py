"""Give a campaign's confirmed findings to others, as a file that a lead or legal downloads."""

import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from lurewatch.errors import InputError
from lurewatch.review.app import checked_form, person, store_of
from lurewatch.review.drafts import settings_of
from lurewatch.sharing.handing import Given, give_misp, give_stix
from lurewatch.sharing.marking import Tlp
from lurewatch.takedown import LEADS
from lurewatch.workflow import User

router = APIRouter()
FORMATS: Final[dict[str, Callable[..., Given]]] = {"stix": give_stix, "misp": give_misp}


def may_give(user: User) -> bool:
    """Whether the form is shown: to whom it is for, and where what writes the files is installed."""
    return user.role in LEADS and all(find_spec(name) for name in ("stix2", "pymisp"))


@router.post("/campaigns/give")
async def give(request: Request) -> Response:
    """The file; who was given it is on record before it is sent."""
    user = person(request)
    form = await checked_form(request)
    given = {name: str(form.get(name, [""])[0]) for name in ("campaign", "format", "tlp", "to")}
    return await run_in_threadpool(_give, request, user, given)


def _give(request: Request, user: User, given: dict[str, str]) -> Response:
    write = FORMATS.get(given["format"])
    if write is None or given["tlp"] not in list(Tlp):
        raise InputError("choose a format and how far it may be passed on")
    named: dict[str, Any] = {"user": user, "to": given["to"].strip(), "tlp": Tlp(given["tlp"])}
    named["lasting"] = False
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"campaign.{given['format']}.json"
        write(store_of(request), settings_of(request), given["campaign"], file, **named)
        return Response(
            file.read_bytes(),
            media_type="application/json",
            headers={
                "Content-Disposition": f'attachment; filename="{file.name}"',
                "Cache-Control": "no-store",
            },
        )
