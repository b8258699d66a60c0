"""Seal personal data, and hash it with a key so that equal values can be linked unread."""

import hashlib
import hmac
import os
import zlib
from base64 import urlsafe_b64decode
from binascii import Error as Base64Error

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lurewatch.errors import SettingsError, StoreError

NONCE = 12  # bytes, as AES-GCM wants it


class Vault:
    """
    AES-GCM over compressed bytes, and HMAC-SHA-256.

    >>> vault = Vault("A" * 43 + "=", "B" * 43 + "=")
    >>> vault.open(vault.seal(b"secret")), vault.keyed_hash("x") == vault.keyed_hash("x")
    (b'secret', True)
    """

    def __init__(self, data_key: str, hash_key: str) -> None:
        self._cipher = AESGCM(_key(data_key, "data_key"))
        self._hash_key = _key(hash_key, "hash_key")

    def seal(self, plain: bytes) -> bytes:
        """Compressed and encrypted; the nonce comes first."""
        nonce = os.urandom(NONCE)
        return nonce + self._cipher.encrypt(nonce, zlib.compress(plain, 6), None)

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
        return hmac.new(
            self._hash_key, value.encode("utf-8", "surrogatepass"), hashlib.sha256
        ).hexdigest()


def _key(written: str, name: str) -> bytes:
    try:
        key = urlsafe_b64decode(written)
    except (Base64Error, ValueError):
        key = b""
    if len(key) != 32:
        raise SettingsError(f"{name} must be 32 bytes in base64url; see the secrets file")
    return key
