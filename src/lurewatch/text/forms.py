"""
Propose what a stretch of text may be a coded form of: by the lexicon, pictures, sounds and shapes.

What the neighbourhood makes of it is decided in `gates`.
"""

import itertools
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Final

import ahocorasick

from lurewatch.text.data_files import characters, common_words, rows
from lurewatch.text.gates import LONG, Candidate, Gate, Likeness, Spelling, accepted
from lurewatch.text.lexicon import Lexicon, automaton
from lurewatch.text.sounds import Heard, heard_in
from lurewatch.text.traced import Span, Traced

MOST: Final = 6  # pictures of a character that are tried where both are pictures
LATIN: Final = 0x24F  # the last code point of the Latin blocks
SPELT: Final = 7  # letters from which a run is no accident
GATES: Final[dict[str, Gate]] = {"A": "open", "B": "near", "C": "far"}
JOINED: Final = re.compile(r"[a-z0-9_@.\-]")
COUNTED: Final = re.compile(r"\d{1,3}[\u3400-\u9fff]")  # yq3个月 counts; zw88 is a handle


def is_han(char: str) -> bool:
    """Whether *char* is a Chinese character; 丶 is only ever put between."""
    return "\u3400" <= char <= "\u9fff" and char != "丶"


@cache
def proposals() -> tuple[ahocorasick.Automaton, ahocorasick.Automaton]:
    """
    How a term may be written with letters, pictures and look-alikes: form -> (plain, changed).

    Letters come from `data/proposals.tsv`, pictures from `senses.tsv`, look-alikes from `shapes.tsv`;
    `changed` is the place of a look-alike in the form, else -1. The second automaton holds, written
    backwards, the forms that begin with something other than the term does: an automaton is slow
    where thousands of forms begin differently.
    """
    found: dict[str, tuple[str, int]] = {}
    shapes: dict[str, str] = {}
    for char, alike, _ in rows("shapes.tsv"):
        shapes[char] = shapes.get(char, "") + alike
    pictures: dict[str, str] = {}
    for char, shown, _ in rows("senses.tsv"):
        pictures[char] = pictures.get(char, "") + shown
    for (target,) in rows("targets.tsv"):
        for at, char in enumerate(target):
            before, after = target[:at], target[at + 1 :]
            for other in shapes.get(char, ""):
                found.setdefault(before + other + after, (target, at))
            for picture in pictures.get(char, ""):
                found.setdefault(before + picture + after, (target, -1))
        if len(target) == 2:
            both = itertools.product(*(pictures.get(char, "")[:MOST] for char in target))
            found |= {"".join(pair): (target, -1) for pair in both}
    found |= {form.lower(): (plain, -1) for form, plain, _ in rows("proposals.tsv")}
    own = {target[0] for (target,) in rows("targets.tsv")}
    ahead = {form: way for form, way in found.items() if form[0] in own or form[0].isascii()}
    back = {form[::-1]: way for form, way in found.items() if form not in ahead}
    return automaton(ahead), automaton(back)


@cache
def emoji_senses() -> tuple[tuple[re.Pattern[str], str, Gate], ...]:
    """Each pattern of `data/emoji.tsv` with its meaning and where it may be read."""
    return tuple(
        (re.compile(pattern), meant, gate)  # type: ignore[misc]  # the table names gates
        for pattern, meant, gate, _ in rows("emoji.tsv")
    )


@cache
def any_emoji_sense() -> re.Pattern[str]:
    """All patterns of `emoji_senses` in one: most text holds none of them."""
    return re.compile("|".join(f"(?:{pattern.pattern})" for pattern, _, _ in emoji_senses()))


@cache
def pictured() -> re.Pattern[str]:
    """Every sign that stands only in rows of `data/emoji.tsv`: without one only LETTERED is met."""
    written = "".join(pattern for pattern, _, _, _ in rows("emoji.tsv"))
    signs = {
        char for char in written if ord(char) > 0x7F and not is_han(char) and char not in "＋、％："
    }
    return re.compile(f"[{''.join(sorted(signs))}]")


@cache
def lettered() -> re.Pattern[str]:
    """The patterns of `emoji_senses` that hold no picture, in one."""
    patterns = (pattern.pattern for pattern, _, _ in emoji_senses())
    return re.compile("|".join(f"(?:{one})" for one in patterns if not pictured().search(one)))


def read_forms(text: Traced, lexicon: Lexicon) -> Traced:
    """
    Coded forms become the terms they stand for, where the neighbourhood agrees.

    A form of grade A is read anywhere; B and C and what only sounds like a term need another term
    of the field near, or a neighbourhood that speaks of the field; a route (加V, 薇) needs an
    invitation before it or a handle after it. Ordinary words that look or sound alike (与其, 带宽,
    犹豫期, 威信) are left alone.

        >>> from lurewatch.text.lexicon import load_lexicon
        >>> read_forms(Traced.of("崔收天天打，能停xi挂z"), load_lexicon()).text
        '催收天天打，能停息挂账'
        >>> read_forms(Traced.of("带宽不够，犹豫期内退货"), load_lexicon()).text
        '带宽不够，犹豫期内退货'
    """
    low = lowered(text.text)
    found = candidates(low, lexicon)
    if not found:
        return text
    found = [
        one if (how := spelling(one, text)) == one.spelling else replace(one, spelling=how)
        for one in found
    ]
    doubt = {at: sure for span, sure in text.sure for at in range(*span)}
    terms = [(at, doubt.get(text.spans[at][0], 1.0)) for at, _ in context(low, lexicon)]
    kept = accepted(found, low, terms)
    sure = tuple((text.original_span(one.start, one.end), one.confidence) for one in kept)
    undone = text.edited((one.start, one.end, one.plain) for one in kept)
    return replace(undone, sure=text.sure + sure)


def spelling(one: Candidate, text: Traced) -> Spelling:
    """
    How the letters of a form were written: oddly, as 🆆🅳 and ⓒⓢ, or as a name is, Kouzi.

    Full-width ones (ＷＤ) are what a Chinese keyboard gives, and say nothing.

    >>> spelling(Candidate(0, 5, "口子", "far"), Traced.of("Kouzi的猫"))
    'name'
    """
    surface = text.text[one.start : one.end]
    letters = [at for at, char in enumerate(surface, one.start) if char.isascii()]
    raw = [text.raw[text.spans[at][0]] for at in letters]
    if letters and all(ord(char) > LATIN and not "\uff00" <= char <= "\uffef" for char in raw):
        return "odd" if all(text.text[at].isalpha() for at in letters) else "plain"
    named = len(letters) == len(surface) > 2 and surface.istitle()
    return "name" if named else "plain"


def lowered(text: str) -> str:
    """Lower case without a change of length."""
    low = text.lower()
    return (
        low
        if len(low) == len(text)
        else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    )


def candidates(low: str, lexicon: Lexicon) -> list[Candidate]:
    """Everything that may be a coded form, outside ordinary words."""
    listed = list(from_lexicon(low, lexicon))
    taken = {(one.start, one.end) for one in listed}
    guessed = [one for source in SOURCES for one in source(low)]
    found = [*listed, *from_emoji(low)]
    found += [one for one in guessed if (one.start, one.end) not in taken]
    if not found:
        return []
    shields = sorted(
        (last - length + 1, last + 1) for last, (length, _) in lexicon.shields.iter(low)
    )
    owned = inside_terms(low)
    return [
        one
        for one in found
        if whole(one, low)
        and not written_out(one, low)
        and (one.attested or not is_word(low[one.start : one.end], lexicon))
        and not cut(one, low)
        and not shielded(one, shields)
        and not any(at in owned and not holds(one, owned[at]) for at in one.changed)
    ]


@cache
def targets() -> ahocorasick.Automaton:
    """The terms that coded forms are read as."""
    return automaton({target: target for (target,) in rows("targets.tsv")})


def inside_terms(low: str) -> dict[int, Span]:
    """The places that a written term takes up: the 贷 of 网贷还清 is not the 代 of 代还."""
    spans = ((last - length + 1, last + 1) for last, (length, _) in targets().iter(low))
    return {at: (start, end) for start, end in spans for at in range(start, end)}


def holds(one: Candidate, span: Span) -> bool:
    """Whether a form takes in a whole term."""
    return one.start <= span[0] and span[1] <= one.end


def from_lexicon(low: str, lexicon: Lexicon) -> Iterator[Candidate]:
    """Forms that somebody has listed."""
    for last, (length, term) in lexicon.forms.iter(low):
        start = last - length + 1
        gate: Gate = "route" if term.group == "DIV" else GATES[term.grade]
        changed = () if term.grade == "A" else differing(low, start, length, term.plain)
        yield Candidate(start, last + 1, term.plain, gate, changed, attested=True)


def from_emoji(low: str) -> Iterator[Candidate]:
    """Pictures that stand for a word beside what the table says."""
    if not (any_emoji_sense() if pictured().search(low) else lettered()).search(low):
        return
    for pattern, meant, gate in emoji_senses():
        for match in pattern.finditer(low):
            yield Candidate(match.start(), match.end(), meant, gate, attested=True)


def from_sound(low: str) -> Iterator[Candidate]:
    """What sounds like a term."""
    for one in heard_in(low):
        if likely(one, low):
            gate = gate_of(one.plain, gate_of_sound(one, low))
            likeness: Likeness = "syllable" if one.apart else "tone" if one.bent else "sound"
            yield Candidate(one.start, one.end, one.plain, gate, one.changed, likeness=likeness)


def from_proposals(low: str) -> Iterator[Candidate]:
    """What is written with letters, pictures or look-alikes for characters of a term."""
    ahead, back = proposals()
    found = [(last - length + 1, length, way) for last, (length, way) in ahead.iter(low)]
    found += [(len(low) - 1 - last, length, way) for last, (length, way) in back.iter(low[::-1])]
    for start, length, (plain, at) in found:
        changed = (start + at,) if at >= 0 else ()
        gate = gate_of(plain, "far")
        yield Candidate(start, start + length, plain, gate, changed, likeness="shape")


SOURCES: Final = (from_sound, from_proposals)  # where two say something, the first is taken


def gate_of(plain: str, otherwise: Gate) -> Gate:
    """Where a form of *plain* may be read: a channel needs an invitation or a handle."""
    return "route" if plain in ("微信", "私信", "主页") else otherwise


def differing(low: str, start: int, length: int, plain: str) -> tuple[int, ...]:
    """Where a form of a term's length has other Chinese characters than the term."""
    if length != len(plain):
        return ()
    pairs = zip(range(start, start + length), plain, strict=True)
    return tuple(at for at, char in pairs if low[at] != char and is_han(low[at]))


def gate_of_sound(heard: Heard, low: str) -> Gate:
    """Where much of a long term is left it speaks for itself; where nothing is, a term is near."""
    letters = sum(char.isascii() for char in low[heard.start : heard.end])
    if len(heard.plain) >= 3 and letters >= SPELT and not heard.apart:
        return "open"
    if len(heard.plain) >= LONG and len(heard.changed) <= 2 and not heard.apart:
        return "open"
    return "near" if heard.whole else "far"


def likely(heard: Heard, low: str) -> bool:
    """
    Whether somebody would write a term so: never with the little words that hold sentences together.

    Where nothing of the term is left, two characters must have its syllables, and one its tone.
    """
    if any(low[at] in characters("little") for at in heard.changed):
        return False
    if heard.whole and len(heard.plain) == 2:
        return not heard.apart and heard.bent <= (low[heard.start] not in characters("surname"))
    return heard.apart <= 1


def is_word(surface: str, lexicon: Lexicon) -> bool:
    """Whether what is written is a term or a frequent word itself."""
    return surface in lexicon.plains or surface in common_words()


def written_out(one: Candidate, low: str) -> bool:
    """Whether the form is part of its own plain term, or goes on: 爆通(讯录), 加薇(信)."""
    if one.plain.endswith("微信") and low[one.end : one.end + 1] in ("信", "芯", "新", "❤", "♥"):
        return True
    at = one.plain.lower().find(low[one.start : one.end])
    return at >= 0 and low.startswith(one.plain.lower(), max(0, one.start - at))


def whole(one: Candidate, low: str) -> bool:
    """
    Whether Latin letters at the edges of a form are not part of a longer run of them.

    A run joined by _ - . or @ is a handle or an address, and stays as it is.
    """
    before, after = low[one.start - 1 : one.start], low[one.end : one.end + 1]
    first, last = low[one.start], low[one.end - 1]
    left = first.isascii() and first.isalnum() and bool(JOINED.match(before))
    right = last.isascii() and last.isalnum() and bool(JOINED.match(after)) and not after.isdigit()
    if last.isascii() and after.isdigit() and one.gate != "route":
        right = right or not COUNTED.match(low, one.end)
    return not (left or right)


def cut(one: Candidate, low: str) -> bool:
    """
    Whether what only sounds like a term belongs to an ordinary word: the 豫 of 犹豫 in 犹豫期.

    Every pair that a changed character makes with its neighbour, inside the form or across its
    edge, is looked up in the list of frequent words.
    """
    words = common_words()
    inside = not one.attested and one.end - one.start < LONG
    for at in one.changed:
        for first in (at - 1, at):
            pair = low[first : first + 2] if first >= 0 else ""
            within = one.start <= first and first + 2 <= one.end
            if pair in words and pair not in one.plain and (inside or not within):
                return True
    loose = one.likeness != "sound" and bool(one.changed)
    unsure = loose or (one.attested and bool(one.changed))
    if unsure and low[one.end - 1 : one.end + 1] in words:
        return True  # 写商业 holds 商业
    return loose and low[one.start - 1 : one.start + 1] in words


def shielded(one: Candidate, shields: Sequence[Span]) -> bool:
    """Whether an ordinary word holds the form or crosses its edge."""
    first = bisect_left(shields, (one.start - LONGEST, 0))
    for start, end in itertools.islice(shields, first, None):
        if start >= one.end:
            return False
        if one.start < end and not (one.start < start and end < one.end):
            return True
    return False


LONGEST: Final = 8  # characters of an ordinary word


def context(low: str, lexicon: Lexicon) -> list[tuple[int, str]]:
    """Where the plain terms of the field stand: (middle, term)."""
    return [
        (last - length // 2, term.plain)
        for last, (length, term) in lexicon.plains.iter(low)
        if term.group == "SVC" and length >= 2
    ]


def device_of(written: str, meant: str) -> str:
    """
    Which disguise turned *meant* into *written*.

    >>> device_of("停xi挂z", "停息挂账"), device_of("崔收", "催收"), device_of("征.信", "征信")
    ('pinyin-mix', 'homophone', 'separated')
    """
    if written != meant and "".join(char for char in written if char.isalnum()) == meant:
        return (
            "emoji" if any(unicodedata.category(char) == "So" for char in written) else "separated"
        )
    if any(unicodedata.category(char) == "So" for char in written):
        return "emoji"
    letters = [char for char in written if char.isascii() and char.isalpha()]
    han = [char for char in written if is_han(char)]
    if letters:
        if not han:
            return "initials" if len(letters) <= len(meant) else "pinyin"
        return "pinyin-mix"
    if len(han) > len(meant):
        return "split"
    return "homophone"
