"""
Find which characters look like those of our terms, by drawing them.

`python -m lurewatch.train.shapes FONT` writes `text/data/shapes.tsv` anew: for each character of
`targets.tsv`, what a phone offers (GB 2312) that nearly covers it when both are drawn and blurred. Rows
whose source is editorial are kept. FONT is a file of Chinese characters, such as Noto Sans CJK's.
"""

import sys
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
SOURCE: Final = "drawn in Noto Sans CJK, cosine >= 0.86; with SIGHAN 2013 or a shared part, >= 0.68"
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


def look_alikes(
    chars: list[str], known: dict[str, str], font: ImageFont.FreeTypeFont
) -> dict[str, str]:
    """For each character, what looks like it, the likest first; *known* are pairs of other tables."""
    others = offered()
    pictures = np.array([drawn(char, font) for char in others])
    found = {}
    for char in chars:
        likeness = pictures @ drawn(char, font)
        some = [others[at] for at in np.argsort(-likeness) if likeness[at] >= ALIKE][1 : MOST + 1]
        ranked = {others[at] for at in np.flatnonzero(likeness >= SEEN)} & set(known.get(char, ""))
        found[char] = "".join(dict.fromkeys((*some, *sorted(ranked - {char}))))
    return found


def main(font: Path) -> None:
    """Write the table."""
    face = ImageFont.truetype(str(font), SIZE, index=SIMPLIFIED if font.suffix == ".ttc" else 0)
    chars = sorted({char for (term,) in rows("targets.tsv") for char in term})
    kept = [row for row in rows("shapes.tsv") if row[2] == "editorial"]
    known = {char: alike for char, alike, source in rows("shapes.tsv") if source != "editorial"}
    lines = ["character\talike\tsource", *("\t".join(row) for row in kept)]
    lines += [
        f"{char}\t{alike}\t{SOURCE}"
        for char, alike in look_alikes(chars, known, face).items()
        if alike
    ]
    OUT.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
