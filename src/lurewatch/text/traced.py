"""Text that remembers which characters of the original each of its characters stands for."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

Span = tuple[int, int]


def places(size: int) -> tuple[Span, ...]:
    """Of each of *size* characters its own place."""
    return tuple((at, at + 1) for at in range(size))


PLACES: Final = places(1000)  # shared by the texts that are no longer: nearly all


@dataclass(frozen=True, slots=True)
class Traced:
    """
    A text on its way from what was written to what was meant.

        >>> plain = Traced.of("加薇❤信").sub("❤", "")
        >>> plain.text, plain.original_span(1, 3)
        ('加薇信', (1, 4))
        >>> Traced.of("彳正亻言").sub("彳正", "征").spans
        ((0, 2), (2, 3), (3, 4))
    """

    text: str
    spans: tuple[Span, ...]  # one a character: start and end in the original
    raw: str = ""  # the original
    sure: tuple[tuple[Span, float], ...] = ()  # what was read in the original, and how surely

    @classmethod
    def of(cls, text: str) -> "Traced":
        """A text that nothing has changed yet."""
        size = len(text)
        return cls(text, PLACES[:size] if size <= len(PLACES) else places(size), text)

    def sub(
        self, pattern: str | re.Pattern[str], meant: str | Callable[[re.Match[str]], str]
    ) -> "Traced":
        """Replace what matches; what stays the same keeps its own place."""
        edits = (
            (match.start(), match.end(), meant(match) if callable(meant) else meant)
            for match in re.finditer(pattern, self.text)
        )
        return self.edited(edits)

    def edited(self, edits: Iterable[tuple[int, int, str]]) -> "Traced":
        """Apply edits (start, end, new text), which are in order and do not overlap."""
        texts: list[str] = []
        spans: list[Span] = []
        done = 0
        for start, end, new in edits:
            texts += (self.text[done:start], new)
            spans += self.spans[done:start]
            if len(new) == end - start:
                spans += self.spans[start:end]
            elif new:
                spans += [self.original_span(start, end)] * len(new)
            done = end
        if not done and not texts:
            return self
        texts.append(self.text[done:])
        spans += self.spans[done:]
        return Traced("".join(texts), tuple(spans), self.raw, self.sure)

    def replaced(self, text: str) -> "Traced":
        """The same places under other characters, one for one."""
        return self if text == self.text else Traced(text, self.spans, self.raw, self.sure)

    def original_span(self, start: int, end: int) -> Span:
        """Where in the original the characters from *start* up to *end* were written."""
        within = self.spans[start:end]
        return min(span[0] for span in within), max(span[1] for span in within)
