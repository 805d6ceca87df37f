"""What goes with a request beside the request: who entered it, a scan, who speaks for whom."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from lib.blobs import Blob
from lib.fields import EncryptedTextField
from requests_portal.domain.files import FileKind
from requests_portal.domain.representing import Authority
from requests_portal.models.case import Case


class Entry(models.Model):
    """A request as staff entered it, with the scan of what came. The scan goes with the case."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="entry")
    #: Made with the form, so that sending it twice makes one case.
    submission = models.UUIDField(unique=True)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    entered_at = models.DateTimeField()
    scan = models.OneToOneField(Blob, null=True, blank=True, on_delete=models.PROTECT)
    scan_name = EncryptedTextField(blank=True)
    scan_kind = models.CharField(
        max_length=8, blank=True, choices=[(k.value, k.value) for k in FileKind]
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="entry_scan_has_kind",
                condition=Q(scan__isnull=True, scan_kind="")
                | (Q(scan__isnull=False) & ~Q(scan_kind="")),
            ),
        ]

    def __str__(self) -> str:
        return f"entry of {self.case_id}"


class Representative(models.Model):
    """The one who writes speaks for somebody else, whose data the request is about.

    The case's own name and address are the representative's; these are the represented person's.
    """

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="representative")
    authority = models.CharField(max_length=16, choices=[(a.value, a.value) for a in Authority])
    person_name = EncryptedTextField()
    person_email = EncryptedTextField(blank=True)
    #: How the authority is shown, in the words of the one who claims it.
    statement = EncryptedTextField(blank=True)
    #: What staff looked at, and what they found.
    how_checked = EncryptedTextField(blank=True)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    checked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="representative_checked_by_somebody",
                condition=Q(checked_at__isnull=True, checked_by__isnull=True)
                | Q(checked_at__isnull=False, checked_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.authority} on {self.case_id}"


class IdentifierChange(models.Model):
    """Why staff corrected under which identifiers a person is searched for."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="identifier_changes")
    reason = EncryptedTextField()
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["changed_at"]

    def __str__(self) -> str:
        return f"identifiers of {self.case_id}"
