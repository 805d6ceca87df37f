"""Keyed hashes: find a row by an identifier without keeping the identifier in the clear."""

import hashlib
import hmac

from django.conf import settings


def keyed_hash(value: str, *, purpose: str) -> bytes:
    """Return HMAC-SHA256 of `value` (32 bytes) under a key of its own for each `purpose`.

    The same address hashed for two purposes cannot be matched by who holds both tables but not
    the key. Normalise the value first: the hash knows no "almost equal".
    """
    key = settings.LOOKUP_HASH_KEY.encode()
    purpose_key = hmac.digest(key, b"purpose:" + purpose.encode(), hashlib.sha256)
    return hmac.digest(purpose_key, value.encode(), hashlib.sha256)
