"""Legal holds, and what open requests need as evidence."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from datamap.domain.erasing import Exclusion
from datamap.domain.keys import SubjectKeys
from datamap.domain.vocabulary import Category
from lib.fields import EncryptedJSONField, EncryptedTextField
from retention.domain.holding import HoldKind, HoldState

_CATEGORIES = [category.value for category in Category]
_NO_PROPOSAL = Q(proposed_at__isnull=True, proposed_by="")
_PROPOSAL = Q(proposed_at__isnull=False, proposed_at__gte=F("placed_at")) & ~Q(proposed_by="")
_NO_RELEASE = Q(released_at__isnull=True, released_by="")
#: Two people: never the one who proposed it.
_RELEASE = (
    Q(released_at__isnull=False, released_at__gte=F("proposed_at"))
    & ~Q(released_by="")
    & ~Q(released_by=F("proposed_by"))
)


class LegalHold(models.Model):
    """Data that nothing may remove while a dispute or an authority's request lasts.

    Each part of the scope narrows it; empty means all. It holds until it is released.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=16, choices=[(one.value, one.value) for one in HoldKind])
    #: Who ordered it, and under which number; the order itself may name people.
    authority = EncryptedTextField()
    reference = EncryptedTextField(blank=True)
    reason = EncryptedTextField()
    state = models.CharField(
        max_length=10,
        choices=[(one.value, one.value) for one in HoldState],
        default=HoldState.IN_FORCE.value,
    )
    names_people = models.BooleanField()
    #: SubjectKeys.as_json: all identifiers under which our sources know these people.
    sealed_keys = EncryptedJSONField(default=list)
    #: Resource ids, retention categories, controllers of the map.
    resources = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    categories = ArrayField(models.CharField(max_length=32), default=list, blank=True)
    controllers = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    #: How rows named these controllers when the hold was placed: the map may forget them.
    controller_keys = ArrayField(models.TextField(), default=list, blank=True)
    #: Local days of the anchor, both included.
    anchored_from = models.DateField(null=True, blank=True)
    anchored_until = models.DateField(null=True, blank=True)
    placed_at = models.DateTimeField()
    placed_by = models.CharField(max_length=80)  # "staff:3": no personal data
    review_on = models.DateField()
    reminded_on = models.DateField(null=True, blank=True)
    proposed_at = models.DateTimeField(null=True, blank=True)
    proposed_by = models.CharField(max_length=80, blank=True)
    release_reason = EncryptedTextField(blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="legalhold_kind_known", condition=Q(kind__in=[one.value for one in HoldKind])
            ),
            models.CheckConstraint(
                name="legalhold_categories_known",
                condition=Q(categories__contained_by=_CATEGORIES),
            ),
            models.CheckConstraint(
                name="legalhold_has_a_scope",
                condition=Q(names_people=True)
                | ~Q(resources=[])
                | ~Q(categories=[])
                | ~Q(controllers=[])
                | Q(anchored_from__isnull=False)
                | Q(anchored_until__isnull=False),
            ),
            models.CheckConstraint(
                name="legalhold_days_in_order",
                condition=Q(anchored_from__isnull=True)
                | Q(anchored_until__isnull=True)
                | Q(anchored_until__gte=F("anchored_from")),
            ),
            models.CheckConstraint(
                name="legalhold_released_by_two_people",
                condition=(Q(state=HoldState.IN_FORCE.value) & _NO_PROPOSAL & _NO_RELEASE)
                | (Q(state=HoldState.PROPOSED.value) & _PROPOSAL & _NO_RELEASE)
                | (Q(state=HoldState.RELEASED.value) & _PROPOSAL & _RELEASE),
            ),
        ]
        indexes = [
            models.Index(
                fields=["review_on"],
                name="legalhold_in_force",
                condition=~Q(state=HoldState.RELEASED.value),
            ),
        ]

    def __str__(self) -> str:
        return f"hold {self.id}"

    @property
    def keys(self) -> SubjectKeys:
        return SubjectKeys.from_json(self.sealed_keys)

    @property
    def exclusion(self) -> Exclusion:
        """Return which rows it keeps, as far as the hold itself says."""
        return Exclusion(
            "hold",
            keys=self.keys if self.names_people else None,
            resources=frozenset(self.resources),
            categories=frozenset(self.categories),
            controllers=frozenset(self.controllers),
            controller_keys=frozenset(self.controller_keys),
            anchored_from=self.anchored_from,
            anchored_until=self.anchored_until,
        )


class LegalHoldKey(models.Model):
    """The keyed hash of one identifier, so that a hold is found without opening seals."""

    hold = models.ForeignKey(LegalHold, on_delete=models.CASCADE, related_name="hashes")
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hash", "hold"], name="legalholdkey_once_per_hold"),
        ]

    def __str__(self) -> str:
        return f"key of {self.hold_id}"


class EvidenceFreeze(models.Model):
    """A person's data that an open request needs as evidence: no purge takes it meanwhile.

    The row goes when the request ends.
    """

    #: What it is needed for, such as "case:<uuid>".
    reference = models.CharField(max_length=64, primary_key=True)
    sealed_keys = EncryptedJSONField()
    since = models.DateTimeField()

    def __str__(self) -> str:
        return f"evidence for {self.reference}"

    @property
    def keys(self) -> SubjectKeys:
        return SubjectKeys.from_json(self.sealed_keys)
