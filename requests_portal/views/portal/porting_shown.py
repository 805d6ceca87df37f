"""Where the data goes, as the person sees it."""

from datetime import datetime
from typing import Any

from requests_portal.domain.porting import Target
from requests_portal.models import Case
from requests_portal.queries import wish_of
from requests_portal.services.collecting import collected_at, may_make_code
from requests_portal.texts.porting import TARGETS


def porting_shown(case: Case, *, at: datetime) -> dict[str, Any]:
    """Return the wish, how far it is, and when the company had the data."""
    wish = wish_of(case)
    transfer = getattr(case, "transfer", None)
    return {
        "wish": wish,
        "target": TARGETS[Target(wish.target)],
        "is_for_another": wish.target != Target.ME.value,
        "sent_at": transfer.finished_at if transfer else None,
        "collected_at": collected_at(case),
        "may_make_code": may_make_code(case, at=at),
    }
