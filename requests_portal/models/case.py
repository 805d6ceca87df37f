"""The case, the half-filled form before it, and the links that lead a person back to it."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from lib.entities import ENTITIES, Entity, entity
from lib.fields import EncryptedJSONField, EncryptedTextField
from requests_portal.domain.choices import CHOICES
from requests_portal.domain.lifecycle import BEGINNING, OPEN_STATES, UNDECIDED, State
from requests_portal.domain.rights import Channel, Right

_UNDECIDED = sorted(state.value for state in UNDECIDED)
_BEGINNING = sorted(state.value for state in BEGINNING)
_AT_WORK = sorted(state.value for state in (OPEN_STATES - BEGINNING) | {State.ANSWERED})
_DECIDED = [State.DECIDED.value, State.FULFILLING.value, State.ANSWERED.value]
_UNANSWERED = sorted(state.value for state in OPEN_STATES)


def _choices_of(right: Right) -> list[str]:
    return [choice.value for choice in CHOICES[right]]


def _stamped(state: State, field: str) -> Q:
    """Tie a state that ends a case to its time."""
    there = Q(**{f"{field}__isnull": False})
    return (Q(state=state.value) & there) | (~Q(state=state.value) & ~there)


class Case(models.Model):
    """One request of one person. Only `services` change its state."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=12, unique=True)
    right = models.CharField(max_length=16, choices=[(r.value, r.value) for r in Right])
    state = models.CharField(
        max_length=24,
        choices=[(s.value, s.value) for s in State],
        default=State.RECEIVED.value,
    )
    channel = models.CharField(max_length=16, choices=[(c.value, c.value) for c in Channel])
    language = models.CharField(max_length=5)
    entity_code = models.CharField(max_length=2, choices=[(code, code) for code in ENTITIES])

    name = EncryptedTextField()
    #: Empty where the person is written to by post.
    email = EncryptedTextField(blank=True)
    postal_address = EncryptedTextField(blank=True)
    phone = EncryptedTextField(blank=True)
    customer_number = EncryptedTextField(blank=True)
    #: By which requests of one person are found: see `queries.known_by`.
    email_hash = models.BinaryField(max_length=32)
    phone_hash = models.BinaryField(max_length=32, null=True, blank=True)
    number_hash = models.BinaryField(max_length=32, null=True, blank=True)
    about = EncryptedTextField(blank=True)
    #: A code of `domain.choices.Choice`, where the right offers a choice.
    choice = models.CharField(max_length=16, blank=True)
    #: Erasure: the person wants to be told when what is kept has been erased too.
    tell_when_gone = models.BooleanField(default=False)

    received_at = models.DateTimeField()
    received_on = models.DateField()
    safe_on = models.DateField()
    sla_on = models.DateField()
    statutory_on = models.DateField()
    extended_on = models.DateField()
    #: The day staff work to: the safe date, or the extended one while an extension is in force.
    due_on = models.DateField()
    #: Local days for which the clock stood still, see `Question`; the dates above count them.
    suspended_days = models.PositiveIntegerField(default=0)

    confirmed_at = models.DateTimeField(null=True, blank=True)
    #: Search only with identifiers that our records join to the person's own address.
    only_proven = models.BooleanField(default=False)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="assigned_cases",
    )
    started_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    forwarded_at = models.DateTimeField(null=True, blank=True)
    #: Work began anew then; the times above are those since.
    reopened_at = models.DateTimeField(null=True, blank=True)
    #: The request of the same person that goes on in place of this one.
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged"
    )
    #: The request of which this is the part that another controller decides on.
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="parts"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="case_started_when_worked_on",
                condition=Q(state__in=_BEGINNING, started_at__isnull=True)
                | Q(state__in=_AT_WORK, started_at__isnull=False)
                | ~Q(state__in=[*_BEGINNING, *_AT_WORK]),
            ),
            models.CheckConstraint(
                name="case_decided_state_has_time",
                condition=Q(state__in=_DECIDED, decided_at__isnull=False)
                | Q(state__in=_UNDECIDED, decided_at__isnull=True)
                | ~Q(state__in=[*_DECIDED, *_UNDECIDED]),
            ),
            models.CheckConstraint(
                name="case_answered_state_has_time",
                condition=Q(state=State.ANSWERED.value, answered_at__isnull=False)
                | Q(state__in=_UNANSWERED, answered_at__isnull=True)
                | ~Q(state__in=[State.ANSWERED.value, *_UNANSWERED]),
            ),
            models.CheckConstraint(
                name="case_closed_state_has_time", condition=_stamped(State.CLOSED, "closed_at")
            ),
            models.CheckConstraint(
                name="case_withdrawn_state_has_time",
                condition=_stamped(State.WITHDRAWN, "withdrawn_at"),
            ),
            models.CheckConstraint(
                name="case_forwarded_state_has_time",
                condition=_stamped(State.FORWARDED, "forwarded_at"),
            ),
            models.CheckConstraint(
                name="case_choice_of_its_right",
                condition=Q(choice="")
                | Q(right=Right.RESTRICTION.value, choice__in=_choices_of(Right.RESTRICTION))
                | Q(right=Right.OBJECTION.value, choice__in=_choices_of(Right.OBJECTION)),
            ),
            models.CheckConstraint(
                name="case_is_no_part_of_itself",
                condition=Q(parent__isnull=True) | ~Q(parent=models.F("id")),
            ),
            models.CheckConstraint(
                name="case_merged_is_closed",
                condition=Q(merged_into__isnull=True) | Q(state=State.CLOSED.value),
            ),
            models.CheckConstraint(
                name="case_dates_in_order",
                condition=Q(safe_on__gt=models.F("received_on"))
                & Q(statutory_on__gte=models.F("safe_on"))
                & Q(extended_on__gt=models.F("statutory_on")),
            ),
        ]
        indexes = [
            models.Index(fields=["state", "due_on"], name="case_queue"),
            models.Index(fields=["email_hash"], name="case_email_hash"),
            models.Index(
                fields=["phone_hash"],
                name="case_phone_hash",
                condition=Q(phone_hash__isnull=False),
            ),
            models.Index(
                fields=["number_hash"],
                name="case_number_hash",
                condition=Q(number_hash__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def entity(self) -> Entity:
        return entity(self.entity_code)

    @property
    def is_by_post(self) -> bool:
        """True where the person has given no e-mail address: every letter is posted."""
        return not self.email

    @property
    def addressee(self) -> list[str]:
        """Return the lines under which letters reach the person."""
        where = [self.email] if self.email else self.postal_address.split("\n")
        return [self.name, *where]

    @property
    def is_open(self) -> bool:
        return State(self.state) in OPEN_STATES


class AccessLink(models.Model):
    """A one-time link sent to the person's own address. Only the token's hash is kept.

    Following the link changes nothing (mail scanners follow links); the button behind it does.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="access_links")
    token_hash = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="accesslink_expires_after_creation",
                condition=Q(expires_at__gt=models.F("created_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"link of {self.case_id}"


class IntakeDraft(models.Model):
    """A form being filled in; removed when it is sent, or after a day."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    right = models.CharField(max_length=16, choices=[(r.value, r.value) for r in Right])
    answers = EncryptedJSONField(default=dict)
    updated_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"draft {self.id}"
