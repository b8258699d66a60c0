"""The text in a picture, line by line, in the order in which it is read."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lurewatch.errors import SettingsError
from lurewatch.pictures.seeing import UnreadableError

if TYPE_CHECKING:
    from PIL.Image import Image

Corner = tuple[int, int]  # x from the left, y from the top, in pixels

NEEDED: Final = ("rapidocr", "PIL")
WIDEST: Final = 2000  # pixels the engine reads across; it scales down what is larger
TILE: Final = 1600  # pixels of height read at a time of a long picture
OVERLAP: Final = 200  # pixels that two tiles share, more than a line is high
SMALLEST: Final = 12  # pixels of either side: what is smaller has no character in it
PARTS: Final = {"Det": "_det_", "Cls": "_cls_", "Rec": "_rec_"}  # of the engine, and their files


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text, where it stands and how sure the reader is of it."""

    text: str
    confidence: float  # 0..1
    box: tuple[Corner, ...]  # four corners, from the upper left in the reading direction

    @property
    def left(self) -> int:
        """Its leftmost pixel."""
        return min(x for x, _ in self.box)

    @property
    def middle(self) -> tuple[float, float]:
        """Its centre."""
        return sum(x for x, _ in self.box) / 4, sum(y for _, y in self.box) / 4

    @property
    def size(self) -> tuple[int, int]:
        """Its width and height."""
        across, down = zip(*self.box, strict=True)
        return max(across) - min(across), max(down) - min(down)

    @property
    def upright(self) -> bool:
        """Whether it runs from top to bottom."""
        width, height = self.size
        return len(self.text) > 1 and height > 1.5 * width


def can_read() -> bool:
    """Whether the packages that read pictures are installed."""
    return all(find_spec(name) for name in NEEDED)


class Reader:
    """RapidOCR with the models of its wheel; nothing is fetched. Loading waits until the first picture."""

    def __init__(self) -> None:
        if not can_read():
            raise SettingsError(
                "reading text in pictures needs rapidocr: pip install 'lurewatch[ocr]'"
            )
        self.name = f"rapidocr-{version('rapidocr')}"

    @cached_property
    def _engine(self) -> Any:
        spec = find_spec("rapidocr")
        assert spec and spec.origin
        models = Path(spec.origin).parent / "models"
        threads = max(1, min(4, (os.cpu_count() or 2) // 2))  # spiders and the judge run beside it
        params: dict[str, Any] = {
            "Global.log_level": "error",
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
        }
        for part, sign in PARTS.items():
            found = sorted(models.glob(f"*{sign}*.onnx"))
            if not found:
                raise SettingsError(
                    f"{models} has no model *{sign}*.onnx: pip install --force-reinstall"
                    " 'rapidocr>=3.10,<4'"
                )
            params[f"{part}.model_path"] = str(found[-1])  # named, so that none is asked for
        from rapidocr import RapidOCR

        return RapidOCR(params=params)

    def load(self) -> None:
        """Load the models now: with one that is missing SettingsError is raised."""
        self._engine  # noqa: B018

    def read(self, image: "Image") -> list[Line]:
        """
        The lines of a picture as `look` gives it, in reading order; none where there is no text.

        A long picture is read in tiles. Raises UnreadableError where the engine fails on it.
        """
        if min(image.size) < SMALLEST:
            return []
        return in_order(list(self._lines(image)))

    def _lines(self, image: "Image") -> Iterator[Line]:
        scale = min(1.0, WIDEST / image.width)
        if scale < 1:
            image = image.resize((WIDEST, max(SMALLEST, round(image.height * scale))))
        for top, bottom in tiles(image.height):
            first, last = top == 0, bottom == image.height
            for line in self._run(image.crop((0, top, image.width, bottom))):
                _, y = line.middle
                above = not first and y < OVERLAP / 2
                below = not last and y >= bottom - top - OVERLAP / 2
                if not above and not below:
                    box = tuple((round(x / scale), round((y + top) / scale)) for x, y in line.box)
                    yield Line(line.text, line.confidence, box)

    def _run(self, image: "Image") -> Iterator[Line]:
        import numpy as np

        pixels = np.ascontiguousarray(np.asarray(image)[:, :, ::-1])  # it wants blue first
        try:
            found = self._engine(pixels)
        except Exception as error:  # each of the libraries has errors of its own
            raise UnreadableError("broken", f"{type(error).__name__}: {error}") from None
        if found.txts is None or found.boxes is None or found.scores is None:
            return
        for text, score, box in zip(found.txts, found.scores, found.boxes, strict=True):
            if text.strip():
                corners = tuple((round(float(x)), round(float(y))) for x, y in box)
                yield Line(text.strip(), round(float(score), 3), corners)


def tiles(height: int) -> list[tuple[int, int]]:
    """
    From where to where a picture of this height is read at a time.

    >>> tiles(1900), tiles(3000)
    ([(0, 1900)], [(0, 1600), (1400, 3000)])
    """
    if height <= WIDEST:
        return [(0, height)]
    step = TILE - OVERLAP
    tops = range(0, height - OVERLAP, step)
    return [(top, min(top + TILE, height)) for top in tops]


def in_order(lines: Sequence[Line]) -> list[Line]:
    """
    Lines as they are read: rows from the top, each from the left; columns from the right.

    >>> a, b = Line("甲", 1, ((0, 0), (9, 0), (9, 9), (0, 9))), Line("乙", 1, ((20, 2), (29, 2), (29, 11), (20, 11)))
    >>> [line.text for line in in_order([b, a])]
    ['甲', '乙']
    """
    if sum(len(line.text) for line in lines if line.upright) * 2 > sum(len(one.text) for one in lines):  # fmt: skip
        return sorted(lines, key=lambda line: (-line.middle[0], line.middle[1]))
    return [line for row in rows(lines) for line in row]


def rows(lines: Sequence[Line]) -> list[list[Line]]:
    """Lines side by side together, from the top."""
    found: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: line.middle[1]):
        last = found[-1][-1] if found else None
        near = last and abs(line.middle[1] - last.middle[1]) * 2 < min(line.size[1], last.size[1])
        if near and not line.upright:
            found[-1].append(line)
        else:
            found.append([line])
    return [sorted(row, key=lambda line: line.left) for row in found]


def text_of(lines: Sequence[Line]) -> str:
    """
    The text of a picture: what stands side by side in one line.

    >>> a, b = Line("甲", 1, ((0, 0), (9, 0), (9, 9), (0, 9))), Line("乙", 1, ((20, 2), (29, 2), (29, 11), (20, 11)))
    >>> text_of([a, b])
    '甲 乙'
    """
    if any(line.upright for line in lines):
        return "\n".join(line.text for line in in_order(lines))
    return "\n".join(" ".join(line.text for line in row) for row in rows(lines))
