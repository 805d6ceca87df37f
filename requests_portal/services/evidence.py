"""What a request needs as evidence, from its receipt until it is closed: no purge takes it."""

from datetime import datetime

from django.db import transaction

from audit.domain.actor import Actor
from datamap.domain.keys import SubjectKeys
from requests_portal.domain.lifecycle import OPEN_STATES, State
from requests_portal.models import Case
from requests_portal.services.identification import case_reference, keys_from, keys_given
from retention.queries import frozen_references
from retention.services.evidence import freeze_evidence, lift_freeze

#: An answered request is not closed: the person may still take it up.
_NEEDED = OPEN_STATES | {State.ANSWERED}
_SWEEP = Actor.system("tidy")


def keep_evidence(case: Case, *, by: Actor, at: datetime) -> None:
    """Keep from purges what is found under all identifiers known by now; nothing once it ended."""
    if State(case.state) not in _NEEDED:
        return
    searched = case.collection_units.values_list("searched_with", flat=True)
    found = (pair for known in searched for pair in keys_from(known))
    keys = SubjectKeys.of_pairs(dict.fromkeys([*keys_given(case), *found]))
    freeze_evidence(reference=case_reference(case.id), keys=keys, by=by, at=at)


def release_evidence(case: Case, *, by: Actor, at: datetime) -> None:
    """Let purges take again what a request needed; an erasure of its own never waited for it."""
    lift_freeze(reference=case_reference(case.id), by=by, at=at)


def follow_state(case: Case, *, by: Actor, at: datetime) -> None:
    """Keep what an open request needs, let go what an ended one needed, in its transaction."""
    if State(case.state) in _NEEDED:
        keep_evidence(case, by=by, at=at)
    else:
        release_evidence(case, by=by, at=at)


def settle_evidence(*, at: datetime) -> int:
    """Set right where requests and what is kept for them differ; return how many did."""
    needed = [state.value for state in _NEEDED]
    kept = frozen_references()
    differing = [
        pk
        for pk, state in Case.objects.values_list("pk", "state").iterator(chunk_size=2000)
        if (state in needed) != (case_reference(pk) in kept)
    ]
    for pk in differing:
        with transaction.atomic():
            case = Case.objects.select_for_update(no_key=True).get(pk=pk)
            follow_state(case, by=_SWEEP, at=at)
    return len(differing)
