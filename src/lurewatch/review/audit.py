"""The audit log, for those who check: who did what to what, and whether anybody has touched it."""

from collections.abc import Callable
from typing import Final

from fastapi import APIRouter, Request, Response

from lurewatch import workflow
from lurewatch.errors import NotAllowedError
from lurewatch.review import words
from lurewatch.review.app import page, person, store_of
from lurewatch.review.language import catalogue, language_of
from lurewatch.review.tables import csv_file
from lurewatch.store.audit import LISTS

router = APIRouter()
Said = Callable[[str], str]  # a word in the language of the page
READERS: Final = ("auditor", "lead", "legal", "admin")
PAGE: Final = 100
FURTHEST: Final = 10_000_000
ON_FINDINGS: Final = ("read finding", "claim finding", "show contacts", "undo decision", "keep evidence", "decide ", "second look ", "outcome ")  # fmt: skip
OBJECTS: Final = words.LABELS | words.ROLES | words.REQUESTS | words.FILES


def reader(request: Request) -> workflow.User:
    """Who is logged in, if they may read the log. Raises NotAllowedError."""
    user = person(request)
    if user.role not in READERS:
        raise NotAllowedError(words.PROBLEMS["audit"])
    return user


@router.get("/audit")
def show(
    request: Request, who: str = "", subject: str = "", start: int = 0, check: bool = False
) -> Response:
    """The newest entries; *check* follows the chain from its first entry."""
    reader(request)
    store = store_of(request)
    who, subject = who.strip(), subject.strip()
    start = min(max(0, start), FURTHEST)
    found = workflow.audit_page(store, who=who, subject=subject, limit=PAGE + 1, offset=start)
    said = catalogue(language_of(request)).gettext
    return page(
        request,
        "audit.html",
        rows=[(one, deed_in_words(one.what, said), address_of(one)) for one in found[:PAGE]],
        more=len(found) > PAGE,
        start=start,
        size=PAGE,
        who=who,
        subject=subject,
        checked=workflow.check_audit(store) if check else None,
    )


@router.get("/audit.csv")
def table(request: Request, who: str = "", subject: str = "") -> Response:
    """The same as a file, oldest first, with the chain."""
    reader(request)
    rows = [
        [one.at.isoformat(), one.who, one.what, one.subject, one.chain]
        for one in workflow.audit_log(store_of(request))
        if who in ("", one.who) and subject in ("", *numbers_of(one))
    ]
    return csv_file("audit.csv", ["at", "who", "what", "subject", "chain"], rows)


def numbers_of(entry: workflow.AuditEntry) -> list[str]:
    """What an entry is about: its first word, or where it lists findings each of them."""
    about = entry.subject.split() or [""]
    return about if entry.what in LISTS else about[:1]


def deed_in_words(what: str, said: Said) -> str:
    """
    What was done, in the reader's language; what no word is known for stays as it is written.

    >>> deed_in_words("decide lure", str.lower), deed_in_words("approve request", str.lower)
    ('decided: lure', 'request: approve')
    """
    if what in words.DEEDS:
        return said(words.DEEDS[what])
    for deed in ("second look", "decide", "sample", "add", "make", "take", "outcome"):
        object_ = what.removeprefix(f"{deed} ")
        if object_ != what and object_ in OBJECTS:
            return f"{said(words.DEEDS[deed])}: {said(OBJECTS[object_])}"
    step = what.removesuffix(" request")
    if step != what and step in words.STEPS:
        return f"{said('Request')}: {said(words.STEPS[step])}"
    return what


def address_of(entry: workflow.AuditEntry) -> str:
    """The page of what was done something to, if it has one."""
    number = entry.subject.partition(" ")[0]
    if not number.isdecimal():
        return ""
    if entry.what.endswith(" request"):
        return f"/requests/{number}"
    return f"/findings/{number}" if entry.what.startswith(ON_FINDINGS) else ""
