"""
Undo the disguises that hide a lure from a filter but not from its reader.

Each step undoes one disguise, and says in its docstring what it leaves alone and why.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from operator import add
from typing import Final

from lurewatch.text.data_files import common_words, rows
from lurewatch.text.forms import any_emoji_sense, device_of, is_han, read_forms
from lurewatch.text.lexicon import Lexicon, Term, load_lexicon
from lurewatch.text.traced import Span, Traced

HAN: Final = "\u3400-\u4e35\u4e37-\u9fff"  # without 丶, which is only put between
FILLERS: Final = frozenset("\u115f\u1160\u3164\uffa0\u2800\u00ad\u034f\ufe0e\ufe0f\u20e3\u180e")
STRIKES: Final = re.compile(
    "[\u0305\u0332\u0333\u0334-\u0338\u033f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]"
)
EVERY_ACCENT: Final = "".join(map(chr, range(0x300, 0x370)))
ACCENTS: Final = re.compile(f"[{EVERY_ACCENT}]")
PICTURE: Final = "\u2600-\u27bf\U0001f300-\U0001faff"
SEPARATOR: Final = rf"[ \t.·•*_~/\\|\-+=^`'\"#()（）╱╲丶ゞ☆★○●◆▪。.．—–⭐{PICTURE}]"
PASSES: Final = 6  # a reading can open the way for another; more rounds than this never did
REMEMBERED: Final = (
    4096  # short texts: names and comments come again, and linking reads what was judged
)
SHORT_TEXT: Final = 400  # characters


@dataclass(frozen=True, slots=True)
class FoundTerm:
    """A term of the lexicon as it stands in the plain text, and what was written for it."""

    start: int
    end: int
    raw_start: int
    raw_end: int
    surface: str  # the raw characters
    concept: str
    plain: str
    grade: str
    group: str
    families: str
    device: str  # "plain" when nothing was coded
    confidence: float = 1.0  # of the reading; what was written out is certain


@dataclass(frozen=True, slots=True)
class Normalised:
    """The plain text, the way back to the raw one, and what was found on the way."""

    raw: str
    plain: str
    map: tuple[Span, ...]  # one span of the raw text for each character of the plain one
    steps: tuple[str, ...]
    devices: tuple[str, ...]
    terms: tuple[FoundTerm, ...]


def read_keycaps(text: Traced, lexicon: Lexicon) -> Traced:
    """
    Keycaps, boxed and regional letters become letters and digits.

    Flags are left alone: two regional letters that name a country are one sign.

        >>> read_keycaps(Traced.of("加🆅🆇1️⃣3️⃣ 🇨🇳"), LEXICON()).text
        '加VX13 🇨🇳'
    """
    text = text.sub("([0-9#*])\ufe0f?\u20e3", lambda m: m[1])
    text = text.sub("[\U0001f130-\U0001f189]", lambda m: _boxed(m[0]))
    return text.sub("[\U0001f1e6-\U0001f1ff]+", lambda m: _regional(m[0]))


def _boxed(char: str) -> str:
    for first in (0x1F130, 0x1F150, 0x1F170):
        if first <= ord(char) < first + 26:
            return chr(ord("A") + ord(char) - first)
    return char


def _regional(run: str) -> str:
    import emoji

    if len(run) % 2 == 0 and emoji.purely_emoji(run):
        return run
    return "".join(chr(ord("A") + ord(char) - 0x1F1E6) for char in run)


def drop_hidden(text: Traced, lexicon: Lexicon) -> Traced:
    """
    Characters that show nothing, and strokes laid over others, are dropped.

    Accents on letters and the joiner inside one picture are left alone.

        >>> drop_hidden(Traced.of("债\\u200b务 征̶信 é 👩\\u200d💻"), LEXICON()).text
        '债务 征信 é 👩\u200d💻'
    """
    drops = [
        (match.start(), match.end(), "")
        for match in UNUSUAL.finditer(text.text)
        if is_hidden(match[0], match.start(), text.text)
    ]
    return text.edited(drops) if drops else text


UNUSUAL: Final = re.compile(r"[^\u3400-\u9fff -~，。！？、：；“”（）《》…—]")


def is_hidden(char: str, at: int, text: str) -> bool:
    """Whether the character at a place shows nothing of its own."""
    if char in FILLERS or (ord(char) > 0x2FF and STRIKES.match(char)):
        return True
    if char == JOINER:
        beside = text[max(0, at - 2) : at].rstrip("\ufe0f")[-1:], text[at + 1 : at + 2]
        return not all(PICTURES.match(one) for one in beside)
    if ACCENTS.match(char):
        base = text[max(0, at - 4) : at].rstrip(EVERY_ACCENT)[-1:]
        return not base.isalpha() or is_han(base)
    if char in "\t\n\r":
        return False
    return unicodedata.category(char) in ("Cc", "Cs") or (
        ord(char) > 0x2FF and unicodedata.category(char) == "Cf"
    )


JOINER: Final = "\u200d"
PICTURES: Final = re.compile(f"[{PICTURE}]")


def fold_width(text: Traced, lexicon: Lexicon) -> Traced:
    """
    Full-width, mathematical and circled letters and digits become the ordinary ones.

    Chinese punctuation is left alone: it carries the sentence breaks. So are signs that would
    become several characters, such as ㈱ or ½.

        >>> fold_width(Traced.of("加Ｖｘ：１２３，①𝐕❷⓿⼈"), LEXICON()).text
        '加Vx：123，1V20人'
    """
    folded = list(text.text.translate(_FOLDS))
    for match in RAISED.finditer(text.text):
        folded[match.start()] = match[0]
    return text.replaced("".join(folded))


RAISED: Final = re.compile(r"(?<=[A-Za-z])[²³₂₃₄](?![⁰-₉²³¹0-9])")  # m², CO₂
HANDLE_SIGNS: Final = frozenset("_@#+-=*%")  # full-width ones stand in handles and numbers


class _Folds(dict[int, str]):
    """What each character is folded to, found when it is first met."""

    def __missing__(self, code: int) -> str:
        self[code] = _folded(chr(code))
        return self[code]


_FOLDS: Final = _Folds()


def _folded(char: str) -> str:
    if (
        char.isascii() or is_han(char) or "\u3131" <= char <= "\u318e"
    ):  # jamo are no letters of ours
        return char
    digit = unicodedata.digit(char, None)
    if digit is None and unicodedata.category(char) == "No":
        number = unicodedata.numeric(char, -1.0)
        digit = int(number) if number.is_integer() and 0 <= number < 10 else None
    if digit is not None:
        return str(digit)
    folded = unicodedata.normalize("NFKC", char)
    kept = len(folded) == 1 and (folded.isalnum() or folded in HANDLE_SIGNS) and folded != char
    return folded if kept else char


def simplify(text: Traced, lexicon: Lexicon) -> Traced:
    """
    Traditional characters become simplified ones, one for one.

    A character whose simplified form depends on the word is left as OpenCC leaves it alone.

        >>> simplify(Traced.of("債務優化"), LEXICON()).text
        '债务优化'
    """
    traditional, plain = _simplified()
    return text.replaced(text.text.translate(plain)) if traditional.search(text.text) else text


KEPT: Final = "吒"  # 哪吒: simplified text writes it so


@cache
def _simplified() -> tuple[re.Pattern[str], dict[int, str]]:
    """What traditional characters become, and a pattern of them: most text holds none."""
    import opencc

    every = "\n".join(chr(code) for code in range(0x3400, 0xA000))
    simple = opencc.OpenCC("t2s").convert(every)
    found = {
        ord(a): b
        for a, b in zip(every, simple, strict=True)
        if a != b and b > "\u4dff" and a not in KEPT
    }
    found |= {ord(char): plain for char, plain, _ in rows("variants.tsv")}
    return re.compile(f"[{re.escape(''.join(map(chr, found)))}]"), found


def join_separated(text: Traced, lexicon: Lexicon) -> Traced:
    """
    Signs between the single characters or initials of a term are dropped.

    Only inside a term, or a coded form of one, that no ordinary word crosses: lists (红/黄/蓝), web
    addresses and a blank that is a comma (先不分 期末再说) are left alone.

        >>> join_separated(Traced.of("停*息*挂*账，债.务；z.x.x.f；a.b.com 周一/三/五"), LEXICON()).text
        '停息挂账，债务；zxxf；a.b.com 周一/三/五'
    """
    runs = list(SEPARATED.finditer(text.text))
    if not runs:
        return text
    terms = lexicon.plains.iter(text.text)
    places = sorted(last for last, (_, term) in terms if term.group == "SVC")
    return text.edited(
        (at, at + 1, "")
        for run in runs
        for at in signs_in(run, lexicon, lonely=not apart_from(run, places))
    )


SEPARATED: Final = re.compile(
    f"[{HAN}](?:{SEPARATOR}{{1,3}}[{HAN}])+"
    r"|(?<![A-Za-z0-9@.])[A-Za-z](?:[.·*_\-][A-Za-z]){1,4}(?![A-Za-z0-9@.])"
)


def apart_from(run: re.Match[str], places: list[int]) -> bool:
    """Whether a term stands outside a stretch."""
    return bool(places) and (places[0] < run.start() or places[-1] >= run.end())


def signs_in(run: re.Match[str], lexicon: Lexicon, *, lonely: bool) -> Iterator[int]:
    """Where in the text the signs stand that break up a term; a lonely blank is a comma."""
    kept = [
        at for at, char in enumerate(run[0]) if is_han(char) or (char.isascii() and char.isalpha())
    ]
    own = frozenset(kept)
    bare = "".join(run[0][at] for at in kept)
    found = [*lexicon.plains.iter(bare), *lexicon.forms.iter(bare.lower())]
    if not found or any_emoji_sense().search(run[0]):
        return  # the picture is a word, not a sign between
    done = 0
    for last, (length, term) in sorted(found, key=lambda one: (one[0] - one[1][0], -one[1][0])):
        first = last - length + 1
        if length < 2 or first < done or (bare.isascii() and length < len(bare)):
            continue
        start, end = kept[first], kept[last]
        spaced = run[0][start + 1].isspace() and term.group == "SVC"
        if length == 2 and (
            (spaced and lonely) or crossed(run.string, run.start() + start, run.start() + end)
        ):
            continue
        done = last + 1
        signs = [at for at in range(start, end) if at not in own]
        yield from (run.start() + at for at in signs)
        after = run.start() + end + 1
        if signs and run[0][signs[-1]] in "(（" and run.string[after : after + 1] in (")", "）"):
            yield after  # 征(信)


def crossed(text: str, first: int, last: int) -> bool:
    """Whether a character of a stretch makes a frequent word with its neighbour outside."""
    words = common_words()
    return text[max(0, first - 1) : first + 1] in words or text[last : last + 2] in words


def join_vertical(text: Traced, lexicon: Lexicon) -> Traced:
    """
    Lines of one character each become one line: four or more, or fewer that make a term.

    Short lines of verse are left alone: they hold more than one character.

        >>> join_vertical(Traced.of("停\\n息\\n挂\\n账\\n看"), LEXICON()).text
        '停息挂账看'
    """
    return text.edited(
        (at, at + 1, "")
        for column in VERTICAL.finditer(text.text)
        if len(bare := "".join(column[0].split())) > SHORT
        or any(length > 1 for _, (length, _) in lexicon.plains.iter(bare))
        for at in range(*column.span())
        if text.text[at].isspace()
    )


SHORT: Final = 3  # characters of a column that has to make a term
VERTICAL: Final = re.compile(
    r"(?<![^\n])[^\s][ \t]*\n{1,2}(?:[^\s][ \t]*\n{1,2})+[^\s][ \t]*(?![^\n])"
)


def join_split(text: Traced, lexicon: Lexicon) -> Traced:
    """
    Characters written as their parts become whole where a term comes of it: 彳正亻言.

    Parts of which one never stands alone are joined wherever another pair makes a term, in either
    order (俞辶). Parts that are characters themselves (木又, 君羊, 代贝) only inside a term. So
    riddles and exercises, and words that happen to stand side by side, are left alone.

        >>> join_split(Traced.of("彳正亻言能氵先白"), LEXICON()).text
        '征信能洗白'
        >>> join_split(Traced.of("木又高又大，猜字谜：亻呆"), LEXICON()).text
        '木又高又大，猜字谜：亻呆'
        >>> join_split(Traced.of("代贝款还不上，逾期了"), LEXICON()).text
        '贷款还不上，逾期了'
    """
    characters, _ = split_characters()
    found = list(split_in(text.text))
    if not found:
        return text
    whole = [(at, at + 2, characters[text.text[at : at + 2]]) for at in found]
    joined = text.edited(whole).text
    terms = [
        (last - length + 1, last + 1)
        for last, (length, term) in lexicon.plains.iter(joined)
        if length >= 2 and term.group in ("SVC", "DIV", "ACT")
    ]
    if not terms:
        return text
    places = [at - number for number, at in enumerate(found)]  # pairs become one
    radical = [bool(RADICALS & set(text.text[at : at + 2])) for at in found]
    clear = {at for at, sure in zip(places, radical, strict=True) if sure}
    covered = bytearray(len(joined))
    for start, end in terms:
        if not clear.isdisjoint(range(start, end)) or not crossed(joined, start, end - 1):
            covered[start:end] = b"\1" * (end - start)
    telling = any(covered[at] for at in places)
    return text.edited(
        edit
        for at, edit, sure in zip(places, whole, radical, strict=True)
        if covered[at] or (telling and sure)
    )


RADICALS: Final = frozenset("彳亻氵讠扌纟辶钅饣忄刂艹冫阝灬")


def split_in(text: str) -> Iterator[int]:
    """Where the pairs of `split_characters` stand, none in another."""
    characters, opened = split_characters()
    done = 0
    for at, pair in enumerate(map(add, text, text[1:])):
        if pair in characters and at >= done and text[at + 2 : at + 3] not in opened[pair]:
            done = at + 2
            yield at


@cache
def split_characters() -> tuple[dict[str, str], dict[str, frozenset[str]]]:
    """
    The pairs of `data/splits.tsv` and their characters, and turned round too.

    Beside each what must not follow it: of a turned pair, what its second part opens itself.
    """
    characters: dict[str, str] = {}
    opened: dict[str, frozenset[str]] = {}
    pairs = [(parts, whole) for parts, whole, _ in rows("splits.tsv")]
    for parts, whole in pairs:
        characters.setdefault(parts, whole)
        opened.setdefault(parts, frozenset())
    for parts, whole in pairs:
        turned = parts[::-1]
        if RADICALS & set(parts) and turned not in characters:
            characters[turned] = whole
            opened[turned] = frozenset(other[1] for other, _ in pairs if other[0] == turned[1])
    return characters, opened


STEPS: Final[tuple[Callable[[Traced, Lexicon], Traced], ...]] = (
    read_keycaps,
    drop_hidden,
    fold_width,
    simplify,
    join_vertical,
    join_separated,
    join_split,
    read_forms,
)
DEVICES: Final = {
    "read_keycaps": "keycap",
    "drop_hidden": "hidden",
    "fold_width": "width",
    "simplify": "traditional",
    "join_vertical": "vertical",
    "join_separated": "separated",
    "join_split": "split",
}
PLAIN_STEPS: Final = STEPS[3:]  # the fast path: what may still hide something in NOTHING_ODD
NOTHING_ODD: Final = re.compile(f"[{HAN}a-zA-Z，。！？、；：“”‘’（）《》…—0-9\\s,.!?:;%()-]*")


def LEXICON() -> Lexicon:  # a name that doctests above can call
    """The shipped lexicon."""
    return load_lexicon()


def normalise(text: str, lexicon: Lexicon) -> Normalised:
    """
    Undo every disguise, and say which were found.

        >>> found = normalise("加薇❤信１２３ 停*息*挂*账", load_lexicon())
        >>> found.plain, found.devices
        ('加微信123 停息挂账', ('width', 'separated', 'emoji'))
    """
    return _remembered(text, lexicon) if len(text) <= SHORT_TEXT else undone(text, lexicon)


@lru_cache(maxsize=REMEMBERED)
def _remembered(text: str, lexicon: Lexicon) -> Normalised:
    return undone(text, lexicon)


def undone(text: str, lexicon: Lexicon) -> Normalised:
    """What `normalise` gives, read anew."""
    traced, steps = Traced.of(text), []
    undoing = PLAIN_STEPS if NOTHING_ODD.fullmatch(text) else STEPS
    for _ in range(PASSES):
        before = traced.text
        for step in undoing:
            read = step(traced, lexicon)
            if read.text != traced.text:
                steps.append(step.__name__)
            traced = read
        if traced.text == before:
            break
    terms = tuple(find_terms(traced, text, lexicon))
    undone_by = dict.fromkeys(steps)
    devices = dict.fromkeys(DEVICES[step] for step in undone_by if step in DEVICES)
    devices |= dict.fromkeys(term.device for term in terms if term.device not in ("plain", ""))
    return Normalised(text, traced.text, traced.spans, tuple(undone_by), tuple(devices), terms)


def folded(form: str) -> str:
    """A form as the steps before `read_forms` leave it, whatever stands around."""
    traced = Traced.of(form)
    for step in (read_keycaps, drop_hidden, fold_width, simplify):
        traced = step(traced, load_lexicon())
    return traced.text


def find_terms(traced: Traced, raw: str, lexicon: Lexicon) -> Iterator[FoundTerm]:
    """Every term in the plain text, the longest where several overlap."""
    found: list[tuple[int, int, Term]] = []
    for last, (length, term) in lexicon.plains.iter(traced.text):
        found.append((last - length + 1, last + 1, term))
    doubt: dict[int, float] = {}
    for span, sure in traced.sure:
        doubt |= {at: min(sure, doubt.get(at, 1.0)) for at in range(*span)}
    end_of_last = 0
    for start, end, term in sorted(found, key=lambda one: (one[0], -one[1])):
        if start < end_of_last:
            continue
        end_of_last = end
        raw_start, raw_end = traced.original_span(start, end)
        surface, plain = raw[raw_start:raw_end], traced.text[start:end]
        doubts = [doubt[at] for at in range(raw_start, raw_end) if at in doubt]
        device = "plain" if surface.lower() == plain.lower() else device_of(surface, plain)
        yield FoundTerm(
            start, end, raw_start, raw_end, surface, term.concept, plain,
            term.grade, term.group, term.families, device,
            1.0 if device == "plain" else round(min(doubts, default=1.0), 2),
        )  # fmt: skip
