"""What may hang on a message or show who somebody is, and under which name it is handed out."""

from requests_portal.domain.files import FileKind

MOST_FILES = 5
MOST_MEGABYTES = 10
#: The endings that a name may have for what the file is; the first is given where it has none.
_ENDINGS: dict[FileKind, tuple[str, ...]] = {
    FileKind.PDF: (".pdf",),
    FileKind.JPEG: (".jpg", ".jpeg"),
    FileKind.PNG: (".png",),
    FileKind.TEXT: (".txt",),
}


def download_name(name: str, kind: FileKind) -> str:
    """Return a name under which the file opens as what it is: a text named x.html is no page."""
    endings = _ENDINGS[kind]
    return name if name.lower().endswith(endings) else f"{name}{endings[0]}"
