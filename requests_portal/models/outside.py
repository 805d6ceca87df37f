"""What goes to people outside: letters behind a link, entrusted data, notices to recipients."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from datamap.models import MapVersion
from lib.blobs import Blob
from lib.fields import EncryptedJSONField, EncryptedTextField
from lib.units import LeasedUnit
from outbox.models import Message
from requests_portal.domain.outside import BY_LINK, BY_STAFF, Occasion, Telling
from requests_portal.models.answer import Letter
from requests_portal.models.case import Case

_BY_LINK = sorted(state.value for state in BY_LINK)
_BY_STAFF = sorted(state.value for state in BY_STAFF)


class OutsideLink(models.Model):
    """The one-time link to a letter for somebody outside. Only the token's hash is kept.

    Renewed, it has another token, another mail, and was not used; the audit trail remembers.
    """

    letter = models.OneToOneField(Letter, on_delete=models.CASCADE, related_name="outside_link")
    to_email = EncryptedTextField()
    token_hash = models.BinaryField(max_length=32, unique=True)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    #: The mail that carries it.
    message = models.OneToOneField(Message, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="outsidelink_expires_after_issue",
                condition=Q(expires_at__gt=F("issued_at")),
            ),
            models.CheckConstraint(
                name="outsidelink_used_in_its_time",
                condition=Q(used_at__isnull=True)
                | Q(used_at__gte=F("issued_at"), used_at__lt=F("expires_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"link to letter {self.letter_id}"


class ToldOutside(models.Model):
    """Somebody outside who has to be told something by a letter, and how far that is."""

    map_version = models.ForeignKey(MapVersion, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(
        max_length=16,
        choices=[(one.value, one.value) for one in Telling],
        default=Telling.TO_SEND.value,
    )
    link = models.OneToOneField(
        OutsideLink,
        null=True,
        blank=True,
        on_delete=models.RESTRICT,
        related_name="%(class)s",
    )
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(class)s_sent_by_somebody",
                condition=Q(link__isnull=True, sent_at__isnull=True, sent_by__isnull=True)
                | Q(link__isnull=False, sent_at__isnull=False, sent_by__isnull=False),
            ),
            models.CheckConstraint(
                name="%(class)s_state_fits_letter",
                condition=Q(state=Telling.TO_SEND.value, link__isnull=True)
                | Q(state__in=_BY_LINK, link__isnull=False)
                | Q(state__in=_BY_STAFF),
            ),
            models.CheckConstraint(
                name="%(class)s_acknowledged_has_time",
                condition=Q(state=Telling.ACKNOWLEDGED.value, acknowledged_at__isnull=False)
                | (~Q(state=Telling.ACKNOWLEDGED.value) & Q(acknowledged_at__isnull=True)),
            ),
        ]


class Handover(ToldOutside):
    """Data of a person that we hold for one controller, and the passing on of the request to it.

    `forwarded_case` is the case that was forwarded by it: `case` itself where all of it is
    entrusted, otherwise a part of it with a reference of its own.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="handovers")
    controller_id = models.CharField(max_length=64)
    controller_name = models.CharField(max_length=2000)
    #: What was found when it was sent: [resource id, table, rows].
    held = models.JSONField(default=list, blank=True)
    forwarded_case = models.OneToOneField(
        Case, null=True, blank=True, on_delete=models.RESTRICT, related_name="forwarded_by"
    )

    class Meta(ToldOutside.Meta):
        constraints = [
            *ToldOutside.Meta.constraints,
            models.UniqueConstraint(
                fields=["case", "controller_id"], name="handover_once_per_controller"
            ),
            models.CheckConstraint(
                name="handover_never_told_otherwise",
                condition=Q(state__in=[Telling.TO_SEND.value, *_BY_LINK]),
            ),
            models.CheckConstraint(
                name="handover_sent_forwards_a_case",
                condition=Q(link__isnull=True, forwarded_case__isnull=True)
                | Q(link__isnull=False, forwarded_case__isnull=False),
            ),
        ]
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.controller_id} of {self.case_id}"


class HandoverFile(LeasedUnit):
    """The file a controller downloads: the request, and the rows we hold for it.

    A worker builds it from the sources; it is removed when the link's time is over.
    """

    handover = models.OneToOneField(Handover, on_delete=models.CASCADE, related_name="file")
    #: SubjectKeys.as_json: the identifiers that were searched with; empty: identify anew.
    sealed_keys = EncryptedJSONField(default=list)
    blob = models.OneToOneField(Blob, null=True, blank=True, on_delete=models.SET_NULL)
    rows = models.PositiveBigIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"file of handover {self.handover_id}"


class RecipientNotice(ToldOutside):
    """A recipient who is told what was done with data that it received (Art. 19).

    Once per case and recipient. `touched` names what it is about, without any data:
    [resource id, table, columns].
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="recipient_notices")
    recipient_id = models.CharField(max_length=64)
    recipient_name = models.CharField(max_length=2000)
    occasion = models.CharField(max_length=16, choices=[(one.value, one.value) for one in Occasion])
    touched = models.JSONField(default=list)
    told_on = models.DateField(null=True, blank=True)
    #: Why it is impossible or a disproportionate effort, or how the recipient was told.
    reason = EncryptedTextField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta(ToldOutside.Meta):
        constraints = [
            *ToldOutside.Meta.constraints,
            models.UniqueConstraint(
                fields=["case", "recipient_id"], name="recipientnotice_once_per_recipient"
            ),
            models.CheckConstraint(
                name="recipientnotice_settled_by_somebody",
                condition=Q(state__in=_BY_STAFF, settled_by__isnull=False, settled_at__isnull=False)
                | (~Q(state__in=_BY_STAFF) & Q(settled_by__isnull=True, settled_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="recipientnotice_told_otherwise_has_day",
                condition=Q(state=Telling.TOLD_OTHERWISE.value, told_on__isnull=False)
                | (~Q(state=Telling.TOLD_OTHERWISE.value) & Q(told_on__isnull=True)),
            ),
            models.CheckConstraint(
                name="recipientnotice_impossible_has_reason",
                condition=Q(state__in=_BY_STAFF, reason__isnull=False)
                | (~Q(state__in=_BY_STAFF) & Q(reason__isnull=True)),
            ),
        ]
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.recipient_id} of {self.case_id}"
