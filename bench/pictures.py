"""
Pictures a second, and how many characters are read right, of pictures drawn with known text.

usage: python bench/pictures.py [PICTURES]   of each kind; beside tesseract (chi_sim) where it is installed
"""

import io
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from difflib import SequenceMatcher
from importlib.util import find_spec

from PIL import Image

from lurewatch.demo.drawing import poster
from lurewatch.demo.posts import all_posts
from lurewatch.pictures.reading import Reader, text_of
from lurewatch.pictures.seeing import look

PAPERS = (("#b3261e", "#ffe9a8"), ("#17324d", "#f2f7ff"), ("#fff3d6", "#7a2e0e"))
SHORT = 10  # characters of a line
LINES = 5


def chinese(text: str) -> str:
    """What a font draws and a reader may be asked for."""
    return "".join(char for char in text if "\u4e00" <= char <= "\u9fff" or (char.isascii() and char.isalnum()))  # fmt: skip


def texts(how_many: int) -> list[str]:
    """Lines of words as posts have them."""
    words = chinese("".join(post.text for post in all_posts()))
    starts = random.Random(7).sample(range(len(words) - SHORT * LINES), how_many)
    return [
        "\n".join(words[at + SHORT * line : at + SHORT * (line + 1)] for line in range(LINES))
        for at in starts
    ]


def upright(text: str) -> Image.Image:
    """Columns from the right, as old books have them."""
    lines = text.split("\n")
    drawn = [poster("\n".join(line), "#ffffff", "#1d2129") for line in lines]
    page = Image.new("RGB", (90 * len(drawn), max(one.height for one in drawn)), "white")
    for column, one in enumerate(reversed(drawn)):
        page.paste(one.crop((20, 12, one.width - 20, one.height - 12)), (90 * column + 20, 12))
    return page


def turned(text: str) -> Image.Image:
    """By five degrees."""
    return poster(text, "#ffffff", "#1d2129").rotate(5, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC)  # fmt: skip


KINDS: dict[str, Callable[[str], Image.Image]] = {
    "plain": lambda text: poster(text, "#ffffff", "#1d2129"),
    "coloured": lambda text: poster(text, *PAPERS[len(chinese(text)[0].encode()) % 3]),
    "small": lambda text: poster(text, "#ffffff", "#1d2129", size=14),
    "turned 5°": turned,
    "upright": upright,
}


def right(found: str, drawn: str) -> float:
    """The share of the drawn characters that were read, in their order."""
    found, drawn = chinese(found), chinese(drawn)
    matched = SequenceMatcher(None, drawn, found, autojunk=False).get_matching_blocks()
    return sum(block.size for block in matched) / len(drawn)


def png(image: Image.Image) -> bytes:
    """As a platform serves it."""
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def tesseract(body: bytes) -> str:
    """What the peer reads."""
    command = ["tesseract", "-", "-", "-l", "chi_sim", "--psm", "6"]
    return subprocess.run(command, input=body, capture_output=True, check=True).stdout.decode()


def has_peer() -> bool:
    """Whether tesseract is installed with its Chinese model."""
    if not shutil.which("tesseract"):
        return False
    listed = subprocess.run(["tesseract", "--list-langs"], capture_output=True, check=True)
    return b"chi_sim" in listed.stdout


def main() -> None:
    """Print a line for each kind of picture."""
    how_many = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    if not find_spec("rapidocr"):
        print("reading pictures needs: pip install 'lurewatch[ocr]'")
        return
    reader = Reader()

    def ours(body: bytes) -> str:
        return text_of(reader.read(look(body)[0]))

    readers = {reader.name: ours} | ({"tesseract": tesseract} if has_peer() else {})
    ours(png(poster("停息挂账", "#ffffff", "#000000")))  # loads the models
    spent, read = dict.fromkeys(readers, 0.0), 0
    for kind, draw in KINDS.items():
        pictures = [(text, png(draw(text))) for text in texts(how_many)]
        read += len(pictures)
        for name, run in readers.items():
            started = time.perf_counter()
            shares = [right(run(body), text) for text, body in pictures]
            spent[name] += time.perf_counter() - started
            print(f"{kind:<10} {name:<16} {100 * sum(shares) / len(shares):5.1f} % of characters")
    for name, seconds in spent.items():
        print(f"{name}: {read / seconds:.2f} pictures a second")
    if len(readers) == 1:
        print("no peer: apt-get install tesseract-ocr tesseract-ocr-chi-sim")


if __name__ == "__main__":
    main()
