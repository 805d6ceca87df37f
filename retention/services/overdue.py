"""Looking at how far each table is behind its retention rules, and keeping what was found.

A source that cannot be read is a sample too: a number that nobody could take is not zero.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings

from datamap.connectors import SourceError
from datamap.domain.schema import DataMap, Resource, Table
from datamap.domain.vocabulary import Erasing
from datamap.queries import NoMap, current_map
from lib.entities import entity
from retention.domain.overdue import past_date
from retention.domain.purging import purge_treatments
from retention.models import OverdueSample
from retention.queries import latest_samples
from retention.services.purge_outlook import look
from retention.services.purge_runs import purgeable

#: The history goes back so far.
KEPT = timedelta(days=400)


def sample_overdue(*, clock: Callable[[], datetime]) -> int:
    """Look at each table that was not looked at for `OVERDUE_EVERY` minutes; return how many."""
    begun = clock()
    OverdueSample.objects.filter(at__lt=begun - KEPT).delete()
    fresh = begun - timedelta(minutes=settings.OVERDUE_EVERY)
    try:
        data_map = current_map()
    except NoMap:
        return 0
    known = {(one.resource_id, one.table_name): one.at for one in latest_samples()}
    waiting = [
        (resource, table)
        for resource in purgeable(data_map)
        for table in _with_end(resource, data_map, begun)
        if known.get((resource.id, table.name), datetime.min.replace(tzinfo=begun.tzinfo)) < fresh
    ]
    for resource, table in waiting:
        _sample(resource, table, data_map, at=clock()).save()
    return len(waiting)


def _with_end(resource: Resource, data_map: DataMap, now: datetime) -> list[Table]:
    """Return the tables of which anything can be due."""
    treatments = purge_treatments(resource, data_map=data_map, now=now)
    return [one for one in resource.tables if treatments[one.name].action is not Erasing.KEEP]


def _sample(resource: Resource, table: Table, data_map: DataMap, *, at: datetime) -> OverdueSample:
    sample = OverdueSample(at=at, resource_id=resource.id, table_name=table.name)
    try:
        seen = look(resource, table, data_map=data_map, as_of=at)
    except SourceError as error:
        sample.error_code = error.code
        return sample
    home = entity(resource.entity)
    age = past_date(seen, table=table, data_map=data_map, entity=home, now=at)
    sample.due, sample.seconds = seen.due, int(age.total_seconds()) if age else 0
    return sample
