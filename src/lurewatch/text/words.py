"""Cut plain text into words: for search, for proposals of new terms, for reports."""

from functools import cache
from typing import TYPE_CHECKING

from lurewatch.text.lexicon import load_lexicon

if TYPE_CHECKING:
    import jieba


@cache
def _cutter() -> "jieba.Tokenizer":
    import jieba

    cutter = jieba.Tokenizer()
    cutter.initialize()
    for term in load_lexicon().terms:
        cutter.add_word(term.plain)
    return cutter


def words(text: str) -> list[str]:
    """
    The words of *text*; jieba's list is loaded at the first call, which takes a second.

    Terms of the lexicon stay whole, which jieba's own list would cut.

        >>> words("停息挂账能办吗")
        ['停息挂账', '能办', '吗']
    """
    return [word for word in _cutter().cut(text) if word.strip()]
