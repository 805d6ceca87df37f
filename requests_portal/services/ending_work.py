"""Laying down the work on a case: what was found, planned and proposed for it is forgotten."""

from datetime import datetime

from audit.domain.actor import Actor
from erasure.services.approval import forget_plan
from lib.blobs import delete_blob
from requests_portal.models import Case, Package
from requests_portal.services.erasure import erasure_reference
from requests_portal.services.forgetting import forget_findings
from requests_portal.services.suspending import count_dates


def lay_down(case: Case, *, by: Actor, at: datetime) -> None:
    """Forget what work on a locked case has gathered. What was carried out stays on record."""
    forget_findings(case, by=by, at=at)
    forget_plan(reference=erasure_reference(case), by=by, at=at)
    case.collection_units.all().delete()  # a worker at it finds its lease gone
    case.corrections.filter(ordered_at__isnull=True).delete()
    case.proposals.filter(settled_at__isnull=True).delete()
    if case.questions.filter(answered_at__isnull=True, lapsed_at__isnull=True).update(lapsed_at=at):
        count_dates(case=case, by=by, at=at)


def remove_package(case: Case) -> None:
    """Delete the files of an answer."""
    for package in Package.objects.select_related("blob").filter(case=case):
        if package.blob is not None:
            delete_blob(package.blob)
        package.delete()
