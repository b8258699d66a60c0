"""
What the normaliser reads in tests/text/unseen.json: sentences by somebody who had seen no table.

The faults that a first look showed were mended since; docs/normaliser.md has both figures.

Recall: coded sentences whose term was read. Precision: of the terms it says were coded, those that
are meant; innocent sentences count, and any change in one is an error.
"""

import json
from pathlib import Path

from lurewatch.text.lexicon import load_lexicon
from lurewatch.text.normalise import Normalised, normalise
from lurewatch.train.evaluate import wilson

UNSEEN = Path(__file__).parents[1] / "tests" / "text" / "unseen.json"


def readings(found: Normalised) -> int:
    """How many terms were read that were not written so."""
    return sum(term.device != "plain" for term in found.terms)


def main() -> None:
    """Print the table of docs/normaliser.md."""
    lexicon = load_lexicon()
    cases = json.loads(UNSEEN.read_text("utf-8"))
    right = said = 0
    print(f"{'kind':<10} {'cases':>6} {'right':>6}  share   95 % interval")
    for kind in ("listed", "unknown", "innocent"):
        some = [case for case in cases if case["kind"] == kind]
        hits = 0
        for case in some:
            found = normalise(case["written"], lexicon)
            hit = found.plain == case["meant"]
            hits += hit
            made = readings(found) or (found.plain != case["written"])
            right += hit and kind != "innocent"
            said += bool(made)
        low, high = wilson(hits, len(some))
        print(f"{kind:<10} {len(some):>6} {hits:>6}  {hits / len(some):.3f}   {low:.3f}-{high:.3f}")
    print(f"precision of a changed sentence: {right}/{said} = {right / max(1, said):.3f}")


if __name__ == "__main__":
    main()
