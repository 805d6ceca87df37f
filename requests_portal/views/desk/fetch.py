"""Authorise by fetching: who may see cases, and who may work on them."""

from django.http import Http404

from accounts.domain.roles import CASE_READERS, CASE_WORKERS
from requests_portal.domain.references import clean_reference
from requests_portal.models import Case
from requests_portal.queries import case_by_reference

READERS = CASE_READERS
WORKERS = CASE_WORKERS


def case_or_404(reference: str) -> Case:
    case = case_by_reference(clean_reference(reference) or "")
    if case is None:
        raise Http404
    return case
