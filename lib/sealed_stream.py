"""Files sealed in chunks, written and read in constant memory: AES-256-GCM, one key for each file.

After a header (mark, key id, salt) come frames: four bytes of length, the highest bit set for the
last one, and the sealed chunk. The nonce counts the frames and says which is the last; the header
is authenticated with each. So a frame that is changed, moved, missing or added is noticed, and a
file without its last frame is no file.
"""

import os
import struct
from collections.abc import Iterator
from typing import IO, Self

from cryptography.exceptions import InvalidTag

from lib.encryption import file_cipher

CHUNK_BYTES = 1024 * 1024
_MARK = b"APSEAL1\n"
_KEY_ID_BYTES = 4
_SALT_BYTES = 16
_HEADER_BYTES = len(_MARK) + _KEY_ID_BYTES + _SALT_BYTES
_LAST = 1 << 31


class TornFile(Exception):
    """The file is not what was sealed: it is cut, changed, or of another kind."""


class SealedWriter:
    """Seals what is written to it into `file`. Whole only once it was closed by `with`."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        salt = os.urandom(_SALT_BYTES)
        key_id, self._cipher = file_cipher(salt)
        self._header = _MARK + key_id + salt
        self._frames = 0
        self._waiting = bytearray()
        file.write(self._header)

    def write(self, plain: bytes) -> None:
        """Add bytes, any number at a time."""
        self._waiting += plain
        while len(self._waiting) > CHUNK_BYTES:
            self._seal(bytes(self._waiting[:CHUNK_BYTES]), is_last=False)
            del self._waiting[:CHUNK_BYTES]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:  # what broke off must not look whole
            self._seal(bytes(self._waiting), is_last=True)

    def _seal(self, plain: bytes, *, is_last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._frames, is_last), plain, self._header)
        self._file.write(struct.pack(">I", len(sealed) | (_LAST if is_last else 0)) + sealed)
        self._frames += 1


def unsealed(file: IO[bytes]) -> Iterator[bytes]:
    """Yield what was sealed, chunk by chunk. Raises TornFile, and UnsealError for its key.

    Each chunk is authentic, but only the end of the iteration says that all of them were there.
    """
    header = file.read(_HEADER_BYTES)
    if len(header) != _HEADER_BYTES or not header.startswith(_MARK):
        raise TornFile("This is no sealed file.")
    key_id = header[len(_MARK) : len(_MARK) + _KEY_ID_BYTES]
    _, cipher = file_cipher(header[-_SALT_BYTES:], key_id=key_id)
    frame, is_last = 0, False
    while not is_last:
        size, is_last = _frame_size(file.read(4))
        sealed = file.read(size)
        if len(sealed) != size:
            raise TornFile("The file is cut.")
        try:
            yield cipher.decrypt(_nonce(frame, is_last), sealed, header)
        except InvalidTag:
            raise TornFile("The file was changed.") from None
        frame += 1
    if file.read(1):
        raise TornFile("The file goes on behind its end.")


def _frame_size(prefix: bytes) -> tuple[int, bool]:
    if len(prefix) != struct.calcsize(">I"):
        raise TornFile("The file is cut.")
    (number,) = struct.unpack(">I", prefix)
    return number & ~_LAST, bool(number & _LAST)


def _nonce(frame: int, is_last: bool) -> bytes:  # noqa: FBT001 (private)
    return struct.pack(">QxxxB", frame, is_last)
