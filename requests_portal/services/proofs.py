"""Proof of identity that a person uploads: sealed, for the assigned handler and the DPO alone.

Only a step-up asks for it, on reasonable doubt (Art. 12(6)). How it ends: `proof_ends`.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from accounts.domain.roles import CASE_WORKERS, Role
from accounts.models import User
from audit.domain.actor import Actor
from lib.refusals import Refusal
from requests_portal.domain.lifecycle import State
from requests_portal.models import Case, ProofFile
from requests_portal.services.asking import open_question, take_answer
from requests_portal.services.attaching import Upload, keep
from requests_portal.services.moves import CaseMovedOn, locked_case
from requests_portal.services.trail import record_on_case

_AWAITING = frozenset({State.AWAITING_IDENTITY})


class NothingSent(Refusal):
    """An answer needs words or a document."""


class NotForYou(Refusal):
    """Only the assigned handler and the data protection officer see proof of identity."""


def answer_with_proof(*, case: Case, words: str, files: Sequence[Upload], at: datetime) -> None:
    """Answer the open question about identity with words, documents or both.

    Raises NothingSent, CaseMovedOn when nothing of that kind is asked any more.
    """
    if not words.strip() and not files:
        raise NothingSent("Write an answer or choose a document.")
    with transaction.atomic():
        locked = locked_case(case, _AWAITING)
        question = open_question(locked)
        if question is None:
            raise CaseMovedOn
        for kept in keep(files, blob_kind="identity-proof", at=at):
            ProofFile.objects.create(question=question, uploaded_at=at, **kept)
        if files:
            record_on_case(
                "identity.proof_received",
                by=Actor.person(),
                at=at,
                case_id=case.id,
                data={"files": len(files)},
            )
        take_answer(case=locked, answer=words, at=at)


def may_see_proof(case: Case, user: User) -> bool:
    """Tell whether a member of staff may look at what shows who the person is."""
    is_handler = case.assignee_id == user.pk and user.has_role(*CASE_WORKERS)
    return is_handler or user.has_role(Role.DPO)


def look_at_proof(*, case: Case, file_id: int, by: User, at: datetime) -> ProofFile | None:
    """Return a file of the case's proof, with the look on record; None where there is none.

    Raises NotForYou.
    """
    if not may_see_proof(case, by):
        raise NotForYou("Only the handler of the case and the data protection officer see this.")
    with transaction.atomic():
        file = (
            ProofFile.objects.select_related("blob").filter(question__case=case, pk=file_id).first()
        )
        if file is not None:
            record_on_case(
                "identity.proof_viewed",
                by=Actor.staff(by.pk),
                at=at,
                case_id=case.id,
                data={"file": file.pk},
            )
    return file
