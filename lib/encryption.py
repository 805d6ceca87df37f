"""Sealing: AES-256-GCM with a key id in the token, so that keys can be rotated in place.

Token: version (1 byte), key id (4 bytes, derived from the key), nonce (12 bytes), ciphertext, tag.
The header and a *context* (which field, which chunk) are authenticated with the ciphertext: a token
moved to another place does not open there. The first of settings.FIELD_ENCRYPTION_KEYS seals, all
of them open. Nonces are random: change the key before 2**32 seals (NIST SP 800-38D, 8.3).
"""

import os
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

_VERSION = b"\x01"
_KEY_ID_BYTES = 4
_NONCE_BYTES = 12
_TAG_BYTES = 16
_HEADER_BYTES = len(_VERSION) + _KEY_ID_BYTES
#: What sealing adds to the plain bytes.
OVERHEAD_BYTES = _HEADER_BYTES + _NONCE_BYTES + _TAG_BYTES
_MIN_SECRET_CHARACTERS = 32


class UnsealError(Exception):
    """A token cannot be opened. `reason` is "form", "key" or "content"; never what is inside."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            {
                "form": "This is not a sealed value.",
                "key": "This value was sealed with a key that is not in FIELD_ENCRYPTION_KEYS.",
            }.get(reason, "This sealed value was changed, or belongs to another place.")
        )


@dataclass(frozen=True)
class _Key:
    id: bytes
    cipher: AESGCM = field(repr=False)


def seal(plain: bytes, *, context: str) -> bytes:
    """Encrypt `plain` for one place: `context` must be the same when it is opened."""
    key = _keyring(tuple(settings.FIELD_ENCRYPTION_KEYS))[0]
    header = _VERSION + key.id
    nonce = os.urandom(_NONCE_BYTES)
    return header + nonce + key.cipher.encrypt(nonce, plain, header + context.encode())


def unseal(token: bytes, *, context: str) -> bytes:
    """Return the plain bytes, or raise UnsealError (wrong form, unknown key, changed or moved)."""
    if len(token) < OVERHEAD_BYTES or token[:1] != _VERSION:
        raise UnsealError("form")
    header, rest = token[:_HEADER_BYTES], token[_HEADER_BYTES:]
    nonce, ciphertext = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
    keys = [k for k in _keyring(tuple(settings.FIELD_ENCRYPTION_KEYS)) if header.endswith(k.id)]
    if not keys:
        raise UnsealError("key")
    for key in keys:  # two keys with one id are improbable, not impossible
        try:
            return key.cipher.decrypt(nonce, ciphertext, header + context.encode())
        except InvalidTag:
            continue
    raise UnsealError("content")


def file_cipher(salt: bytes, *, key_id: bytes | None = None) -> tuple[bytes, AESGCM]:
    """Return a cipher for one file, with the id of the key that it comes from.

    A `salt` of its own gives each file a key of its own, so that its chunks may be counted for
    nonces. `key_id` None: of the key that seals. Raises UnsealError where the key is not there.
    """
    for secret in settings.FIELD_ENCRYPTION_KEYS:
        own = _derive(secret, purpose=b"key id", length=_KEY_ID_BYTES)
        if key_id in {None, own}:
            return own, AESGCM(_derive(secret, purpose=b"file/" + salt, length=32))
    raise UnsealError("key")


@lru_cache(maxsize=8)
def _keyring(secrets: tuple[str, ...]) -> tuple[_Key, ...]:
    if not secrets:
        raise ImproperlyConfigured("FIELD_ENCRYPTION_KEYS is empty.")
    if any(len(secret) < _MIN_SECRET_CHARACTERS for secret in secrets):
        raise ImproperlyConfigured(
            f"Each of FIELD_ENCRYPTION_KEYS needs at least {_MIN_SECRET_CHARACTERS} characters."
        )
    return tuple(
        _Key(
            id=_derive(secret, purpose=b"key id", length=_KEY_ID_BYTES),
            cipher=AESGCM(_derive(secret, purpose=b"AES-256-GCM", length=32)),
        )
        for secret in secrets
    )


def _derive(secret: str, *, purpose: bytes, length: int) -> bytes:
    info = b"apifonica-privacy/lib.encryption/1/" + purpose
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=info).derive(secret.encode())
