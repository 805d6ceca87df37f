"""The decision on a case, and what is handed over because of it."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from lib.blobs import Blob
from lib.fields import EncryptedJSONField, EncryptedTextField
from lib.units import LeasedUnit
from outbox.models import Message
from requests_portal.domain.letters import LetterKind
from requests_portal.domain.rights import Outcome
from requests_portal.models.case import Case

_OUTCOMES = [(o.value, o.value) for o in Outcome]


class Proposal(models.Model):
    """A refusal or a fee as one person proposes it; another approves it or sends it back."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="proposals")
    outcome = models.CharField(max_length=16, choices=_OUTCOMES)
    grounds = ArrayField(models.CharField(max_length=32), default=list, blank=True)
    message = EncryptedTextField(blank=True)
    identity_checked = models.BooleanField(default=False)
    #: A fee, in cents of euro; nothing else has an amount.
    fee_cents = models.PositiveIntegerField(null=True, blank=True)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    proposed_at = models.DateTimeField()
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    settled_at = models.DateTimeField(null=True, blank=True)
    is_approved = models.BooleanField(default=False)
    #: Why it was sent back.
    remark = EncryptedTextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(settled_at__isnull=True),
                name="proposal_one_open_per_case",
            ),
            models.CheckConstraint(
                name="proposal_settled_by_somebody",
                condition=Q(settled_at__isnull=True, settled_by__isnull=True, is_approved=False)
                | Q(settled_at__isnull=False, settled_by__isnull=False),
            ),
            models.CheckConstraint(
                name="proposal_approved_by_another",
                condition=Q(is_approved=False) | ~Q(settled_by=F("proposed_by")),
            ),
            models.CheckConstraint(
                name="proposal_fee_has_amount",
                condition=Q(outcome=Outcome.FEE.value, fee_cents__gt=0)
                | (~Q(outcome=Outcome.FEE.value) & Q(fee_cents__isnull=True)),
            ),
        ]
        ordering = ["proposed_at"]

    def __str__(self) -> str:
        return f"{self.outcome} proposed on {self.case_id}"


class Decision(models.Model):
    """Who decided what, and when. Never automatic: a named member of staff stands behind it.

    A case that was reopened may be decided again: the earlier decision stays, superseded.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="decisions")
    outcome = models.CharField(max_length=16, choices=_OUTCOMES)
    #: Codes of `domain.deciding.Ground`, where something is denied.
    grounds = ArrayField(models.CharField(max_length=32), default=list, blank=True)
    message = EncryptedTextField(blank=True)
    #: The handler has stated that the data found belongs to this person.
    identity_checked = models.BooleanField()
    #: Who proposed it, where a second person had to decide.
    proposal = models.OneToOneField(
        Proposal, null=True, blank=True, on_delete=models.PROTECT, related_name="decision"
    )
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    decided_at = models.DateTimeField()
    is_superseded = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(is_superseded=False),
                name="decision_one_in_force_per_case",
            ),
            models.CheckConstraint(
                name="decision_needs_identity_checked",
                condition=Q(identity_checked=True)
                | Q(outcome__in=[Outcome.REFUSED.value, Outcome.CANNOT_IDENTIFY.value]),
            ),
            models.CheckConstraint(
                name="decision_refusal_was_proposed",
                condition=~Q(outcome__in=[Outcome.REFUSED.value, Outcome.CANNOT_IDENTIFY.value])
                | Q(proposal__isnull=False),
            ),
            models.CheckConstraint(
                name="decision_fee_is_none", condition=~Q(outcome=Outcome.FEE.value)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} on {self.case_id}"


class Letter(models.Model):
    """A letter exactly as it was sent: its words are frozen here, its PDF is made from them once.

    `to_name` is empty for a letter to the person. The mail that announces it is the evidence of
    when it left the house.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="letters")
    kind = models.CharField(max_length=32, choices=[(k.value, k.value) for k in LetterKind])
    language = models.CharField(max_length=5)
    title = EncryptedTextField(blank=True)
    #: What `services.letters` prints: title, addressee, passages. None for an access answer.
    content = EncryptedJSONField(null=True, blank=True)
    to_name = EncryptedTextField(blank=True)
    is_to_person = models.BooleanField(default=True)
    blob = models.OneToOneField(Blob, null=True, blank=True, on_delete=models.PROTECT)
    message = models.ForeignKey(
        Message, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="letter_has_words_or_pdf",
                condition=Q(content__isnull=False) | Q(blob__isnull=False),
            ),
        ]
        ordering = ["created_at", "pk"]

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
