"""What an offer is made of: promise, fee, route and their kin, as rules find them in a post."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from lurewatch.finding import Reason
from lurewatch.text.contacts import NEGATED, Piece
from lurewatch.text.data_files import rows

MEANING: Final = {
    "promise": "承诺结果",
    "fee": "收费或分成",
    "method": "教唆违法手段",
    "policy": "假借政策",
    "papers": "索要材料",
    "impersonation": "冒充机构",
    "offer": "提供服务",
    "route": "引流",
    "doubt": "询问真假",
}
QUOTED: Final = re.compile(r"[“\"「『‘][^”\"」』’]{0,60}[”\"」』’]")


@cache
def patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Each row of `data/signals.tsv`."""
    return tuple((kind, re.compile(pattern)) for kind, pattern, _ in rows("signals.tsv"))


def find_signals(bundle: Sequence[Piece]) -> list[Reason]:
    """
    Signals with their place in the raw text; one that is negated or only quoted is none.

    Short quotations are kept: 扣“清” quotes what to type, and a warning quotes whole sentences.

        >>> from lurewatch.text.lexicon import load_lexicon
        >>> from lurewatch.text.normalise import normalise
        >>> piece = ("text", None, normalise("不成不收，看我主页。别私信我", load_lexicon()))
        >>> [(r.kind, r.surface) for r in find_signals([piece])]
        [('promise', '不成不收'), ('route', '看我主页')]
    """
    found = []
    for field, index, normalised in bundle:
        quoted = [m.span() for m in QUOTED.finditer(normalised.plain) if m.end() - m.start() > 8]
        for kind, pattern in patterns():
            for match in pattern.finditer(normalised.plain):
                start, end = match.span()
                before = normalised.plain[max(0, start - 10) : start]
                if start == end or any(a <= start < b for a, b in quoted):
                    continue
                if kind == "route" and NEGATED.search(before):
                    continue
                raw = normalised.map[start:end]
                first, last = min(span[0] for span in raw), max(span[1] for span in raw)
                surface = normalised.raw[first:last]
                found.append(Reason(field, index, first, last, surface, MEANING[kind], kind))
    return found
