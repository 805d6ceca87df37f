"""Signing certificates and checking them (Ed25519, RFC 8032). Pure.

A file is `{"certificate": …, "signature": {"algorithm", "key", "public_key", "value"}}`. The key
in it only says which one it was: trusted is what the reader got from elsewhere.
"""

import hashlib
import json
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from lib.refusals import Refusal
from retention.domain.certificates import KIND, VERSION, Content, canonical

ALGORITHM: Final = "Ed25519"
_SEED_CONTEXT: Final = b"apifonica-privacy purge certificates 1\0"
_PUBLIC_BYTES: Final = 32
_KEY_ID_CHARACTERS: Final = 16


class NotCertified(Refusal):
    """The file is no certificate, was altered, or was signed with a key that is not trusted."""


class BadKey(Refusal):
    """The text is no public key."""


@dataclass(frozen=True)
class SigningKey:
    """A key made from a secret of any form; the same secret makes the same key."""

    secret: str

    @property
    def public(self) -> str:
        """Return the public key: 32 bytes in Base64."""
        return b64encode(self._private.public_key().public_bytes_raw()).decode()

    def sign(self, content: Content) -> str:
        """Return the whole file as text: the content and its signature."""
        value = self._private.sign(canonical(content))
        signature = {
            "algorithm": ALGORITHM,
            "key": key_id(self.public),
            "public_key": self.public,
            "value": b64encode(value).decode(),
        }
        signed = {"certificate": content, "signature": signature}
        return json.dumps(signed, indent=2, ensure_ascii=False) + "\n"

    @property
    def _private(self) -> Ed25519PrivateKey:
        seed = hashlib.sha256(_SEED_CONTEXT + self.secret.encode()).digest()
        return Ed25519PrivateKey.from_private_bytes(seed)


def key_id(public: str) -> str:
    """Return the short name of a public key, to be read out on the phone. Raises BadKey."""
    return hashlib.sha256(_public_bytes(public)).hexdigest()[:_KEY_ID_CHARACTERS]


def verified(text: str | bytes, *, trusted: Sequence[str]) -> Content:
    """Return the content of a file that was signed with one of the `trusted` public keys.

    Raises NotCertified with one sentence that says what is wrong; BadKey for a key that is none.
    """
    content, signature = _parts(text)
    known = {key_id(public): public for public in trusted}
    named = str(signature.get("key"))
    if named not in known:
        keys = ", ".join(known) or "none"
        raise NotCertified(
            f"It was signed with the key {_shown(named)}, which is not trusted. Trusted: {keys}."
        )
    try:
        value = b64decode(str(signature.get("value")), validate=True)
        key = Ed25519PublicKey.from_public_bytes(_public_bytes(known[named]))
        key.verify(value, canonical(content))
    except (InvalidSignature, Base64Error):
        raise NotCertified("It was altered: the signature does not fit the content.") from None
    return content


def _parts(text: str | bytes) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    no_certificate = NotCertified("It is no certificate of a purge.")
    try:
        signed = json.loads(text, object_pairs_hook=_each_once)
    except (ValueError, RecursionError):
        raise no_certificate from None
    if not isinstance(signed, dict) or set(signed) != {"certificate", "signature"}:
        raise no_certificate
    content, signature = signed["certificate"], signed["signature"]
    if not isinstance(content, dict) or not isinstance(signature, dict):
        raise no_certificate
    if content.get("kind") != KIND or signature.get("algorithm") != ALGORITHM:
        raise no_certificate
    if content.get("version") != VERSION:
        raise NotCertified("It is of a version that this program does not know. Use a newer one.")
    return content, signature


def _each_once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a name that stands twice: two readers could take it for different things."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _public_bytes(public: str) -> bytes:
    try:
        found = b64decode(public.strip(), validate=True)
    except (ValueError, Base64Error):
        found = b""
    if len(found) != _PUBLIC_BYTES:
        raise BadKey("A public key is 32 bytes in Base64: 44 characters.")
    return found


def _shown(name: str) -> str:
    return name if len(name) == _KEY_ID_CHARACTERS and name.isalnum() else "of another kind"
