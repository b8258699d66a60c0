"""
The normaliser's speed beside ftfy and OpenCC on the same posts, and what it leaves alone.

usage: python bench/normalise.py [FOLDER]   FOLDER holds *.txt.gz of innocent public lines
"""

import gzip
import sys
import time
from collections.abc import Callable
from pathlib import Path

import ftfy
import opencc

from lurewatch.demo.posts import all_posts
from lurewatch.text.lexicon import load_lexicon
from lurewatch.text.normalise import normalise

SIZE = 100  # characters of a post
LEXICON = load_lexicon()
INNOCENT_STEPS = {"fold_width", "simplify", "drop_hidden", "read_keycaps"}  # width and script


def rate(read: Callable[[str], object], texts: list[str]) -> float:
    """Posts a second."""
    read(texts[0])
    start = time.perf_counter()
    for text in texts:
        read(text)
    return len(texts) / (time.perf_counter() - start)


def main() -> None:
    """Print both tables."""
    joined = " ".join(post.text for post in all_posts())
    texts = [joined[at : at + SIZE] for at in range(0, len(joined) - SIZE, SIZE)] * 10
    convert = opencc.OpenCC("t2s").convert
    ours = rate(lambda text: normalise(text, LEXICON), texts)
    for name, other in (("ftfy.fix_text", ftfy.fix_text), ("OpenCC t2s", convert)):
        theirs = rate(other, texts)
        print(
            f"normalise {ours:,.0f} posts/s, {name} {theirs:,.0f} posts/s: ratio {ours / theirs:.2f}"
        )
    if len(sys.argv) > 1:
        untouched(Path(sys.argv[1]))


def untouched(folder: Path, most: int = 50_000) -> None:
    """How much of innocent text stays as it is."""
    lines = changed = characters = moved = 0
    for path in sorted(folder.glob("*.txt.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in list(file)[: most // 15]:
                text = line.strip()
                found = normalise(text, LEXICON)
                lines, characters = lines + 1, characters + len(text)
                if set(found.steps) - INNOCENT_STEPS:
                    moved += abs(len(text) - len(found.plain)) + sum(
                        one != other for one, other in zip(text, found.plain, strict=False)
                    )
                changed += any(
                    t.grade == "A" and t.device not in ("plain", "separated") for t in found.terms
                )
    print(
        f"{lines:,} lines: {1 - moved / characters:.4%} of characters unchanged apart from width and script;"
    )
    print(
        f"an A term that was not written in {changed} lines ({changed / lines * 10_000:.2f} in 10,000)"
    )


if __name__ == "__main__":
    main()
