"""Tell an address something, signed, and never an address of a private network by mistake."""

import hmac
import socket
import ssl
from collections.abc import Sequence
from hashlib import sha256
from http.client import HTTPConnection, HTTPException
from typing import Final
from urllib.parse import urlsplit

from lurewatch.errors import InputError
from lurewatch.outside import addresses_of, is_private

PATIENCE: Final = 10.0  # seconds a receiver may take for each of its steps
MOST: Final = 1 << 16  # bytes read of an answer


class UnreachableError(Exception):
    """The receiver was not told; its message says why."""


def checked_url(url: str, local: Sequence[str]) -> str:
    """
    An address that may be told: https, or http to one of *local*. Raises InputError.

    >>> checked_url("https://desk.example.com/hook", ())
    'https://desk.example.com/hook'
    """
    try:
        parts = urlsplit(url)
        known = any(urlsplit(one).netloc == parts.netloc for one in local)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise InputError(f"{url!r} is no address: {error}") from None
    if not host or parts.username or not url.isascii() or not url.isprintable() or " " in url:
        raise InputError(f"{url!r} is no address that can be told; write https://host/path")
    if not known and (parts.scheme != "https" or is_private(url, ())):
        raise InputError(
            f"{url}: only https to a public address; one of your own network needs to be named in"
            " LUREWATCH_WEBHOOK_LOCAL"
        )
    if parts.scheme not in ("http", "https"):
        raise InputError(f"{url}: write it with https://")
    return url


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """
    What the receiver works out too: HMAC-SHA-256 over the timestamp, a full stop and the body.

    >>> signature("secret", 1, b"{}")[:16]
    'v1=1122767b19311'
    """
    signed = f"{timestamp}.".encode() + body
    return f"v1={hmac.new(secret.encode(), signed, sha256).hexdigest()}"


def tell(
    url: str, secret: str, delivery: str, body: bytes, timestamp: int, local: Sequence[str]
) -> int:
    """
    Post a body; gives the status of the answer. Raises UnreachableError when there is none.

    A name of which any address is private is refused, and the address that was looked at is the one
    that is used. A redirect is an answer like any other and is not followed.
    """
    try:
        parts = urlsplit(checked_url(url, local))
    except InputError as error:
        raise UnreachableError(str(error)) from None
    host, secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    known = any(urlsplit(one).netloc == parts.netloc for one in local)
    try:
        first, *_ = addresses_of(host, port, private=known)
        line = socket.create_connection((first, port), PATIENCE)
        connection = HTTPConnection(host, port, timeout=PATIENCE)
        connection.sock = (
            ssl.create_default_context().wrap_socket(line, server_hostname=host) if secure else line
        )
        try:
            connection.request(
                "POST",
                f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}",
                body,
                {
                    "Content-Type": "application/json",
                    "User-Agent": "lurewatch",
                    "Lurewatch-Delivery": delivery,
                    "Lurewatch-Timestamp": str(timestamp),
                    "Lurewatch-Signature": signature(secret, timestamp, body),
                },
            )
            answer = connection.getresponse()
            answer.read(MOST)
            return answer.status
        finally:
            connection.close()
    except (OSError, HTTPException) as error:
        raise UnreachableError(str(error) or type(error).__name__) from None
