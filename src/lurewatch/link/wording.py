"""What a post says, as a set of hashes: posts of like wording have like sets."""

import hashlib
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lurewatch.post import Post
from lurewatch.text.lexicon import Lexicon
from lurewatch.text.normalise import normalise

Shingles = NDArray[np.uint32]  # sorted, each once

WIDTH: Final = 2  # characters of a shingle: of short texts three leave too little after an edit
MOST: Final = 2048  # shingles kept of one text; of a longer one its smallest, a fair sample
FEWEST: Final = 12  # shingles: what is shorter, many people write without knowing of each other
ALIKE: Final = 0.6  # share of shingles from which two texts are of like wording
AT_ONCE: Final = 1 << 14  # hashes that are put in order together
BANDS, ROWS = 16, 3  # texts of which 60 % is shared meet in a band 98 times in 100
NOT_HAN: Final = re.compile(r"[^\u3400-\u9fff\U00020000-\U0003ffff]+")
BESIDE: Final = ("ocr", "author_comments")  # the author's words outside title and text


@dataclass(frozen=True, slots=True, eq=False)
class Wording:
    """A text's hashes: the same key, the same text; a band in common, perhaps a like one."""

    key: int
    shingles: Shingles
    bands: tuple[int, ...]  # none where the text is too short to tell who wrote it


def words_of(post: Post, lexicon: Lexicon) -> str:
    """
    The Chinese characters of what the author says, decoded: numbers, handles and ornament are gone.

    A title longer than all the rest is left out: under a comment stands the title of another's post.

        >>> from lurewatch.text.lexicon import load_lexicon
        >>> words_of(Post("tieba", "1", "", "停*息*挂*账，加V：demo_0088 🎉"), load_lexicon())
        '停息挂账加微信'
    """
    body = "".join(
        chinese(value, lexicon)
        for field, _, value in post.values()
        if field == "text" or field in BESIDE
    )
    title = chinese(post.title, lexicon)
    return body if body and len(title) > len(body) else title + body


def chinese(text: str, lexicon: Lexicon) -> str:
    """The Chinese characters of a text, decoded."""
    return NOT_HAN.sub("", normalise(text, lexicon).plain)


class Signer:
    """
    Hashes words with a key, so that the hashes in a database cannot be tried from outside.

    >>> signer = Signer("secret")
    >>> one = signer.sign("信用卡网贷逾期都能谈最长六十期谈成再收费")
    >>> other = signer.sign("信用卡网贷逾期都能谈最长六十期谈成后收费")
    >>> round(share(one.shingles, other.shingles), 2), len(set(one.bands) & set(other.bands)) > 0
    (0.81, True)
    >>> signer.sign("停息挂账加").bands, signer.sign("加") is None
    ((), True)
    """

    def __init__(self, secret: str) -> None:
        stream = hashlib.shake_256(secret.encode()).digest(8 * (WIDTH + 3 * BANDS * ROWS))
        drawn = np.frombuffer(stream, "<u8").astype(np.uint64)
        self._secret = hashlib.sha256(secret.encode()).digest()
        self._places = drawn[:WIDTH] | np.uint64(1)
        times, plus, folds = drawn[WIDTH:].reshape(3, BANDS * ROWS)
        self._times, self._plus = (times | np.uint64(1))[:, None], plus[:, None]
        self._folds = (folds | np.uint64(1)).reshape(BANDS, ROWS)

    def sign(self, words: str) -> Wording | None:
        """The hashes of what `words_of` gave; nothing where it is shorter than a shingle."""
        return self.sign_all([words])[0]

    def sign_all(self, texts: Sequence[str]) -> list[Wording | None]:
        """The same of many texts, which takes far less time than one by one."""
        sets = self._sets(texts)
        long = [at for at, shingles in enumerate(sets) if len(shingles) >= FEWEST]
        bands = dict(zip(long, self._bands([sets[at] for at in long]), strict=True))
        return [
            Wording(self._key(shingles), shingles, bands.get(at, ())) if len(shingles) else None
            for at, shingles in enumerate(sets)
        ]

    def shingles(self, words: str) -> Shingles:
        """Every stretch of WIDTH characters, hashed."""
        return self._sets([words])[0]

    def _key(self, shingles: Shingles) -> int:
        digest = hashlib.blake2b(shingles.tobytes(), digest_size=8, key=self._secret).digest()
        return int.from_bytes(digest, "little", signed=True)

    def _sets(self, texts: Sequence[str]) -> list[Shingles]:
        """The shingles of each text: all are hashed in one row, and those across two texts left out."""
        written = "".join(texts).encode("utf-32-le", "surrogatepass")
        codes = np.frombuffer(written, "<u4").astype(np.uint64)
        size = len(codes) - WIDTH + 1
        if size < 1:
            return [np.empty(0, np.uint32) for _ in texts]
        sums = sum(codes[at : at + size] * self._places[at] for at in range(WIDTH))
        owner = np.repeat(np.arange(len(texts), dtype=np.uint64), [len(text) for text in texts])
        inside = owner[:size] == owner[WIDTH - 1 :]
        marked = (owner[:size] << np.uint64(32)) | _mixed(sums)
        ordered = np.unique(marked[inside])
        hashes = ordered.astype(np.uint32)
        ends = np.searchsorted(ordered >> np.uint64(32), np.arange(len(texts) + 1, dtype=np.uint64))
        return [hashes[start:end][:MOST] for start, end in itertools.pairwise(ends.tolist())]

    def _bands(self, sets: Sequence[Shingles]) -> Iterator[tuple[int, ...]]:
        """Of each set the least hash under several orders (MinHash), ROWS of them folded into one number."""
        for some in filled(sets, AT_ONCE):
            starts = np.cumsum([0, *(len(shingles) for shingles in some[:-1])])
            flat = np.concatenate(some).astype(np.uint64)
            ordered = (flat * self._times + self._plus) >> np.uint64(32)
            least = np.minimum.reduceat(ordered, starts, axis=1).T.reshape(-1, BANDS, ROWS)
            folded = (least * self._folds).sum(axis=2, dtype=np.uint64).view(np.int64)
            yield from map(tuple, folded.tolist())


def filled(sets: Sequence[Shingles], most: int) -> Iterator[list[Shingles]]:
    """
    Sets in parts of about *most* hashes, so that long texts need no more memory than short ones.

    >>> [len(some) for some in filled([np.empty(n, np.uint32) for n in (3, 3, 3, 9, 1)], 6)]
    [2, 2, 1]
    """
    some: list[Shingles] = []
    size = 0
    for one in sets:
        some.append(one)
        size += len(one)
        if size >= most:
            yield some
            some, size = [], 0
    if some:
        yield some


def _mixed(sums: NDArray[np.uint64]) -> Shingles:
    """The last step of MurmurHash3, of which the upper half is kept."""
    sums = (sums ^ (sums >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    return ((sums ^ (sums >> np.uint64(33))) >> np.uint64(32)).astype(np.uint32)


def share(one: Shingles, other: Shingles) -> float:
    """How much of all that two texts say stands in both, from 0 to 1 (Jaccard's index)."""
    one, other = _comparable(one, other)
    both = _both(one, other)
    return both / ((len(one) + len(other) - both) or 1)


def held(part: Shingles, whole: Shingles) -> float:
    """How much of *part* stands in *whole*, from 0 to 1."""
    part, whole = _comparable(part, whole)
    return _both(part, whole) / (len(part) or 1)


def _both(one: Shingles, other: Shingles) -> int:
    places = np.searchsorted(other, one)
    places[places == len(other)] = 0
    return int(np.count_nonzero(other[places] == one)) if len(other) else 0


def _comparable(one: Shingles, other: Shingles) -> tuple[Shingles, Shingles]:
    """The two as far as both are kept whole: of a long text only the smallest hashes are."""
    for cut in [int(found[-1]) for found in (one, other) if len(found) == MOST]:
        one, other = one[one <= cut], other[other <= cut]
    return one, other
