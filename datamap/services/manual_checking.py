"""Is everything that was uploaded the person's? By the map's own terms, before it is signed."""

from collections.abc import Collection

from datamap.connectors.manual_holding import HeldRows, held_for, upload_content
from datamap.connectors.manual_rows import in_memory, strangers
from datamap.domain.instructions import key_of
from datamap.domain.keys import SubjectKeys
from datamap.domain.schema import Resource
from datamap.domain.uploads import Mistake, NotReadable, UploadedRow, read_upload
from datamap.models import ManualTask
from datamap.queries import resource_of_task


def refuse_strangers(task: ManualTask, tables: Collection[str]) -> None:
    """Return if an identifier leads to each uploaded row of `tables`; raise NotReadable otherwise.

    What was answered for the same reference before counts too: a row may join one of it.
    """
    resource = resource_of_task(task)
    held = held_for(resource, task.reference)
    uploads = {
        one.table_name: read_upload(upload_content(one), resource, resource.table(one.table_name))
        for one in task.uploads.select_related("blob")
    }
    rows = {name: [dict(row) for row in of_table] for name, of_table in held.rows.items()}
    for name, uploaded in uploads.items():
        rows[name] = _joined(resource, name, rows.get(name, []), uploaded)
    keys = SubjectKeys.of_pairs([*sorted(held.searched), *map(tuple, task.wanted["keys"])])
    mistakes = _strangers(resource, rows, keys, {name: uploads[name] for name in tables})
    if mistakes:
        raise NotReadable(mistakes)


def _joined(
    resource: Resource, name: str, before: list[dict[str, object]], uploaded: list[UploadedRow]
) -> list[dict[str, object]]:
    table = resource.table(name)
    by_key = {key_of(table, row): row for row in before}
    by_key |= {key_of(table, one.values): dict(one.values) for one in uploaded}
    return list(by_key.values())


def _strangers(
    resource: Resource,
    rows: HeldRows,
    keys: SubjectKeys,
    uploads: dict[str, list[UploadedRow]],
) -> list[Mistake]:
    mistakes = []
    with in_memory(resource, rows) as connection:
        for name, uploaded in uploads.items():
            table = resource.table(name)
            wrong = strangers(resource, table, connection, keys)
            mistakes += [
                Mistake("not_theirs", one.line, table=name)
                for one in uploaded
                if key_of(table, one.values) in wrong
            ]
    return mistakes
