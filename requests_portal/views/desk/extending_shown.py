"""Extensions as the case page shows them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.forms import Form
from django.utils import timezone

from accounts.models import User
from requests_portal.domain.extending import ExtensionGround, MayExtend, may_extend
from requests_portal.forms.extending import ExtensionForm
from requests_portal.models import Case
from requests_portal.services.extending import extension_of, late_refusal_warning
from requests_portal.texts.extending import GROUNDS


def may_extend_today(case: Case, *, at: datetime) -> MayExtend:
    """Tell whether the time of a case can be extended now."""
    today = at.astimezone(case.entity.tz).date()
    return may_extend(safe_on=case.safe_on, statutory_on=case.statutory_on, today=today)


def extending_panel(case: Case, _user: User, _forms: Mapping[str, Form]) -> dict[str, Any]:
    """Return the extension there is, or the form for one while it can be told."""
    now = timezone.now()
    extension = extension_of(case)
    allowed = may_extend_today(case, at=now) if case.is_open else MayExtend.NO
    return {
        "extension": extension,
        "extension_ground": GROUNDS[ExtensionGround(extension.ground)] if extension else "",
        "may_extend": extension is None and allowed is not MayExtend.NO,
        "extension_is_late": allowed is MayExtend.LATE,
        "extension_is_over": case.is_open and extension is None and allowed is MayExtend.NO,
        "extension_form": ExtensionForm(late=allowed is MayExtend.LATE),
        "late_refusal": late_refusal_warning(case, at=now) if case.is_open else "",
    }
