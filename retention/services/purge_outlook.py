"""What a purge would do to a table: the same conditions for plan, work and proof."""

from dataclasses import replace
from datetime import datetime

from django.conf import settings

from datamap.connectors import connector_for
from datamap.domain.erasing import Scope, Treatment
from datamap.domain.schema import DataMap, Resource, Table
from datamap.domain.vocabulary import Erasing
from datamap.queries import map_of
from lib.entities import entity
from lib.units import Status
from retention.domain.purging import (
    Accepted,
    Alarm,
    Limits,
    Outlook,
    alarms_of,
    outlook_of,
    purge_treatments,
    usable_days,
)
from retention.models import PurgeTable
from retention.queries import exclusions_for

#: Runs whose numbers say what is usual.
_HISTORY = 5


def look(resource: Resource, table: Table, *, data_map: DataMap, as_of: datetime) -> Outlook:
    """Return what a purge does to a table now, counted by the conditions that erase.

    A dry run and a run count by this alone. Raises SourceError.
    """
    today = as_of.astimezone(entity(resource.entity).tz).date()
    scope = scope_of(resource, data_map=data_map, as_of=as_of)
    counting = replace(scope, told_apart=usable_days(today))
    survey = connector_for(resource).survey(table, counting)
    return outlook_of(survey, by=scope.treatment(table.name), today=today)


def scope_of(
    resource: Resource, *, data_map: DataMap, as_of: datetime, kept: frozenset[str] = frozenset()
) -> Scope:
    """Return what a run does to everybody's rows of a resource; tables `kept` stay as they are."""
    treatments = dict(purge_treatments(resource, data_map=data_map, now=as_of))
    treatments |= {name: Treatment(Erasing.KEEP) for name in kept}
    return Scope(None, treatments, exclusions_for(resource.id, of_everybody=True))


def warned(resource_id: str, table_name: str, seen: Outlook) -> tuple[Alarm, ...]:
    """Return why a person has to look at a table before it is purged."""
    same = PurgeTable.objects.filter(resource_id=resource_id, table_name=table_name)
    ended = same.filter(status=Status.DONE).order_by("-run__started_at")
    before = list(ended.values_list("erased", flat=True)[:_HISTORY])
    accepted = same.filter(allowed_at__isnull=False).order_by("-allowed_at").first()
    known = Accepted()
    if accepted is not None:
        known = Accepted(no_anchor=accepted.no_anchor, early=accepted.early, future=accepted.future)
    limits = Limits(share=settings.PURGE_MOST_SHARE, number=settings.PURGE_MOST_ROWS)
    return alarms_of(seen, before=before, accepted=known, limits=limits)


def place_of(unit: PurgeTable) -> tuple[Resource, Table, DataMap]:
    """Return of which resource and table a unit of work is, by the map of its run."""
    data_map = map_of(unit.run.map_version.hash)
    resource = data_map.resource(unit.resource_id)
    return resource, resource.table(unit.table_name), data_map
