"""What an open request needs as evidence: no purge takes it while the request is open.

An erasure that a request asks for goes on. Nobody waits here: a request that is being filed is
seen by every step of a purge that begins after its commit, and the step before it took what was
due before there was a request.
"""

from datetime import datetime

from audit.domain.actor import Actor
from audit.services import record
from datamap.domain.keys import SubjectKeys
from retention.models import EvidenceFreeze


def freeze_evidence(*, reference: str, keys: SubjectKeys, by: Actor, at: datetime) -> None:
    """Keep a person's rows from purges, by these identifiers beside those known before.

    Call it inside the transaction of what needs it.
    """
    if not keys:
        return
    freeze, is_new = EvidenceFreeze.objects.select_for_update().get_or_create(
        reference=reference, defaults={"sealed_keys": keys.as_json(), "since": at}
    )
    if not is_new:
        known = SubjectKeys.of_pairs(dict.fromkeys([*freeze.keys, *keys]))
        if set(known) == set(freeze.keys):
            return
        freeze.sealed_keys = known.as_json()
        freeze.save(update_fields=["sealed_keys"])
    _record("evidence.frozen", reference, by=by, at=at, identifiers=len(list(freeze.keys)))


def lift_freeze(*, reference: str, by: Actor, at: datetime) -> None:
    """Let purges take again what a request needed, inside the transaction of its end."""
    if EvidenceFreeze.objects.filter(reference=reference).delete()[0]:
        _record("evidence.released", reference, by=by, at=at)


def _record(verb: str, reference: str, *, by: Actor, at: datetime, **data: int) -> None:
    record(verb, by=by, at=at, object_kind="evidence", object_id=reference, data=dict(data))
