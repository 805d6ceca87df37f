import hashlib

from pytest_django.fixtures import Settings

from lib.keyed_hash import keyed_hash


def test_keyed_hash_is_the_same_for_the_same_value() -> None:
    first = keyed_hash("kadri@example.ee", purpose="case.email")

    assert first == keyed_hash("kadri@example.ee", purpose="case.email")
    assert len(first) == 32


def test_keyed_hash_differs_by_value_purpose_and_key(settings: Settings) -> None:
    first = keyed_hash("kadri@example.ee", purpose="case.email")

    assert keyed_hash("mari@example.ee", purpose="case.email") != first
    assert keyed_hash("kadri@example.ee", purpose="consent.email") != first
    assert hashlib.sha256(b"kadri@example.ee").digest() != first
    settings.LOOKUP_HASH_KEY = "another key"
    assert keyed_hash("kadri@example.ee", purpose="case.email") != first
