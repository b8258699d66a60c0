"""Text in pictures, read by the real engine."""

import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from lurewatch.demo.drawing import poster
from lurewatch.demo.site import PICTURES
from lurewatch.pictures.reading import Line, Reader, in_order, text_of, tiles
from lurewatch.pictures.seeing import look

if TYPE_CHECKING:
    from pathlib import Path

Read = Callable[[Image.Image], list[Line]]


@pytest.fixture(scope="module")
def read() -> Read:
    return Reader().read


def line(text: str, left: int, top: int, width: int, height: int) -> Line:
    right, bottom = left + width, top + height
    return Line(text, 0.9, ((left, top), (right, top), (right, bottom), (left, bottom)))


def test_a_picture_of_the_demo_platform(read: Read) -> None:
    image, _ = look((PICTURES / "demo-204.png").read_bytes())
    lines = read(image)
    assert text_of(lines) == "网贷信用卡逾期\n债务优化 月供减半\n成功再收15%\n扣扣 100008832"
    assert min(one.confidence for one in lines) > 0.9
    assert all(
        0 <= x <= image.width and 0 <= y <= image.height for one in lines for x, y in one.box
    )


def test_a_long_picture_is_read_in_tiles_each_line_once(read: Read) -> None:
    part = poster("停息挂账\n不成不收费", "#ffffff", "#000000")
    long = Image.new("RGB", (part.width, part.height * 18), "white")
    for number in range(18):
        long.paste(part, (0, number * part.height))
    assert long.height > 2000
    assert text_of(read(long)).split("\n") == ["停息挂账", "不成不收费"] * 18


def test_columns_are_read_from_the_right(read: Read) -> None:
    left, right = ("\n".join(text) for text in ("先办后付", "征信修复"))
    page = Image.new("RGB", (300, 300), "white")
    for column, text in enumerate((left, right)):
        page.paste(
            poster(text, "#ffffff", "#000000", size=36).crop((20, 20, 90, 290)),
            (40 + 130 * column, 10),
        )
    assert text_of(read(page)) == "征信修复\n先办后付"


def test_pictures_without_text_have_none(read: Read) -> None:
    assert read(Image.new("RGB", (400, 300), "white")) == []
    assert read(Image.new("RGB", (4, 4000), "white")) == []
    assert read(Image.linear_gradient("L").convert("RGB")) == []


def test_lines_side_by_side_are_one_row() -> None:
    lines = [
        line("收费", 120, 12, 60, 20),
        line("后", 10, 60, 30, 20),
        line("先办", 10, 10, 60, 20),
    ]
    assert text_of(in_order(lines)) == "先办 收费\n后"


@pytest.mark.parametrize("height", [1, 1999, 2000, 2001, 3000, 3001, 39_999])
def test_tiles_cover_a_picture_of_any_height(height: int) -> None:
    found = tiles(height)
    assert (found[0][0], found[-1][1]) == (0, height)
    assert all(end > start for start, end in found)
    assert all(after[0] < before[1] for before, after in pairwise(found))


OFFLINE = """
import sys
def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        raise OSError(f"asked for {arguments}")
sys.addaudithook(refuse)
from lurewatch.pictures.reading import Reader, text_of
from lurewatch.pictures.seeing import look
image, _ = look(open(sys.argv[1], "rb").read())
print(text_of(Reader().read(image)))
"""


def test_nothing_is_fetched() -> None:
    """Every model is in the wheel: an engine that asked anybody would fail here."""
    shown: Path = PICTURES / "demo-107.png"
    command = [sys.executable, "-c", OFFLINE, str(shown)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "上月带38人拿到5-20", done.stderr
