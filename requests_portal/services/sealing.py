"""Lines as they come from a source, gathered into sealed chunks."""

from collections.abc import Callable

from datamap.domain.lines import Lines
from lib.blobs import BlobWriter
from requests_portal.domain.expiry import KeptRange
from requests_portal.queries import CHUNK_BYTES


class SealedLines:
    """Takes blocks of lines and stores them in chunks; `stored` is called after each chunk."""

    def __init__(self, writer: BlobWriter, *, kept: KeptRange, stored: Callable[[], None]) -> None:
        self.rows = 0
        self._writer = writer
        self._kept = kept
        self._stored = stored
        self._waiting: list[Lines] = []

    def take(self, lines: Lines) -> None:
        """Add a block."""
        self._kept.add(lines.anchors)
        self._waiting.append(lines)
        if sum(len(each.payload) for each in self._waiting) >= CHUNK_BYTES:
            self._store()

    def close(self) -> None:
        """Store the rest and seal the blob."""
        if self._waiting:
            self._store()
        self._writer.close()

    def _store(self) -> None:
        items = sum(each.rows for each in self._waiting)
        self._writer.write_chunk(b"".join(each.payload for each in self._waiting), items=items)
        self._waiting.clear()
        self.rows += items
        self._stored()
