"""Seal personal data, and hash it with a key so that equal values can be linked unread."""

import hashlib
import os
import zlib
from base64 import urlsafe_b64decode
from binascii import Error as Base64Error

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lurewatch.errors import SettingsError, StoreError

NONCE = 12  # bytes, as AES-GCM wants it
SMALL = 1 << 12  # bytes: the window of 12 bits


class Vault:
    """
    AES-GCM over compressed bytes, and HMAC-SHA-256.

    >>> vault = Vault("A" * 43 + "=", "B" * 43 + "=")
    >>> vault.open(vault.seal(b"secret")), vault.keyed_hash("x") == vault.keyed_hash("x")
    (b'secret', True)
    """

    def __init__(self, data_key: str, hash_key: str) -> None:
        self._cipher = AESGCM(_key(data_key, "data_key"))
        secret = _key(hash_key, "hash_key").ljust(64, b"\0")  # the block of SHA-256
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in secret))  # HMAC, RFC 2104, of
        self._outer = hashlib.sha256(
            bytes(byte ^ 0x5C for byte in secret)
        )  # which each value begins

    def seal(self, plain: bytes) -> bytes:
        """Compressed and encrypted; the nonce comes first."""
        nonce = os.urandom(NONCE)
        return nonce + self._cipher.encrypt(nonce, compressed(plain), None)

    def open(self, sealed: bytes) -> bytes:
        """What was sealed. Raises StoreError when the key is another one."""
        try:
            return zlib.decompress(self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], None))
        except InvalidTag:
            raise StoreError(
                "what is sealed in the store was sealed with another data key; put back the"
                " secrets file (or LUREWATCH_DATA_KEY) that belongs to this database"
            ) from None

    def keyed_hash(self, value: str) -> str:
        """64 hex digits; the same value gives the same hash in this installation only."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(value.encode("utf-8", "surrogatepass"))
        outer.update(inner.digest())
        return outer.hexdigest()


def compressed(plain: bytes) -> bytes:
    """
    As zlib writes it. What is small, as nearly everything here, is packed with a small window.

    zlib clears its window first, which for a post takes longer than packing it.
    """
    if len(plain) > SMALL:
        return zlib.compress(plain, 6)
    packer = zlib.compressobj(6, zlib.DEFLATED, wbits=12, memLevel=5)
    return packer.compress(plain) + packer.flush()


def _key(written: str, name: str) -> bytes:
    try:
        key = urlsafe_b64decode(written)
    except (Base64Error, ValueError):
        key = b""
    if len(key) != 32:
        raise SettingsError(f"{name} must be 32 bytes in base64url; see the secrets file")
    return key
