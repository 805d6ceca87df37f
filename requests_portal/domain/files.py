"""What an uploaded file is, told from its content and never from its name. Pure."""

import codecs
import re
from enum import StrEnum
from pathlib import PurePosixPath, PureWindowsPath

from lib.refusals import Refusal

#: How much of the beginning and of the end of a file is looked at.
LOOKED_AT = 1024
_LONGEST_NAME = 120
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_JPEG = b"\xff\xd8\xff"
#: Application data, tables or a comment: with one of these every picture begins.
_JPEG_SEGMENTS = {bytes([marker]) for marker in (0xDB, 0xFE, *range(0xE0, 0xF0))}
_PNG = b"\x89PNG\r\n\x1a\n"
_CONTINUED = 0x80  # the first two bits of a byte that goes on with a character
_TEXT_CONTROLS = frozenset(range(32)) - {9, 10, 13}


class FileKind(StrEnum):
    PDF = "pdf"
    JPEG = "jpeg"
    PNG = "png"
    TEXT = "text"


CONTENT_TYPES: dict[FileKind, str] = {
    FileKind.PDF: "application/pdf",
    FileKind.JPEG: "image/jpeg",
    FileKind.PNG: "image/png",
    FileKind.TEXT: "text/plain; charset=utf-8",
}
_ENDINGS: dict[str, FileKind] = {
    "pdf": FileKind.PDF,
    "jpg": FileKind.JPEG,
    "jpeg": FileKind.JPEG,
    "png": FileKind.PNG,
    "txt": FileKind.TEXT,
}


class FileRefused(Refusal):
    """The file is not taken; nothing of it was kept."""


class FileEmpty(FileRefused):
    """There is nothing in it."""


class FileTooLarge(FileRefused):
    """It has more bytes than are taken."""


class FileNotAccepted(FileRefused):
    """It is of no kind that is taken."""


class FileNameLies(FileRefused):
    """Its name says one kind and its content another."""


def recognise(head: bytes, tail: bytes) -> FileKind | None:
    """Return what a file is by its first and last bytes (up to LOOKED_AT each); None for others."""
    if b"%PDF-" in head[:LOOKED_AT] and b"%%EOF" in tail[-LOOKED_AT:]:
        return FileKind.PDF
    # Phones write more behind the picture: what a JPEG ends with says nothing.
    if head.startswith(_JPEG) and head[len(_JPEG) : len(_JPEG) + 1] in _JPEG_SEGMENTS:
        return FileKind.JPEG
    if head.startswith(_PNG) and head[12:16] == b"IHDR" and b"IEND" in tail[-16:]:
        return FileKind.PNG
    return FileKind.TEXT if _is_text(head) and _is_text(tail) else None


def check_kind(*, name: str, kind: FileKind | None, accepted: frozenset[FileKind]) -> FileKind:
    """Return the kind of a file that is taken. Raises FileNotAccepted, FileNameLies."""
    said = _ENDINGS.get(name.rpartition(".")[2].lower())
    if said is not None and said is not kind:
        raise FileNameLies("The file is not what its name says.")
    if kind is None or kind not in accepted:
        raise FileNotAccepted("Files of this kind are not taken.")
    return kind


def clean_name(name: str) -> str:
    """Return the last part of a file's name, without what no name should hold."""
    last = PurePosixPath(PureWindowsPath(name).name).name
    return _CONTROL.sub("", last).strip()[-_LONGEST_NAME:] or "file"


def _is_text(part: bytes) -> bool:
    """Tell whether a part of a file is UTF-8 text; a whole look may begin or end in a character."""
    if any(byte in _TEXT_CONTROLS for byte in part):
        return False
    is_cut = len(part) == LOOKED_AT
    begins = next((n for n, byte in enumerate(part[:4]) if byte & 0xC0 != _CONTINUED), 0)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(
            part[begins if is_cut else 0 :], final=not is_cut
        )
    except UnicodeDecodeError:
        return False
    return True
