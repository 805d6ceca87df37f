"""More time for an answer (GDPR Art. 12(3)): once, and only when its notice was sent."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from lib.fields import EncryptedTextField
from requests_portal.domain.extending import ExtensionGround
from requests_portal.models.answer import Letter
from requests_portal.models.case import Case


class Extension(models.Model):
    """The extension of a case. `sent_on` is the local day on which its notice left the house.

    Until then it moves no date. A notice that left too late never does: `came_too_late`.
    """

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="extension")
    ground = models.CharField(max_length=16, choices=[(g.value, g.value) for g in ExtensionGround])
    reasons = EncryptedTextField()
    letter = models.OneToOneField(Letter, on_delete=models.PROTECT, related_name="+")
    told_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    told_at = models.DateTimeField()
    sent_on = models.DateField(null=True, blank=True)
    came_too_late = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="extension_too_late_or_in_force",
                condition=Q(came_too_late=False) | Q(sent_on__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"extension of {self.case_id}"
