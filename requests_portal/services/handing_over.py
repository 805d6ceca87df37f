"""Handing a package over to another company, or back to the person (Art. 20(2)).

Safety: the data officer approves what is sent to an address, and staff release what is collected
with a code. The case counts as answered only in the transaction in which the data was handed over,
or can be, with the letter and the mail that say so.
"""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.utils import timezone, translation

from accounts.domain.roles import Role
from accounts.models import User
from audit.domain.actor import Actor
from lib.units import Status, requeue
from lib.wakeups import wake
from outbox.models import Message
from requests_portal.domain.letters import LetterDraft
from requests_portal.domain.lifecycle import Event, State
from requests_portal.domain.porting import Target
from requests_portal.models import Case, Decision, Package, PortingWish, Transfer
from requests_portal.services.letters import send_letter
from requests_portal.services.mails import send_answer_ready, send_code_ready, send_handed_over
from requests_portal.services.moves import CaseMovedOn, locked_case, move
from requests_portal.services.package_content import content_of
from requests_portal.services.packages import PACKAGE_LIFETIME
from requests_portal.services.porting_letter import porting_letter
from requests_portal.services.trail import record_on_case

_Told = Callable[[Case, Package, datetime], Message]
PUSH = "requests_portal.tasks.push_transfers"


class NotTheOfficer(Exception):
    """Only the data protection officer approves a transfer."""


def approve_transfer(*, case: Case, by: User, at: datetime) -> Transfer:
    """Order the package to be sent to the company's address.

    Raises NotTheOfficer; CaseMovedOn where there is nothing to send or it is ordered already.
    """
    if not by.has_role(Role.DPO):
        raise NotTheOfficer
    with transaction.atomic():
        locked, _wish, _package = _waiting(case, Target.URL)
        if Transfer.objects.filter(case=locked).exists():
            raise CaseMovedOn
        transfer = Transfer.objects.create(
            case=locked, approved_by=by, approved_at=at, not_before=at
        )
        record_on_case("transfer.approved", by=Actor.staff(by.pk), at=at, case_id=locked.id)
        wake(PUSH)
    return transfer


def retry_transfer(*, transfer: Transfer, by: Actor, at: datetime) -> None:
    """Order another round of tries of a transfer that failed. Raises NotFailed, CaseMovedOn."""
    with transaction.atomic():
        locked_case(transfer.case, frozenset({State.FULFILLING}))
        requeue(transfer, at=at)
        record_on_case("transfer.requeued", by=by, at=at, case_id=transfer.case_id)
        wake(PUSH)


def release_code(*, case: Case, by: User, at: datetime) -> None:
    """Let the company collect the package with a code that the person makes. CaseMovedOn."""
    with transaction.atomic():
        locked, wish, package = _waiting(case, Target.CODE)
        wish.released_at, wish.released_by = at, by
        wish.save(update_fields=["released_at", "released_by"])
        record_on_case("porting.released", by=Actor.staff(by.pk), at=at, case_id=locked.id)
        _conclude(locked, package, draft=_draft(locked, at=at), by=by, at=at, told=_by_code)


def return_to_person(*, case: Case, reason: str, by: User, at: datetime) -> None:
    """Give the package to the person after all; the letter says why it was not sent directly.

    Raises CaseMovedOn while a transfer is under way, or where nothing waits.
    """
    with transaction.atomic():
        locked, wish, package = _waiting(case, Target.URL, Target.CODE)
        if Transfer.objects.filter(case=locked).exclude(status=Status.FAILED).exists():
            raise CaseMovedOn
        wish.returned_at, wish.returned_by = at, by
        wish.save(update_fields=["returned_at", "returned_by"])
        record_on_case("porting.returned", by=Actor.staff(by.pk), at=at, case_id=locked.id)
        draft = _draft(locked, at=at, why_returned=reason)
        _conclude(locked, package, draft=draft, by=by, at=at, told=_by_download)


def conclude_transfer(transfer: Transfer, *, at: datetime) -> None:
    """Answer the case whose package has arrived; inside the transaction that marks it so."""
    case = locked_case(transfer.case, frozenset({State.FULFILLING}))
    package = Package.objects.get(case=case)
    draft = _draft(case, at=at, sent_at=at)
    _conclude(case, package, draft=draft, by=transfer.approved_by, at=at, told=_by_transfer)


def _waiting(case: Case, *targets: Target) -> tuple[Case, PortingWish, Package]:
    """Return a case whose package is built and waits to be handed over, locked; CaseMovedOn."""
    locked = locked_case(case, frozenset({State.FULFILLING}))
    wish = PortingWish.objects.filter(case=locked, target__in=[one.value for one in targets])
    package = Package.objects.filter(case=locked, status=Status.DONE, blob__isnull=False)
    found, built = wish.first(), package.first()
    if found is None or built is None:
        raise CaseMovedOn
    return locked, found, built


def _draft(
    case: Case, *, at: datetime, sent_at: datetime | None = None, why_returned: str = ""
) -> LetterDraft:
    decision = Decision.objects.select_related("decided_by").get(case=case, is_superseded=False)
    with translation.override(case.language), timezone.override(case.entity.tz):
        content = content_of(case, decision=decision, at=at)
        return porting_letter(content, sent_at=sent_at, why_returned=why_returned)


def _by_code(case: Case, _package: Package, at: datetime) -> Message:
    return send_code_ready(case=case, at=at)


def _by_download(case: Case, package: Package, at: datetime) -> Message:
    return send_answer_ready(case=case, package=package, at=at)


def _by_transfer(case: Case, _package: Package, at: datetime) -> Message:
    return send_handed_over(case=case, at=at)


def _conclude(
    case: Case, package: Package, *, draft: LetterDraft, by: User, at: datetime, told: _Told
) -> None:
    """Answer the case: from now on the person can download the same for some days, too."""
    package.expires_at = at + PACKAGE_LIFETIME
    package.save(update_fields=["expires_at"])
    move(case=case, event=Event.ANSWER, by=Actor.staff(by.pk), at=at)
    send_letter(case=case, draft=draft, by=by, at=at, message=told(case, package, at))
