"""Collecting a package with a one-time code (Art. 20(2)).

Safety: only the keyed hash of a code is kept, so it is shown once, when the person makes it. A
newer code makes the older one useless; a code opens the package once, in the transaction that
says so.
"""

import secrets
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from audit.domain.actor import Actor
from lib.keyed_hash import keyed_hash
from requests_portal.domain.codes import COUNT, clean_code, code_from
from requests_portal.domain.lifecycle import Event, State
from requests_portal.models import Case, HandoverCode, Package, PortingWish
from requests_portal.services.mails import send_handed_over
from requests_portal.services.moves import CaseMovedOn, move
from requests_portal.services.trail import record_on_case

_COLLECTOR = Actor.system("collecting")


class CodeNotUsable(Exception):
    """The code is unknown, used, replaced or expired: nobody is told which."""


def may_make_code(case: Case, *, at: datetime) -> bool:
    """Tell whether the person can make a code now."""
    return _released(case, at=at) is not None


def make_code(*, case: Case, at: datetime) -> str:
    """Make a new code, in place of the one before; it is good as long as the package is there.

    Raises CaseMovedOn unless staff released the collection and the package is still there.
    """
    code = code_from(secrets.randbelow(COUNT))
    with transaction.atomic():
        Case.objects.select_for_update(no_key=True).get(id=case.id)
        released = _released(case, at=at)
        if released is None:
            raise CaseMovedOn
        wish, expires_at = released
        _open_codes(wish).update(replaced_at=at)
        HandoverCode.objects.create(
            wish=wish, code_hash=_hash(code), made_at=at, expires_at=expires_at
        )
        record_on_case("porting.code_made", by=Actor.person(), at=at, case_id=case.id)
    return code


def collect(*, code: str, at: datetime) -> Package:
    """Use a code and return the package it opens; the person is told that it was collected.

    Raises CodeNotUsable.
    """
    clean = clean_code(code)
    if clean is None:
        raise CodeNotUsable
    with transaction.atomic():
        held = HandoverCode.objects.select_related("wish").filter(code_hash=_hash(clean)).first()
        if held is None:
            raise CodeNotUsable
        case = Case.objects.select_for_update(no_key=True).get(id=held.wish.case_id)
        package = Package.objects.select_related("blob", "case").filter(
            case=case, blob__isnull=False, expires_at__gt=at
        )
        used = _open_codes(held.wish).filter(pk=held.pk, expires_at__gt=at).update(collected_at=at)
        found = package.first()
        if not used or found is None or case.answered_at is None:
            raise CodeNotUsable
        record_on_case("porting.collected", by=_COLLECTOR, at=at, case_id=case.id)
        if State(case.state) is State.ANSWERED:
            move(case=case, event=Event.CLOSE, by=_COLLECTOR, at=at)
        send_handed_over(case=case, at=at)
    return found


def collected_at(case: Case) -> datetime | None:
    """Return when the company collected the package first."""
    codes = HandoverCode.objects.filter(wish__case=case, collected_at__isnull=False)
    return codes.order_by("collected_at").values_list("collected_at", flat=True).first()


def _released(case: Case, *, at: datetime) -> tuple[PortingWish, datetime] | None:
    wish = PortingWish.objects.filter(
        case=case, released_at__isnull=False, case__answered_at__isnull=False
    ).first()
    package = Package.objects.filter(case=case, blob__isnull=False, expires_at__gt=at).first()
    if wish is None or package is None or package.expires_at is None:
        return None
    return wish, package.expires_at


def _open_codes(wish: PortingWish) -> QuerySet[HandoverCode]:
    return wish.codes.filter(replaced_at__isnull=True, collected_at__isnull=True)


def _hash(code: str) -> bytes:
    return keyed_hash(code, purpose="handover-code")
