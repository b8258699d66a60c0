"""
What the normaliser reads in tests/text/unseen.json: sentences by four people who had seen no table, and
a fifth set, one for each of 118 forms drawn from the lexicon, written before any of it was read.

The faults that a first look at a set showed were mended before the next was written;
docs/normaliser.md has both figures.

Recall: coded sentences that were read as they were meant. Precision: of the sentences that were changed,
those that are coded and were read right.
"""

import json
from pathlib import Path

from lurewatch.text.lexicon import load_lexicon
from lurewatch.text.normalise import normalise
from lurewatch.train.evaluate import wilson

UNSEEN = Path(__file__).parents[1] / "tests" / "text" / "unseen.json"


def main() -> None:
    """Print the table of docs/normaliser.md."""
    lexicon = load_lexicon()
    cases = json.loads(UNSEEN.read_text("utf-8"))
    print(f"{'set':<4} {'kind':<10} {'cases':>6} {'right':>6}  share   95 % interval")
    for number in (*sorted({case["set"] for case in cases}), None):
        right = said = 0
        for kind in ("listed", "unknown", "innocent"):
            some = [c for c in cases if c["kind"] == kind and number in (c["set"], None)]
            plain = [normalise(case["written"], lexicon).plain for case in some]
            if not some:
                continue
            hits = sum(read == case["meant"] for read, case in zip(plain, some, strict=True))
            right += hits * (kind != "innocent")
            said += sum(read != case["written"] for read, case in zip(plain, some, strict=True))
            low, high = wilson(hits, len(some))
            print(
                f"{number or 'all':<4} {kind:<10} {len(some):>6} {hits:>6}"
                f"  {hits / len(some):.3f}   {low:.3f}-{high:.3f}"
            )
        print(
            f"{number or 'all':<4} precision of a changed sentence: {right / said:.3f} ({right}/{said})"
        )


if __name__ == "__main__":
    main()
