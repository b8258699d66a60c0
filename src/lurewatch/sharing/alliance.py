"""The list of keyed hashes that members of an alliance compare their own contacts with."""

import csv
import hmac
import io
import re
import unicodedata
from base64 import urlsafe_b64decode
from binascii import Error as Base64Error
from collections.abc import Sequence
from datetime import date, timedelta
from hashlib import sha256
from typing import Final

from lurewatch.config import Secrets, Settings
from lurewatch.dates import CHINA
from lurewatch.errors import SettingsError
from lurewatch.finding import Finding
from lurewatch.sharing.facts import observables
from lurewatch.store.approvals import Approval

KINDS: Final = (
    "wechat",
    "qq",
    "group",
    "phone",
    "email",
)  # an address is no secret: STIX has those
COLUMNS: Final = ("kind", "hash", "first_seen", "last_seen", "findings")
VALID: Final = timedelta(days=180)
NAME: Final = "LUREWATCH_ALLIANCE_KEY"


def read_key(settings: Settings, secrets: Secrets) -> bytes:
    """The alliance's key. Raises SettingsError where there is none, or where it is one of our own."""
    if not settings.alliance_key:
        raise SettingsError(
            f"{NAME} is not set: the key that the alliance agreed on, 32 bytes in base64url, or"
            f" {NAME}_FILE, a file with it; a new one: openssl rand -base64 32 | tr '+/' '-_'"
        )
    key = _decoded(settings.alliance_key)
    if len(key) != 32:
        raise SettingsError(f"{NAME} must be 32 bytes in base64url")
    if key in [_decoded(one) for one in (secrets.data_key, secrets.hash_key)]:
        raise SettingsError(
            f"{NAME} is a key of this installation's store; it never leaves the house"
        )
    return key


def _decoded(written: str) -> bytes:
    try:
        return urlsafe_b64decode(written)
    except (Base64Error, ValueError):
        return b""


def plainest(kind: str, value: str) -> str:
    """
    A contact as all members write it before they hash it.

    >>> plainest("wechat", "Demo_００88 "), plainest("phone", "139-0000 0088"), plainest("phone", "+86 13900000088")
    ('demo_0088', '13900000088', '13900000088')
    """
    text = "".join(unicodedata.normalize("NFKC", value).casefold().split())
    if kind in ("phone", "qq", "group"):
        text = re.sub(r"[^0-9+]", "", text)
        text = re.sub(r"^(?:\+86|0086)", "", text)
    return text


def keyed(key: bytes, kind: str, value: str) -> str:
    """
    HMAC-SHA-256 of `kind:contact`, in hex.

    >>> keyed(b"k" * 32, "wechat", "Demo_0088") == keyed(b"k" * 32, "wechat", "demo_0088")
    True
    """
    return hmac.new(
        key, f"{kind}:{plainest(kind, value)}".encode("utf-8", "replace"), sha256
    ).hexdigest()


def key_print(key: bytes) -> str:
    """By what members see that they hold the same key: it tells nothing of the key itself."""
    return hmac.new(key, b"lurewatch alliance key", sha256).hexdigest()[:8]


def rows_of(findings: Sequence[Finding], key: bytes) -> list[tuple[str, ...]]:
    """A row for each contact, ordered by hash, which tells nothing of when it was found."""
    carriers: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        for kind, digest in dict.fromkeys(
            (one.kind, keyed(key, one.kind, one.value))
            for one in observables(finding)
            if one.kind in KINDS
        ):
            carriers.setdefault((kind, digest), []).append(finding)
    return [
        (
            kind,
            digest,
            f"{min(one.first_seen for one in carried).astimezone(CHINA):%Y-%m-%d}",
            f"{max(one.last_seen for one in carried).astimezone(CHINA):%Y-%m-%d}",
            str(len(carried)),
        )
        for (kind, digest), carried in sorted(carriers.items())
    ]


def written(
    rows: Sequence[tuple[str, ...]], key: bytes, name: str, approval: Approval, today: date
) -> bytes:
    """The list as CSV; its first lines say what it is, and that it is no anonymous data."""
    head = (
        "本文件为联系方式的带密钥哈希（HMAC-SHA-256），不是匿名数据：持有密钥者可以逐个尝试手机号码等还原联系方式。",
        "Keyed hashes of contacts (HMAC-SHA-256). Not anonymous: whoever holds the key can try phone numbers.",
        "仅限联盟成员比对，不得还原、转交或用于其他目的。 Compare only; do not reverse, pass on, or use otherwise.",
        "hash = HMAC-SHA-256(key, kind + ':' + contact)；contact: NFKC, lower case, no blanks; of phone, qq, group the digits, without +86.",
        f"提供方 from {name}；密钥指纹 key {key_print(key)}；{today}；有效期至 valid until {today + VALID}",
        f"法务批准 approved by {approval.counsel}, {approval.approved_on}, {approval.document}",
        "新名单整体替代旧名单，不在新名单上的即为撤回。 A newer list replaces this one; what it lacks is withdrawn.",
    )
    text = io.StringIO()
    text.writelines(f"# {' '.join(line.split())}\r\n" for line in head)
    csv.writer(text).writerows([COLUMNS, *rows])
    return text.getvalue().encode("utf-8-sig")
