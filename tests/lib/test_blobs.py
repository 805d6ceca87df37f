import hashlib
import random
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO

import pytest
from django.db import IntegrityError, transaction

from lib.blobs import (
    CHUNK_BYTES,
    LONGEST_CHUNK_BYTES,
    Blob,
    BlobChunk,
    BlobDamaged,
    BlobNotWritable,
    BlobUnfinished,
    BlobWriter,
    ChunkTooLong,
    SequentialWriter,
    create_blob,
    delete_blob,
    open_blob,
    read_chunk,
)
from lib.encryption import UnsealError

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def noise(size: int, *, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)  # noqa: S311 (content, no secret)


def written(*chunks: bytes) -> Blob:
    blob = create_blob(kind="test", at=AT)
    writer = BlobWriter(blob)
    for chunk in chunks:
        writer.write_chunk(chunk, items=1)
    writer.close()
    return blob


@pytest.mark.parametrize(
    "size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES + 7]
)
def test_open_blob_gives_back_what_was_written(size: int) -> None:
    content = noise(size)
    blob = create_blob(kind="package", at=AT)

    writer = BlobWriter(blob)
    for start in range(0, size, 100_000):
        writer.write(content[start : start + 100_000])
    writer.close()

    chunks = list(open_blob(blob))
    assert b"".join(chunks) == content
    assert all(len(chunk) <= CHUNK_BYTES for chunk in chunks)
    assert (blob.size, blob.chunk_count) == (size, len(chunks))
    assert writer.sha256 == hashlib.sha256(content).hexdigest()
    assert blob.sealed_at is not None


def test_chunks_are_compressed_and_sealed_in_the_database() -> None:
    blob = written(b"kadri@example.ee " * 10_000)

    payload = bytes(BlobChunk.objects.get(blob=blob).payload)

    assert len(payload) < 2_000
    assert b"kadri" not in payload


def test_read_chunk_gives_one_chunk_with_its_items() -> None:
    blob = create_blob(kind="rows", at=AT)
    writer = BlobWriter(blob)
    writer.write(b"heading")
    assert writer.write_chunk(b"[1,2]", items=2) == 1
    assert writer.write_chunk(b"[3]", items=1) == 2
    writer.close()

    assert read_chunk(blob, 0) == b"heading"
    assert read_chunk(blob, 1) == b"[1,2]"
    assert read_chunk(blob, 2) == b"[3]"
    assert list(BlobChunk.objects.order_by("seq").values_list("items", flat=True)) == [0, 2, 1]


@pytest.mark.parametrize("seq", [-1, 2])
def test_read_chunk_past_the_end_is_refused(seq: int) -> None:
    blob = written(b"a", b"b")

    with pytest.raises(IndexError):
        read_chunk(blob, seq)


def test_write_chunk_too_long_is_refused() -> None:
    writer = BlobWriter(create_blob(kind="test", at=AT))

    with pytest.raises(ChunkTooLong):
        writer.write_chunk(bytes(LONGEST_CHUNK_BYTES + 1), items=1)


def test_unfinished_blob_is_not_readable_and_can_be_begun_again() -> None:
    blob = create_blob(kind="test", at=AT)
    BlobWriter(blob).write(noise(CHUNK_BYTES))

    with pytest.raises(BlobUnfinished):
        open_blob(blob)
    with pytest.raises(BlobUnfinished):
        read_chunk(blob, 0)
    with pytest.raises(BlobNotWritable):
        BlobWriter(blob)

    delete_blob(blob)
    assert not BlobChunk.objects.exists()
    again = create_blob(kind="test", at=AT)
    writer = BlobWriter(again)
    writer.write(b"whole")
    writer.close()
    assert b"".join(open_blob(again)) == b"whole"


def test_delete_blob_twice_is_harmless_and_leaves_others() -> None:
    blob, other = written(b"a"), written(b"b")

    delete_blob(blob)
    delete_blob(blob)

    assert list(Blob.objects.all()) == [other]
    assert b"".join(open_blob(other)) == b"b"


def test_closed_blob_takes_no_more() -> None:
    blob = create_blob(kind="test", at=AT)
    writer = BlobWriter(blob)
    writer.close()

    with pytest.raises(BlobNotWritable):
        writer.write_chunk(b"more", items=1)
    with pytest.raises(BlobNotWritable):
        writer.close()
    with pytest.raises(BlobNotWritable):
        BlobWriter(blob)
    assert list(open_blob(blob)) == []


def test_deleted_blob_takes_no_more() -> None:
    blob = create_blob(kind="test", at=AT)
    writer = BlobWriter(blob)
    delete_blob(blob)

    with pytest.raises(BlobNotWritable):
        writer.write_chunk(b"late", items=1)


def test_two_writers_never_mix() -> None:
    blob = create_blob(kind="test", at=AT)
    first, second = BlobWriter(blob), BlobWriter(blob)
    first.write_chunk(b"first", items=1)

    with pytest.raises(BlobNotWritable):
        second.write_chunk(b"second", items=1)

    first.close()
    assert b"".join(open_blob(blob)) == b"first"


def change_byte(blob: Blob) -> None:
    chunk = BlobChunk.objects.get(blob=blob, seq=1)
    payload = bytearray(bytes(chunk.payload))
    payload[len(payload) // 2] ^= 1
    BlobChunk.objects.filter(pk=chunk.pk).update(payload=bytes(payload))


def swap_chunks(blob: Blob) -> None:
    one, two = (bytes(BlobChunk.objects.get(blob=blob, seq=seq).payload) for seq in (0, 1))
    BlobChunk.objects.filter(blob=blob, seq=0).update(payload=two)
    BlobChunk.objects.filter(blob=blob, seq=1).update(payload=one)


def chunk_of_another(blob: Blob) -> None:
    stranger = bytes(BlobChunk.objects.get(blob=written(b"x", b"y"), seq=1).payload)
    BlobChunk.objects.filter(blob=blob, seq=1).update(payload=stranger)


def drop_a_chunk(blob: Blob) -> None:
    BlobChunk.objects.filter(blob=blob, seq=1).delete()


def cut_the_end(blob: Blob) -> None:
    BlobChunk.objects.filter(blob=blob, seq=2).delete()
    Blob.objects.filter(pk=blob.pk).update(size=2, chunk_count=2)


def closing_of_another(blob: Blob) -> None:
    Blob.objects.filter(pk=blob.pk).update(closing=written(b"a", b"b", b"c").closing)


@pytest.mark.parametrize(
    "tamper",
    [change_byte, swap_chunks, chunk_of_another, drop_a_chunk, cut_the_end, closing_of_another],
)
def test_tampering_is_noticed(tamper: Callable[[Blob], None]) -> None:
    blob = written(b"a", b"b", b"c")
    tamper(blob)

    with pytest.raises(UnsealError):
        list(open_blob(blob))


def test_content_shorter_than_sealed_is_noticed() -> None:
    blob = written(b"abc", b"de")
    Blob.objects.filter(pk=blob.pk).update(size=4)

    with pytest.raises(BlobDamaged):
        open_blob(blob)


def test_blob_and_chunk_name_themselves_without_content() -> None:
    blob = written(b"Kadri")

    assert str(blob) == f"test {blob.pk}"
    assert str(BlobChunk.objects.get()) == f"0 of {blob.pk}"


@pytest.mark.parametrize("broken", [{"sealed_at": AT}, {"closing": b"x"}, {"size": 3}])
def test_blob_half_sealed_is_refused_by_the_database(broken: dict[str, object]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Blob.objects.create(kind="test", created_at=AT, **broken)


def test_zipfile_streams_into_a_blob() -> None:
    entries = {"data.json": b'{"a": 1}' * 400_000, "noise.bin": noise(3_000_000), "empty.csv": b""}
    blob = create_blob(kind="package", at=AT)

    with (
        SequentialWriter(BlobWriter(blob)) as out,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name, content in entries.items():
            with archive.open(name, "w") as entry:
                for start in range(0, len(content), 65_536):
                    entry.write(content[start : start + 65_536])

    with zipfile.ZipFile(BytesIO(b"".join(open_blob(blob)))) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == entries
    assert out.tell() == blob.size


def test_sequential_writer_is_a_file_to_write_only() -> None:
    blob = create_blob(kind="test", at=AT)
    out = SequentialWriter(BlobWriter(blob))

    assert out.write(memoryview(b"abc")) == 3
    out.flush()
    assert (out.tell(), out.readable(), out.writable(), out.seekable()) == (3, False, True, False)
    out.close()
    out.close()
    assert b"".join(open_blob(blob)) == b"abc"
    with pytest.raises(ValueError, match="closed"):
        out.write(b"more")


def test_sequential_writer_left_by_an_error_seals_nothing() -> None:
    blob = create_blob(kind="test", at=AT)

    out = SequentialWriter(BlobWriter(blob))

    def write_half() -> None:
        with out:
            out.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()

    assert out.closed
    with pytest.raises(BlobUnfinished):
        open_blob(blob)


def test_memory_is_constant_in_both_directions() -> None:
    blob = create_blob(kind="test", at=AT)
    piece = noise(64 * 1024)
    tracemalloc.start()
    try:
        writer = BlobWriter(blob)
        for _ in range(256):  # 16 MiB
            writer.write(piece)
        writer.close()
        total = sum(len(chunk) for chunk in open_blob(blob))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert total == 16 * 1024 * 1024
    assert peak < 4 * 1024 * 1024
