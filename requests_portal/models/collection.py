"""What was searched for a case, and what was found: one unit of work per resource."""

from django.db import models
from django.db.models import Q

from datamap.models import MapVersion
from lib.blobs import Blob
from lib.fields import EncryptedJSONField
from lib.units import LeasedUnit
from requests_portal.models.case import Case


class CollectionUnit(LeasedUnit):
    """The search of one resource for one case; a worker leases it and may be killed at any time."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="collection_units")
    map_version = models.ForeignKey(MapVersion, on_delete=models.PROTECT)
    resource_id = models.CharField(max_length=64)
    position = models.PositiveSmallIntegerField()
    #: The identifiers searched with, as identification.KnownAs.as_json gives them.
    searched_with = EncryptedJSONField(default=list)

    class Meta(LeasedUnit.Meta):
        constraints = [
            *LeasedUnit.Meta.constraints,
            models.UniqueConstraint(
                fields=["case", "resource_id"], name="collectionunit_once_per_resource"
            ),
        ]
        ordering = ["position"]

    def __str__(self) -> str:
        return f"{self.resource_id} for {self.case_id}"


class CollectedTable(models.Model):
    """The rows of one table. `searched_at` is set when the search ended, found or not."""

    unit = models.ForeignKey(CollectionUnit, on_delete=models.CASCADE, related_name="tables")
    table_name = models.CharField(max_length=128)
    position = models.PositiveSmallIntegerField()
    #: False for data entrusted by another controller: counted and referred, never handed out here.
    is_ours = models.BooleanField(default=True)
    #: Rows by controller id, for entrusted data.
    controllers = models.JSONField(default=dict)
    searched_at = models.DateTimeField(null=True, blank=True)
    row_count = models.PositiveBigIntegerField(default=0)
    kept_from = models.DateTimeField(null=True, blank=True)
    kept_until = models.DateTimeField(null=True, blank=True)
    kept_open_ended = models.BooleanField(default=False)
    blob = models.OneToOneField(Blob, null=True, blank=True, on_delete=models.SET_NULL)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "table_name"], name="collectedtable_once_per_table"
            ),
            models.CheckConstraint(
                name="collectedtable_rows_only_when_searched",
                condition=Q(searched_at__isnull=False) | Q(row_count=0),
            ),
        ]
        ordering = ["position"]

    def __str__(self) -> str:
        return self.table_name
