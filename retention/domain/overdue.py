"""The number to watch: for how long the oldest record is past its date. Pure."""

from datetime import datetime, timedelta

from datamap.domain.schema import DataMap, Table
from lib.entities import Entity
from retention.domain.categories import Category
from retention.domain.expiry import expires_at
from retention.domain.purging import Outlook


def past_date(
    seen: Outlook, *, table: Table, data_map: DataMap, entity: Entity, now: datetime
) -> timedelta | None:
    """Return for how long the oldest row of a table that may go is past its date; None: none is.

    What a restriction or a hold keeps, and what other rows need, is not past its date.
    """
    if not seen.due:
        return None
    if seen.oldest is not None:
        due = expires_at(category=table.category.value, anchor=seen.oldest, entity=entity)
        return max(now - due, timedelta()) if due else None
    ended = [
        expires_at(
            category=Category.ENTRUSTED.value,
            anchor=one.dpa_ended_on,
            entity=entity,
            dpa_months=one.dpa_months,
        )
        for one in data_map.controllers
        if one.dpa_ended_on is not None and table.controller in {None, one.id}
    ]
    return max((now - due for due in ended if due is not None and due <= now), default=timedelta())
