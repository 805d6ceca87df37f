"""Restrictions that a request brings about: at once, by its decision, and how they end.

Arts. 7(3), 18 and 21: an objection and a withdrawn consent bind us before anybody has decided, as
soon as we know that it is the person who speaks: when the address is confirmed, or when staff
entered the request. Until the search has found how else we know the person, the confirmed address
alone names them: a phone number may be somebody else's.
"""

from collections.abc import Iterable
from datetime import datetime

from accounts.models import User
from audit.domain.actor import Actor
from datamap.domain.keys import SubjectKeys
from datamap.domain.schema import Resource, Table
from datamap.domain.vocabulary import Role
from datamap.queries import NoMap, current_map
from requests_portal.domain.choices import AT_ONCE, bases_for, reason_for
from requests_portal.domain.rights import Right
from requests_portal.models import Case
from requests_portal.queries import representation_open
from requests_portal.services.identification import case_reference, keys_at_once, keys_from
from requests_portal.services.trail import record_on_case
from retention.models import Restriction
from retention.queries import restrictions
from retention.services.restrictions import restrict_person


def take_effect(*, case: Case, by: Actor, at: datetime) -> None:
    """Bind us to an objection or a withdrawn consent before it is decided.

    Call it in the transaction in which the address is confirmed, or the mandate of somebody who
    speaks for another is checked: before that nothing is bound. Where the data map names nothing
    on that legal basis, nothing is restricted, and the audit trail says so. Nor can it be where
    the person named nothing that our records could know them by.
    """
    if Right(case.right) not in AT_ONCE or restrictions_of(case) or representation_open(case):
        return
    places = places_of(case)
    record_on_case(
        "restriction.at_once", by=by, at=at, case_id=case.id, data={"tables": len(places)}
    )
    keys = keys_at_once(case)
    if places and keys:
        restrict(case=case, keys=keys, places=places, by=by, at=at)


def restrict(
    *,
    case: Case,
    keys: SubjectKeys,
    places: Iterable[tuple[Resource, Table]],
    by: Actor,
    at: datetime,
) -> Restriction:
    """Restrict what a request is about; `places` narrows it to these tables."""
    chosen = list(places)
    return restrict_person(
        keys=keys,
        reason=reason_for(Right(case.right), case.choice),
        by=by,
        at=at,
        resources={resource.id for resource, _table in chosen},
        tables={f"{resource.id}.{table.name}" for resource, table in chosen},
        reference=case_reference(case.id),
    )


def restrict_as_decided(*, case: Case, by: User, at: datetime) -> Restriction | None:
    """Restrict by a decision, under every identifier that the search found.

    None where the data map names nothing on the legal basis that the request is about: what rests
    on a contract or a law goes on.
    """
    keys = SubjectKeys.of_pairs(
        pair for unit in case.collection_units.all() for pair in keys_from(unit.searched_with)
    )
    places = places_of(case)
    if not places and bases_for(Right(case.right), case.choice):
        return None
    return restrict(case=case, keys=keys, places=places, by=Actor.staff(by.pk), at=at)


def places_of(case: Case) -> list[tuple[Resource, Table]]:
    """Return the tables of our own whose use rests on a legal basis that a request is about."""
    bases = bases_for(Right(case.right), case.choice)
    try:
        data_map = current_map()
    except NoMap:
        return []
    return [
        (resource, table)
        for resource in data_map.resources
        for table in resource.tables
        if table.legal_basis in bases and table.role is Role.CONTROLLER
    ]


def restrictions_of(case: Case) -> list[Restriction]:
    """Return the restrictions in force that a request brought about."""
    return list(restrictions(in_force=True).filter(reference=case_reference(case.id)))


def stored_since(case: Case) -> datetime | None:
    """Return since when data is only stored because of a request; None if it is not."""
    if Right(case.right) not in {Right.RESTRICTION, *AT_ONCE}:
        return None
    return min((one.starts_at for one in restrictions_of(case)), default=None)
