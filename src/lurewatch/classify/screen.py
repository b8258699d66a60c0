"""
What characters alone say, nearly free: a sieve before the network, and a second reader beside it.

Both are linear over the same hashed n-grams of characters.
"""

import zlib
from dataclasses import dataclass
from itertools import chain
from operator import add
from pathlib import Path
from typing import Final

import numpy as np

BUCKETS: Final = 1 << 16
REMEMBERED: Final = 1 << 17  # n-grams: some 15 MB


class _Hashed(dict[str, int]):
    """The bucket of each n-gram, computed when it is first met; forgotten when there are too many."""

    def __missing__(self, gram: str) -> int:
        if len(self) >= REMEMBERED:
            self.clear()
        self[gram] = bucket = zlib.crc32(gram.encode("utf-8", "surrogatepass")) % BUCKETS
        return bucket


_HASHED: Final = _Hashed()


def buckets(text: str) -> np.ndarray:
    """The hashed n-grams of one to three characters of a text, each bucket once."""
    pairs = list(map(add, text, text[1:]))
    found = set(map(_HASHED.__getitem__, chain(text, pairs, map(add, pairs, text[2:]))))
    return np.fromiter(found, dtype=np.int64, count=len(found))


@dataclass(frozen=True, slots=True)
class Screen:
    """Two linear models over hashed character n-grams: what is worth the network's time, and who speaks."""

    weights: np.ndarray  # (BUCKETS,)
    bias: float
    voices: np.ndarray  # (BUCKETS, stances)
    leaning: np.ndarray  # (stances,): of a text without characters

    @classmethod
    def load(cls, path: Path) -> "Screen":
        """As `save` wrote it."""
        kept = np.load(path)
        return cls(
            kept["weights"].astype(np.float32),
            float(kept["bias"]),
            kept["voices"].astype(np.float32),
            kept["leaning"],
        )

    def save(self, path: Path) -> None:
        """Half precision is enough for a coarse sieve."""
        np.savez_compressed(
            path,
            weights=self.weights.astype(np.float16),
            bias=self.bias,
            voices=self.voices.astype(np.float16),
            leaning=self.leaning,
        )

    def score(self, text: str) -> float:
        """The log-odds that a text is worth the model's time."""
        found = buckets(text)
        if not len(found):
            return self.bias
        return float(self.weights[found].sum() / np.sqrt(len(found)) + self.bias)

    def spoken(self, text: str) -> np.ndarray:
        """The log-probability of each stance, (stances,)."""
        found = buckets(text)
        total = self.leaning + self.voices[found].sum(0) / np.sqrt(max(1, len(found)))
        return np.asarray(total - np.logaddexp.reduce(total))
