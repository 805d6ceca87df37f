"""What a plan does to each table, and the work on a plan."""

from django.db import models
from django.db.models import F, Q

from datamap.domain.erasing import Tally, Treatment
from datamap.domain.vocabulary import Erasing
from erasure.domain.accounting import PlannedRows
from erasure.domain.states import Phase
from erasure.models.plan import Plan
from erasure.models.removal import TALLY, ZERO, Removal
from lib.units import LeasedUnit
from retention.domain.treatments import Ground


class PlannedTable(Removal):
    """What a plan does to one table, and how far it is. Counts and digests, no data."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="tables")
    action = models.CharField(max_length=10, choices=[(e.value, e.value) for e in Erasing])
    #: None: every row; otherwise rows whose anchor's local day lies before.
    due_before = models.DateField(null=True, blank=True)
    ground = models.CharField(max_length=20, choices=[(g.value, g.value) for g in Ground])
    kept = models.CharField(max_length=60, default=ZERO)
    needed = models.CharField(max_length=60, default=ZERO)
    held = models.CharField(max_length=60, default=ZERO)
    done = models.CharField(max_length=60, default=ZERO)
    #: The kept rows by anchor day: [day or null, rows], in order.
    kept_days = models.JSONField(default=list, blank=True)
    third_party_rows = models.PositiveBigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)
    #: Why the last attempt at this table failed; empty when it did not.
    error_code = models.CharField(max_length=64, blank=True)

    class Meta(Removal.Meta):
        constraints = [
            *Removal.Meta.constraints,
            models.UniqueConstraint(fields=["plan", "position"], name="plannedtable_position"),
            models.UniqueConstraint(
                fields=["plan", "resource_id", "table_name"], name="plannedtable_once_per_plan"
            ),
            models.CheckConstraint(
                name="plannedtable_stays_tallied",
                condition=Q(
                    kept__regex=TALLY, needed__regex=TALLY, held__regex=TALLY, done__regex=TALLY
                ),
            ),
            models.CheckConstraint(
                name="plannedtable_finished_is_complete",
                condition=Q(finished_at__isnull=True)
                | Q(executed=F("going"), pending="", error_code=""),
            ),
        ]
        ordering = ["position"]

    def __str__(self) -> str:
        return f"{self.resource_id}.{self.table_name}"

    @property
    def treatment(self) -> Treatment:
        return Treatment(Erasing(self.action), self.due_before)

    def as_planned(self, *, going: Tally) -> PlannedRows:
        """Return what the plan says about the table once only `going` is still to go."""
        return PlannedRows(
            table=self.table,
            treatment=self.treatment,
            going=going,
            kept=Tally.parse(self.kept),
            needed=Tally.parse(self.needed),
            held=Tally.parse(self.held),
            kept_days=self.kept_days,
        )

    @property
    def stays(self) -> Tally:
        """Return all rows that the plan leaves."""
        return Tally.parse(self.kept) + Tally.parse(self.needed) + Tally.parse(self.held)

    @property
    def is_entrusted(self) -> bool:
        return self.ground == Ground.CONTROLLER


class PlanUnit(LeasedUnit):
    """The work on one phase of a plan."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="units")
    phase = models.CharField(max_length=8, choices=[(p.value, p.value) for p in Phase])

    class Meta(LeasedUnit.Meta):
        constraints = [
            *LeasedUnit.Meta.constraints,
            models.CheckConstraint(
                name="planunit_phase_known", condition=Q(phase__in=[p.value for p in Phase])
            ),
            models.UniqueConstraint(fields=["plan", "phase"], name="planunit_once_per_phase"),
        ]

    def __str__(self) -> str:
        return f"{self.phase} of {self.plan_id}"
