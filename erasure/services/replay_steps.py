"""The removals of a replay: bounded transactions of a source, each through the gate."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

from django.conf import settings

from datamap.connectors import connector_for
from datamap.domain.erasing import Permit, Scope
from datamap.domain.schema import Resource
from ledger.services.booking import booked_before
from retention.domain.treatments import rules_hash
from retention.queries import exclusions_for
from retention.services.gate import permitted


def erase_block(
    resource: Resource, tables: Sequence[str], scope: Scope, *, reference: str
) -> dict[str, int]:
    """Erase a person's rows of tables that go together; return how many went, by table.

    A table by itself goes in steps, several in one transaction. Raises SourceError.
    """
    gone = dict.fromkeys(tables, 0)
    connector = connector_for(resource, reference=reference)
    now = replace(scope, exclusions=exclusions_for(resource.id))
    if len(tables) == 1:
        table = resource.table(tables[0])
        for within in list(connector.steps(table, now, size=settings.ERASURE_STEP_ROWS)):
            with (
                _gate(resource, scope, reference) as permit,
                connector.writing(permit) as writer,
            ):
                gone[table.name] += writer.erase(table, within).rows
        return gone
    with _gate(resource, scope, reference) as permit, connector.writing(permit) as writer:
        for name in tables:
            gone[name] += writer.erase(resource.table(name)).rows
    return gone


def _gate(resource: Resource, scope: Scope, reference: str) -> AbstractContextManager[Permit]:
    return permitted(
        resource=resource,
        scope=scope,
        rules_hash=rules_hash(),
        booked=booked_before(reference=reference, resource_id=resource.id),
    )
