"""What a plan has left, to be erased unattended when its date comes."""

from django.db import models
from django.db.models import Q

from datamap.domain.keys import SubjectKeys
from erasure.models.plan import Plan
from erasure.models.removal import TALLY, ZERO, Removal
from lib.fields import EncryptedJSONField
from lib.units import LeasedUnit


class ScheduledErasure(LeasedUnit):
    """Rows of one resource that a plan has left: erased unattended when their date comes."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="scheduled")
    resource_id = models.CharField(max_length=64)
    #: SubjectKeys.as_json; emptied when nothing is left.
    keys = EncryptedJSONField(default=list)
    #: When the resource is looked at next.
    due_at = models.DateTimeField()
    #: The instant whose due days the pass under way goes by; None: none is.
    as_of = models.DateTimeField(null=True, blank=True)

    class Meta(LeasedUnit.Meta):
        constraints = [
            *LeasedUnit.Meta.constraints,
            models.UniqueConstraint(
                fields=["plan", "resource_id"], name="scheduled_once_per_resource"
            ),
        ]
        ordering = ["due_at", "pk"]

    def __str__(self) -> str:
        return f"{self.resource_id} of {self.plan_id}"

    @property
    def subject_keys(self) -> SubjectKeys:
        return SubjectKeys.from_json(self.keys)


class ScheduledTable(Removal):
    """What a scheduled erasure has still to do in one table; tallies are of the pass under way."""

    scheduled = models.ForeignKey(ScheduledErasure, on_delete=models.CASCADE, related_name="tables")
    #: The rows that the plan left, without those erased since.
    left_behind = models.CharField(max_length=60, default=ZERO)
    #: Rows came that cannot be told from those left behind, which therefore stay.
    is_mixed = models.BooleanField(default=False)
    rows_erased = models.PositiveBigIntegerField(default=0)
    #: Set when nothing is left.
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta(Removal.Meta):
        constraints = [
            *Removal.Meta.constraints,
            models.UniqueConstraint(
                fields=["scheduled", "table_name"], name="scheduledtable_once_per_resource"
            ),
            models.CheckConstraint(
                name="scheduledtable_left_behind_tallied", condition=Q(left_behind__regex=TALLY)
            ),
        ]
        ordering = ["position"]

    def __str__(self) -> str:
        return f"{self.resource_id}.{self.table_name}"
