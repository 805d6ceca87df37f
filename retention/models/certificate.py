"""Certificates: what a run did, signed, and never changed."""

from django.db import models

from retention.models.purge import PurgeRun


class Certificate(models.Model):
    """The signed proof of one run. The database refuses to change or remove it."""

    run = models.OneToOneField(PurgeRun, on_delete=models.PROTECT, related_name="certificate")
    issued_at = models.DateTimeField()
    key = models.CharField(max_length=16)  # the short name of the public key
    document = models.TextField()  # the file as it is given out

    class Meta:
        ordering = ["-issued_at"]

    def __str__(self) -> str:
        return f"certificate of {self.run_id}"
