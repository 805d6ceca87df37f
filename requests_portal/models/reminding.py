"""Which mails about the clock went to staff: the rows that keep a sweep from sending twice."""

from django.conf import settings
from django.db import models

from outbox.models import Message
from requests_portal.domain.reminding import Occasion
from requests_portal.models.case import Case


class Reminder(models.Model):
    """One person was reminded of one case; `for_day` is the local day the reminder belongs to.

    `recipient` is empty for the mailbox of the data protection officer, which is written to while
    nobody holds that role. One mail may carry several reminders.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="reminders")
    occasion = models.CharField(max_length=16, choices=[(o.value, o.value) for o in Occasion])
    for_day = models.DateField()
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="+")
    queued_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "occasion", "for_day", "recipient"],
                nulls_distinct=False,
                name="reminder_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.occasion} of {self.case_id}"


class Digest(models.Model):
    """The overview of one day for one person; without a message there was nothing to say."""

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    on = models.DateField()
    message = models.ForeignKey(
        Message, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    queued_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["recipient", "on"], name="digest_once_a_day"),
        ]

    def __str__(self) -> str:
        return f"digest of {self.on}"
