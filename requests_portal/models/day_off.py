"""One-off public holidays, on top of the tables of each country."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from lib.entities import ENTITIES
from lib.fields import EncryptedTextField


class DayOff(models.Model):
    """A day that was declared free. Removed, it stays as evidence of what dates were counted with.

    `counted_at` is when the dates of open cases were last counted anew because of it.
    """

    entity_code = models.CharField(max_length=2, choices=[(code, code) for code in ENTITIES])
    on = models.DateField()
    name = EncryptedTextField()
    #: Where it is declared.
    reason = EncryptedTextField()
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    added_at = models.DateTimeField()
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_because = EncryptedTextField(blank=True)
    counted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="dayoff_entity_known", condition=Q(entity_code__in=sorted(ENTITIES))
            ),
            models.UniqueConstraint(
                fields=["entity_code", "on"],
                condition=Q(removed_at__isnull=True),
                name="dayoff_once_per_day",
            ),
            models.CheckConstraint(
                name="dayoff_removed_by_somebody",
                condition=Q(removed_at__isnull=True, removed_by__isnull=True)
                | Q(removed_at__gte=F("added_at"), removed_by__isnull=False),
            ),
        ]
        ordering = ["on", "entity_code", "pk"]

    def __str__(self) -> str:
        return f"{self.entity_code} {self.on}"
