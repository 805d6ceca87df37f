"""Uploads: told by their content, refused in a sentence, sealed in chunks."""

import io
import struct
import zlib
from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pytest_django import Settings

from lib.blobs import Blob, BlobChunk, open_blob
from requests_portal.domain.files import (
    LOOKED_AT,
    FileEmpty,
    FileKind,
    FileNameLies,
    FileNotAccepted,
    FileTooLarge,
    clean_name,
    recognise,
)
from requests_portal.services.files import ATTACHMENTS, SCANS, check_upload, store_upload

NOW = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)
PDF = b"%PDF-1.7\n" + b"0" * 3000 + b"\n%%EOF\n"


def picture(form: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 40), "teal").save(out, form)
    return out.getvalue()


FILES = {
    FileKind.PDF: PDF,
    FileKind.JPEG: picture("JPEG"),
    FileKind.PNG: picture("PNG"),
    FileKind.TEXT: "Tere, õhtu!\r\nJärgmine rida".encode(),
}


def upload(content: bytes, name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="application/pdf")


@pytest.mark.parametrize("kind", FileKind)
def test_a_file_is_told_by_its_content(kind: FileKind) -> None:
    content = FILES[kind]
    assert recognise(content[:LOOKED_AT], content[-LOOKED_AT:]) is kind


@pytest.mark.parametrize("behind", [b"", b"\x00" * 2000, b"SEFT" + bytes(300), b"\xff\xd9mp4"])
def test_a_photo_of_a_phone_may_go_on_behind_the_picture(behind: bytes) -> None:
    content = FILES[FileKind.JPEG].removesuffix(b"\xff\xd9") + behind
    checked = check_upload(upload(content, "IMG_1.jpg"), accepted=SCANS, most_megabytes=1)
    assert checked.kind is FileKind.JPEG


@pytest.mark.parametrize(
    ("name", "content", "refusal"),
    [
        ("proof.pdf", b"<html><script>alert(1)</script></html>", FileNameLies),
        ("proof.pdf", FILES[FileKind.PNG], FileNameLies),
        ("proof.png", PDF, FileNameLies),
        ("proof.jpg", b"\xff\xd8\xff\x00" + b"\x00" * 90, FileNameLies),
        ("proof.pdf", PDF[:200], FileNameLies),  # cut off: no end
        ("proof.exe", b"MZ\x90\x00" + b"\x00" * 90, FileNotAccepted),
        ("proof.zip", b"PK\x03\x04" + b"\x00" * 90, FileNotAccepted),
        ("letter.txt", b"plain words", FileNotAccepted),  # no scan
        ("proof.pdf", b"", FileEmpty),
        ("proof.pdf", PDF + b"0" * 1024 * 1024, FileTooLarge),
    ],
)
def test_what_is_not_taken_is_refused(name: str, content: bytes, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        check_upload(upload(content, name), accepted=SCANS, most_megabytes=1)


def test_a_long_text_is_a_text_wherever_it_is_cut() -> None:
    for shift in range(4):
        content = b"x" * shift + "ž".encode() * 2000
        checked = check_upload(upload(content, "a.txt"), accepted=ATTACHMENTS, most_megabytes=1)
        assert checked.kind is FileKind.TEXT


@given(st.binary(max_size=200))
def test_random_bytes_are_hardly_ever_something(content: bytes) -> None:
    kind = recognise(content[:LOOKED_AT], content[-LOOKED_AT:])
    assert kind is None or (kind is FileKind.TEXT and content.decode() is not None)


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ana\\passport.pdf", "passport.pdf"),
        ("a\r\nb.pdf", "ab.pdf"),
        ("", "file"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ],
)
def test_names_are_cleaned(given_name: str, kept: str) -> None:
    assert clean_name(given_name) == kept


def test_what_is_kept_is_sealed_and_whole(db: None) -> None:
    content = PDF + struct.pack(">I", zlib.crc32(PDF)) * 100_000 + b"%%EOF"
    given_file = upload(content, "scan.pdf")
    checked = check_upload(given_file, accepted=SCANS, most_megabytes=2)
    stored = store_upload(given_file, checked, blob_kind="scan", at=NOW)
    assert b"".join(open_blob(stored.blob)) == content
    assert Blob.objects.get().kind == "scan"
    assert not any(b"%PDF" in bytes(one.payload) for one in BlobChunk.objects.all())


@pytest.mark.parametrize(("path", "most"), [("/en/", 60), ("/desk/", 512)])
def test_what_is_too_large_is_refused_unread(client: Client, path: str, most: int) -> None:
    response = client.generic(
        "POST", path, b"", CONTENT_LENGTH=str(2 * 1024**3), content_type="multipart/form-data"
    )
    assert response.status_code == 413
    assert f"No more than {most} MB" in response.content.decode()


@pytest.mark.django_db
def test_limit_is_a_setting(client: Client, settings: Settings) -> None:
    settings.UPLOAD_MOST_MEGABYTES = 3000
    response = client.generic("POST", "/en/", b"", CONTENT_LENGTH=str(2 * 1024**3))
    assert response.status_code != 413
