"""Runs that erase what is due: the run, what it does to each table, and the switch that stops all.

Every run keeps its numbers as proof: the rules and their hash, what was due, what went, what was
held, what a search afterwards found. No personal data.
"""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from datamap.domain.erasing import PartKind
from datamap.domain.vocabulary import Erasing
from datamap.models import MapVersion
from lib.units import LeasedUnit
from retention.domain.purge_stages import RunState, Stage
from retention.domain.purging import Alarm

_ALARMS = [alarm.value for alarm in Alarm]


class PurgeRun(models.Model):
    """One run over all sources, or over one. Everything is due or not by `as_of`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    #: The local day of a run that began by itself; one a day.
    night = models.DateField(null=True, blank=True, unique=True)
    as_of = models.DateTimeField()
    started_at = models.DateTimeField()
    started_by = models.CharField(max_length=80)  # "staff:3", "system:purge": no personal data
    map_version = models.ForeignKey(MapVersion, on_delete=models.PROTECT, related_name="+")
    rules_hash = models.CharField(max_length=64)
    #: The only resource it is about; empty: all.
    resource_id = models.CharField(max_length=64, blank=True)
    state = models.CharField(
        max_length=12,
        choices=[(s.value, s.value) for s in RunState],
        default=RunState.RUNNING.value,
    )
    stage = models.PositiveSmallIntegerField(default=Stage.PLAN.value)
    #: Within PURGE: the tables of this round may go now, children before their parents.
    level = models.PositiveSmallIntegerField(default=0)
    paused_by = models.CharField(max_length=80, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                F("finished_at"),
                name="purgerun_one_at_a_time",
                condition=Q(finished_at__isnull=True),
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="purgerun_state_known", condition=Q(state__in=[s.value for s in RunState])
            ),
            models.CheckConstraint(
                name="purgerun_ended_has_time",
                condition=Q(state__in=["running", "paused"], finished_at__isnull=True)
                | Q(state__in=["done", "incomplete", "ended"], finished_at__isnull=False),
            ),
            models.CheckConstraint(
                name="purgerun_paused_by_somebody",
                condition=Q(state="paused") & ~Q(paused_by="") | ~Q(state="paused"),
            ),
        ]
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"purge {self.id}"


class PurgeTable(LeasedUnit):
    """What one run does to one table: a leased unit of work, and the proof of it."""

    run = models.ForeignKey(PurgeRun, on_delete=models.CASCADE, related_name="tables")
    resource_id = models.CharField(max_length=64)
    table_name = models.CharField(max_length=128)
    position = models.PositiveIntegerField()
    category = models.CharField(max_length=32)
    action = models.CharField(max_length=12, choices=[(e.value, e.value) for e in Erasing])
    #: Rows whose anchor's local day lies before it are due; None: no anchor decides.
    due_before = models.DateField(null=True, blank=True)
    stage = models.PositiveSmallIntegerField(default=Stage.PLAN.value)
    level = models.PositiveSmallIntegerField(default=0)
    #: As the plan found it, in rows.
    rows = models.PositiveBigIntegerField(default=0)
    due = models.PositiveBigIntegerField(default=0)
    held = models.PositiveBigIntegerField(default=0)
    needed = models.PositiveBigIntegerField(default=0)
    no_anchor = models.PositiveBigIntegerField(default=0)
    early = models.PositiveBigIntegerField(default=0)
    future = models.PositiveBigIntegerField(default=0)
    oldest_on = models.DateField(null=True, blank=True)
    alarms = ArrayField(
        models.CharField(max_length=16, choices=[(a, a) for a in _ALARMS]), default=list, blank=True
    )
    allowed_by = models.CharField(max_length=80, blank=True)
    allowed_at = models.DateTimeField(null=True, blank=True)
    #: What a search found due after the purge; None: not searched yet.
    left = models.PositiveBigIntegerField(null=True, blank=True)
    #: Rows that are gone: due before and not found afterwards; an estimate while it runs.
    erased = models.PositiveBigIntegerField(default=0)
    #: How often it was divided into parts; again where rows were found due afterwards.
    rounds = models.PositiveSmallIntegerField(default=0)
    #: How many rows a stretch of it had that took the time it should; None: not known yet.
    stretch_rows = models.PositiveIntegerField(null=True, blank=True)
    #: When the first part of it began, and whether the source's time for a run was over before it.
    began_at = models.DateTimeField(null=True, blank=True)
    out_of_time = models.BooleanField(default=False)

    class Meta(LeasedUnit.Meta):
        constraints = [
            *LeasedUnit.Meta.constraints,
            models.UniqueConstraint(
                fields=["run", "resource_id", "table_name"], name="purgetable_once_per_run"
            ),
            models.CheckConstraint(
                name="purgetable_allowed_by_somebody",
                condition=Q(allowed_at__isnull=True, allowed_by="")
                | (Q(allowed_at__isnull=False) & ~Q(allowed_by="")),
            ),
        ]
        ordering = ["position"]

    def __str__(self) -> str:
        return f"{self.resource_id}.{self.table_name} in {self.run_id}"

    @property
    def asks(self) -> bool:
        """True while a person has to look at it before anything goes."""
        return bool(self.alarms) and self.allowed_at is None


class PurgePart(LeasedUnit):
    """A part of a table that one worker purges by itself, and how far it has come."""

    table = models.ForeignKey(PurgeTable, on_delete=models.CASCADE, related_name="parts")
    round = models.PositiveSmallIntegerField()
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=[(k.value, k.value) for k in PartKind])
    leaf = models.CharField(max_length=140, blank=True)  # the partition's name in the source
    #: Of a part by blocks: those that are still to be looked at.
    next_block = models.PositiveBigIntegerField(null=True, blank=True)
    end_block = models.PositiveBigIntegerField(null=True, blank=True)

    class Meta(LeasedUnit.Meta):
        constraints = [
            *LeasedUnit.Meta.constraints,
            models.UniqueConstraint(
                fields=["table", "round", "position"], name="purgepart_once_per_round"
            ),
            models.CheckConstraint(
                name="purgepart_blocks_have_bounds",
                condition=Q(kind="blocks", next_block__isnull=False, end_block__isnull=False)
                | ~Q(kind="blocks") & Q(next_block__isnull=True, end_block__isnull=True),
            ),
        ]
        ordering = ["position"]

    def __str__(self) -> str:
        return f"part {self.position} of {self.table}"


class PurgeStop(models.Model):
    """The switch that stops every purge at once, until somebody releases it."""

    reason = models.CharField(max_length=500)
    set_by = models.CharField(max_length=80)
    set_at = models.DateTimeField()
    released_by = models.CharField(max_length=80, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                F("released_at"),
                name="purgestop_one_at_a_time",
                condition=Q(released_at__isnull=True),
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="purgestop_released_by_somebody",
                condition=Q(released_at__isnull=True, released_by="")
                | (Q(released_at__isnull=False, released_at__gte=F("set_at")) & ~Q(released_by="")),
            ),
        ]

    def __str__(self) -> str:
        return f"purge stop {self.pk}"
