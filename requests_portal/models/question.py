"""What a person was asked, and when: the evidence for each day on which the clock stood still."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from lib.fields import EncryptedTextField
from outbox.models import Message
from requests_portal.domain.questions import Kind
from requests_portal.models.case import Case


class Question(models.Model):
    """One question to the person. The clock stands still from the day its mail was *sent*.

    `answered_at` is when the answer reached us; `noted_by` is empty where the person wrote it at
    the portal. The answer is empty where the request ended without one.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="questions")
    kind = models.CharField(max_length=16, choices=[(k.value, k.value) for k in Kind])
    reason = EncryptedTextField()
    words = EncryptedTextField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField()
    message = models.OneToOneField(Message, on_delete=models.PROTECT, related_name="+")
    answer = EncryptedTextField(blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    noted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    #: The request was withdrawn or merged before an answer came: nobody waits any more.
    lapsed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(answered_at__isnull=True, lapsed_at__isnull=True),
                name="question_one_open_per_case",
            ),
            models.CheckConstraint(
                name="question_answered_after_asked",
                condition=Q(answered_at__isnull=True) | Q(answered_at__gte=F("asked_at")),
            ),
            models.CheckConstraint(
                name="question_answered_or_lapsed",
                condition=Q(answered_at__isnull=True) | Q(lapsed_at__isnull=True),
            ),
            models.CheckConstraint(
                name="question_noted_when_answered",
                condition=Q(noted_by__isnull=True) | Q(answered_at__isnull=False),
            ),
        ]
        ordering = ["asked_at"]

    def __str__(self) -> str:
        return f"{self.kind} asked on {self.case_id}"

    @property
    def is_open(self) -> bool:
        return self.answered_at is None and self.lapsed_at is None
