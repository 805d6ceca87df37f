"""Reading the data map, its versions, and the tasks of those who keep data by hand."""

from functools import lru_cache

from django.db.models import Q, QuerySet

from accounts.domain.roles import Role
from accounts.models import User
from datamap.domain.changes import Change, differences, document_of
from datamap.domain.loads import LoadState
from datamap.domain.schema import Controller, DataMap, Resource, Table
from datamap.domain.tasks import TaskState
from datamap.models import ManualTask, MapLoad, MapVersion


class NoMap(LookupError):
    """No data map was loaded yet."""


def current_version() -> MapVersion:
    """Return the version in force; raise NoMap when none was loaded."""
    version = MapVersion.objects.filter(is_current=True).first()
    if version is None:
        raise NoMap("No data map is loaded. Load one with: manage.py datamap load")
    return version


def current_map() -> DataMap:
    """Return the map in force; raise NoMap when none was loaded. Parsed once per version."""
    current = MapVersion.objects.filter(is_current=True).values_list("hash", flat=True).first()
    if current is None:
        raise NoMap("No data map is loaded. Load one with: manage.py datamap load")
    return map_of(current)


@lru_cache(maxsize=8)
def map_of(version_hash: str) -> DataMap:
    """Return the map of a version by its hash; a version's content never changes."""
    document = MapVersion.objects.values_list("document", flat=True).get(hash=version_hash)
    return DataMap.model_validate(document)


def changes_of(load: MapLoad) -> tuple[Change, ...]:
    """Return what a load changes against the map that was in force then; none for the first."""
    if load.before is None:
        return ()
    before, after = map_of(load.before.hash), map_of(load.version.hash)
    return differences(document_of(before), document_of(after))


def proposed_load() -> MapLoad | None:
    """Return the load that waits for a second person, if any."""
    return (
        MapLoad.objects.select_related("version", "before", "loaded_by")
        .filter(state=LoadState.PROPOSED.value)
        .first()
    )


def loads() -> QuerySet[MapLoad]:
    """Return every loading of a map, the newest first, without the contents."""
    return MapLoad.objects.select_related("version", "before", "loaded_by", "decided_by").defer(
        "version__document", "before__document"
    )


def controller_of(datamap: DataMap, table: Table, controller_key: str | None) -> Controller | None:
    """Return whose data a row is, where we are the processor; None for our own data.

    `controller_key` is the row's, see `ExtractedRow`. None also for a key no controller has.
    """
    if table.controller is not None:
        return datamap.controller(table.controller)
    if table.controller_column is None or controller_key is None:
        return None
    by_key = {one.source_key: one for one in datamap.controllers if one.source_key is not None}
    return by_key.get(controller_key)


def resource_of_task(task: ManualTask) -> Resource:
    """Return the resource of a task as the map described it when it was asked."""
    return map_of(task.map_version.hash).resource(task.resource_id)


def tasks_for(user: User, *, all_of_them: bool = False) -> QuerySet[ManualTask]:
    """Return the tasks `user` may answer: their own, or everybody's for the officer."""
    visible = Q(owner=user)
    if all_of_them and user.has_role(Role.DPO):
        visible = Q()
    return ManualTask.objects.filter(visible).select_related("owner", "map_version")


def waiting_for(reference: str) -> QuerySet[ManualTask]:
    """Return the open tasks of a reference, the one that is due first first."""
    return (
        ManualTask.objects.filter(reference=reference, state=TaskState.OPEN.value)
        .select_related("map_version")
        .order_by("due_on", "created_at")
    )
