"""Messages that leave the house: rows first, written in the sender's transaction."""

from django.db import models
from django.db.models import Q

from lib.fields import EncryptedTextField
from lib.units import LeasedUnit


class Message(LeasedUnit):
    """One e-mail to one person, or what goes to them by post.

    `reference` is opaque: "case:<uuid>:acknowledgement".
    """

    reference = models.CharField(max_length=120, db_index=True)
    #: The Message-ID header, made once: a second delivery of the row is the same message.
    message_id = models.CharField(max_length=200, unique=True)
    to = EncryptedTextField()
    subject = EncryptedTextField()
    text = EncryptedTextField()
    html = EncryptedTextField(blank=True)
    language = models.CharField(max_length=5)
    #: No worker sends it: somebody posts it, and says on which day. `to` is a postal address.
    by_post = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True, db_index=True)

    class Meta(LeasedUnit.Meta):
        constraints = [
            *LeasedUnit.Meta.constraints,
            models.CheckConstraint(
                name="message_sent_when_done",
                condition=Q(status="done", sent_at__isnull=False)
                | (~Q(status="done") & Q(sent_at__isnull=True)),
            ),
        ]
        indexes = [
            *LeasedUnit.Meta.indexes,
            models.Index(fields=["reference"], name="message_failed", condition=Q(status="failed")),
        ]

    def __str__(self) -> str:
        return f"message {self.reference}"
