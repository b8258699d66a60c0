"""The first stage: nearly free, and it may drop only what speaks of nothing near."""

import zlib
from pathlib import Path
from typing import Final

import numpy as np

BUCKETS: Final = 1 << 16
SIZES: Final = (1, 2, 3)  # characters of an n-gram


def buckets(text: str) -> np.ndarray:
    """The hashed character n-grams of a text, each bucket once."""
    found = {
        zlib.crc32(text[at : at + size].encode("utf-8", "surrogatepass")) % BUCKETS
        for size in SIZES
        for at in range(len(text) - size + 1)
    }
    return np.fromiter(found, dtype=np.int64, count=len(found))


class Screen:
    """A linear model over hashed character n-grams."""

    def __init__(self, weights: np.ndarray, bias: float) -> None:
        self.weights = weights
        self.bias = bias

    @classmethod
    def load(cls, path: Path) -> "Screen":
        """As `save` wrote it."""
        kept = np.load(path)
        return cls(kept["weights"].astype(np.float32), float(kept["bias"]))

    def save(self, path: Path) -> None:
        """Half precision is enough for a coarse sieve."""
        np.savez_compressed(path, weights=self.weights.astype(np.float16), bias=self.bias)

    def score(self, text: str) -> float:
        """The log-odds that a text is worth the model's time."""
        found = buckets(text)
        if not len(found):
            return self.bias
        return float(self.weights[found].sum() / np.sqrt(len(found)) + self.bias)
