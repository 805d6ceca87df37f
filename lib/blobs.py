"""Blobs: large content in the database, written and read in sealed chunks, memory constant.

Every chunk is compressed, then sealed for its blob and its place, so that none can be changed,
moved or exchanged; closing the blob seals its length, so that none can be dropped. A blob whose
writer was killed has no `sealed_at`: delete it and begin a new one.
"""

import hashlib
import uuid
import zlib
from collections.abc import Iterator
from datetime import datetime
from types import TracebackType
from typing import Self

from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.db.models.functions import Now

from lib.encryption import UnsealError, seal, unseal

#: `BlobWriter.write` cuts at this many plain bytes; aim for it in `write_chunk` too.
CHUNK_BYTES = 256 * 1024
#: One chunk is held in memory as a whole, so even a single huge row has a limit.
LONGEST_CHUNK_BYTES = 64 * 1024 * 1024
_COMPRESSION = 1  # rows shrink to a fifth; the strongest is a sixth and costs thrice the time


class BlobDamaged(UnsealError):
    """A chunk is missing, or the length is not the one it was closed with."""

    def __init__(self) -> None:
        super().__init__("content")


class BlobUnfinished(Exception):
    """The blob was never closed: its writer is still at work or was killed."""


class BlobNotWritable(Exception):
    """The blob is closed, deleted, or another writer began it: begin a new one."""


class ChunkTooLong(ValueError):
    """A single chunk is longer than LONGEST_CHUNK_BYTES."""


class Blob(models.Model):
    """Content under a random id. `size` counts plain bytes and is true once `sealed_at` is set."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=32)
    created_at = models.DateTimeField()
    size = models.PositiveBigIntegerField(default=0)
    chunk_count = models.PositiveIntegerField(default=0)
    #: Size and number of chunks once more, under a seal.
    closing = models.BinaryField(null=True, blank=True)
    sealed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="blob_sealed_has_closing",
                condition=Q(sealed_at__isnull=False, closing__isnull=False)
                | Q(sealed_at__isnull=True, closing__isnull=True, size=0, chunk_count=0),
            ),
        ]
        indexes = [
            # for the sweep of blobs whose writer was killed
            models.Index(
                fields=["created_at"], name="blob_unfinished", condition=Q(sealed_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class BlobChunk(models.Model):
    """One sealed piece; `items` is the writer's own count of what it holds (rows, say)."""

    blob = models.ForeignKey(Blob, on_delete=models.CASCADE, related_name="chunks")
    seq = models.PositiveIntegerField()
    items = models.PositiveIntegerField(default=0)
    payload = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["blob", "seq"], name="blobchunk_once_per_place"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} of {self.blob_id}"


def create_blob(*, kind: str, at: datetime) -> Blob:
    """Begin an empty blob; hand it to a BlobWriter."""
    return Blob.objects.create(kind=kind, created_at=at)


def delete_blob(blob: Blob) -> None:
    """Remove the blob, finished or not, and its chunks; doing it twice is harmless."""
    with transaction.atomic():
        BlobChunk.objects.filter(blob_id=blob.pk).delete()
        Blob.objects.filter(pk=blob.pk).delete()


class BlobWriter:
    """Appends to a new blob. Each chunk is one INSERT, committed with the caller's transaction.

    Raises BlobNotWritable for a blob that is closed, deleted, or holds another writer's chunks.
    """

    def __init__(self, blob: Blob) -> None:
        self.blob = blob
        self.size = 0
        self._buffer = bytearray()
        self._seq = 0
        self._digest = hashlib.sha256()
        if blob.sealed_at is not None or BlobChunk.objects.filter(blob_id=blob.pk).exists():
            raise BlobNotWritable(str(blob.pk))

    @property
    def sha256(self) -> str:
        """Hexadecimal digest of all plain bytes written so far."""
        return self._digest.hexdigest()

    def write(self, data: bytes) -> None:
        """Append bytes; chunks of CHUNK_BYTES are stored as they fill."""
        self._buffer += data
        while len(self._buffer) >= CHUNK_BYTES:
            self._store(bytes(self._buffer[:CHUNK_BYTES]), items=0)
            del self._buffer[:CHUNK_BYTES]

    def write_chunk(self, data: bytes, *, items: int) -> int:
        """Store `data` as one chunk that `read_chunk` gives back whole; return its seq (from 0)."""
        if len(data) > LONGEST_CHUNK_BYTES:
            raise ChunkTooLong(f"{len(data)} bytes; at most {LONGEST_CHUNK_BYTES} fit.")
        self._store_buffer()
        self._store(data, items=items)
        return self._seq - 1

    def close(self) -> None:
        """Store the rest and seal the blob. Only a closed blob can be read."""
        self._store_buffer()
        changes = {
            "size": self.size,
            "chunk_count": self._seq,
            "closing": _closing(self.blob.pk, size=self.size, chunk_count=self._seq),
        }
        unfinished = Blob.objects.filter(pk=self.blob.pk, sealed_at__isnull=True)
        if not unfinished.update(sealed_at=Now(), **changes):
            raise BlobNotWritable(str(self.blob.pk))
        self.blob.refresh_from_db()

    def _store_buffer(self) -> None:
        if self._buffer:
            self._store(bytes(self._buffer), items=0)
            self._buffer.clear()

    def _store(self, data: bytes, *, items: int) -> None:
        payload = seal(
            zlib.compress(data, _COMPRESSION), context=_chunk_context(self.blob.pk, self._seq)
        )
        try:
            with transaction.atomic():
                # The savepoint ends here, so a missing blob must show here and not at commit.
                Blob.objects.select_for_update(no_key=True).get(
                    pk=self.blob.pk, sealed_at__isnull=True
                )
                BlobChunk.objects.create(
                    blob_id=self.blob.pk, seq=self._seq, items=items, payload=payload
                )
        except (IntegrityError, Blob.DoesNotExist) as error:
            raise BlobNotWritable(str(self.blob.pk)) from error
        self._seq += 1
        self.size += len(data)
        self._digest.update(data)


class SequentialWriter:
    """A file to write from front to end, over a BlobWriter: `zipfile.ZipFile` streams into it.

    Closing it seals the blob. Left by an exception (`with`) or forgotten, it does not: what is
    half written must never look whole.
    """

    def __init__(self, writer: BlobWriter) -> None:
        self.writer = writer
        self.closed = False
        self._position = 0

    def write(self, data: bytes | memoryview) -> int:
        if self.closed:
            raise ValueError("This writer is closed.")
        written = len(memoryview(data).cast("B"))
        self.writer.write(bytes(data))
        self._position += written
        return written

    def tell(self) -> int:
        return self._position

    def flush(self) -> None:
        """Keep the unfinished chunk in memory: a chunk cannot be stored in part."""

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def close(self) -> None:
        if not self.closed:
            self.writer.close()
            self.closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error_type is None:
            self.close()
        self.closed = True


def open_blob(blob: Blob) -> Iterator[bytes]:
    """Return the content chunk by chunk, one query each: no transaction is held by a slow reader.

    Raises BlobUnfinished at once; BlobDamaged or UnsealError where a chunk is damaged.
    """
    return _chunks(_finished(blob))


def read_chunk(blob: Blob, seq: int) -> bytes:
    """Return one chunk of a closed blob, counted from 0; IndexError past the end, else as above."""
    current = _finished(blob)
    if not 0 <= seq < current.chunk_count:
        raise IndexError(seq)
    return _read(current.pk, seq)


def _finished(blob: Blob) -> Blob:
    current = Blob.objects.get(pk=blob.pk)
    if current.sealed_at is None or current.closing is None:
        raise BlobUnfinished(str(blob.pk))
    stated = f"{current.size} {current.chunk_count}".encode()
    if unseal(bytes(current.closing), context=_closing_context(blob.pk)) != stated:
        raise BlobDamaged
    return current


def _chunks(finished: Blob) -> Iterator[bytes]:
    for seq in range(finished.chunk_count):
        yield _read(finished.pk, seq)


def _read(blob_id: uuid.UUID, seq: int) -> bytes:
    payload = BlobChunk.objects.filter(blob_id=blob_id, seq=seq).values_list("payload").first()
    if payload is None:
        raise BlobDamaged
    return zlib.decompress(unseal(bytes(payload[0]), context=_chunk_context(blob_id, seq)))


def _closing(blob_id: uuid.UUID, *, size: int, chunk_count: int) -> bytes:
    return seal(f"{size} {chunk_count}".encode(), context=_closing_context(blob_id))


def _chunk_context(blob_id: uuid.UUID, seq: int) -> str:
    return f"lib.blob:{blob_id}:{seq}"


def _closing_context(blob_id: uuid.UUID) -> str:
    return f"lib.blob:{blob_id}:closing"
