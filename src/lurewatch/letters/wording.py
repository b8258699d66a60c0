"""What a finished letter must and must not say, by `rules/wording.yaml`."""

import re
from collections.abc import Iterator
from typing import Final

from lurewatch.letters.content import Letter
from lurewatch.letters.law import rules

QUOTE: Final = re.compile("“([^”]*)”")
SENTENCE: Final = re.compile(r"[^。！？；\n]+[。！？；]?")
DOTS: Final = "…."


def faults(letter: Letter) -> list[str]:
    """What the wording of a letter breaks, each with the sentence it stands in."""
    found = []
    wording = rules("wording.yaml")
    if not any(word in text for word in wording["hedges"]["any_of"] for text in letter.own_words):
        found.append(f"必须写明 {' / '.join(wording['hedges']['any_of'])} (one of these is needed)")
    for sentence in _sentences(letter):
        own = QUOTE.sub("“”", sentence)
        for rule in (*wording["forbidden"], *wording["debtor"]):
            if said := _broken(rule, own):
                found.append(f"{said!r} in “{sentence.strip()}”: {rule['why']}")
    longest = wording["quoted"]["longest"]
    for text in letter.own_words:
        for quote in QUOTE.findall(text):
            if len(quote.rstrip(DOTS)) > longest:
                found.append(f"a quotation of {len(quote.rstrip(DOTS))} characters, more than {longest}: “{quote}”")  # fmt: skip
    return found


def _sentences(letter: Letter) -> Iterator[str]:
    for text in letter.own_words:
        hidden = QUOTE.sub(lambda quote: re.sub("[。！？；\n]", "\0", quote[0]), text)
        for sentence in SENTENCE.finditer(hidden):
            yield text[sentence.start() : sentence.end()]


def _broken(rule: dict[str, object], own: str) -> str:
    words = rule.get("words")
    if isinstance(words, list):
        return next((str(word) for word in words if str(word) in own), "")
    match = re.search(str(rule["pattern"]), own)
    return match[0] if match else ""
