"""What the erasure ledger is told when a plan stops: a restore must not erase what people keep."""

import logging
from datetime import datetime

from erasure.models import ZERO, Plan
from ledger.services.booking import LedgerRefused, drop

logger = logging.getLogger(__name__)


def drop_untouched(plan: Plan, *, at: datetime) -> None:
    """Note, for each resource from which nothing is known to have gone, that it is given up.

    A step that nobody can account for does not count: the plan is in people's hands now, nobody
    was told that it is done, and a new plan is booked anew. Outside a transaction. Where the
    ledger takes no line it stays booked, and is logged.
    """
    touched = set(plan.tables.exclude(executed=ZERO).values_list("resource_id", flat=True))
    for resource_id in plan.tables.values_list("resource_id", flat=True).order_by().distinct():
        if resource_id in touched:
            continue
        try:
            drop(reference=plan.reference, resource_id=resource_id, at=at)
        except LedgerRefused as refused:
            logger.warning("plan %s is not given up in the ledger: %s", plan.pk, refused)
