"""Restrictions of processing (GDPR Art. 18), and the marks they set in the sources."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from datamap.domain.erasing import Exclusion
from datamap.domain.keys import SubjectKeys
from datamap.domain.vocabulary import Category
from lib.fields import EncryptedJSONField, EncryptedTextField
from lib.units import LeasedUnit
from retention.domain.restricting import Reason

_CATEGORIES = [category.value for category in Category]


class Restriction(models.Model):
    """One person's data that may only be stored. In force from the start until it is lifted."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reason = models.CharField(max_length=16, choices=[(r.value, r.value) for r in Reason])
    #: SubjectKeys.as_json: all identifiers under which our sources know the person.
    sealed_keys = EncryptedJSONField()
    note = EncryptedTextField(blank=True)
    #: Resource ids, tables ("resource.table") and retention categories that it is limited to;
    #: empty: all.
    resources = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    tables = ArrayField(models.CharField(max_length=192), default=list, blank=True)
    categories = ArrayField(models.CharField(max_length=32), default=list, blank=True)
    #: What asked for it, such as "case:<uuid>"; empty for one set by hand.
    reference = models.CharField(max_length=64, blank=True)
    starts_at = models.DateTimeField()
    set_by = models.CharField(max_length=80)  # "staff:3", "system:objection": no personal data
    #: When the person was told that it will be lifted (18(3)).
    notice_sent_at = models.DateTimeField(null=True, blank=True)
    notice_sent_by = models.CharField(max_length=80, blank=True)
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="restriction_reason_known", condition=Q(reason__in=[r.value for r in Reason])
            ),
            models.CheckConstraint(
                name="restriction_categories_known",
                condition=Q(categories__contained_by=_CATEGORIES),
            ),
            models.CheckConstraint(
                name="restriction_notice_has_time_and_author",
                condition=Q(notice_sent_at__isnull=True, notice_sent_by="")
                | (
                    Q(notice_sent_at__isnull=False, notice_sent_at__gte=F("starts_at"))
                    & ~Q(notice_sent_by="")
                ),
            ),
            models.CheckConstraint(
                name="restriction_lifted_after_its_notice",
                condition=Q(lifted_at__isnull=True, lifted_by="")
                | (
                    Q(lifted_at__isnull=False, notice_sent_at__isnull=False)
                    & Q(lifted_at__gte=F("notice_sent_at"))
                    & ~Q(lifted_by="")
                ),
            ),
        ]
        indexes = [
            models.Index(
                fields=["-starts_at"],
                name="restriction_in_force",
                condition=Q(lifted_at__isnull=True),
            ),
            models.Index(fields=["reference"], name="restriction_reference"),
        ]

    def __str__(self) -> str:
        return f"restriction {self.id}"

    @property
    def keys(self) -> SubjectKeys:
        return SubjectKeys.from_json(self.sealed_keys)

    def covers(self, resource: str, table: str, category: str) -> bool:
        """Tell whether it speaks of a table at all."""
        return Exclusion(
            "restriction",
            resources=frozenset(self.resources),
            tables=frozenset(self.tables),
            categories=frozenset(self.categories),
        ).covers(resource, table, category)


class RestrictionKey(models.Model):
    """The keyed hash of one identifier, so that a restriction is found without opening seals."""

    restriction = models.ForeignKey(Restriction, on_delete=models.CASCADE, related_name="hashes")
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["hash", "restriction"], name="restrictionkey_once_per_restriction"
            ),
        ]

    def __str__(self) -> str:
        return f"key of {self.restriction_id}"


class SourceMark(LeasedUnit):
    """The order to bring one source in line with a restriction, set or lifted.

    A worker looks up under which identifiers this source knows the person, and sets or clears the
    source's own marks, whichever the restriction asks for at that moment.
    """

    restriction = models.ForeignKey(Restriction, on_delete=models.CASCADE, related_name="marks")
    resource_id = models.CharField(max_length=64)
    marked_rows = models.PositiveBigIntegerField(default=0)

    class Meta(LeasedUnit.Meta):
        constraints = [
            *LeasedUnit.Meta.constraints,
            models.UniqueConstraint(
                fields=["restriction", "resource_id"], name="sourcemark_once_per_resource"
            ),
        ]
        ordering = ["resource_id"]

    def __str__(self) -> str:
        return f"{self.resource_id} of {self.restriction_id}"
