"""Deleting what showed who somebody is, once it has been judged (Art. 5(1)(e); Art. 12(6)).

Safety: the one door for a change of state calls this at every decision and every other end, in the
same transaction, so that no way of deciding can forget it. The recorded outcome stays.
"""

from datetime import datetime

from django.db import transaction

from audit.domain.actor import Actor
from lib.blobs import delete_blob
from requests_portal.domain.identity import PROOF_LIFETIME
from requests_portal.models import Case, PhoneCheck, ProofFile
from requests_portal.services.trail import record_on_case

_TIDY = Actor.system("tidy")


def forget_proof(*, case: Case, by: Actor, at: datetime) -> int:
    """Delete uploaded proof and the numbers that codes went to; return how many files there were.

    Doing it twice is harmless.
    """
    with transaction.atomic():
        PhoneCheck.objects.filter(question__case=case).delete()
        files = list(ProofFile.objects.select_for_update(of=("self",)).filter(question__case=case))
        return _delete(files, case=case, by=by, at=at)


def forget_old_proofs(*, at: datetime) -> int:
    """Delete proof that was uploaded 30 days ago, decided or not; return how many files."""
    old = ProofFile.objects.filter(uploaded_at__lte=at - PROOF_LIFETIME)
    deleted = 0
    for case in Case.objects.filter(questions__proof_files__in=old).distinct():
        with transaction.atomic():
            files = list(old.select_for_update(of=("self",)).filter(question__case=case))
            deleted += _delete(files, case=case, by=_TIDY, at=at)
    return deleted


def _delete(files: list[ProofFile], *, case: Case, by: Actor, at: datetime) -> int:
    for file in files:
        file.delete()
        delete_blob(file.blob)
    if files:
        record_on_case(
            "identity.proof_deleted", by=by, at=at, case_id=case.id, data={"files": len(files)}
        )
    return len(files)
