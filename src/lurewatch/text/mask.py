"""Hide what identifies a person who is not the one reported."""

import re
from dataclasses import replace
from typing import Any, Final

from lurewatch.post import FIELDS, Post

NUMBERS: Final = (
    re.compile(r"(?<!\d)(\d{6})(\d{8})(\d{3}[\dXx])(?![\dXx])"),  # identity card
    re.compile(r"(?<!\d)(\d{4})(\d{8,11})(\d{4})(?!\d)"),  # bank card
    re.compile(r"(?<!\d)(\d{4}[ -])(\d{4}[ -]\d{4})([ -]\d{3,7})(?!\d)"),  # the same in fours
    re.compile(r"(?<!\d)(1[3-9]\d)([ -]?\d{4})([ -]?\d{4})(?!\d)"),  # mobile
)
HOUSE: Final = re.compile(
    r"[路街道巷弄村里苑园庄]\d{1,5}(?:号楼|号院|号|弄|栋|幢|座)"
    r"(?:\d{1,5}(?:号楼|号|栋|幢|座|单元|楼|层|室))*"
)  # 幸福路12号3单元501室


def mask_personal(text: str) -> str:
    """
    Identity card, bank card, mobile and house numbers with what tells them apart hidden.

    At the same length, so that whatever points into the text goes on pointing there.

        >>> mask_personal("电话13800001234，卡6222020000001234567")
        '电话138****1234，卡6222***********4567'
        >>> mask_personal("138 0000 1234，住幸福路12号3单元501室")
        '138 **** 1234，住幸福路**号*单元***室'
    """
    for pattern in NUMBERS:
        text = pattern.sub(lambda m: f"{m[1]}{_starred(m[2])}{m[3]}", text)
    return HOUSE.sub(lambda m: _starred(m[0]), text)


def _starred(text: str) -> str:
    return re.sub(r"\d", "*", text)


def mask_post(post: Post) -> Post:
    """
    A post with every text of its bundle masked.

    >>> mask_post(Post("tieba", "1", "", "我13800001234", tags=("求助",))).text
    '我138****1234'
    """
    hidden: dict[str, Any] = {}
    for field in FIELDS:
        value = getattr(post, field)
        masked = (
            mask_personal(value) if isinstance(value, str) else tuple(map(mask_personal, value))
        )
        hidden[field] = masked
    return replace(post, **hidden)


def personal_numbers(text: str) -> set[str]:
    """
    What `mask_personal` would hide of a text.

    >>> sorted(personal_numbers("电话13800001234，卡号 6222020000001234567"))
    ['13800001234', '6222020000001234567']
    """
    found = {match[0] for match in HOUSE.finditer(text)}
    for pattern in NUMBERS:
        found |= {match[0] for match in pattern.finditer(text)}
        text = pattern.sub(lambda m: "*" * len(m[0]), text)
    return found


HANDLES: Final = re.compile("[A-Za-z0-9_０-９Ａ-Ｚａ-ｚ①-⓿❶-➓-]{5,}")


def mask_handles(text: str) -> str:
    """
    Everything that may be a handle or a number hidden, where nobody has looked for contacts.

    >>> mask_handles("加薇demo_0088，逾期2年")
    '加薇de******8，逾期2年'
    """
    return HANDLES.sub(lambda found: mask_handle(found[0]), text)


def mask_name(name: str) -> str:
    """
    A display name of which only the ends are seen.

    >>> mask_name("不写代码的老周"), mask_name("小张"), mask_name("")
    ('不***周', '小*', '')
    """
    if len(name) < 3:
        return name[:1] + "*" * (len(name) > 1)
    return f"{name[0]}***{name[-1]}"


def mask_handle(value: str) -> str:
    """
    A way to reach somebody of which only the beginning and the end are seen, at the same length.

    >>> mask_handle("demo_0088"), mask_handle("加我"), mask_handle("")
    ('de******8', '**', '')
    """
    if len(value) < 5:
        return "*" * len(value)
    return f"{value[:2]}{'*' * (len(value) - 3)}{value[-1]}"
