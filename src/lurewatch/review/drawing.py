"""Charts drawn on the server: SVG with a title and a description, in the page's own colours."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

from markupsafe import Markup, escape

Point = tuple[float, float]
WIDTH, HEIGHT = 640, 260
LEFT, RIGHT, TOP, BOTTOM = 56, 616, 30, 216  # of the plane in which values are drawn
INKS: Final = ("#3b7dd8", "#c0601a", "#2f8f5b", "#9a4fc2")  # seen on a light and on a dark ground
DASHES: Final = ("", "7 4", "2 3", "9 3 2 3")  # so that no line is told by its colour alone
ROW = 26  # height of a bar with the space to the next


def line_chart(
    title: str, told: str, series: Mapping[str, Sequence[Point]], x: str, y: str
) -> Markup:
    """Values over something that goes on, such as days."""
    return _plane(title, told, series, x, y)


def step_chart(
    title: str, told: str, series: Mapping[str, Sequence[Point]], x: str, y: str
) -> Markup:
    """Values that hold until the next one comes."""
    stepped = {
        name: [*(p for a, b in pairwise(points) for p in (a, (b[0], a[1]))), *points[-1:]]
        for name, points in series.items()
    }
    return _plane(title, told, stepped, x, y)


def bar_chart(
    title: str,
    told: str,
    rows: Sequence[tuple[str, float, str]],
    most: float | None = None,
    intervals: Sequence[tuple[float, float]] = (),
) -> Markup:
    """A bar for each (name, value, value as shown), with the interval of each where there is one."""
    top = most or max((value for _, value, _ in rows), default=0) or 1
    start, end = 250, 540
    height = ROW * max(1, len(rows)) + 8
    drawn = []
    for place, (name, value, shown) in enumerate(rows):
        middle = 4 + ROW * place + ROW / 2
        long = (end - start) * min(1.0, value / top)
        drawn.append(
            f"{_text(start - 8, middle + 5, name, 'end')}"
            f'<rect x="{start}" y="{middle - 8:.1f}" width="{long:.1f}" height="16" fill="{INKS[0]}"/>'
            f"{_text(end + 12, middle + 5, shown)}"
        )
        if intervals:
            low, high = (start + (end - start) * min(1.0, at / top) for at in intervals[place])
            drawn.append(
                f'<path d="M{low:.1f} {middle - 5:.1f}v10M{low:.1f} {middle:.1f}H{high:.1f}'
                f'M{high:.1f} {middle - 5:.1f}v10" fill="none" stroke="currentColor"/>'
            )
    return _svg(title, told, height, drawn)


def _plane(title: str, told: str, series: Mapping[str, Sequence[Point]], x: str, y: str) -> Markup:
    points = [point for some in series.values() for point in some]
    far = max((at for at, _ in points), default=0) or 1
    top = max((value for _, value in points), default=0) or 1
    drawn = [
        f'<path d="M{LEFT} {TOP}V{BOTTOM}H{RIGHT}" fill="none" stroke="currentColor"/>',
        _text(LEFT - 6, BOTTOM + 4, "0", "end"),
        _text(LEFT - 6, TOP + 4, _number(top), "end"),
        _text(RIGHT, BOTTOM + 18, f"{_number(far)} {x}", "end"),
        _text(LEFT, TOP - 14, y),
    ]
    for place, (name, some) in enumerate(series.items()):
        ink, dash = INKS[place % 4], DASHES[(place + place // 4) % 4]  # 16 lines in all
        line = " ".join(
            f"{LEFT + (RIGHT - LEFT) * at / far:.1f},{BOTTOM - (BOTTOM - TOP) * value / top:.1f}"
            for at, value in some
        )
        style = f'fill="none" stroke="{ink}" stroke-width="2" stroke-dasharray="{dash}"'
        drawn.append(f'<polyline points="{line}" {style}/>')
        column = LEFT + 280 * (place % 2)
        row = HEIGHT - 4 + 20 * (place // 2)
        drawn.append(f'<path d="M{column} {row - 4}h22" {style}/>{_text(column + 28, row, name)}')
    rows_of_names = (max(1, len(series)) - 1) // 2
    return _svg(title, told, HEIGHT + 6 + 20 * rows_of_names, drawn)


def _svg(title: str, told: str, height: float, drawn: Sequence[str]) -> Markup:
    return Markup(
        f'<svg viewBox="0 0 {WIDTH} {height}" width="100%" role="img" font-size="13">'
        f"<title>{escape(title)}</title><desc>{escape(told)}</desc>{''.join(drawn)}</svg>"
    )


def _text(x: float, y: float, words: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="currentColor">{escape(words)}</text>'


def _number(value: float) -> str:
    """
    >>> _number(12.0), _number(0.25)
    ('12', '0.25')
    """
    return f"{value:.0f}" if value >= 10 else f"{value:.2f}".rstrip("0").rstrip(".")
