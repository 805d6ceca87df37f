"""On which ground rows of a plan stay, as people are told it."""

from datamap.domain.erasing import Tally
from erasure.models import Plan, PlannedTable
from erasure.texts import GROUNDS, UNDER_HOLD, Text
from retention.domain.treatments import Ground
from retention.queries import is_under_hold


def ground_of(plan: Plan, planned: PlannedTable, *, category: str) -> Text:
    """Return why rows of a table stay; a legal hold beats whatever else would be said of them."""
    if not Tally.parse(planned.held).rows:
        return GROUNDS[Ground(planned.ground)]
    resource_id, table_name = planned.table
    keys = plan.all_keys
    scheduled = plan.scheduled.filter(resource_id=resource_id).first()
    if scheduled is not None:  # a plan that is done has forgotten whose it was
        keys = scheduled.subject_keys
    if is_under_hold(keys, resource=resource_id, table=table_name, category=category):
        return UNDER_HOLD
    return GROUNDS[Ground(planned.ground)]
