"""Why work on a request began anew."""

from django.conf import settings
from django.db import models

from lib.fields import EncryptedTextField
from requests_portal.models.case import Case


class Reopening(models.Model):
    """A request that had ended is opened again; `by` is empty where the person wrote."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="reopenings")
    words = EncryptedTextField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField()

    class Meta:
        ordering = ["at"]

    def __str__(self) -> str:
        return f"{self.case_id} opened again"
