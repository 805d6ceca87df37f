from collections.abc import Callable

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from lib.encryption import OVERHEAD_BYTES, UnsealError, seal, unseal

OLD = "an old key that is long enough to be one"
NEW = "a new key that is long enough to be one, too"


@given(plain=st.binary(max_size=2000), context=st.text(max_size=40))
def test_unseal_returns_what_was_sealed(plain: bytes, context: str) -> None:
    token = seal(plain, context=context)

    assert unseal(token, context=context) == plain
    assert len(token) == len(plain) + OVERHEAD_BYTES


def test_seal_twice_gives_different_tokens() -> None:
    assert seal(b"Kadri", context="a") != seal(b"Kadri", context="a")


def test_token_begins_with_version_and_key_id(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    first, second = seal(b"", context="a"), seal(b"other", context="b")

    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    third = seal(b"", context="a")

    assert first[0] == 1
    assert first[1:5] == second[1:5]
    assert first[1:5] != third[1:5]


def test_unseal_in_another_context_is_refused() -> None:
    token = seal(b"Kadri", context="accounts.user.name")

    with pytest.raises(UnsealError) as refusal:
        unseal(token, context="accounts.user.email")

    assert refusal.value.reason == "content"
    assert "Kadri" not in str(refusal.value)


@pytest.mark.parametrize("position", [5, 16, 17, -1])
def test_unseal_of_a_changed_byte_is_refused(position: int) -> None:
    token = bytearray(seal(b"Kadri", context="a"))
    token[position] ^= 1

    with pytest.raises(UnsealError) as refusal:
        unseal(bytes(token), context="a")

    assert refusal.value.reason == "content"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda token: token[:0], "form"),
        (lambda token: token[: OVERHEAD_BYTES - 1], "form"),
        (lambda token: b"\x02" + token[1:], "form"),
        (lambda token: token[:1] + bytes(4) + token[5:], "key"),
    ],
)
def test_unseal_of_no_token_is_refused(change: Callable[[bytes], bytes], reason: str) -> None:
    with pytest.raises(UnsealError) as refusal:
        unseal(change(seal(b"Kadri", context="a")), context="a")

    assert refusal.value.reason == reason


def test_rotated_keys_first_seals_and_all_open(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    old_token = seal(b"Kadri", context="a")

    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    new_token = seal(b"Kadri", context="a")
    assert unseal(old_token, context="a") == b"Kadri"

    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert unseal(new_token, context="a") == b"Kadri"
    with pytest.raises(UnsealError) as refusal:
        unseal(old_token, context="a")
    assert refusal.value.reason == "key"


@pytest.mark.parametrize("keys", [[], ["short"], [NEW, "short"]])
def test_missing_or_short_keys_are_refused(settings: Settings, keys: list[str]) -> None:
    settings.FIELD_ENCRYPTION_KEYS = keys

    with pytest.raises(ImproperlyConfigured, match="FIELD_ENCRYPTION_KEYS") as refusal:
        seal(b"Kadri", context="a")

    assert "short" not in str(refusal.value).replace("at least", "")
