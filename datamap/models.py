"""The versions of the data map that were in force."""

from django.db import models
from django.db.models import Q


class MapVersion(models.Model):
    """One content of the map. A content is stored once; exactly one is current."""

    hash = models.CharField(max_length=64, unique=True)
    document = models.JSONField()
    loaded_at = models.DateTimeField()
    loaded_by = models.CharField(max_length=80)  # "staff:3", "system:datamap": no personal data
    is_current = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_current"], condition=Q(is_current=True), name="one_current_map"
            ),
            models.CheckConstraint(
                condition=Q(hash__regex=r"^[0-9a-f]{64}$"), name="map_hash_is_sha256"
            ),
        ]

    def __str__(self) -> str:
        return f"data map {self.hash[:12]}"
