"""The person in the file for a controller, and who writes for them."""

from datetime import datetime

from requests_portal.models import Case
from requests_portal.queries import person_of, representative_of


def who_asks(case: Case) -> dict[str, object]:
    """Return the person whose data it is, and who writes for them, if anybody."""
    name, email = person_of(case)
    spoken_for = representative_of(case)
    person = {
        "name": name,
        "email": email or None,
        "postal_address": case.postal_address or None,
        "email_confirmed_at": None if spoken_for else _local(case.confirmed_at, case),
        "phone": case.phone or None,
        "customer_number": case.customer_number or None,
    }
    if spoken_for is None:
        return {"person": person}
    written_by = {
        "name": case.name,
        "email": case.email or None,
        "postal_address": case.postal_address or None,
        "authority": spoken_for.authority,
        "checked_at": _local(spoken_for.checked_at, case),
    }
    return {"person": person, "written_by": written_by}


def _local(moment: datetime | None, case: Case) -> str | None:
    return moment.astimezone(case.entity.tz).isoformat() if moment else None
