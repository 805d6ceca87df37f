"""Corrections of single fields (GDPR Art. 16), each a unit of work once it is ordered."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from datamap.domain.keys import SubjectKeys
from datamap.models import MapVersion
from lib.fields import EncryptedJSONField
from lib.units import LeasedUnit, Status
from requests_portal.models.case import Case


class Correction(LeasedUnit):
    """One field of one row: what stands there and what should. Ordered, a worker applies it.

    While `ordered_at` is empty it is a proposal. Done, `has_conflict` tells whether the old value
    was not there any more, so that nothing was written.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="corrections")
    map_version = models.ForeignKey(MapVersion, on_delete=models.PROTECT)
    resource_id = models.CharField(max_length=64)
    table_name = models.CharField(max_length=128)
    column = models.CharField(max_length=128)
    #: The row's primary key by column, and a keyed hash of it to find the row by.
    row_key = EncryptedJSONField()
    row_hash = models.BinaryField(max_length=32)
    #: The person's identifiers (SubjectKeys.as_json): a correction must not need the search again.
    sealed_keys = EncryptedJSONField()
    old_value = EncryptedJSONField(null=True, blank=True)
    new_value = EncryptedJSONField(null=True, blank=True)
    #: Conflict: what stands there instead; `row_is_gone` where no such row is the person's.
    present_value = EncryptedJSONField(null=True, blank=True)
    row_is_gone = models.BooleanField(default=False)
    has_conflict = models.BooleanField(default=False)

    proposed_at = models.DateTimeField()
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    ordered_at = models.DateTimeField(null=True, blank=True)
    ordered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta(LeasedUnit.Meta):
        constraints = [
            *LeasedUnit.Meta.constraints,
            models.UniqueConstraint(
                fields=["case", "resource_id", "table_name", "row_hash", "column"],
                name="correction_once_per_field_until_done",
                condition=~Q(status=Status.DONE.value),
            ),
            models.CheckConstraint(
                name="correction_ordered_by_somebody",
                condition=Q(ordered_at__isnull=True, ordered_by__isnull=True)
                | Q(ordered_at__isnull=False, ordered_by__isnull=False),
            ),
            models.CheckConstraint(
                name="correction_proposal_is_not_worked_on",
                condition=Q(ordered_at__isnull=False) | Q(status=Status.QUEUED.value),
            ),
            models.CheckConstraint(
                name="correction_conflict_only_when_done",
                condition=Q(has_conflict=False, row_is_gone=False)
                | Q(has_conflict=True, status=Status.DONE.value),
            ),
        ]
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.table_name}.{self.column} of {self.case_id}"

    @property
    def keys(self) -> SubjectKeys:
        return SubjectKeys.from_json(self.sealed_keys)

    @property
    def is_proposal(self) -> bool:
        return self.ordered_at is None
