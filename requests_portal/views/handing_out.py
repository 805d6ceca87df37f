"""Handing out a file that somebody sent: never shown in the browser, never under a false kind."""

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from lib.blobs import open_blob
from requests_portal.domain.attachments import download_name
from requests_portal.domain.files import CONTENT_TYPES, FileKind
from requests_portal.models import Attachment, ProofFile


def handed_out(file: Attachment | ProofFile) -> StreamingHttpResponse:
    """Return the file as a download, streamed."""
    kind = FileKind(file.kind)
    response = StreamingHttpResponse(open_blob(file.blob), content_type=CONTENT_TYPES[kind])
    name = download_name(file.name, kind)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    response["Content-Length"] = str(file.size)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
