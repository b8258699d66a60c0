"""Draw the pictures of the demo platform: `python -m lurewatch.demo.drawing`; needs Pillow and a Chinese font."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lurewatch.demo.posts import all_posts
from lurewatch.demo.site import PICTURES
from lurewatch.errors import SettingsError

if TYPE_CHECKING:
    from PIL.Image import Image

LOOKS: Final = (  # paper and ink
    ("#ffffff", "#1d2129"),
    ("#fff3d6", "#7a2e0e"),
    ("#b3261e", "#ffe9a8"),
    ("#17324d", "#f2f7ff"),
    ("#e7f5ec", "#134d2e"),
)
WIDE: Final = 12  # characters of a line
SIZE: Final = 30  # pixels of a character
COLOURS: Final = 16  # of the file


def chinese_font() -> str:
    """A font that has Chinese characters. Raises SettingsError where fontconfig knows none."""
    found = ""
    if shutil.which("fc-match"):
        command = ["fc-match", "-f", "%{file}", "Noto Sans CJK SC:lang=zh-cn"]
        found = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    if not Path(found).is_file():
        raise SettingsError("no Chinese font is known to fontconfig: lurewatch doctor --mend")
    return found


def poster(text: str, paper: str, ink: str, *, size: int = SIZE, wide: int = WIDE) -> "Image":
    """Text on coloured paper, in lines."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.truetype(chinese_font(), size)
    lines = [line[at : at + wide] for line in text.split("\n") for at in range(0, len(line), wide)]
    width = round(max(font.getlength(line) for line in lines)) + 2 * size
    step = round(1.6 * size)
    image = Image.new("RGB", (width, step * len(lines) + 2 * size), paper)
    pen = ImageDraw.Draw(image)
    pen.rectangle((6, 6, width - 7, image.height - 7), outline=ink)
    for number, line in enumerate(lines):
        pen.text((size, size + number * step), line, font=font, fill=ink)
    return image


def main() -> None:
    """Draw the picture of every post that has one."""
    PICTURES.mkdir(exist_ok=True)
    for post in all_posts():
        if post.pictures:
            paper, ink = LOOKS[post.number % len(LOOKS)]
            drawn = poster("\n".join(post.ocr), paper, ink).quantize(COLOURS)
            drawn.save(PICTURES / post.picture, optimize=True)
            sys.stdout.write(f"{post.picture}\n")


if __name__ == "__main__":
    main()
