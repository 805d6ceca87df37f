"""Files sealed in chunks: whole, or noticed not to be."""

import io
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings

from lib.encryption import UnsealError
from lib.sealed_stream import CHUNK_BYTES, SealedWriter, TornFile, unsealed

HEADER = 28


def sealed(plain: bytes, *, at_once: int = 1_000_003) -> bytes:
    file = io.BytesIO()
    with SealedWriter(file) as writer:
        for start in range(0, len(plain), at_once):
            writer.write(plain[start : start + at_once])
    return file.getvalue()


def opened(text: bytes) -> bytes:
    return b"".join(unsealed(io.BytesIO(text)))


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, 2 * CHUNK_BYTES + 7])
def test_what_is_sealed_is_opened(size: int) -> None:
    plain = bytes(range(256)) * (size // 256 + 1)

    assert opened(sealed(plain[:size])) == plain[:size]


def test_nothing_shows_and_no_two_files_are_alike() -> None:
    first, second = sealed(b"Ana" * 50), sealed(b"Ana" * 50)

    assert b"Ana" not in first
    assert first[HEADER:] != second[HEADER:]


FRAME = 4 + CHUNK_BYTES + 16
THREE = 2 * CHUNK_BYTES + 7
DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut within a frame": lambda text: text[:-1],
    "cut between frames": lambda text: text[: HEADER + 2 * FRAME],
    "cut to its header": lambda text: text[:HEADER],
    "empty": lambda _: b"",
    "a byte changed": lambda text: text[:100] + bytes([text[100] ^ 1]) + text[101:],
    "the header changed": lambda text: text[:20] + bytes([text[20] ^ 1]) + text[21:],
    "frames exchanged": lambda text: (
        text[:HEADER]
        + text[HEADER + FRAME : HEADER + 2 * FRAME]
        + text[HEADER : HEADER + FRAME]
        + text[HEADER + 2 * FRAME :]
    ),
    "a frame missing": lambda text: text[:HEADER] + text[HEADER + FRAME :],
    "goes on": lambda text: text + b"x",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damage_is_noticed(damage: Callable[[bytes], bytes]) -> None:
    text = sealed(b"x" * THREE)

    with pytest.raises(TornFile):
        opened(damage(text))


def test_what_broke_off_while_it_was_written_is_not_whole() -> None:
    file = io.BytesIO()

    def break_off() -> None:
        with SealedWriter(file) as writer:
            writer.write(b"x" * THREE)
            raise ConnectionError

    with pytest.raises(ConnectionError):
        break_off()
    with pytest.raises(TornFile):
        opened(file.getvalue())


def test_keys_are_rotated_by_a_new_one_in_front(settings: Settings) -> None:
    old = settings.FIELD_ENCRYPTION_KEYS
    text = sealed(b"x")

    settings.FIELD_ENCRYPTION_KEYS = ["n" * 40, *old]
    assert opened(text) == b"x"
    settings.FIELD_ENCRYPTION_KEYS = ["n" * 40]
    with pytest.raises(UnsealError):
        opened(text)


def test_memory_is_constant(tmp_path: Path) -> None:
    path = tmp_path / "large"
    tracemalloc.start()
    try:
        with path.open("wb") as file, SealedWriter(file) as writer:
            for _ in range(48):
                writer.write(b"x" * CHUNK_BYTES)
        with path.open("rb") as whole:
            assert sum(len(chunk) for chunk in unsealed(whole)) == 48 * CHUNK_BYTES
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 12 * CHUNK_BYTES
