"""Where a person wants their data to go, and how it went there (Art. 20)."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from lib.fields import EncryptedTextField
from lib.units import LeasedUnit
from requests_portal.domain.porting import Target
from requests_portal.models.case import Case


def _both_or_neither(stamp: str, person: str) -> Q:
    return Q(**{f"{stamp}__isnull": True, f"{person}__isnull": True}) | Q(
        **{f"{stamp}__isnull": False, f"{person}__isnull": False}
    )


class PortingWish(models.Model):
    """To the person, or to another company: at an address it named, or by a one-time code.

    `released` is when staff let the company collect by code. `returned` is when the person was
    given the data although another company was to receive it directly (Art. 20(2)).
    """

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="porting_wish")
    target = models.CharField(
        max_length=8, choices=[(t.value, t.value) for t in Target], default=Target.ME.value
    )
    company = EncryptedTextField(null=True, blank=True)
    url = EncryptedTextField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    returned_at = models.DateTimeField(null=True, blank=True)
    returned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="portingwish_target_has_its_parts",
                condition=Q(target=Target.ME.value, company__isnull=True, url__isnull=True)
                | Q(target=Target.URL.value, company__isnull=False, url__isnull=False)
                | Q(target=Target.CODE.value, company__isnull=False, url__isnull=True),
            ),
            models.CheckConstraint(
                name="portingwish_released_by_somebody",
                condition=_both_or_neither("released_at", "released_by"),
            ),
            models.CheckConstraint(
                name="portingwish_returned_by_somebody",
                condition=_both_or_neither("returned_at", "returned_by"),
            ),
            models.CheckConstraint(
                name="portingwish_only_a_code_is_released",
                condition=Q(released_at__isnull=True) | Q(target=Target.CODE.value),
            ),
            models.CheckConstraint(
                name="portingwish_goes_one_way",
                condition=Q(returned_at__isnull=True)
                | (Q(released_at__isnull=True) & ~Q(target=Target.ME.value)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.target} for {self.case_id}"


class Transfer(LeasedUnit):
    """Sending the package to the company's address. Its id is the idempotency key of each try."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="transfer")
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField()
    #: What the company's server answered to the last try; empty when there was no answer.
    answer_status = models.PositiveSmallIntegerField(null=True, blank=True)
    #: Bytes of this try, for the progress bar.
    bytes_sent = models.PositiveBigIntegerField(default=0)

    class Meta(LeasedUnit.Meta):
        constraints = [
            *LeasedUnit.Meta.constraints,
            models.CheckConstraint(
                name="transfer_done_was_accepted",
                condition=~Q(status="done")
                | Q(answer_status__isnull=False, answer_status__gte=200, answer_status__lt=300),
            ),
        ]

    def __str__(self) -> str:
        return f"transfer of {self.case_id}"


class HandoverCode(models.Model):
    """A one-time code with which a company collects the package. Only its keyed hash is kept."""

    wish = models.ForeignKey(PortingWish, on_delete=models.CASCADE, related_name="codes")
    code_hash = models.BinaryField(max_length=32, unique=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    #: A newer code took its place.
    replaced_at = models.DateTimeField(null=True, blank=True)
    collected_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="handovercode_expires_after_made",
                condition=Q(expires_at__gt=F("made_at")),
            ),
            models.CheckConstraint(
                name="handovercode_ends_once",
                condition=Q(replaced_at__isnull=True) | Q(collected_at__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["wish"],
                condition=Q(replaced_at__isnull=True, collected_at__isnull=True),
                name="handovercode_one_open_per_wish",
            ),
        ]
        ordering = ["made_at"]

    def __str__(self) -> str:
        return f"code of {self.wish_id}"
