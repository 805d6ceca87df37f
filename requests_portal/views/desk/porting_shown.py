"""Portability as the case page shows it."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.forms import Form
from django.utils.translation import gettext as _

from accounts.domain.roles import Role
from accounts.models import User
from lib.units import Status
from requests_portal.domain.addresses import UnusableAddress, web_address
from requests_portal.domain.lifecycle import UNDECIDED, State
from requests_portal.domain.porting import Target
from requests_portal.domain.rights import Right
from requests_portal.forms.porting import ReturnForm, WishForm
from requests_portal.models import Case, Package, PortingWish, Transfer
from requests_portal.queries import wish_of
from requests_portal.services.collecting import collected_at
from requests_portal.services.porting import rows_to_hand_over
from requests_portal.texts.porting import TARGETS_AT_THE_DESK, TRANSFER_FAULTS


def porting_panel(case: Case, user: User, _forms: Mapping[str, Form]) -> dict[str, Any]:
    """Return where the data goes, how far it is, and what this member of staff may do now."""
    if Right(case.right) is not Right.PORTABILITY:
        return {}
    wish = wish_of(case)
    transfer = Transfer.objects.select_related("approved_by").filter(case=case).first()
    package = Package.objects.filter(case=case).first()
    waits = _waits(case, package)
    target = Target(wish.target)
    return {
        "porting": {
            "wish": wish,
            "target": TARGETS_AT_THE_DESK[target],
            "host": _host(wish),
            "rows": rows_to_hand_over(case),
            "transfer": transfer,
            "fault": TRANSFER_FAULTS.get(transfer.error_code, "") if transfer else "",
            "size": package.size if package else 0,
            "collected_at": collected_at(case),
            "waits": waits,
            "may_note": State(case.state) in UNDECIDED,
            "needs_approval": waits and target is Target.URL and transfer is None,
            "is_officer": user.has_role(Role.DPO),
            "may_release": waits and target is Target.CODE,
            "may_return": waits and (transfer is None or transfer.status == Status.FAILED),
        },
        # Without the address, which may hold a secret of the company.
        "wish_form": WishForm(initial={"target": wish.target, "company": wish.company}),
        "return_form": ReturnForm(),
        **_working(case, package, transfer),
    }


def _waits(case: Case, package: Package | None) -> bool:
    """Tell whether the package is built and has not been handed over."""
    return (
        State(case.state) is State.FULFILLING
        and package is not None
        and package.status == Status.DONE
    )


def _working(case: Case, package: Package | None, transfer: Transfer | None) -> dict[str, bool]:
    """Say whether workers are busy; a package that waits for a person is not asked after."""
    if not _waits(case, package):
        return {}
    return {"working": transfer is not None and transfer.status in {Status.QUEUED, Status.RUNNING}}


def _host(wish: PortingWish) -> str:
    """Return the part of the address that holds no secret."""
    if not wish.url:
        return ""
    try:
        return web_address(wish.url, known_hosts=settings.TRANSFER_PRIVATE_HOSTS).host
    except UnusableAddress:
        return _("not usable")
