"""Hide what identifies a person who is not the one reported."""

import re
from typing import Final

NUMBERS: Final = (
    re.compile(r"(?<!\d)(\d{6})(\d{8})(\d{3}[\dXx])(?![\dXx])"),  # identity card
    re.compile(r"(?<!\d)(\d{4})(\d{8,11})(\d{4})(?!\d)"),  # bank card
    re.compile(r"(?<!\d)(1[3-9]\d)(\d{4})(\d{4})(?!\d)"),  # mobile
)


def mask_personal(text: str) -> str:
    """
    Identity card, bank card and mobile numbers with their middle hidden, at the same length.

        >>> mask_personal("电话13800001234，卡6222020000001234567")
        '电话138****1234，卡6222***********4567'
    """
    for pattern in NUMBERS:
        text = pattern.sub(lambda m: f"{m[1]}{'*' * len(m[2])}{m[3]}", text)
    return text


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
