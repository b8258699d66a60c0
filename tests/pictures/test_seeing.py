"""What a picture is, by its content; what is broken, huge or something else says so."""

import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image, ImageDraw

from lurewatch.pictures.seeing import Facts, UnreadableError, kind_of, look


def picture(size: tuple[int, int] = (90, 80), colour: Any = "white", mode: str = "RGB") -> Image.Image:  # fmt: skip
    image = Image.new(mode, size, colour)
    ImageDraw.Draw(image).ellipse((10, 20, 60, 70), fill=0)
    return image


def saved(image: Image.Image, kind: str = "PNG", **how: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **how)
    return out.getvalue()


def bomb() -> bytes:
    """A PNG of a few bytes that says it is 60,000 pixels wide and high."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))  # fmt: skip

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP", "AVIF"])
def test_each_kind_is_known_by_its_content_and_decoded(kind: str) -> None:
    body = saved(picture(), kind)
    assert kind_of(body) == f"image/{kind.lower()}"
    image, facts = look(body)
    assert (image.mode, facts.width, facts.height, facts.animated) == ("RGB", 90, 80, False)


@pytest.mark.parametrize("body", [b"", b"<html>", b"\x00" * 40, b"%PDF-1.7", b"<svg/>", b"RIFF....WAVE"])  # fmt: skip
def test_what_is_no_picture_is_none(body: bytes) -> None:
    assert kind_of(body) == ""
    with pytest.raises(UnreadableError):
        look(body)


def test_what_cannot_be_decoded_says_why() -> None:
    whole = saved(picture((400, 300)))
    for body, state in (
        (whole[: len(whole) // 2], "broken"),
        (whole[:40], "broken"),
        (b"\x89PNG\r\n\x1a\n" + b"invented", "broken"),
        (bomb(), "huge"),
        (saved(Image.new("1", (9000, 9000))), "huge"),
    ):
        with pytest.raises(UnreadableError) as caught:
            look(body)
        assert caught.value.state == state


def test_of_an_animation_the_first_frame_is_looked_at() -> None:
    first, second = picture(), Image.new("RGB", (90, 80), "black")
    body = saved(first, "GIF", save_all=True, append_images=[second])
    image, facts = look(body)
    assert facts.animated
    assert image.getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["L", "P", "LA", "RGBA", "CMYK", "1", "I;16"])
def test_every_mode_becomes_colours_on_white(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    image, _ = look(saved(picture(mode="L", colour=255).convert(mode), kind))
    assert image.mode == "RGB"


def test_what_is_transparent_is_white_paper() -> None:
    image, _ = look(saved(Image.new("RGBA", (30, 30), (0, 0, 0, 0))))
    assert image.getpixel((5, 5)) == (255, 255, 255)


def test_a_picture_that_was_turned_is_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image, _ = look(saved(picture((90, 80)), "JPEG", exif=exif))
    assert image.size == (80, 90)


def test_scaling_and_another_format_change_few_bits() -> None:
    def hash_of(body: bytes) -> int:
        facts: Facts = look(body)[1]
        return facts.dhash

    one = picture((300, 280))
    kept = hash_of(saved(one))
    for other in (
        saved(one, "JPEG", quality=40),
        saved(one.resize((150, 140))),
        saved(one, "WEBP"),
    ):
        assert ((kept ^ hash_of(other)) & (2**64 - 1)).bit_count() <= 4
    turned = hash_of(saved(one.transpose(Image.Transpose.FLIP_LEFT_RIGHT)))
    assert ((kept ^ turned) & (2**64 - 1)).bit_count() > 4
