"""
Learn what stands around the field's terms, so that a coded form alone in its sentence can be read.

`python -m lurewatch.train.neighbourhood FOLDER` writes `text/data/neighbours.tsv` anew from the corpus
and a folder of public texts: how much each character, and each pair of them, within `gates.AROUND` of
a place speaks for a term to stand there. Only these weights are kept; the texts are not.
"""

import random
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from lurewatch.text.data_files import rows
from lurewatch.text.forms import candidates, lowered
from lurewatch.text.gates import AROUND, grams
from lurewatch.text.lexicon import load_lexicon
from lurewatch.text.normalise import folded, normalise
from lurewatch.train.corpus import FIELD_WORDS, load_corpus, of_split, public_texts

OUT: Final = Path(__file__).parents[1] / "text/data/neighbours.tsv"
CORPUS: Final = Path("models/corpus")
ELSEWHERE: Final = ("game_chat_ads", "toxicloakcn_pairs", "telecom_loan_fraud")
A_FILE: Final = 15_000  # lines of each public file
TERMS_OF_A_FILE: Final = 6_000
OTHERS: Final = 200_000
RARE: Final = 40  # windows in which a gram must have been seen
KEPT: Final = 4_000  # grams of most weight
OWN: Final = (
    1.0  # how much more a window of our own posts counts; 4 reads more, and more that is none
)
TERMS: Final = re.compile(
    "|".join(sorted((term for (term,) in rows("targets.tsv")), key=len, reverse=True))
)


def seen(text: str) -> str:
    """A text as the gates see it."""
    return lowered(folded(text))


def window(text: str, start: int, end: int) -> list[str]:
    """The grams on both sides of a stretch."""
    before, after = text[max(0, start - AROUND) : start], text[end : end + AROUND]
    return [*grams(before), *grams(after)]


def around_terms(text: str) -> Iterator[list[str]]:
    """What stands around each written term that has no other near: beside others, they decide."""
    found = [match.span() for match in TERMS.finditer(text)]
    for number, (start, end) in enumerate(found):
        before = found[number - 1][1] if number else -AROUND
        after = found[number + 1][0] if number + 1 < len(found) else len(text) + AROUND
        if start - before >= AROUND and after - end >= AROUND:
            yield window(text, start, end)


def around_others(text: str, pick: random.Random) -> Iterator[list[str]]:
    """What stands around what only looks like a coded form, and around any place."""
    for one in candidates(text, load_lexicon())[:3]:
        yield window(text, one.start, one.end)
    at = pick.randrange(max(1, len(text) - 2))
    yield window(text, at, at + 2)


def weights(
    wanted: list[list[str]], others: list[list[str]], own: int = 0
) -> tuple[dict[str, float], float]:
    """
    The weight of each gram that matters, and what any place starts with: a logistic regression.

    The first *own* of the wanted windows are of our own posts, which speak as lures and debtors do.
    """
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    every = wanted + others
    counts = Counter(gram for some in every for gram in set(some))
    names = [
        gram
        for gram, count in counts.items()
        if count >= RARE and gram.isprintable() and " " not in gram
    ]
    places = {gram: at for at, gram in enumerate(names)}
    cells = [
        (row, places[gram]) for row, some in enumerate(every) for gram in some if gram in places
    ]
    table = csr_matrix(
        (np.ones(len(cells)), tuple(np.array(cells).T)), shape=(len(every), len(names))
    )
    model = LogisticRegression(C=0.02, solver="liblinear")
    worth = [OWN] * own + [1.0] * (len(every) - own)
    model.fit(table, [True] * len(wanted) + [False] * len(others), sample_weight=worth)
    most = np.argsort(-np.abs(model.coef_[0]))[:KEPT]
    return {names[at]: float(model.coef_[0][at]) for at in most}, float(model.intercept_[0])


def main(data: Path) -> None:
    """Write the table."""
    pick = random.Random(1)  # a sample, not a secret
    lexicon = load_lexicon()
    wanted: list[list[str]] = []
    for example in of_split(load_corpus(CORPUS, data), "train"):
        for _, _, text in example.values:
            wanted += around_terms(seen(normalise(text, lexicon).plain))
    texts: dict[str, list[str]] = {}
    for name, text in public_texts(data):
        if name not in ELSEWHERE and 8 <= len(text) <= 400:
            texts.setdefault(name, []).append(text)
    own = len(wanted)
    others: list[list[str]] = []
    for found in texts.values():
        some = [seen(text) for text in pick.sample(found, min(len(found), A_FILE))]
        wanted += [one for text in some for one in around_terms(text)][:TERMS_OF_A_FILE]
        plain = (text for text in some if not TERMS.search(text) and not FIELD_WORDS.search(text))
        others += [one for text in plain for one in around_others(text, pick)]
    others = pick.sample(others, min(len(others), OTHERS))
    found_weights, start = weights(wanted, others, own)
    lines = ["gram\tweight", f"\t{start:.2f}"]
    lines += [f"{gram}\t{weight:.2f}" for gram, weight in sorted(found_weights.items())]
    OUT.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
