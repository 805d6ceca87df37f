"""How far this database knows the erasure ledger: a row for each line it booked.

The ledger itself is a file outside the database. After a restore these rows end where the backup
was made, and the file goes on: what it says beyond them has to be done again.
"""

from django.db import models
from django.db.models import Q

from ledger.domain.entries import Kind

_SHA256 = r"^[0-9a-f]{64}$"


class Booking(models.Model):
    """One line of the ledger: noted before it is written, confirmed when it is on disk."""

    sequence = models.PositiveBigIntegerField(primary_key=True)
    chain = models.CharField(max_length=64)
    kind = models.CharField(max_length=8, choices=[(k.value, k.value) for k in Kind])
    booked_at = models.DateTimeField()
    is_written = models.BooleanField(default=False)
    #: What ordered it, opaque, such as "case:<uuid>" or "purge:<uuid>".
    reference = models.CharField(max_length=120, blank=True)
    resource_id = models.CharField(max_length=64, blank=True)
    #: A digest of what the line says: the same thing is booked once.
    content = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="booking_kind_known", condition=Q(kind__in=[kind.value for kind in Kind])
            ),
            models.CheckConstraint(
                name="booking_hashes",
                condition=Q(chain__regex=_SHA256, content__regex=_SHA256),
            ),
            models.CheckConstraint(
                name="booking_removal_names_resource",
                condition=Q(kind__in=[Kind.REPLAY.value, Kind.WAIVER.value]) | ~Q(resource_id=""),
            ),
        ]
        indexes = [models.Index(fields=["reference", "resource_id"], name="booking_of_reference")]
        ordering = ["-sequence"]

    def __str__(self) -> str:
        return f"ledger line {self.sequence}"
