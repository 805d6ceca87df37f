"""The second pair of eyes on a map that widens what is erased.

Safety: confirmed is what was looked at: the proposal, beside the very content it was shown against.
"""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from audit.domain.actor import Actor
from audit.services import record
from datamap.domain.loads import LoadState
from datamap.models import MapLoad, MapVersion
from datamap.services.loading import put_in_force
from datamap.sql import hold_loading_lock


class SamePerson(Exception):
    """Who proposed a map cannot confirm it."""


class ProposalMovedOn(Exception):
    """The proposal was decided or replaced, or the map in force is not the one it was beside."""


class ReasonMissing(Exception):
    """A proposal is rejected with a reason, which the one who made it reads."""


def confirm(*, load: MapLoad, seen_against: str, by: User, at: datetime) -> MapLoad:
    """Put a proposed map in force. `seen_against` is the hash of the map it was compared with.

    Raises SamePerson, ProposalMovedOn.
    """
    with transaction.atomic():
        hold_loading_lock()
        if load.loaded_by_id == by.pk:
            raise SamePerson
        current = MapVersion.objects.filter(is_current=True).first()
        if current is None or current.hash != seen_against:
            raise ProposalMovedOn
        decided = _decide(load, LoadState.CONFIRMED, reason="", by=by, at=at)
        put_in_force(decided.version)
    return decided


def reject(*, load: MapLoad, reason: str, by: User, at: datetime) -> MapLoad:
    """Turn a proposed map down, or withdraw one's own. Raises ReasonMissing, ProposalMovedOn."""
    if not reason.strip():
        raise ReasonMissing
    with transaction.atomic():
        hold_loading_lock()
        return _decide(load, LoadState.REJECTED, reason=reason.strip(), by=by, at=at)


def _decide(load: MapLoad, state: LoadState, *, reason: str, by: User, at: datetime) -> MapLoad:
    changed = MapLoad.objects.filter(pk=load.pk, state=LoadState.PROPOSED.value).update(
        state=state.value, decided_by=by, decided_at=at, reason=reason
    )
    if not changed:
        raise ProposalMovedOn
    record(
        f"datamap.{state.value}",
        by=Actor.staff(by.pk),
        at=at,
        object_kind="datamap",
        object_id=load.version.hash,
        data={"hash": load.version.hash},
    )
    return MapLoad.objects.select_related("version", "before").get(pk=load.pk)
