"""The text the model reads: a post's fields in one line, plain, with what coding was undone."""

from collections.abc import Sequence
from typing import Final

from lurewatch.text.normalise import Normalised

Piece = tuple[str, int | None, Normalised]  # field, place in a list field, what was read

MARK: Final = {
    "title": "题",
    "text": "文",
    "tags": "签",
    "ocr": "图",
    "author_comments": "评",
    "author_name": "名",
    "author_bio": "介",
}
HEAD: Final = 220  # characters kept from the start of a long field
TAIL: Final = 80  # and from its end, where routes stand
IN_PICTURES: Final = {"title": (20, 0), "text": (30, 20), "ocr": (50, 30)}  # beside long words


def model_text(bundle: Sequence[Piece]) -> str:
    """
    One line for the model; coding is named by how much of it there is, never by what it hid.

        >>> from lurewatch.text.lexicon import load_lexicon
        >>> from lurewatch.text.normalise import normalise
        >>> model_text([("text", None, normalise("崔收太凶", load_lexicon()))])
        '文：崔收太凶'
    """
    coded = {device for _, _, found in bundle for device in found.devices}
    shown = [f"码：{min(len(coded), 4)}"] if coded else []
    field_of_last = ""
    for field, _, found in bundle:
        plain = " ".join(found.plain.split())
        if len(plain) > HEAD + TAIL:
            plain = f"{plain[:HEAD]}…{plain[-TAIL:]}"
        shown.append(plain if field == field_of_last else f"{MARK[field]}：{plain}")
        field_of_last = field
    return " ".join(shown)


def picture_text(bundle: Sequence[Piece]) -> str:
    """
    One line in which the text of pictures has its room, however long the words beside it are.

        >>> from lurewatch.text.lexicon import load_lexicon
        >>> from lurewatch.text.normalise import normalise
        >>> said = [(f, None, normalise(v, load_lexicon())) for f, v in (("text", "花" * 300), ("ocr", "停息挂账"))]
        >>> picture_text(said) == f"文：{'花' * 30}…{'花' * 20} 图：停息挂账"
        True
    """
    shown = []
    for wanted, (head, tail) in IN_PICTURES.items():
        plain = " ".join(" ".join(found.plain.split()) for field, _, found in bundle if field == wanted)  # fmt: skip
        if len(plain) > head + tail:
            plain = f"{plain[:head]}…{plain[-tail:] if tail else ''}"
        if plain:
            shown.append(f"{MARK[wanted]}：{plain}")
    return " ".join(shown)
