"""Chinese and English: catalogues read at the start, chosen for each request."""

import io
from functools import cache
from importlib.resources import files
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from fastapi import Request

LANGUAGES: Final = ("zh", "en")
COOKIE: Final = "language"


@cache
def catalogue(language: str) -> Translations:
    """The messages of one language, compiled in memory."""
    path = files("lurewatch.review") / "locale" / language / "messages.po"
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(path.read_bytes())))
    compiled.seek(0)
    return Translations(compiled)


def language_of(request: Request) -> str:
    """What the person chose, else what their browser prefers, else Chinese."""
    chosen = request.cookies.get(COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    accepted = request.headers.get("accept-language", "").lower()
    return "en" if accepted.startswith("en") else "zh"
