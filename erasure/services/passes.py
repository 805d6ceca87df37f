"""One look at what a plan has left in a resource: what is due there, and in which order it goes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from datamap.connectors import SourceError, SourceMismatch
from datamap.domain.erasing import Scope, Tally
from datamap.domain.schema import DataMap, Resource
from datamap.queries import current_map
from erasure.domain.ordering import erasure_order
from erasure.models import Removal, ScheduledErasure, ScheduledTable
from erasure.services.leases import LEASE, Clock
from erasure.services.removal import Job
from lib.units import advance, extend_lease
from retention.domain.treatments import TreatmentDecision, rules_hash, treatments_of


@dataclass
class _Books:
    """The accounts of a scheduled erasure."""

    unit: ScheduledErasure
    clock: Clock

    def beat(self) -> None:
        extend_lease(self.unit, at=self.clock(), lease=LEASE)

    def booked(self, removal: Removal, gone: Tally) -> None:
        if gone.rows and isinstance(removal, ScheduledTable):
            advance(self.unit, at=self.clock(), lease=LEASE)
            left = Tally.parse(removal.left_behind) - gone
            removal.left_behind = left.as_text()
            ScheduledTable.objects.filter(pk=removal.pk).update(
                left_behind=removal.left_behind, rows_erased=F("rows_erased") + gone.rows
            )

    def failed(self, removals: Sequence[Removal], error: SourceError) -> None:
        """Keep nothing: the unit itself says what failed."""


@dataclass
class Pass:
    """One look at a resource: what is due at one instant, and its removal."""

    unit: ScheduledErasure
    data_map: DataMap
    resource: Resource
    tables: list[ScheduledTable]
    clock: Clock

    def job(self, as_of: datetime) -> Job:
        """Return the removal of what is due; a table that is not among ours stays as it is."""
        decisions = self._decisions(as_of)
        return Job(
            resource=self.resource,
            scope=Scope(
                self.unit.subject_keys,
                {
                    one.table_name: decisions[one.table_name].treatment
                    for one in self.tables
                    if not one.is_mixed
                },
            ),
            rules_hash=rules_hash(),
            ledger=_Books(self.unit, self.clock),
            reference=self.reference,
            clock=self.clock,
        )

    @property
    def reference(self) -> str:
        """Return for what people are asked: for each look anew, the plan's answers are old."""
        return f"schedule:{self.unit.pk}:{self.unit.due_at.date()}"

    def undated(self, as_of: datetime) -> list[ScheduledTable]:
        """Return the tables all of whose rows would go, whatever their date."""
        decisions = self._decisions(as_of)
        return [one for one in self.tables if not decisions[one.table_name].keeps]

    def _decisions(self, as_of: datetime) -> Mapping[str, TreatmentDecision]:
        claims = self.unit.plan.claims.keys()
        return treatments_of(self.resource, data_map=self.data_map, now=as_of, claims=claims)

    def blocks(self) -> list[list[ScheduledTable]]:
        by_table = {one.table: one for one in self.tables}
        blocks = (
            [by_table[table] for table in block.tables if table in by_table]
            for block in erasure_order(self.data_map)
        )
        return [block for block in blocks if block]


def pass_of(unit: ScheduledErasure, *, clock: Clock) -> Pass:
    """Return the work at hand; SourceMismatch where the map no longer has the tables."""
    data_map = current_map()
    tables = list(unit.tables.filter(finished_at__isnull=True))
    mapped = {one.id: {table.name for table in one.tables} for one in data_map.resources}
    for one in tables:
        if one.table_name not in mapped.get(unit.resource_id, ()):
            raise SourceMismatch("mismatch", resource=unit.resource_id, table=one.table_name)
    return Pass(unit, data_map, data_map.resource(unit.resource_id), tables, clock)
