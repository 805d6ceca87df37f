"""The decision on a case, and what is handed over because of it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from lib.blobs import Blob
from lib.fields import EncryptedTextField
from lib.units import LeasedUnit
from requests_portal.domain.rights import Outcome
from requests_portal.models.case import Case


class Decision(models.Model):
    """Who decided what, and when. Never automatic: a named member of staff stands behind it."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="decision")
    outcome = models.CharField(max_length=16, choices=[(o.value, o.value) for o in Outcome])
    message = EncryptedTextField(blank=True)
    #: The handler has stated that the data found belongs to this person.
    identity_checked = models.BooleanField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="decision_needs_identity_checked", condition=Q(identity_checked=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} on {self.case_id}"


class Letter(models.Model):
    """A letter exactly as it was sent."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="letters")
    kind = models.CharField(max_length=32)
    language = models.CharField(max_length=5)
    blob = models.OneToOneField(Blob, on_delete=models.PROTECT)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "kind"], name="letter_once_per_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.case_id}"


class Package(LeasedUnit):
    """The answer's files, built by a worker as one ZIP and kept for some days."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="package")
    blob = models.OneToOneField(Blob, null=True, blank=True, on_delete=models.SET_NULL)
    #: Rows written so far and rows to write, for the progress bar.
    rows_done = models.PositiveBigIntegerField(default=0)
    rows_total = models.PositiveBigIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    download_count = models.PositiveIntegerField(default=0)
    first_downloaded_at = models.DateTimeField(null=True, blank=True)

    class Meta(LeasedUnit.Meta):
        constraints = [
            *LeasedUnit.Meta.constraints,
            models.CheckConstraint(
                name="package_downloads_have_a_first",
                condition=Q(download_count=0, first_downloaded_at__isnull=True)
                | Q(download_count__gt=0, first_downloaded_at__isnull=False),
            ),
            models.CheckConstraint(
                name="package_progress_within_total",
                condition=Q(rows_done__lte=F("rows_total")),
            ),
        ]

    def __str__(self) -> str:
        return f"package of {self.case_id}"
