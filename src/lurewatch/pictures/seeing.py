"""What a picture is, by its content: its kind, its size, and a hash that like pictures share."""

import struct
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from PIL.Image import Image

AddressState = Literal[
    "waiting", "kept", "gone", "refused", "disallowed", "no_picture", "too_large", "failed"
]  # of an address: what came when it was asked
FileState = Literal["unread", "read", "no_text", "broken", "huge", "hidden"]  # hidden: see masking

LARGEST: Final = 16 << 20  # bytes of one picture
PIXELS: Final = 40_000_000  # decoded that is 120 MB; a larger one is a photograph, or a bomb
SIGNS: Final = (  # how a file of each kind begins
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
)
FORMATS: Final = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "AVIF")  # and no rarer decoder is run


class UnreadableError(ValueError):
    """A picture that cannot be looked at."""

    def __init__(self, state: FileState, why: str) -> None:
        super().__init__(why)
        self.state: FileState = state


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a picture once it was decoded."""

    width: int
    height: int
    animated: bool  # only the first frame is looked at
    dhash: int  # 64 bits, signed as a database holds them


def kind_of(body: bytes) -> str:
    """
    The media type of a picture by how it begins; nothing for what is none of ours.

    >>> kind_of(b"\\x89PNG\\r\\n\\x1a\\n..."), kind_of(b"RIFF....WEBPVP8 "), kind_of(b"<html>")
    ('image/png', 'image/webp', '')
    """
    for sign, kind in SIGNS:
        if body.startswith(sign):
            return kind
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "image/webp"
    if body[4:8] == b"ftyp" and body[8:12] in (b"avif", b"avis"):
        return "image/avif"
    return ""


def look(body: bytes) -> tuple["Image", Facts]:
    """
    Decode a picture: upright, in RGB, on white. Raises UnreadableError, and never decodes a bomb.

    Only what the header says is looked at before its size is known to be bearable.
    """
    import io

    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of large sizes, which are weighed here
            image = Image.open(io.BytesIO(body), formats=FORMATS)
            if image.width * image.height > PIXELS:
                raise UnreadableError("huge", f"{image.width} × {image.height} pixels")
            animated = bool(getattr(image, "is_animated", False))
            image.seek(0)
            image.load()
            upright = ImageOps.exif_transpose(image)
            shown = upright.convert("RGBA") if upright.mode in ("P", "LA", "PA") else upright
            if shown.mode == "RGBA":
                paper = Image.new("RGBA", shown.size, "white")
                shown = Image.alpha_composite(paper, shown)
            shown = shown.convert("RGB")
    except Image.DecompressionBombError as error:
        raise UnreadableError("huge", str(error)) from None
    except UnreadableError:
        raise
    except (OSError, ValueError, SyntaxError, EOFError, OverflowError, struct.error) as error:
        raise UnreadableError("broken", str(error) or type(error).__name__) from None
    return shown, Facts(shown.width, shown.height, animated, difference_hash(shown))


def difference_hash(image: "Image") -> int:
    """
    64 bits: of 8 rows of 9 grey patches, whether each is darker than the one to its right.

    Scaling, another format and stronger compression change few of them.
    """
    from PIL.Image import Resampling

    patches = image.convert("L").resize((9, 8), Resampling.BOX).tobytes()
    bits = 0
    for row in range(8):
        for place in range(row * 9, row * 9 + 8):
            bits = bits << 1 | (patches[place] < patches[place + 1])
    return bits - (1 << 64) if bits >> 63 else bits
