"""Placing legal holds, and releasing them in two steps by two people.

Safety principle: a hold holds from the commit of `place_hold` on. It waits for steps that change a
source, and whatever it covers and is there at that moment stays until two people have let it go.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from audit.domain.actor import Actor
from audit.domain.event_data import JSONValue
from audit.services import record
from datamap.domain.keys import SubjectKeys
from datamap.domain.vocabulary import Category
from lib.refusals import Refusal
from lib.wakeups import wake
from retention.domain.holding import HoldKind, HoldState
from retention.models import LegalHold, LegalHoldKey
from retention.queries import controller_keys, key_hashes
from retention.signals import hold_placed, hold_released
from retention.sql import hold_removals

_WIDEN = "retention.tasks.widen_legal_holds"


class NothingHeld(Refusal):
    """A hold needs a scope: a person, a category, a system, a controller or days."""


class HoldRefused(Exception):
    """The step does not fit how the hold stands; nothing was changed."""


class HoldMovedOn(HoldRefused):
    """Somebody else has already moved it on."""


class SecondPersonNeeded(HoldRefused):
    """Who proposed a release cannot be the one who releases."""


@dataclass(frozen=True, kw_only=True)
class HoldScope:
    """What is held; each part narrows it, empty means all.

    `keys`: people, by their identifiers. `controllers`: ids of the map. Days are local days of a
    record's anchor, both included.
    """

    keys: SubjectKeys = field(default_factory=SubjectKeys)
    categories: Collection[Category] = ()
    resources: Collection[str] = ()
    controllers: Collection[str] = ()
    anchored_from: date | None = None
    anchored_until: date | None = None

    def __bool__(self) -> bool:
        named = (self.keys, self.categories, self.resources, self.controllers)
        return any(named) or self.anchored_from is not None or self.anchored_until is not None

    def as_hold(self) -> LegalHold:
        """Return a hold of this scope that is stored nowhere."""
        return LegalHold(
            names_people=bool(self.keys),
            sealed_keys=self.keys.as_json(),
            resources=sorted(self.resources),
            categories=sorted(category.value for category in self.categories),
            controllers=sorted(self.controllers),
            controller_keys=sorted(controller_keys(self.controllers)),
            anchored_from=self.anchored_from,
            anchored_until=self.anchored_until,
        )


@dataclass(frozen=True, kw_only=True)
class Order:
    """On whose word data is held, and when somebody looks whether it still has to be."""

    kind: HoldKind
    authority: str
    reason: str
    review_on: date
    reference: str = ""


def place_hold(*, scope: HoldScope, order: Order, by: Actor, at: datetime) -> LegalHold:
    """Hold what `scope` covers from now on.

    Waits for steps that are changing a source; those after it see the hold. Raises NothingHeld.
    """
    if not scope:
        raise NothingHeld("Say what is held: a person, a category, a system, a controller or days.")
    with transaction.atomic():
        hold_removals()
        hold = scope.as_hold()
        hold.kind, hold.authority, hold.reason = order.kind.value, order.authority, order.reason
        hold.reference, hold.review_on = order.reference, order.review_on
        hold.placed_at, hold.placed_by = at, _author(by)
        hold.save()
        LegalHoldKey.objects.bulk_create(
            LegalHoldKey(hold=hold, hash=one) for one in key_hashes(scope.keys)
        )
        _record("hold.placed", hold, by=by, at=at, **_told(hold))
        if scope.keys:
            wake(_WIDEN)
        hold_placed.send(sender=LegalHold, hold=hold, at=at)
    return hold


def review_hold(*, hold: LegalHold, review_on: date, by: Actor, at: datetime) -> LegalHold:
    """Note that a hold was looked at and still has to stand until `review_on` at least.

    A release that was proposed is thereby declined. Raises HoldMovedOn.
    """
    with transaction.atomic():
        locked = _locked(hold.pk, HoldState.IN_FORCE, HoldState.PROPOSED)
        locked.review_on, locked.reminded_on = review_on, None
        locked.state, locked.release_reason = HoldState.IN_FORCE.value, ""
        locked.proposed_at, locked.proposed_by = None, ""
        locked.save()
        _record("hold.reviewed", locked, by=by, at=at, review_on=review_on.isoformat())
    return locked


def propose_release(*, hold: LegalHold, reason: str, by: Actor, at: datetime) -> LegalHold:
    """Propose to release a hold; it stands until another person agrees. Raises HoldMovedOn."""
    with transaction.atomic():
        locked = _locked(hold.pk, HoldState.IN_FORCE)
        locked.state = HoldState.PROPOSED.value
        locked.proposed_at, locked.proposed_by, locked.release_reason = at, _author(by), reason
        locked.save(update_fields=["state", "proposed_at", "proposed_by", "release_reason"])
        _record("hold.release_proposed", locked, by=by, at=at)
    return locked


def release_hold(*, hold: LegalHold, by: Actor, at: datetime) -> LegalHold:
    """Release a hold as the second person: what it held back is done now.

    Raises HoldMovedOn, SecondPersonNeeded.
    """
    with transaction.atomic():
        hold_removals()
        locked = _locked(hold.pk, HoldState.PROPOSED)
        if locked.proposed_by == _author(by):
            raise SecondPersonNeeded
        locked.state = HoldState.RELEASED.value
        locked.released_at, locked.released_by = at, _author(by)
        locked.save(update_fields=["state", "released_at", "released_by"])
        _record("hold.released", locked, by=by, at=at)
        hold_released.send(sender=LegalHold, hold=locked, at=at)
    return locked


def _locked(hold_id: UUID, *states: HoldState) -> LegalHold:
    locked = LegalHold.objects.select_for_update(no_key=True).get(pk=hold_id)
    if HoldState(locked.state) not in states:
        raise HoldMovedOn
    return locked


def _author(by: Actor) -> str:
    return f"{by.kind.value}:{by.ref}"


def _told(hold: LegalHold) -> dict[str, JSONValue]:
    return {
        "kind": hold.kind,
        "identifiers": len(list(hold.keys)),
        "resources": hold.resources,
        "categories": hold.categories,
        "controllers": hold.controllers,
        "anchored_from": hold.anchored_from.isoformat() if hold.anchored_from else None,
        "anchored_until": hold.anchored_until.isoformat() if hold.anchored_until else None,
        "review_on": hold.review_on.isoformat(),
    }


def _record(verb: str, hold: LegalHold, *, by: Actor, at: datetime, **data: JSONValue) -> None:
    record(verb, by=by, at=at, object_kind="hold", object_id=str(hold.pk), data=data)
