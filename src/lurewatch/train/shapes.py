"""
Find which characters look like those of our terms, by drawing them.

`python -m lurewatch.train.shapes FONT` writes `text/data/shapes.tsv` anew. For each character of
`targets.tsv`, the rows of source DRAWN hold what a phone offers (GB 2312) that nearly covers it when both
are drawn and blurred; the rows of other tables keep only what looks alike at all. FONT is a file of
Chinese characters, such as Noto Sans CJK's.
"""

import sys
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from lurewatch.text.data_files import rows

OUT: Final = Path(__file__).parents[1] / "text/data/shapes.tsv"
SIZE: Final = 48  # pixels of a character
BLUR: Final = 1.6
ALIKE: Final = 0.86  # cosine of two pictures: 债侦 0.92, 息恩 0.87, but 户成 0.67, 上齿 0.65
SEEN: Final = 0.68  # the same for a pair that another table has: 户卢, 分兮, 套奎
MOST: Final = 40  # look-alikes of one character
DRAWN: Final = "drawn in Noto Sans CJK, cosine >= 0.86"
EDITORIAL: Final = "editorial"
SIMPLIFIED: Final = 2  # the face of a font collection that draws mainland forms


def drawn(char: str, font: ImageFont.FreeTypeFont) -> np.ndarray:
    """A character as a blurred picture of length 1."""
    picture = Image.new("L", (SIZE + 8, SIZE + 12), 0)
    ImageDraw.Draw(picture).text((4, 0), char, font=font, fill=255)
    flat = np.asarray(picture.filter(ImageFilter.GaussianBlur(BLUR)), dtype=np.float64).ravel()
    return np.asarray(flat / max(1e-9, float(np.linalg.norm(flat))))


def offered() -> list[str]:
    """The characters of GB 2312."""
    pairs = (bytes((a, b)) for a in range(0xB0, 0xF8) for b in range(0xA1, 0xFF))
    return [char for pair in pairs if (char := pair.decode("gb2312", "ignore"))]


def look_alikes(char: str, known: str, font: ImageFont.FreeTypeFont) -> tuple[str, str]:
    """What looks like a character, the likest first, and what of *known* does at all."""
    others, pictures = offered_pictures(font)
    one = drawn(char, font)
    likeness = pictures @ one
    order = [at for at in np.argsort(-likeness) if likeness[at] >= ALIKE and others[at] != char]
    kept = [other for other in known if float(drawn(other, font) @ one) >= SEEN]
    return "".join(others[at] for at in order[:MOST]), "".join(kept)


@cache
def offered_pictures(font: ImageFont.FreeTypeFont) -> tuple[list[str], np.ndarray]:
    """The characters of GB 2312, and a picture of each: (characters, pixels)."""
    others = offered()
    return others, np.array([drawn(char, font) for char in others])


def main(font: Path) -> None:
    """Write the table."""
    face = ImageFont.truetype(str(font), SIZE, index=SIMPLIFIED if font.suffix == ".ttc" else 0)
    table = [row for row in rows("shapes.tsv") if row[2] != DRAWN]
    lines = ["\t".join(row) for row in table if row[2] == EDITORIAL]
    for char in sorted({char for (term,) in rows("targets.tsv") for char in term}):
        known = next((row for row in table if row[0] == char and row[2] != EDITORIAL), None)
        alike, kept = look_alikes(char, known[1] if known else "", face)
        lines += [f"{char}\t{alike}\t{DRAWN}"] if alike else []
        lines += [f"{char}\t{kept}\t{known[2]}"] if known and kept else []
    OUT.write_text("\n".join(["character\talike\tsource", *lines]) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
