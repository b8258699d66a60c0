"""Have a time-stamping authority say when a package was there (RFC 3161), and check what it said."""

import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from cryptography.x509 import Certificate, load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from lurewatch.errors import InputError, LurewatchError

TOKEN: Final = "SHA256SUMS.tsr"
PATIENCE: Final = 30.0  # seconds
LARGEST: Final = 1 << 20  # bytes: an answer is a few thousand


class StampError(LurewatchError):
    """The authority gave no token that holds; the package stays without one and can be stamped later."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a token says."""

    at: datetime
    authority: str
    serial: int


def ask(authority: str, content: bytes) -> bytes:
    """The authority's token over *content*. Raises StampError when it gives none that fits."""
    request = TimestampRequestBuilder().data(content).hash_algorithm(HashAlgorithm.SHA256).build()
    asked = urllib.request.Request(  # an address that the operator set
        authority,
        data=request.as_bytes(),
        headers={"Content-Type": "application/timestamp-query"},
    )
    try:
        with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
            token: bytes = answer.read(LARGEST)
    except (OSError, ValueError, urllib.error.URLError) as error:
        raise StampError(f"{authority} gave no time stamp: {error}") from None
    found = _decoded(token)
    if found.tst_info.nonce != request.nonce:
        raise StampError(f"{authority} answered another request than ours")
    read(token, content)
    return token


def read(token: bytes, content: bytes) -> Stamp:
    """What a token says of *content*, whoever signed it. Raises StampError when it is not about it."""
    import hashlib

    info: Any = _decoded(token).tst_info
    if bytes(info.message_imprint.message) != hashlib.sha256(content).digest():
        raise StampError("the time stamp is about something else")
    named = getattr(info.name, "value", info.name)
    return Stamp(info.gen_time, str(named) if named else "unnamed", int(info.serial_number))


def holds(token: bytes, content: bytes, roots: list[Certificate]) -> str:
    """Why a token does not hold under the given roots; nothing when it does."""
    builder = VerifierBuilder()
    for root in roots:
        builder = builder.add_root_certificate(root)
    try:
        builder.build().verify_message(_decoded(token), content)
    except (VerificationError, StampError, ValueError) as error:
        return str(error)
    return ""


def roots_of(path: Path) -> list[Certificate]:
    """The certificates of a PEM file. Raises InputError."""
    try:
        found = load_pem_x509_certificates(path.read_bytes())
        if not found:
            raise ValueError("none is in it")
        return found
    except (OSError, ValueError) as error:
        raise InputError(f"{path} holds no certificates in PEM: {error}") from None


def _decoded(token: bytes) -> Any:
    try:
        found = decode_timestamp_response(token)
        _ = found.tst_info
    except ValueError as error:
        raise StampError(f"the answer is no time stamp: {error}") from None
    return found
