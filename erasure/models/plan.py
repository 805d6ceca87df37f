"""The plan of an erasure."""

import uuid

from django.db import models
from django.db.models import F, Q

from accounts.models import User
from datamap.domain.keys import SubjectKeys
from datamap.models import MapVersion
from erasure.domain.states import LIVE, PlanState, StopReason
from lib.fields import EncryptedJSONField

_SHA256 = r"^[0-9a-f]{64}$"


def _in(*states: PlanState) -> Q:
    return Q(state__in=[state.value for state in states])


def _exactly_in(condition: Q, *states: PlanState) -> Q:
    return (condition & _in(*states)) | (~condition & ~_in(*states))


class Plan(models.Model):
    """What an erasure does to each table, computed at one instant and approved by a second person.

    The identifiers are kept, sealed, so that a retry needs nothing that is gone already; they are
    deleted when the plan is done or discarded.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    #: What asked for it, opaque, such as "case:<uuid>".
    reference = models.CharField(max_length=80)
    map_version = models.ForeignKey(MapVersion, on_delete=models.PROTECT, related_name="+")
    #: SubjectKeys.as_json: as the person gave them, and all that are searched with.
    given = EncryptedJSONField(default=list)
    keys = EncryptedJSONField(default=list)
    #: Identifiers that our records join to these and that are not searched with, in the same form:
    #: staff left them out, or they came since staff looked.
    passed_over = EncryptedJSONField(default=list)
    #: Why tables ("resource.table") are needed for a legal claim (Art. 17(3)(e)).
    claims = EncryptedJSONField(default=dict)
    tell_when_gone = models.BooleanField(default=False)
    state = models.CharField(
        max_length=16,
        choices=[(s.value, s.value) for s in PlanState],
        default=PlanState.SURVEYING.value,
    )
    #: The instant whose due days the treatments have.
    as_of = models.DateTimeField()
    hash = models.CharField(max_length=64, blank=True)
    rules_hash = models.CharField(max_length=64)
    prepared_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    prepared_at = models.DateTimeField()
    approved_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    stop_reason = models.CharField(
        max_length=16, blank=True, choices=[(r.value, r.value) for r in StopReason]
    )
    done_at = models.DateTimeField(null=True, blank=True)
    discarded_at = models.DateTimeField(null=True, blank=True)
    discarded_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    #: Counts alone: a list of {resource, table, part, planned, present}.
    difference = models.JSONField(default=list, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="plan_state_known",
                condition=Q(state__in=[state.value for state in PlanState]),
            ),
            models.UniqueConstraint(
                fields=["reference"],
                condition=Q(state__in=sorted(state.value for state in LIVE)),
                name="plan_one_live_per_reference",
            ),
            models.CheckConstraint(
                name="plan_approved_by_another",
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("prepared_by")),
            ),
            models.CheckConstraint(
                name="plan_approved_has_time_and_author",
                condition=Q(approved_by__isnull=True, approved_at__isnull=True)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
            ),
            models.CheckConstraint(
                name="plan_carried_out_only_when_approved",
                condition=(
                    _in(PlanState.APPROVED, PlanState.STOPPED, PlanState.DONE)
                    & Q(approved_at__isnull=False)
                )
                | (_in(PlanState.SURVEYING, PlanState.READY) & Q(approved_at__isnull=True))
                | _in(PlanState.DISCARDED),
            ),
            models.CheckConstraint(
                name="plan_hashed_once_surveyed",
                condition=(_in(PlanState.SURVEYING) & Q(hash=""))
                | (~_in(PlanState.SURVEYING, PlanState.DISCARDED) & Q(hash__regex=_SHA256))
                | _in(PlanState.DISCARDED),
            ),
            models.CheckConstraint(
                name="plan_stopped_has_time_and_reason",
                condition=(
                    Q(stopped_at__isnull=False)
                    & ~Q(stop_reason="")
                    & _in(PlanState.STOPPED, PlanState.DISCARDED)
                )
                | (Q(stopped_at__isnull=True, stop_reason="") & ~_in(PlanState.STOPPED)),
            ),
            models.CheckConstraint(
                name="plan_done_has_time",
                condition=_exactly_in(Q(done_at__isnull=False), PlanState.DONE),
            ),
            models.CheckConstraint(
                name="plan_discarded_has_time",
                condition=_exactly_in(Q(discarded_at__isnull=False), PlanState.DISCARDED),
            ),
            models.CheckConstraint(
                name="plan_discarded_has_author",
                condition=_exactly_in(Q(discarded_by__isnull=False), PlanState.DISCARDED),
            ),
        ]
        indexes = [models.Index(fields=["reference", "-prepared_at"], name="plan_of_reference")]

    def __str__(self) -> str:
        return f"erasure plan {self.id}"

    @property
    def given_keys(self) -> SubjectKeys:
        return SubjectKeys.from_json(self.given)

    @property
    def all_keys(self) -> SubjectKeys:
        return SubjectKeys.from_json(self.keys)

    @property
    def keeps_rows(self) -> bool:
        """True when rows of ours stay: to a date, needed by others, or held."""
        return any(table.stays.rows for table in self.tables.all() if not table.is_entrusted)
