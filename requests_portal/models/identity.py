"""How somebody showed who they are. Proof is kept until the decision; the outcome stays."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from lib.blobs import Blob
from lib.fields import EncryptedTextField
from lib.units import LeasedUnit, Status
from requests_portal.domain.identity import MOST_TRIES, Way
from requests_portal.models.case import Case
from requests_portal.models.question import Question


class PhoneCheck(models.Model):
    """A question about identity may be answered with a code sent to a number that we hold.

    Wrong tries count over all codes together; with the last one the way is shut.
    """

    question = models.OneToOneField(Question, on_delete=models.CASCADE, related_name="phone_check")
    number = EncryptedTextField()
    offered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    offered_at = models.DateTimeField()
    wrong_tries = models.PositiveSmallIntegerField(default=0)
    locked_at = models.DateTimeField(null=True, blank=True)
    passed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="phonecheck_locked_after_most_tries",
                condition=Q(wrong_tries__lt=MOST_TRIES, locked_at__isnull=True)
                | Q(wrong_tries=MOST_TRIES, locked_at__isnull=False),
            ),
            models.CheckConstraint(
                name="phonecheck_locked_is_not_passed",
                condition=Q(locked_at__isnull=True) | Q(passed_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"phone check of question {self.question_id}"


class PhoneCode(LeasedUnit):
    """One code the person asked for. A worker makes it, keeps its keyed hash alone, sends it."""

    phone_check = models.ForeignKey(PhoneCheck, on_delete=models.CASCADE, related_name="codes")
    requested_at = models.DateTimeField()
    code_hash = models.BinaryField(max_length=32, null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta(LeasedUnit.Meta):
        constraints = [
            *LeasedUnit.Meta.constraints,
            models.UniqueConstraint(
                fields=["phone_check"],
                condition=Q(status__in=[Status.QUEUED.value, Status.RUNNING.value]),
                name="phonecode_one_on_its_way",
            ),
            models.CheckConstraint(
                name="phonecode_made_expires",
                condition=Q(code_hash__isnull=True, expires_at__isnull=True)
                | Q(code_hash__isnull=False, expires_at__gt=F("requested_at")),
            ),
            models.CheckConstraint(
                name="phonecode_sent_was_made",
                condition=~Q(status=Status.DONE.value) | Q(code_hash__isnull=False),
            ),
        ]
        ordering = ["requested_at", "pk"]

    def __str__(self) -> str:
        return f"code of phone check {self.phone_check_id}"


class ProofFile(models.Model):
    """A document with which somebody answered who they are. Deleted at the decision."""

    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="proof_files")
    name = EncryptedTextField()
    kind = models.CharField(max_length=8)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    blob = models.OneToOneField(Blob, on_delete=models.PROTECT)
    uploaded_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.kind} for question {self.question_id}"


class IdentityOutcome(models.Model):
    """What came of it: who they are is shown or not, in which way, on whose word, and when.

    A code that was entered rightly is nobody's judgement: it has no `recorded_by`.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="identity_outcomes")
    question = models.ForeignKey(
        Question, null=True, blank=True, on_delete=models.PROTECT, related_name="outcomes"
    )
    is_confirmed = models.BooleanField()
    way = models.CharField(max_length=16, choices=[(way.value, way.value) for way in Way])
    note = EncryptedTextField(blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="identityoutcome_recorded_by_staff_but_for_codes",
                condition=Q(
                    way=Way.PHONE_CODE.value,
                    recorded_by__isnull=True,
                    is_confirmed=True,
                    question__isnull=False,
                )
                | (~Q(way=Way.PHONE_CODE.value) & Q(recorded_by__isnull=False)),
            ),
        ]
        ordering = ["recorded_at", "pk"]

    def __str__(self) -> str:
        return f"identity on {self.case_id} by {self.way}"
