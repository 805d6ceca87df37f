"""Who did what, when; and the chain that seals it.

Rows are only ever added. Triggers (migration 0002) refuse UPDATE, DELETE and TRUNCATE on both
tables and refuse a Link that the sealing trigger did not write.

The seal is put on at COMMIT: a deferred constraint trigger takes one advisory lock, reads the head
of the chain and appends a Link for each event of the transaction. The lock is thus held for an
instant, but while it is held the transaction's deferred foreign key checks run, which take FOR KEY
SHARE locks on the rows referred to. They would wait for another transaction's SELECT ... FOR
UPDATE on such a row while that one waits for the chain: a deadlock. So everywhere in this code base
rows are locked by `select_for_update(no_key=True)`, which does not conflict with FOR KEY SHARE.
"""

from django.db import models
from django.db.models.functions import Now

from audit.domain.actor import ActorKind


class Event(models.Model):
    """One thing done. Holds references and figures, no personal data."""

    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=8, choices=[(k.value, k.value) for k in ActorKind])
    actor_ref = models.CharField(max_length=64, blank=True)
    verb = models.CharField(max_length=64)
    object_kind = models.CharField(max_length=64)
    object_id = models.CharField(max_length=64)
    data = models.JSONField(default=dict)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["object_kind", "object_id", "id"], name="event_of_object"),
            models.Index(fields=["verb", "at"], name="event_verb_at"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.object_kind} {self.object_id}"


class Link(models.Model):
    """The seal of one event: its place in the chain, and a hash over it and the link before."""

    seq = models.PositiveBigIntegerField(primary_key=True)
    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="link")
    prev_hash = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            # Two links after the same one would be a fork, whatever else went wrong.
            models.UniqueConstraint(fields=["prev_hash"], name="link_no_fork"),
        ]

    def __str__(self) -> str:
        return f"link {self.seq}"
