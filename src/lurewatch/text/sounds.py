"""Find what sounds like a term, character by character, for forms that no table lists."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

import ahocorasick

FIRST: Final = 0xE000  # classes of sound stand in the private use area: one character each
MARKED: Final = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ"
TONELESS: Final = str.maketrans(MARKED, "aaaaeeeeiiiioooouuuuvvvv")
SPELT: Final = re.compile(
    f"[a-z{MARKED}]{{2,18}}|[ㄅ-ㄩ]{{1,3}}[ˊˇˋ˙]?"
)  # in letters, or in bopomofo


@dataclass(frozen=True, slots=True)
class Heard:
    """A stretch that sounds like a term, and how far it is from it."""

    start: int
    end: int
    plain: str
    changed: tuple[int, ...]  # places in the text of the characters that are not the term's own
    whole: bool  # nothing of the term's own writing is left
    apart: int  # characters of another syllable that only mixes up with the term's
    bent: int  # characters of the same syllable in another tone


@dataclass(frozen=True, slots=True)
class Sounds:
    """How characters sound, toned and blurred, and the terms by their blurred sound."""

    toned: dict[str, str]  # character -> yu2
    blurred: dict[int, str]  # code point -> the character of its class
    classes: dict[str, str]  # yu, and ㄩ, -> the character of its class
    spelling: dict[str, str]  # ㄩ -> yu
    terms: ahocorasick.Automaton  # classes -> (length, terms, places written as an initial)

    def in_class(self, text: str) -> str:
        """The text with each Chinese character as its class of sound."""
        return text.translate(self.blurred)


def blur(syllable: str) -> str:
    """
    A syllable as ears that mix up zh and z, ing and in, l and n hear it.

    >>> blur("zheng"), blur("ling"), blur("nin")
    ('zen', 'nin', 'nin')
    """
    plain = syllable.rstrip("12345")
    for wide, narrow in (("zh", "z"), ("ch", "c"), ("sh", "s")):
        if plain.startswith(wide):
            plain = narrow + plain[2:]
    if plain.startswith("l"):
        plain = "n" + plain[1:]
    return plain[:-1] if plain.endswith(("ang", "eng", "ing")) else plain


@cache
def sounds() -> Sounds:
    """The table of sounds, and every target in it: whole, or with one or two initials."""
    data = files("lurewatch.text") / "data"
    toned: dict[str, str] = {}
    for line in (data / "sounds.tsv").read_text("utf-8").splitlines()[1:]:
        syllable, characters = line.split("\t")
        toned |= dict.fromkeys(characters, syllable)
    classes: dict[str, str] = {}
    of_blurred: dict[str, str] = {}
    for syllable in sorted(set(toned.values())):
        name = of_blurred.setdefault(blur(syllable), chr(FIRST + len(of_blurred)))
        classes[syllable.rstrip("12345")] = name
    spelling: dict[str, str] = {}
    for line in (data / "bopomofo.tsv").read_text("utf-8").splitlines()[1:]:
        signs, spelling[signs] = line.split("\t")
    classes |= {signs: classes[syllable] for signs, syllable in spelling.items()}
    blurred = {ord(char): classes[name.rstrip("12345")] for char, name in toned.items()}
    found: dict[str, list[tuple[str, frozenset[int]]]] = {}
    for target in (data / "targets.tsv").read_text("utf-8").split()[1:]:
        heard = target.translate(blurred)
        found.setdefault(heard, []).append((target, frozenset()))
        for places in initials(len(target)):
            letters = [
                toned[char][0] if at in places else heard[at] for at, char in enumerate(target)
            ]
            found.setdefault("".join(letters), []).append((target, frozenset(places)))
    terms = ahocorasick.Automaton()
    for key, ways in found.items():
        terms.add_word(key, (len(key), ways))
    terms.make_automaton()
    return Sounds(toned, blurred, classes, spelling, terms)


def initials(length: int) -> Iterator[tuple[int, ...]]:
    """Which characters of a term may be written as an initial: one, or of four and more two."""
    yield from itertools.combinations(range(length), 1)
    if length >= 4:
        yield from itertools.combinations(range(length), 2)


@lru_cache(maxsize=4096)
def syllables_in(run: str) -> tuple[str, ...]:
    """
    The syllables a run of letters is made of, or nothing when it is no pinyin.

    >>> syllables_in("zhengxin"), syllables_in("xian"), syllables_in("vx")
    (('zheng', 'xin'), ('xian',), ())
    """
    known = sounds().classes
    best: list[tuple[str, ...] | None] = [()] + [None] * len(run)
    for end in range(1, len(run) + 1):
        for start in range(max(0, end - 6), end):
            before = best[start]
            if before is not None and run[start:end] in known:
                way = (*before, run[start:end])
                kept = best[end]
                if kept is None or len(way) < len(kept):
                    best[end] = way
    return best[-1] or ()


def view(low: str) -> tuple[str, list[tuple[int, int]] | None]:
    """The text as classes of sound; the spans are None where each stands for one character."""
    heard = sounds().in_class(low)
    edits = [
        (m.span(), found)
        for m in SPELT.finditer(low)
        if (found := syllables_in(m[0].translate(TONELESS).rstrip("ˊˇˋ˙")))
    ]
    if not edits:
        return heard, None
    texts: list[str] = []
    spans: list[tuple[int, int]] = []
    done = 0
    for (start, end), found in edits:
        texts.append(heard[done:start])
        spans += [(at, at + 1) for at in range(done, start)]
        at = start
        for syllable in found:
            texts.append(sounds().classes[syllable])
            spans.append((at, at + len(syllable)))
            at += len(syllable)
        spans[-1] = (spans[-1][0], end)  # with the tone of bopomofo
        done = end
    texts.append(heard[done:])
    spans += [(at, at + 1) for at in range(done, len(low))]
    return "".join(texts), spans


def heard_in(low: str) -> Iterator[Heard]:
    """
    Every stretch of a lower-case text that sounds like a term and is not written as it.

    >>> [(one.plain, one.start, one.end) for one in heard_in("办蒸鑫，谈亭x卦长")]
    [('征信', 1, 3), ('停息', 5, 7), ('停息挂账', 5, 9), ('挂账', 7, 9)]
    """
    table = sounds()
    heard, spans = view(low)
    for last, (length, ways) in table.terms.iter(heard):
        at = last - length + 1
        places = spans[at : last + 1] if spans else [(i, i + 1) for i in range(at, last + 1)]
        start, end = places[0][0], places[-1][1]
        written = [
            low[a] if b == a + 1 and low[a] > "z" else low[a:b].translate(TONELESS)
            for a, b in places
        ]
        for plain, shortened in ways:
            if "".join(written) == plain:
                continue
            changed = [i for i, char in enumerate(plain) if written[i] != char]
            far = [distance(written[i], plain[i], table) for i in changed if i not in shortened]
            yield Heard(
                start,
                end,
                plain,
                tuple(places[i][0] for i in changed),
                whole=len(changed) == len(plain),
                apart=far.count(2),
                bent=far.count(1),
            )


def distance(written: str, meant: str, table: Sounds) -> int:
    """
    How unlike two sounds of one class are: 0 the same, 1 in tone, 2 in the syllable.

    >>> [distance(char, "逾", sounds()) for char in ("鱼", "玉", "yu")]
    [0, 1, 0]
    """
    syllable = table.toned[meant].rstrip("12345")
    if written not in table.toned:
        written = written.rstrip("ˊˇˋ˙")
        return 0 if table.spelling.get(written, written) == syllable else 2
    toned = table.toned[written]
    if toned == table.toned[meant]:
        return 0
    return 1 if toned.rstrip("12345") == syllable else 2
