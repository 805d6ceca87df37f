"""The versions of the data map and their loading, and the tasks of those who keep data by hand."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from datamap.domain.loads import LoadState
from datamap.domain.tasks import Outcome, TaskState, Verb
from lib.blobs import Blob
from lib.fields import EncryptedJSONField

_ANSWERED = Q(
    state=TaskState.DONE.value,
    outcome__gt="",
    answered_by__isnull=False,
    answered_at__isnull=False,
    signed_name__gt="",
    sentence__gt="",
    digest__regex=r"^[0-9a-f]{64}$",
)
_UNANSWERED = Q(
    state__in=[TaskState.OPEN.value, TaskState.WITHDRAWN.value],
    outcome="",
    answered_by__isnull=True,
    answered_at__isnull=True,
    signed_name="",
    sentence="",
    digest="",
)
_DECIDED = [LoadState.CONFIRMED.value, LoadState.REJECTED.value]
_SEARCHED = [Outcome.FOUND.value, Outcome.NOTHING_FOUND.value]


class MapVersion(models.Model):
    """One content of the map. A content is stored once; exactly one is current."""

    hash = models.CharField(max_length=64, unique=True)
    document = models.JSONField()
    loaded_at = models.DateTimeField()
    loaded_by = models.CharField(max_length=80)  # "staff:3", "system:datamap": no personal data
    is_current = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_current"], condition=Q(is_current=True), name="one_current_map"
            ),
            models.CheckConstraint(
                condition=Q(hash__regex=r"^[0-9a-f]{64}$"), name="map_hash_is_sha256"
            ),
        ]

    def __str__(self) -> str:
        return f"data map {self.hash[:12]}"


class MapLoad(models.Model):
    """One loading of a content of the map: in force at once, or proposed to a second person.

    Only `services.loading` writes one and only `services.confirming` decides it.
    """

    version = models.ForeignKey(MapVersion, on_delete=models.PROTECT, related_name="loads")
    #: What was in force when it was loaded; None for the first map of all.
    before = models.ForeignKey(
        MapVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(max_length=9, choices=[(s.value, s.value) for s in LoadState])
    loaded_at = models.DateTimeField()
    #: Who proposed it where a person is known: that person cannot confirm it.
    loaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="map_loads",
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="decided_map_loads",
    )
    reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["state"],
                condition=Q(state=LoadState.PROPOSED.value),
                name="mapload_one_proposed",
            ),
            models.CheckConstraint(
                name="mapload_decided_by_somebody",
                condition=Q(state__in=_DECIDED, decided_at__isnull=False, decided_by__isnull=False)
                | (
                    ~Q(state__in=_DECIDED)
                    & Q(decided_at__isnull=True, decided_by__isnull=True, reason="")
                ),
            ),
            models.CheckConstraint(
                name="mapload_second_person",
                condition=Q(loaded_by__isnull=True)
                | ~Q(state=LoadState.CONFIRMED.value)
                | ~Q(decided_by=F("loaded_by")),
            ),
        ]
        ordering = ["-loaded_at", "-id"]

    def __str__(self) -> str:
        return f"{self.state} load of {self.version_id}"


class ManualTask(models.Model):
    """What a person is asked to do in a resource that no program reaches, and their answer.

    Open until the owner, or the data protection officer, has signed it. Only
    `connectors.manual_asking` opens one and only `services.manual` answers it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    resource_id = models.CharField(max_length=64)
    map_version = models.ForeignKey(MapVersion, on_delete=models.PROTECT)
    verb = models.CharField(max_length=8, choices=[(v.value, v.value) for v in Verb])
    #: What needs it, such as "case:<uuid>": opaque.
    reference = models.CharField(max_length=120, blank=True)
    #: A search: {"keys": SubjectKeys.as_json}. Else {"instructions": [Instruction.as_json]}.
    wanted = EncryptedJSONField()
    #: Keyed hash of `wanted`: the owner signs what they saw.
    key = models.BinaryField(max_length=32)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="manual_tasks",
    )
    created_at = models.DateTimeField()
    due_on = models.DateField()
    reminded_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(
        max_length=9,
        choices=[(s.value, s.value) for s in TaskState],
        default=TaskState.OPEN.value,
    )
    outcome = models.CharField(
        max_length=16, blank=True, choices=[(o.value, o.value) for o in Outcome]
    )
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="answered_tasks",
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    #: The statement: who signed under which name, the sentence they confirmed in their language,
    #: and the SHA-256 (hex) over task, sentence and uploads.
    signed_name = models.CharField(max_length=120, blank=True)
    sentence = models.TextField(blank=True)
    digest = models.CharField(max_length=64, blank=True)
    #: When a change that was signed took its place in what we know of the resource.
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["resource_id", "reference", "verb"],
                condition=Q(state=TaskState.OPEN.value),
                name="manualtask_asked_once",
            ),
            models.CheckConstraint(
                name="manualtask_verb_known", condition=Q(verb__in=[v.value for v in Verb])
            ),
            models.CheckConstraint(
                name="manualtask_done_is_signed", condition=_ANSWERED | _UNANSWERED
            ),
            models.CheckConstraint(
                name="manualtask_outcome_fits_verb",
                condition=Q(outcome="")
                | Q(verb=Verb.SEARCH.value, outcome__in=_SEARCHED)
                | (~Q(verb=Verb.SEARCH.value) & Q(outcome=Outcome.DONE.value)),
            ),
            models.CheckConstraint(
                name="manualtask_applied_when_done",
                condition=Q(applied_at__isnull=True)
                | (Q(state=TaskState.DONE.value) & ~Q(verb=Verb.SEARCH.value)),
            ),
        ]
        indexes = [
            models.Index(fields=["reference", "resource_id"], name="manualtask_reference"),
            models.Index(
                fields=["due_on"],
                name="manualtask_open",
                condition=Q(state=TaskState.OPEN.value),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verb} in {self.resource_id}"


class ManualUpload(models.Model):
    """The rows of one table as the owner of a resource uploaded them.

    The file goes when what it was for is over; its number of rows and SHA-256 (hex) stay.
    """

    task = models.ForeignKey(ManualTask, on_delete=models.CASCADE, related_name="uploads")
    table_name = models.CharField(max_length=128)
    blob = models.OneToOneField(Blob, null=True, blank=True, on_delete=models.SET_NULL)
    row_count = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    uploaded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["task", "table_name"], name="manualupload_once_per_table"
            ),
        ]
        ordering = ["table_name"]

    def __str__(self) -> str:
        return f"{self.table_name} of {self.task_id}"


class ManualHolding(models.Model):
    """What is left of a person's rows since a signed change was carried out.

    Searches that were answered later are added to it.
    """

    resource_id = models.CharField(max_length=64)
    reference = models.CharField(max_length=120, blank=True)
    #: The rows by table, in the form of `domain.uploads`.
    rows = EncryptedJSONField()
    #: When the newest search that is part of it was answered.
    searched_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["resource_id", "reference"], name="manualholding_once_per_reference"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.resource_id} for {self.reference}"
