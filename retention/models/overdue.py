"""How far each table is behind its retention rules, from hour to hour."""

from django.db import models
from django.db.models import Q


class OverdueSample(models.Model):
    """What a look at one table found. Either counts, or the code of why it could not be read."""

    at = models.DateTimeField()
    resource_id = models.CharField(max_length=64)
    table_name = models.CharField(max_length=128)
    #: Rows that are due and may go; the age in seconds of the oldest past its date.
    due = models.PositiveBigIntegerField(null=True, blank=True)
    seconds = models.PositiveBigIntegerField(null=True, blank=True)
    error_code = models.CharField(max_length=32, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="overduesample_read_or_failed",
                condition=Q(due__isnull=False, seconds__isnull=False, error_code="")
                | (Q(due__isnull=True, seconds__isnull=True) & ~Q(error_code="")),
            )
        ]
        indexes = [
            models.Index(
                "resource_id", "table_name", models.F("at").desc(), name="overduesample_latest"
            ),
            models.Index(fields=["at"], name="overduesample_at"),
        ]
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.resource_id}.{self.table_name} at {self.at:%Y-%m-%d %H:%M}"
