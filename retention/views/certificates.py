"""Certificates of runs to take along, and the public keys by which anybody checks them."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.http import StaffRequest
from accounts.views.access import require_role
from audit.domain.actor import Actor
from retention.domain.certificate_keys import ALGORITHM
from retention.models import Certificate
from retention.services.certificate_files import CertificateForm, certificate_file
from retention.services.certificates import public_keys
from retention.views.purges import READERS


@require_role(*READERS)
@require_safe
def certificate_download(request: StaffRequest, pk: UUID, form: str) -> HttpResponse:
    """Hand out the certificate of a run as a signed file or as a page to read."""
    certificate = get_object_or_404(Certificate, run=pk)
    if form not in list(CertificateForm):
        raise Http404
    made = certificate_file(
        certificate=certificate,
        form=CertificateForm(form),
        by=Actor.staff(request.user.pk),
        at=timezone.now(),
    )
    response = HttpResponse(made.content, content_type=made.content_type)
    response["Content-Disposition"] = f'attachment; filename="{made.name}"'
    return response


@require_safe
def certificate_keys(_request: HttpRequest) -> JsonResponse:
    """Show the public keys to whoever has a certificate in hand."""
    keys = [{"key": name, "public_key": public} for name, public in public_keys().items()]
    return JsonResponse({"algorithm": ALGORITHM, "keys": keys})
