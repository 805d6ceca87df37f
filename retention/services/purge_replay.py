"""Purging again, after a restore, what the erasure ledger says was purged.

Safety principle: as of the booked time, by the conditions of any purge, through the gate: what is
restricted or held stays, and what was not due then stays. Doing it twice does nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from datamap.connectors import Connector, connector_for
from datamap.connectors.base import Purging, Stretch
from datamap.domain.erasing import Part, PartKind, Scope
from datamap.domain.schema import DataMap, Resource, Table
from ledger.services.booking import booked_before
from retention.domain.purging import levels_of
from retention.domain.treatments import rules_hash
from retention.services.gate import permitted
from retention.services.purge_outlook import scope_of
from retention.services.purge_runs import children_in


@dataclass(frozen=True)
class PurgedBefore:
    """What was booked last of one table: by which time, and which tables' rows stayed."""

    reference: str
    as_of: datetime
    kept: frozenset[str]


@dataclass(frozen=True)
class PurgedAgain:
    """What became of one table: rows that went, are still due, or are held back."""

    table: str
    erased: int
    left: int
    held: int


def purge_again(
    resource: Resource,
    wanted: Mapping[str, PurgedBefore],
    *,
    data_map: DataMap,
    dry_run: bool = False,
) -> Iterator[PurgedAgain]:
    """Purge tables of a resource again, children before their parents. Raises SourceError.

    `dry_run`: only count, what is due is `left`.
    """
    levels = levels_of(resource, children_in(resource))
    for name in sorted(wanted, key=lambda one: (levels[one], one)):
        again = _Again(resource, resource.table(name), wanted[name], data_map)
        yield again.seen() if dry_run else again.done()


@dataclass(frozen=True)
class _Again:
    resource: Resource
    table: Table
    before: PurgedBefore
    data_map: DataMap

    def done(self) -> PurgedAgain:
        connector = connector_for(self.resource)
        erased = sum(
            self._part(connector, part)
            for part in connector.parts(self.table, self._scope(), at_most=1)
        )
        return self.seen(erased=erased)

    def seen(self, *, erased: int = 0) -> PurgedAgain:
        survey = connector_for(self.resource).survey(self.table, self._scope())
        return PurgedAgain(self.table.name, erased, survey.going.rows, survey.held.rows)

    def _part(self, connector: Connector, part: Part) -> int:
        with connector.purging(self.table, part) as purge:
            if part.kind is PartKind.PARTITION:
                return self._take(purge, None)
            erased = 0
            stretch = purge.stretch(None, size=settings.PURGE_STEP_ROWS)
            while stretch is not None:
                erased += self._take(purge, stretch)
                stretch = purge.stretch(stretch, size=settings.PURGE_STEP_ROWS)
            return erased

    def _take(self, purge: Purging, stretch: Stretch) -> int:
        gate = permitted(
            resource=self.resource,
            scope=self._scope(),
            rules_hash=rules_hash(),
            booked=booked_before(reference=self.before.reference, resource_id=self.resource.id),
        )
        with gate as permit:
            return purge.erase(permit, stretch)

    def _scope(self) -> Scope:
        return scope_of(
            self.resource,
            data_map=self.data_map,
            as_of=self.before.as_of,
            kept=self.before.kept,
        )
